// Tables as long as they may be: what a reader makes of one in memory is little more than the table itself.
import { expect, test } from 'vitest'
import { digestOf } from '../../../src/base/digest.ts'
import { limits } from '../../../src/base/limits.ts'
import {
  chunkWidth,
  ChunkTable,
  encodeFrames,
  fanOutBytes,
  FrameTable,
} from '../../../src/container/frame-table.ts'
import { viewOf } from '../../../src/container/little-endian.ts'
import { packedChunksBytes, unpackChunks } from '../../../src/container/packed-chunks.ts'

const MiB = 2 ** 20
const count = Math.floor((limits.longTableBytes - fanOutBytes) / chunkWidth)
const tableBytes = fanOutBytes + count * chunkWidth

/** The process is new, and its peak never falls: what comes first grows most. */
function grownBytes(work: () => void): number {
  const before = process.resourceUsage().maxRSS
  work()
  return (process.resourceUsage().maxRSS - before) * 1024
}

test('a table of the most chunks, all of one byte in one frame, is unpacked and read', () => {
  const packed = new Uint8Array(packedChunksBytes(tableBytes, 1) ?? expect.fail('it is a table'))
  const view = viewOf(packed)
  view.setUint32(0, count, true)
  for (let n = 0; n < count; n++) view.setUint32(4 + n * 36 + 32, 1, true)
  const stored = { offset: 0, storedBytes: 1000, codec: 4 as const, digest: digestOf(packed.subarray(0, 1)) }
  const frame = encodeFrames([{ ...stored, plainBytes: count, bases: 1 }])
  const frames = new FrameTable(frame, { count: 1, storedBytes: 1000 }, 'unread')
  let table: Uint8Array = new Uint8Array(0)
  expect(grownBytes(() => (table = unpackChunks(packed, 1)))).toBeLessThan(3 * tableBytes)
  expect(table.length).toBe(tableBytes)
  expect(grownBytes(() => expect(new ChunkTable(table, frames).count).toBe(count))).toBeLessThan(128 * MiB)
})
