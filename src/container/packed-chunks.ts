// Table `chunks` as a section of codec 3 carries it: in the order of the frames instead of the ids. So frame and offset
// are implied, and the records of a content follow each other as its links do, which then cost next to nothing.
// For each frame a u32 that says how many chunks it has; then for each chunk its id and its size, as in table links.
import { equalBytes } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import { chunkWidth, fanOutBytes, writeFanOut } from './frame-table.ts'
import { viewOf, writeU32 } from './little-endian.ts'

const packedWidth = 36

/** Of a table of so many bytes; undefined for a size that no table has: every frame has a chunk. So it is never larger. */
export function packedChunksBytes(tableBytes: number, frameCount: number): number | undefined {
  const count = (tableBytes - fanOutBytes) / chunkWidth
  const isFit = Number.isInteger(count) && count > 0 && frameCount <= count
  return isFit ? 4 * frameCount + count * packedWidth : undefined
}

/** Undefined for what would not come back as it is: no honest table. */
export function packChunks(table: Uint8Array, frameCount: number): Uint8Array | undefined {
  const sizeBytes = packedChunksBytes(table.length, frameCount)
  if (sizeBytes === undefined) return undefined
  const view = viewOf(table)
  const frameOf = (at: number): number => view.getUint32(at + 32, true)
  const offsetOf = (at: number): number => view.getUint32(at + 36, true)
  const places: number[] = []
  for (let at = fanOutBytes; at < table.length; at += chunkWidth) places.push(at)
  places.sort((a, b) => frameOf(a) - frameOf(b) || offsetOf(a) - offsetOf(b))
  const packed = new Uint8Array(sizeBytes)
  const into = viewOf(packed)
  places.forEach((at, index) => {
    const frame = frameOf(at)
    if (frame < frameCount) writeU32(into, 4 * frame, into.getUint32(4 * frame, true) + 1)
    const to = 4 * frameCount + index * packedWidth
    packed.set(table.subarray(at, at + 32), to)
    writeU32(into, to + 32, view.getUint32(at + 40, true))
  })
  const back = tryUnpack(packed, frameCount)
  return back !== undefined && equalBytes(back, table) ? packed : undefined
}

/** Throws CONTAINER_DAMAGED. What it gives is judged like any table. */
export function unpackChunks(packed: Uint8Array, frameCount: number): Uint8Array {
  const table = tryUnpack(packed, frameCount)
  if (table !== undefined) return table
  const problem = 'it does not say which chunks are whose'
  throw new MossError('CONTAINER_DAMAGED', { part: 'section chunks', problem })
}

/** Without an object for each chunk: there may be millions, and whoever signed a bundle says how many. */
function tryUnpack(packed: Uint8Array, frameCount: number): Uint8Array | undefined {
  const view = viewOf(packed)
  const first = 4 * frameCount
  const count = (packed.length - first) / packedWidth
  if (!Number.isInteger(count)) return undefined
  const frames = new Uint32Array(count)
  const offsets = new Uint32Array(count)
  let next = 0
  for (let frame = 0; frame < frameCount; frame++) {
    let offset = 0
    for (let left = view.getUint32(4 * frame, true); left > 0; left--) {
      if (next === count || offset > 0xffff_ffff) return undefined
      frames[next] = frame
      offsets[next] = offset
      offset += view.getUint32(first + next * packedWidth + 32, true)
      next++
    }
  }
  if (next < count) return undefined
  const table = new Uint8Array(fanOutBytes + count * chunkWidth)
  const into = viewOf(table)
  orderOfIds(view, first, count).forEach((chunk, record) => {
    const from = first + chunk * packedWidth
    const to = fanOutBytes + record * chunkWidth
    table.set(packed.subarray(from, from + 32), to)
    into.setUint32(to + 32, frames[chunk]!, true)
    into.setUint32(to + 36, offsets[chunk]!, true)
    into.setUint32(to + 40, view.getUint32(from + 32, true), true)
  })
  writeFanOut(table)
  return table
}

/** Of equal ids the one that stands first is first: it is of a lower frame, or offset. */
function orderOfIds(view: DataView, first: number, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, chunk) => chunk).sort((a, b) => {
    for (let word = 0; word < 32; word += 4) {
      const left = view.getUint32(first + a * packedWidth + word)
      const right = view.getUint32(first + b * packedWidth + word)
      if (left !== right) return left - right
    }
    return a - b
  })
}
