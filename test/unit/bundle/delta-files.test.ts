import { expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import type { ChunkId, ContentDigest, PackageId } from '../../../src/base/ids.ts'
import { windowsOfPart } from '../../../src/bundle/delta-files.ts'
import type { CarryPlan } from '../../../src/carry/plan.ts'
import type { StationChannel } from '../../../src/channel/station-channel.ts'

const MiB = 1024 * 1024
const from = digestOf<PackageId>(encodeUtf8('package'))
const chunkNamed = (n: number | string) => ({
  id: digestOf<ChunkId>(encodeUtf8(`${n}`)),
  sizeBytes: MiB / 4,
  from,
})

/** Of a file and a base of 400 MiB; sizes say all. */
function windowsFor(lacking: readonly ReturnType<typeof chunkNamed>[], list = range(0, 400)) {
  const content = digestOf<ContentDigest>(encodeUtf8('file'))
  const base = { content: digestOf<ContentDigest>(encodeUtf8('base')), path: 'usr/base', from }
  const sizeBytes = 400 * MiB
  const part = { base: { ...base, sizeBytes }, takers: 0 }
  const delta = {
    file: { content, path: 'usr/file', sizeBytes },
    firstChunk: 1,
    chunks: lacking.length,
    sizeBytes: lacking.length * (MiB / 4),
    ways: [[part]],
    alsoWhole: [],
  }
  const plan = { chunks: [chunkNamed('of another file'), ...lacking] } as unknown as CarryPlan
  const channel = {
    chunkList: () => ({ content, sizeBytes, chunks: list }),
  } as unknown as StationChannel
  return windowsOfPart({ plan, channel }, delta, part)
}

const range = (startMiB: number, endMiB: number) =>
  Array.from({ length: (endMiB - startMiB) * 4 }, (_, i) => chunkNamed(startMiB * 4 + i))

test('the last 5 % of a long file are compared with the end of its base', () => {
  const lacking = range(380, 400)
  const windows = windowsFor(lacking)
  expect(windows).toMatchObject([{ firstChunk: 1, targetBytes: 20 * MiB, window: { baseOffset: 336 * MiB } }])
  expect(windows[0]?.target).toEqual(lacking)
})

test('what is lacking at both ends of a long file is compared with both ends of its base', () => {
  const windows = windowsFor([...range(40, 45), ...range(360, 365)])
  expect(windows).toMatchObject([
    { firstChunk: 1, targetBytes: 5 * MiB, window: { baseOffset: 10.5 * MiB, baseBytes: 64 * MiB } },
    { firstChunk: 21, targetBytes: 5 * MiB, window: { baseOffset: 330.5 * MiB, baseBytes: 64 * MiB } },
  ])
})

test('a chunk that a long file has twice is compared with the first of its places', () => {
  const list = [...range(0, 399), ...range(0, 1)]
  expect(windowsFor(range(0, 1), list)).toMatchObject([{ targetBytes: MiB, window: { baseOffset: 0 } }])
})
