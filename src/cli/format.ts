// Tables and labelled fields on a terminal; every cell, label and value passes through display().
import { display } from '../base/display.ts'
import { formatCount } from '../base/format.ts'

/** Like a table of two columns, the second folded to the console: for help, not for data. */
export function formatGlossary(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([term]) => term.length)) + 2
  return rows
    .map(
      ([term, text]) =>
        term.padEnd(width) + fold(text, consoleColumns - width).replaceAll('\n', `\n${' '.repeat(width)}`),
    )
    .join('\n')
}

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

const mostRows = 200

/** A table of which nobody reads the end; none where there are no rows. */
export function formatLongTable(rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return []
  const more = rows.length - mostRows
  return [
    formatTable(rows.slice(0, mostRows)),
    ...(more > 0 ? [`  … and ${formatCount(more)} more; --json lists them all`] : []),
  ]
}

const consoleColumns = 80

/** Broken at spaces so that no line is longer than `width`, unless one word is. */
export function fold(text: string, width: number): string {
  const lines: string[] = []
  for (const line of text.split('\n')) {
    let left = line
    while (left.length > width) {
      const at = left.lastIndexOf(' ', width)
      if (at <= 0) break
      lines.push(left.slice(0, at))
      left = left.slice(at + 1)
    }
    lines.push(left)
  }
  return lines.join('\n')
}

/** Sixteen groups of four in two lines, as people compare them. */
export const foldFingerprint = (fingerprint: string): readonly string[] => fold(fingerprint, 40).split('\n')

/** For a console: folded, what follows the first line set in by two. */
export const foldHanging = (text: string, width: number = consoleColumns): string =>
  fold(text, width - 2).replaceAll('\n', '\n  ')

/** Lines with a path stay whole, so that a command can be copied. */
const foldProse = (text: string, width: number): string =>
  text
    .split('\n')
    .map((line) => (/(^|\s)\//.test(line) ? line : fold(line, width)))
    .join('\n')

/** A text is one line, whatever is in it; a list has a line for each; no lines are no field. */
export type FieldValue = string | readonly string[] | undefined

/** A label and its value on a line each, labels of one width, all made safe. */
export function formatFields(fields: readonly (readonly [string, FieldValue])[]): string {
  const shown = fields
    .map(([label, value = []]) => [display(label), typeof value === 'string' ? [value] : value] as const)
    .filter(([, lines]) => lines.length > 0)
    .map(([label, lines]) => [label, lines.map(display).join('\n')] as const)
  const width = Math.max(8, ...shown.map(([label]) => label.length))
  return shown
    .map(
      ([label, value]) =>
        `${label.padEnd(width)} ${foldProse(value, consoleColumns - width - 1).replaceAll('\n', `\n${' '.repeat(width + 1)}`)}`,
    )
    .join('\n')
}
