import { expect, test } from 'vitest'
import { digestOf } from '../../../src/base/digest.ts'
import type { ChunkId } from '../../../src/base/ids.ts'
import { limits } from '../../../src/base/limits.ts'
import { deltaWindows } from '../../../src/delta/delta-windows.ts'

const MiB = 1024 * 1024
const chunks = (megabytes: number) =>
  Array.from({ length: megabytes * 4 }, (_, i) => ({
    id: digestOf<ChunkId>(Uint8Array.of(i % 256)),
    sizeBytes: MiB / 4,
  }))

test('a file and a base that fit a frame are one window', () => {
  expect(deltaWindows(chunks(64), 64 * MiB)).toEqual([
    { chunks: chunks(64), baseOffset: 0, baseBytes: 64 * MiB },
  ])
  expect(deltaWindows(chunks(1), 5)).toEqual([{ chunks: chunks(1), baseOffset: 0, baseBytes: 5 }])
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
    const windows = deltaWindows(all, baseSize * MiB)
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
