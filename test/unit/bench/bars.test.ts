import { expect, test } from 'vitest'
import { bars, judge } from '../../bench/ways/bars.ts'
import { ratiosOf, type Report } from '../../bench/ways/report.ts'
import type { Row } from '../../bench/ways/way.ts'

function row(way: string, figures: { bytes: number; make: number; apply?: number }): Row {
  const { bytes, make, apply } = figures
  return {
    way,
    version: '1',
    bytes,
    make: { cpu: make, peakBytes: 1 },
    ...(apply === undefined ? {} : { apply: { cpu: apply, peakBytes: 1 } }),
  }
}

const ostree = row('ostree static-delta', { bytes: 1000, make: 100, apply: 10 })
const bsdiff = row('bsdiff', { bytes: 900, make: 90, apply: 20 })
const ours = row('moss default', { bytes: 792, make: 8, apply: 6 })

function reportOf(rows: readonly Row[], set = 'deb-set'): Report {
  const about = { set, pairs: 1, wantedPairs: 1, sizeBytes: 1, changedFiles: 1, changedBytes: 1 }
  return { kind: 'moss bench 1', date: '2026-01-01', machine: 'one', sets: [{ ...about, rows }] }
}

const missed = (report: Report): readonly string[] =>
  judge(report).flatMap(({ isHeld, text }) => (isHeld ? [] : [text]))

test('bytes are held against the smaller of OSTree and bsdiff, seconds against OSTree', () => {
  expect(ratiosOf(ours, [ours, ostree, bsdiff])).toEqual({ bytes: 0.88, make: 0.08, apply: 0.6 })
})

test('a figure at its bar is held, one above it is missed and named', () => {
  expect(missed(reportOf([ours, ostree, bsdiff]))).toEqual([])
  const heavier = row('moss default', { bytes: 793, make: 8, apply: 6.1 })
  expect(missed(reportOf([heavier, ostree, bsdiff]))).toEqual([
    'deb-set, default: bytes 0.881 of 0.880, MISSED',
    'deb-set, default: apply 0.610 of 0.600, MISSED',
  ])
})

test('what a peer that is not installed would have shown is missed, not passed over', () => {
  expect(missed(reportOf([ours, ostree]))).toEqual(['deb-set, default: bytes not measured of 0.880, MISSED'])
  expect(missed(reportOf([ours, bsdiff]))).toHaveLength(3)
})

test('a report without moss misses every bar of its set', () => {
  expect(missed(reportOf([ostree, bsdiff]))).toHaveLength(9)
})

test('the bars of the two large sets and of kernel images are the published ones', () => {
  const bytes = (set: string): readonly number[] => Object.values(bars[set] ?? {}).map((bar) => bar.bytes)
  expect(bytes('deb-set')).toEqual([1.05, 0.88, 0.75])
  expect(bytes('npm-set')).toEqual([1.1, 0.98, 0.88])
  expect(bytes('kernel-img')).toEqual([1.15, 1.05, 0.95])
  for (const set of ['deb-set', 'npm-set', 'kernel-img']) {
    expect(Object.values(bars[set] ?? {}).map((bar) => bar.make)).toEqual([0.04, 0.08, 0.25])
    expect(Object.values(bars[set] ?? {}).map((bar) => bar.apply)).toEqual([0.6, 0.6, 0.6])
  }
})
