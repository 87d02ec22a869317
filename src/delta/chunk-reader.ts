// The least that is asked of a place chunks come from. A store, a package, a bundle are all readers; whoever
// needs chunks asks for this and no more. What `get` returns has been checked against the id.
import type { ChunkId } from '../base/ids.ts'

export interface ChunkReader {
  has(id: ChunkId): boolean
  /** The plain bytes, not to be changed. Throws CONTENT_MISSING where `has` is false. */
  get(id: ChunkId): Promise<Uint8Array>
}
