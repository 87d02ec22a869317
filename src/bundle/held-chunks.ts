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

/** All throw BUNDLE_BASE_MISSING naming the file that is put together. */
export interface HeldChunks extends Disposable {
  /** Not checked: the content that it becomes a part of is. */
  read(chunk: HeldChunk, content: ContentDigest): Uint8Array
  /** Throws if `read` gave what the chunk is not. */
  check(chunk: HeldChunk, content: ContentDigest): void
  readChecked(chunk: HeldChunk, content: ContentDigest): Promise<Uint8Array>
}

export function heldChunksOf(store: Store, paths: ReadonlyMap<ContentDigest, string>): HeldChunks {
  const chunks = store.openChunks()
  const namesOf = (content: ContentDigest): readonly string[] => [paths.get(content) ?? content]
  const orMissing = <T>(content: ContentDigest, ask: () => T): T => {
    try {
      return ask()
    } catch (error) {
      throw missingBase(error, namesOf(content))
    }
  }
  return {
    read: ({ id }, content) => orMissing(content, () => chunks.read(id)),
    check: ({ id }, content) => orMissing(content, () => chunks.check(id)),
    readChecked: async ({ id }, content) => {
      try {
        return await store.get(id)
      } catch (error) {
        throw missingBase(error, namesOf(content))
      }
    },
    [Symbol.dispose]: () => chunks[Symbol.dispose](),
  }
}

/** What the store has but cannot give is as good as missing. */
export function missingBase(error: unknown, names: readonly string[]): unknown {
  return isMossError(error, 'STORE_DAMAGED') || isMossError(error, 'CONTENT_MISSING')
    ? new MossError('BUNDLE_BASE_MISSING', { names }, error)
    : error
}
