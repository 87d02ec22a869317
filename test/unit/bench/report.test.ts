import { expect, test } from 'vitest'
import { drawReport, scaleOf } from '../../bench/ways/plot.ts'
import { earlierPeers, formatReport, readReport, type Report } from '../../bench/ways/report.ts'
import type { Row } from '../../bench/ways/way.ts'

const cost = { cpu: 2, peakBytes: 2 ** 20 }
const ours: Row = { way: 'moss small', version: '1', bytes: 700, make: cost, apply: cost }
const ostree: Row = { way: 'ostree static-delta', version: '2', bytes: 1000, make: cost, apply: cost }
const zchunk: Row = { way: 'zchunk <1>', version: '3', bytes: 12_345_678, make: { cpu: 0, peakBytes: 1 } }
const about = { set: 'few', pairs: 2, wantedPairs: 3, sizeBytes: 9, changedFiles: 4, changedBytes: 8 }
const rows = [ours, ostree, zchunk]
const report: Report = { kind: 'moss bench 1', date: '2026-01-02', machine: 'm', sets: [{ ...about, rows }] }

test('a report says versions, date, how many pairs it had, and a dash where a way has no figure', () => {
  const text = formatReport(report, ['few, small: bytes 0.700 of 0.750, held'])
  expect(text).toContain('2026-01-02, m')
  expect(text).toContain('ostree static-delta 2')
  expect(text).toContain('2 of 3 pairs')
  expect(text).toMatch(/zchunk <1> +\| 12,345,678 \|.*\| +– \|/)
  expect(text).toContain('- few, small: bytes 0.700 of 0.750, held')
})

test('peers of an earlier run come without its moss rows, and the table says when they were measured', () => {
  const known = earlierPeers(report, about)
  expect(known?.rows.map(({ way }) => way)).toEqual(['ostree static-delta', 'zchunk <1>'])
  const sets = [{ ...about, ...known, rows }]
  expect(formatReport({ ...report, sets }, [])).toContain('not measured in this run** but on 2026-01-02')
  expect(earlierPeers(report, { ...about, set: 'other' })).toBeUndefined()
})

test('peers that were measured on other bytes are refused', () => {
  expect(() => earlierPeers(report, { ...about, changedBytes: 7 })).toThrow('another few')
})

test('only a report of the bench is read', () => {
  expect(readReport(JSON.stringify(report))).toEqual(report)
  expect(() => readReport('{"kind":"other"}')).toThrow('not a report')
})

test('the plot has a point for every way, inside its panel, with names that cannot break it', () => {
  const svg = drawReport(report)
  expect(svg.match(/<circle /g)).toHaveLength(3)
  expect(svg).toContain('zchunk &lt;1>')
  for (const [, x, y] of svg.matchAll(/<circle cx="([^"]+)" cy="([^"]+)"/g)) {
    expect(Number(x)).toSatisfy((at: number) => at >= 86 && at <= 490)
    expect(Number(y)).toSatisfy((at: number) => at >= 46 && at <= 364)
  }
})

test('a scale reaches below the least and above the greatest figure by a step of 1, 2, 5', () => {
  expect(scaleOf([12, 90])).toEqual({ low: 10, high: 100, ticks: [10, 20, 50, 100] })
  expect(scaleOf([10])).toMatchObject({ low: 5, high: 20 })
})
