// Sizes as people write them: digits, and perhaps k, M or G, of 1000 as everywhere in moss.

/** Undefined for what is none. */
export function parseSize(text: string): number | undefined {
  const [, digits, unit = ''] = /^([1-9]\d{0,14})([kMG]?)$/.exec(text) ?? []
  if (digits === undefined) return undefined
  const size = Number(digits) * 1000 ** ['', 'k', 'M', 'G'].indexOf(unit)
  return Number.isSafeInteger(size) ? size : undefined
}
