import { expect, test } from 'vitest'
import { concatBytes } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import type { ChunkId } from '../../../src/base/ids.ts'
import { limits } from '../../../src/base/limits.ts'
import { streamBytes } from '../../../src/delta/delta-streams.ts'
import { deltaWindows } from '../../../src/delta/delta-windows.ts'
import { encodeDelta } from '../../../src/delta/encode-delta.ts'
import { cutWhole } from '../../../src/delta/jobs.ts'
import { noise } from '../../support/containers.ts'

const MiB = 1024 * 1024
const chunks = (megabytes: number) =>
  Array.from({ length: megabytes * 4 }, (_, i) => ({
    id: digestOf<ChunkId>(Uint8Array.of(i % 256)),
    sizeBytes: MiB / 4,
    offset: i * (MiB / 4),
  }))

test('a file and a base that fit a frame are one window', () => {
  expect(deltaWindows(chunks(64), { fileBytes: 64 * MiB, baseBytes: 64 * MiB })).toEqual([
    { chunks: chunks(64), baseOffset: 0, baseBytes: 64 * MiB },
  ])
  expect(deltaWindows(chunks(1), { fileBytes: MiB, baseBytes: 5 })).toEqual([
    { chunks: chunks(1), baseOffset: 0, baseBytes: 5 },
  ])
})

test.each([
  [400, 400],
  [400, 10],
  [70, 300],
  [65, 64],
  [1, 400],
])(
  'a file of %i MiB against %i MiB is cut into windows within the limits that walk along the base',
  (size, baseSize) => {
    const all = chunks(size)
    const windows = deltaWindows(all, { fileBytes: size * MiB, baseBytes: baseSize * MiB })
    expect(windows.flatMap((window) => window.chunks)).toEqual(all)
    let previous = 0
    for (const { chunks: run, baseOffset, baseBytes } of windows) {
      expect(run.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBeLessThanOrEqual(
        limits.deltaPlainBytes,
      )
      expect(baseBytes).toBeLessThanOrEqual(limits.deltaBaseBytes)
      expect(Number.isSafeInteger(baseOffset)).toBe(true)
      expect(baseOffset).toBeGreaterThanOrEqual(previous)
      expect(baseOffset + baseBytes).toBeLessThanOrEqual(baseSize * MiB)
      previous = baseOffset
    }
  },
)

test.each([
  ['at its end', (at: number) => at > 0.95],
  ['at both ends', (at: number) => (at > 0.05 && at < 0.1) || at > 0.9],
  ['here and there', (at: number) => Math.floor(at * 40) % 5 === 0],
])('a file that changed %s alone takes a hundredth of what is carried of it', (_, isChanged) => {
  const base = noise(12 * MiB, 1)
  const file = base.map((byte, i) => (isChanged(i / base.length) && i % 997 === 0 ? byte ^ 1 : byte))
  const held = new Set(cutWhole(base).chunks.map(({ id }) => id))
  let offset = 0
  const placed = cutWhole(file).chunks.map(({ id, sizeBytes }) => {
    offset += sizeBytes
    return { id, sizeBytes, offset: offset - sizeBytes }
  })
  const lacking = placed.filter(({ id }) => !held.has(id))
  const sizes = { wholeBytes: MiB / 2, windowBytes: MiB, windowBaseBytes: 2 * MiB }
  const windows = deltaWindows(lacking, { fileBytes: file.length, baseBytes: base.length, sizes })
  expect(windows.flatMap(({ chunks: run }) => run)).toEqual(lacking)
  const bytesOf = new Map(
    placed.map(({ id, sizeBytes, offset: at }) => [id, file.subarray(at, at + sizeBytes)]),
  )
  const pairs = windows.map(({ chunks: run, baseOffset, baseBytes }) => ({
    base: base.subarray(baseOffset, baseOffset + baseBytes),
    target: concatBytes(run.map(({ id }) => bytesOf.get(id)!)),
  }))
  const carried = lacking.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  expect(streamBytes(encodeDelta(pairs))).toBeLessThan(carried / 100)
})
