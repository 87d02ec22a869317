// How values read on a terminal: sizes, ages, tables, counts. Text from outside passes through display().
import { display } from '../base/display.ts'

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

/** `2026-11-23`, of whole seconds since 1970. */
export const formatDate = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10)

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

/** Left-aligned columns two spaces apart, the last one open; every cell is made safe. */
export function formatTable(rows: readonly (readonly string[])[], indent = ''): string {
  const safe = rows.map((row) => row.map(display))
  const widths: number[] = []
  for (const row of safe) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)))
  return safe
    .map(
      (row) =>
        indent + row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  '),
    )
    .map((line) => line.trimEnd())
    .join('\n')
}

/** A label and its value on a line each, labels of one width; values may bring their own line breaks. */
export function formatFields(fields: readonly (readonly [string, string | undefined])[]): string {
  const shown = fields.filter((field): field is readonly [string, string] => field[1] !== undefined)
  const width = Math.max(8, ...shown.map(([label]) => label.length))
  return shown
    .map(([label, value]) => `${label.padEnd(width)} ${value.replaceAll('\n', `\n${' '.repeat(width + 1)}`)}`)
    .join('\n')
}
