// How plain values read to people: sizes, counts, dates, ages, short ids. The text and the screens say them alike.
// Nothing foreign passes through here, so nothing needs display().

/** 1000-based, three digits: `14.2 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

export const formatCount = (count: number): string => count.toString().replace(/\B(?=(\d{3})+$)/g, ',')

/** `1 package`, `31 packages`, `1,024 entries`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`

/** `2026-11-23`, of whole seconds since 1970; what no calendar holds is told as the number it is. */
export const formatDate = (seconds: number): string =>
  Math.abs(seconds) <= 8_640_000_000_000
    ? new Date(seconds * 1000).toISOString().slice(0, 10)
    : `second ${seconds}`

/** `2 days ago`; a date ahead of the clock says so. */
export function formatAge(seconds: number, nowSeconds: number): string {
  const age = nowSeconds - seconds
  if (age < -60) return `${plural(Math.ceil(-age / 86_400), 'day')} ahead of this clock`
  if (age < 120) return 'just now'
  if (age < 7200) return `${Math.floor(age / 60)} minutes ago`
  if (age < 172_800) return `${Math.floor(age / 3600)} hours ago`
  return `${plural(Math.floor(age / 86_400), 'day')} ago`
}

/** The first digits of a digest, enough for people. */
export const shortId = (id: string): string => id.slice(0, 12)

/** `1 to 3, 5 and 7`, of numbers that rise. */
export function formatNumbers(numbers: readonly number[]): string {
  const runs: [number, number][] = []
  for (const number of numbers) {
    const last = runs.at(-1)
    if (last !== undefined && number === last[1] + 1) last[1] = number
    else runs.push([number, number])
  }
  const said = runs.flatMap(([first, last]) =>
    last - first < 2 ? [...new Set([first, last])].map(String) : [`${first} to ${last}`],
  )
  const end = said.pop() ?? 'none'
  return said.length === 0 ? end : `${said.join(', ')} and ${end}`
}
