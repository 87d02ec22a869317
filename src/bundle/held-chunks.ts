// Chunks that an import copies from the host's own store, for the contents that are put together.
import { isMossError, MossError } from '../base/error.ts'
import type { ChunkId, ContentDigest } from '../base/ids.ts'
import type { Store } from '../store/store.ts'

/** A chunk from the store, and its place in a content. */
export interface HeldChunk {
  readonly id: ChunkId
  readonly at: number
  /** As the content's chunk list has it: nobody has checked it yet. */
  readonly sizeBytes: number
}

export type ReadHeld = (chunk: HeldChunk, content: ContentDigest) => Promise<Uint8Array>

/** Throws BUNDLE_BASE_MISSING naming the file that is put together. */
export const readHeldFrom =
  (store: Store, paths: ReadonlyMap<ContentDigest, string>): ReadHeld =>
  async ({ id }, content) => {
    try {
      return await store.get(id)
    } catch (error) {
      throw missingBase(error, [paths.get(content) ?? content])
    }
  }

/** What the store has but cannot give is as good as missing. */
export function missingBase(error: unknown, names: readonly string[]): unknown {
  return isMossError(error, 'STORE_DAMAGED') || isMossError(error, 'CONTENT_MISSING')
    ? new MossError('BUNDLE_BASE_MISSING', { names }, error)
    : error
}
