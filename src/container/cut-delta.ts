// What a delta frame decodes to, part by part, from the pieces that its decoder gives, so that neither a long file nor its
// base need be in memory: chunks whole and checked against their ids, other parts as they come.
import type { ChunkId } from '../base/ids.ts'
import type { BaseBytes } from '../delta/base-bytes.ts'
import { decodePieces, type DeltaToDecode } from '../delta/decode-delta.ts'
import { checkChunk } from './jobs.ts'

export interface DeltaPart {
  readonly sizeBytes: number
  /** With it the part is given whole, and checked. */
  readonly id?: ChunkId
}

export interface DeltaToCut<Part extends DeltaPart> extends Pick<
  DeltaToDecode,
  'streams' | 'onRead' | 'heldBytes'
> {
  readonly bases: readonly BaseBytes[]
  /** In their order in the frame; together they are its plain bytes. None is empty. */
  readonly parts: readonly Part[]
  /** Names the frame in errors. */
  readonly name: string
}

export interface CutBytes<Part> {
  readonly part: Part
  /** Where in the part they are. */
  readonly at: number
  /** Valid until the next are asked for. */
  readonly bytes: Uint8Array
}

/** Throws CONTAINER_DAMAGED or CHUNK_DIGEST_MISMATCH. */
export function* cutDelta<Part extends DeltaPart>({
  bases,
  parts,
  name,
  ...delta
}: DeltaToCut<Part>): Generator<CutBytes<Part>> {
  const plainBytes = parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const longest = parts.reduce(
    (most, { id, sizeBytes }) => (id === undefined ? most : Math.max(most, sizeBytes)),
    0,
  )
  const room = new Uint8Array(longest)
  let next = 0
  let filled = 0
  for (const piece of decodePieces({ ...delta, plainBytes, part: name }, bases)) {
    for (let start = 0; start < piece.length;) {
      const part = parts[next]!
      const bytes = piece.subarray(start, start + part.sizeBytes - filled)
      const at = filled
      start += bytes.length
      filled += bytes.length
      if (part.id === undefined) yield { part, at, bytes }
      else room.set(bytes, at)
      if (filled < part.sizeBytes) continue
      if (part.id !== undefined) {
        const chunk = room.subarray(0, filled)
        checkChunk(chunk, part.id, name)
        yield { part, at: 0, bytes: chunk }
      }
      next++
      filled = 0
    }
  }
}
