// The processor's work of this room, as pure functions for a pool of workers: packing a group of chunks into a
// frame, and unpacking one. Both check every chunk against its id, so neither side can pass on a wrong one.
import { concatBytes } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { ChunkId, ContentDigest, Digest } from '../base/ids.ts'
import type { Job } from '../host/pool.ts'
import { decodeDelta } from '../delta/decode-delta.ts'
import { decodeStored, encodeStored, type Encoded, type FrameCodec } from './codecs.ts'
import { decodeDeltaFrame } from './delta-frame.ts'
import type { ChunkInFrame } from './frame-table.ts'
import { decodeZstd } from './zstd.ts'

export interface FrameToEncode {
  /** The chunks back to back. */
  readonly plain: Uint8Array
  readonly chunks: readonly { readonly id: ChunkId; readonly sizeBytes: number }[]
  readonly level: number
}

export interface EncodedFrame extends Encoded {
  readonly digest: Digest
}

export interface FrameToDecode {
  /** Checked against the frame table already. */
  readonly stored: Uint8Array
  readonly codec: FrameCodec
  readonly plainBytes: number
  /** Of codec 3 and 4: the bytes of its bases in their order. Whether they are what the table names nobody has checked. */
  readonly bases?: readonly Uint8Array[]
  readonly chunks: readonly ChunkInFrame[]
  /** Contents of several chunks that lie in the frame as a whole. */
  readonly contents?: readonly WholeContent[]
  /** Names the frame in errors. */
  readonly part: string
}

/** A content that lies in the plain bytes of a frame, from its first to its last byte. */
export interface WholeContent {
  readonly content: ContentDigest
  readonly offset: number
  readonly sizeBytes: number
}

const bufferOf = (bytes: Uint8Array): readonly ArrayBuffer[] => [bytes.buffer as ArrayBuffer]

/** Throws CHUNK_DIGEST_MISMATCH where a chunk changed since it was named. */
export const encodeFrameJob: Job<FrameToEncode, EncodedFrame> = {
  name: 'container.encode-frame',
  run: ({ plain, chunks, level }) => {
    let offset = 0
    for (const { id, sizeBytes } of chunks) {
      checkChunk(plain.subarray(offset, offset + sizeBytes), id)
      offset += sizeBytes
    }
    const encoded = encodeStored(plain, level)
    // A view of a shared or larger buffer would move more than its bytes.
    const stored =
      encoded.stored.byteLength === encoded.stored.buffer.byteLength
        ? encoded.stored
        : Uint8Array.from(encoded.stored)
    return { codec: encoded.codec, stored, digest: digestOf(stored) }
  },
  transfer: ({ stored }) => bufferOf(stored),
}

/** Gives the plain bytes. Throws CONTAINER_DAMAGED or CHUNK_DIGEST_MISMATCH. */
export const decodeFrameJob: Job<FrameToDecode, Uint8Array> = {
  name: 'container.decode-frame',
  run: ({ stored, codec, plainBytes, bases = [], chunks, contents = [], part }) => {
    const plain = decodePlain({ stored, codec, plainBytes, bases, part })
    for (const { id, offset, sizeBytes } of chunks)
      checkChunk(plain.subarray(offset, offset + sizeBytes), id, part)
    for (const { content, offset, sizeBytes } of contents)
      if (digestOf(plain.subarray(offset, offset + sizeBytes)) !== content)
        throw new MossError('CHUNK_DIGEST_MISMATCH', { part: `content ${content}` })
    return plain
  },
  transfer: bufferOf,
}

function decodePlain({
  stored,
  codec,
  plainBytes,
  bases = [],
  part,
}: Omit<FrameToDecode, 'chunks'>): Uint8Array {
  if (codec === 4) return decodeDelta({ streams: decodeDeltaFrame(stored, part), bases, plainBytes, part })
  if (codec === 3) return decodeZstd(stored, plainBytes, part, joined(bases))
  return decodeStored({ codec, stored }, { plainBytes, part })
}

/** Bases that lie back to back in one buffer, as they are read, are not copied. */
function joined(bases: readonly Uint8Array[]): Uint8Array {
  const [first] = bases
  if (first === undefined) return new Uint8Array(0)
  let end = first.byteOffset
  for (const base of bases) {
    if (base.buffer !== first.buffer || base.byteOffset !== end) return concatBytes(bases)
    end += base.length
  }
  return new Uint8Array(first.buffer, first.byteOffset, end - first.byteOffset)
}

export function checkChunk(bytes: Uint8Array, id: ChunkId, part?: string): void {
  if (digestOf(bytes) === id) return
  const chunk = `chunk ${id.slice(0, 16)}`
  throw new MossError('CHUNK_DIGEST_MISMATCH', { part: part === undefined ? chunk : `${chunk} of ${part}` })
}
