// A run of the bench as a value that JSON holds, and as tables that people read. Ratios are made here and nowhere else,
// always of rows of one report: bytes against the smaller of OSTree's delta and bsdiff's patches, time against OSTree.
import type { Row } from './way.ts'

export interface SetReport {
  readonly set: string
  readonly pairs: number
  readonly wantedPairs: number
  readonly sizeBytes: number
  readonly changedFiles: number
  readonly changedBytes: number
  readonly rows: readonly Row[]
  /** When the peers were measured, if not in this run. */
  readonly peersOf?: string
}

export interface Report {
  readonly kind: 'moss bench 1'
  readonly date: string
  readonly machine: string
  /** Of the tree that moss was built from, where git knows it. */
  readonly commit?: string
  readonly sets: readonly SetReport[]
}

export interface Ratios {
  /** Undefined where the peer that it is made against is absent. */
  readonly bytes?: number
  readonly make?: number
  readonly apply?: number
}

export const isMoss = ({ way }: Row): boolean => way.startsWith('moss ')

export function ratiosOf(row: Row, rows: readonly Row[]): Ratios {
  const ostree = rows.find(({ way }) => way.startsWith('ostree'))
  const bsdiff = rows.find(({ way }) => way.startsWith('bsdiff'))
  const least =
    ostree !== undefined && bsdiff !== undefined ? Math.min(ostree.bytes, bsdiff.bytes) : undefined
  const apply =
    row.apply !== undefined && ostree?.apply !== undefined ? row.apply.cpu / ostree.apply.cpu : undefined
  return {
    ...(least === undefined ? {} : { bytes: row.bytes / least }),
    ...(ostree === undefined ? {} : { make: row.make.cpu / ostree.make.cpu }),
    ...(apply === undefined ? {} : { apply }),
  }
}

export function readReport(text: string): Report {
  const report = JSON.parse(text) as Report
  if (report.kind !== 'moss bench 1') throw new Error('this is not a report of the bench')
  return report
}

/** Peers of an earlier run on the same bytes, or undefined. */
export function earlierPeers(report: Report, now: Omit<SetReport, 'rows'>): SetReport | undefined {
  const found = report.sets.find(({ set }) => set === now.set)
  if (found === undefined) return undefined
  if (found.changedBytes !== now.changedBytes || found.sizeBytes !== now.sizeBytes)
    throw new Error(`the earlier run measured another ${now.set}`)
  const rows = found.rows.filter((row) => !isMoss(row))
  return rows.length === 0 ? undefined : { ...now, rows, peersOf: found.peersOf ?? report.date }
}

const heads = ['way', 'bytes', '÷', 'make, CPU s', '÷', 'peak MiB', 'apply, CPU s', '÷', 'peak MiB', 'note']

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)
const ratio = (value: number | undefined): string => value?.toFixed(3) ?? '–'

/** Thousands apart, whatever the locale. */
export const grouped = (value: number): string => `${value}`.replaceAll(/\B(?=(\d{3})+$)/g, ',')

function cellsOf(row: Row, rows: readonly Row[]): readonly string[] {
  const { bytes, make, apply } = ratiosOf(row, rows)
  return [
    row.way,
    grouped(row.bytes),
    ratio(bytes),
    row.make.cpu.toFixed(2),
    ratio(make),
    mebibytes(row.make.peakBytes),
    row.apply?.cpu.toFixed(2) ?? '–',
    ratio(apply),
    row.apply === undefined ? '–' : mebibytes(row.apply.peakBytes),
    row.note ?? '',
  ]
}

function tableOf(rows: readonly Row[]): string {
  const cells = [heads, ...rows.map((row) => cellsOf(row, rows))]
  const widths = heads.map((_, column) => Math.max(3, ...cells.map((line) => line[column]?.length ?? 0)))
  const isText = (column: number): boolean => column === 0 || column === heads.length - 1
  const lines = cells.map((line) =>
    line.map((cell, at) => (isText(at) ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))),
  )
  const rule = widths.map((width, at) => (isText(at) ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [lines[0] ?? [], rule, ...lines.slice(1)].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

function formatSet(report: SetReport): string {
  const { set, pairs, wantedPairs, sizeBytes, changedFiles, changedBytes, rows, peersOf } = report
  return [
    `## ${set}`,
    `${pairs} of ${wantedPairs} pairs, ${grouped(sizeBytes)} bytes; ${grouped(changedFiles)} files changed, ${grouped(changedBytes)} bytes.`,
    ...(peersOf === undefined ? [] : [`**The peers were not measured in this run** but on ${peersOf}.`]),
    tableOf(rows),
  ].join('\n\n')
}

/** `verdicts` are the bars, a line each. */
export function formatReport({ date, machine, commit, sets }: Report, verdicts: readonly string[]): string {
  const versions = new Map(
    sets.flatMap(({ rows }) => rows.map(({ way, version }) => [way, version] as const)),
  )
  return [
    '# What an update costs',
    `${date}, ${machine}${commit === undefined ? '' : `, moss at commit ${commit}`}.`,
    `Versions: ${[...versions].map(([way, version]) => `${way} ${version}`).join('; ')}.`,
    'Bytes are divided by the smaller of OSTree and bsdiff, seconds by OSTree. Seconds are user and system of all processes and threads; peaks are the largest process.',
    ...sets.map(formatSet),
    ...(verdicts.length === 0 ? [] : ['## Bars', verdicts.map((line) => `- ${line}`).join('\n')]),
    '',
  ].join('\n\n')
}
