// The least that is asked of a place chunks come from. A store, a package, a bundle are all readers; whoever
// needs chunks asks for this and no more. What `get` returns has been checked against the id.
import { MossError } from '../base/error.ts'
import type { ChunkId } from '../base/ids.ts'

export interface ChunkReader {
  has(id: ChunkId): boolean
  /** The plain bytes, not to be changed. Throws CONTENT_MISSING where `has` is false. */
  get(id: ChunkId): Promise<Uint8Array>
}

/** Asks each reader in turn: the first that has a chunk gives it. */
export const readersInTurn = (...readers: readonly ChunkReader[]): ChunkReader => ({
  has: (id) => readers.some((reader) => reader.has(id)),
  get: async (id) => {
    for (const reader of readers) if (reader.has(id)) return reader.get(id)
    throw new MossError('CONTENT_MISSING', { what: `chunk ${id}` })
  },
})
