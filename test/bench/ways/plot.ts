// A report as a picture: for each set, bytes carried over the CPU seconds to make them, both by powers of ten, so that
// a step is a ratio wherever it is taken. Down and to the left is better. Written by hand as SVG: no library draws it.
import { grouped, isMoss, type Report, type SetReport } from './report.ts'
import type { Row } from './way.ts'

const panel = { width: 640, height: 420, left: 86, right: 150, top: 46, bottom: 56 } as const
const inner = {
  width: panel.width - panel.left - panel.right,
  height: panel.height - panel.top - panel.bottom,
} as const

interface Scale {
  readonly low: number
  readonly high: number
  readonly ticks: readonly number[]
}

/** From a 1, 2 or 5 below the least to one above the greatest. */
export function scaleOf(values: readonly number[]): Scale {
  const steps: number[] = []
  for (let power = -3; power <= 13; power++) for (const step of [1, 2, 5]) steps.push(step * 10 ** power)
  const least = Math.min(...values)
  const greatest = Math.max(...values)
  const low = steps.findLast((step) => step < least) ?? least
  const high = steps.find((step) => step > greatest) ?? greatest
  return { low, high, ticks: steps.filter((step) => step >= low && step <= high) }
}

const part = (value: number, { low, high }: Scale): number => Math.log(value / low) / Math.log(high / low)

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

const text = (at: { x: number; y: number; anchor?: string; kind?: string }, content: string): string =>
  `<text x="${at.x.toFixed(1)}" y="${at.y.toFixed(1)}" text-anchor="${at.anchor ?? 'start'}" class="${at.kind ?? 'plain'}">${escape(content)}</text>`

function megabytes(bytes: number): string {
  return bytes >= 1e6 ? `${bytes / 1e6} MB` : `${bytes / 1e3} kB`
}

function axes(x: Scale, y: Scale): readonly string[] {
  const bottom = panel.top + inner.height
  const right = panel.left + inner.width
  return [
    ...x.ticks.flatMap((tick) => {
      const at = panel.left + part(tick, x) * inner.width
      return [
        `<path d="M${at.toFixed(1)} ${panel.top}V${bottom}" class="grid"/>`,
        text({ x: at, y: bottom + 18, anchor: 'middle' }, `${Number(tick.toPrecision(1))}`),
      ]
    }),
    ...y.ticks.flatMap((tick) => {
      const at = bottom - part(tick, y) * inner.height
      return [
        `<path d="M${panel.left} ${at.toFixed(1)}H${right}" class="grid"/>`,
        text({ x: panel.left - 8, y: at + 4, anchor: 'end' }, megabytes(tick)),
      ]
    }),
    text({ x: panel.left + inner.width / 2, y: bottom + 40, anchor: 'middle' }, 'CPU seconds to make'),
  ]
}

interface Spot {
  readonly x: number
  readonly y: number
}

const lineHeight = 13
const labelOf = ({ way }: Row): number => way.length * 7.2

/** Labels stand to the right of their points, moved down where they would cover another label or point. */
function points(rows: readonly Row[], x: Scale, y: Scale): readonly string[] {
  const placed = rows.map((row) => ({ row, ...spotOf(row, x, y) })).sort((one, other) => one.y - other.y)
  const taken: (Spot & { readonly width: number })[] = []
  return placed.flatMap(({ row, x: across, y: down }) => {
    const left = across + 9
    const covers = (at: number): boolean =>
      taken.some(
        (label) =>
          left < label.x + label.width &&
          label.x < left + labelOf(row) &&
          Math.abs(label.y - at) < lineHeight,
      ) ||
      placed.some((point) => point.x > left && point.x < left + labelOf(row) && Math.abs(point.y - at) < 9)
    let at = down
    while (covers(at)) at += lineHeight / 2
    taken.push({ x: left, y: at, width: labelOf(row) })
    const kind = isMoss(row) ? 'moss' : 'peer'
    return [
      `<circle cx="${across.toFixed(1)}" cy="${down.toFixed(1)}" r="5" class="${kind}"><title>${escape(row.way)}: ${grouped(row.bytes)} bytes, ${row.make.cpu.toFixed(2)} s</title></circle>`,
      text({ x: left, y: at + 4, kind: `${kind} label` }, row.way),
    ]
  })
}

const spotOf = ({ make, bytes }: Row, x: Scale, y: Scale): Spot => ({
  x: panel.left + part(make.cpu, x) * inner.width,
  y: panel.top + inner.height - part(bytes, y) * inner.height,
})

function joined(rows: readonly Row[], x: Scale, y: Scale): string {
  const steps = rows
    .filter(isMoss)
    .map((row) => spotOf(row, x, y))
    .map((spot) => `${spot.x.toFixed(1)} ${spot.y.toFixed(1)}`)
  return steps.length < 2 ? '' : `<path d="M${steps.join('L')}" class="line"/>`
}

function drawSet(report: SetReport, index: number): string {
  const { set, rows, changedBytes, peersOf } = report
  // GNU time counts hundredths: nothing is faster than one.
  const shown = rows.map((row) => ({ ...row, make: { ...row.make, cpu: Math.max(0.01, row.make.cpu) } }))
  const x = scaleOf(shown.map(({ make }) => make.cpu))
  const y = scaleOf(shown.map(({ bytes }) => bytes))
  const title = `${set}: bytes carried, ${(changedBytes / 1e6).toFixed(0)} MB changed${peersOf === undefined ? '' : ' (peers of an earlier run)'}`
  return [
    `<g transform="translate(0 ${index * panel.height})">`,
    text({ x: panel.left, y: 24, kind: 'title' }, title),
    ...axes(x, y),
    joined(shown, x, y),
    ...points(shown, x, y),
    '</g>',
  ].join('\n')
}

const look = `text { font: 12px sans-serif; fill: #222 } .title { font-size: 15px; font-weight: bold }
.grid { stroke: #ddd; fill: none } .line { stroke: #b5482a; fill: none } circle.moss { fill: #b5482a } circle.peer { fill: #4a6fa5 }
text.moss { fill: #8f3519; font-weight: bold }`

export function drawReport(report: Report): string {
  const sets = report.sets.filter(({ rows }) => rows.length > 0)
  const height = Math.max(1, sets.length) * panel.height + 24
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${panel.width} ${height}" width="${panel.width}" height="${height}">`,
    `<style>${look}</style>`,
    `<rect width="${panel.width}" height="${height}" fill="#fff"/>`,
    ...sets.map(drawSet),
    text({ x: panel.left, y: height - 10 }, `${report.date}, ${report.machine}`),
    '</svg>',
    '',
  ].join('\n')
}
