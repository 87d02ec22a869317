// Tables and labelled fields on a terminal; every cell of a table passes through display().
import { display } from '../base/display.ts'

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
