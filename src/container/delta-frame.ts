// The stored bytes of a frame of codec 4: a header that gives each stream's plain and stored size, then the streams. A
// stream whose sizes are equal is stored as it is, a shorter one is one zstd frame. Nothing follows the last.
import { concatBytes } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import { limits } from '../base/limits.ts'
import { type DeltaStreams, type StreamName, streamNames } from '../delta/delta-streams.ts'
import { viewOf, writeU32 } from './little-endian.ts'
import { decodeZstd, encodeZstd } from './zstd.ts'

export const deltaHeaderBytes = 8 * streamNames.length

export function encodeDeltaFrame(streams: DeltaStreams, level: number): Uint8Array {
  const header = new Uint8Array(deltaHeaderBytes)
  const view = viewOf(header)
  const stored = streamNames.map((name, index) => {
    const plain = streams[name]
    const packed = packStream(plain, level)
    writeU32(view, 8 * index, plain.length)
    writeU32(view, 8 * index + 4, packed.length)
    return packed
  })
  return concatBytes([header, ...stored])
}

/** As it is stored: never longer than it is. */
function packStream(plain: Uint8Array, level: number): Uint8Array {
  if (plain.length === 0) return plain
  const packed = encodeZstd(plain, level)
  return packed.length < plain.length ? packed : plain
}

/** Of the streams by themselves. */
export const priceOfStreams = (streams: DeltaStreams, level: number): number =>
  streamNames.reduce((sum, name) => sum + packStream(streams[name], level).length, 0)

/** Throws CONTAINER_DAMAGED. What the streams mean is for delta/decode-delta.ts. */
export function decodeDeltaFrame(stored: Uint8Array, part: string): DeltaStreams {
  const refuse = (problem: string): never => {
    throw new MossError('CONTAINER_DAMAGED', { part, problem })
  }
  if (stored.length < deltaHeaderBytes) refuse('the header of its streams is cut short')
  const view = viewOf(stored)
  const sizes = streamNames.map((name, index) => ({
    name,
    plainBytes: view.getUint32(8 * index, true),
    storedBytes: view.getUint32(8 * index + 4, true),
  }))
  const plainBytes = sizes.reduce((sum, size) => sum + size.plainBytes, 0)
  const storedBytes = sizes.reduce((sum, size) => sum + size.storedBytes, deltaHeaderBytes)
  if (plainBytes > limits.deltaStreamBytes) refuse(`its streams have ${plainBytes} bytes`)
  if (storedBytes !== stored.length) refuse(`its streams fill ${storedBytes} of ${stored.length} bytes`)
  let at = deltaHeaderBytes
  const streams = sizes.map(({ name, plainBytes: size, storedBytes: length }): [StreamName, Uint8Array] => {
    if (length > size) refuse(`stream ${name} is stored in more bytes than it has`)
    const bytes = stored.subarray(at, at + length)
    at += length
    return [name, length === size ? bytes : decodeZstd(bytes, size, part)]
  })
  return Object.fromEntries(streams) as unknown as DeltaStreams
}
