// The chunks of a delta frame, made one after the other from the pieces that its decoder gives and checked against their
// ids, so that neither a long file nor its base need be in memory.
import type { ChunkId } from '../base/ids.ts'
import type { BaseBytes } from '../delta/base-bytes.ts'
import { decodePieces, type DeltaToDecode } from '../delta/decode-delta.ts'
import type { ListedChunk } from '../delta/chunk-list.ts'
import { checkChunk } from './jobs.ts'

export interface DeltaToCut extends Pick<DeltaToDecode, 'streams' | 'onRead'> {
  readonly bases: readonly BaseBytes[]
  /** In their order in the frame; together they are its plain bytes. */
  readonly chunks: readonly ListedChunk[]
  /** Of these the ids are checked; of all by default. */
  readonly toCheck?: ReadonlySet<ChunkId>
  /** Names the frame in errors. */
  readonly part: string
}

export interface DeltaChunk {
  readonly id: ChunkId
  /** Valid until the next one is asked for. */
  readonly bytes: Uint8Array
}

/** Throws CONTAINER_DAMAGED or CHUNK_DIGEST_MISMATCH. */
export function* deltaChunks({ bases, chunks, toCheck, ...delta }: DeltaToCut): Generator<DeltaChunk> {
  const plainBytes = chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const longest = chunks.reduce((most, { sizeBytes }) => Math.max(most, sizeBytes), 0)
  const room = new Uint8Array(longest)
  let next = 0
  let filled = 0
  for (const piece of decodePieces({ ...delta, plainBytes }, bases)) {
    for (let at = 0; at < piece.length;) {
      const chunk = chunks[next]!
      const taken = Math.min(piece.length - at, chunk.sizeBytes - filled)
      room.set(piece.subarray(at, at + taken), filled)
      at += taken
      filled += taken
      if (filled < chunk.sizeBytes) continue
      const bytes = room.subarray(0, filled)
      if (toCheck?.has(chunk.id) !== false) checkChunk(bytes, chunk.id, delta.part)
      yield { id: chunk.id, bytes }
      next++
      filled = 0
    }
  }
}
