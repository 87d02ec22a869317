// Differences that are longer than the streams of one frame may be: what is new of a long file, or of several. A sixteenth
// of the sizes does it here.
import { expect, test, vi } from 'vitest'
import { concatBytes } from '../../../src/base/bytes.ts'
import type * as Limits from '../../../src/base/limits.ts'
import { encodeDeltaJob } from '../../../src/container/delta-jobs.ts'
import { verifyWhole } from '../../../src/container/read-frames.ts'
import { readTables } from '../../../src/container/tables.ts'
import { cutWhole } from '../../../src/delta/jobs.ts'
import { inlinePool } from '../../../src/host/pool.ts'
import { basesOf, buildBundle, noise, verified } from '../../support/containers.ts'

vi.mock('../../../src/base/limits.ts', async (original) => {
  const real = await original<typeof Limits>()
  return { ...real, limits: { ...real.limits, deltaStreamBytes: 32 * sizeUnit } }
})

const sizeUnit = vi.hoisted(() => 64 * 1024)
const scattered = (bytes: Uint8Array) => bytes.map((byte, i) => (i % 1000 === 0 ? byte ^ 1 : byte))

test('files with more that is new than a frame holds are deltas in several frames', async () => {
  const pairs = [1, 2, 3].map((seed) => {
    const base = noise(3 * sizeUnit, seed)
    const added = noise((seed === 1 ? 10 : 20) * sizeUnit, 10 + seed)
    return { base, target: concatBytes([scattered(base), added]) }
  })
  const container = verified(await buildBundle({ deltas: pairs }))
  const tables = readTables(container)
  expect(tables.frameCount).toBe(2)
  expect([0, 1].map((n) => tables.frameBases(n).length)).toEqual([2, 1])
  expect(tables.frame(0).storedBytes + tables.frame(1).storedBytes).toBeLessThan(50.5 * sizeUnit)
  await verifyWhole(container, inlinePool, { readBases: basesOf(...pairs.map(({ base }) => base)) })
})

test('a file is halved until a frame holds what pays of it', () => {
  const base = noise(5 * sizeUnit, 1)
  const target = concatBytes([scattered(base), noise(66 * sizeUnit, 2), scattered(base)])
  const { chunks } = cutWhole(target)
  const files = [{ baseBytes: base.length, chunks }]
  const { frames } = encodeDeltaJob.run({ bytes: concatBytes([base, target]), files, level: 3 })
  const parts = frames.flatMap(({ files: given }) => given)
  expect(parts.map(({ number }) => number)).toEqual([0, 0])
  expect(parts[0]?.firstChunk).toBe(0)
  expect(parts[1]!.firstChunk + parts[1]!.chunks).toBe(chunks.length)
  for (const { plainBytes, stored } of frames) {
    expect(plainBytes).toBeLessThan(24 * sizeUnit)
    expect(stored.length).toBeLessThan(plainBytes - 4.8 * sizeUnit)
  }
})
