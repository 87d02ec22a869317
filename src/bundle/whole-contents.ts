// The contents that lie in one frame as a whole, all their chunks in a row, as most do: whoever decodes the frame checks
// them against their digests while they are at hand, and they are written at once. A content of one chunk is not
// among them: to check the chunk is to check the content.
import type { ChunkId, ContentDigest } from '../base/ids.ts'
import type { ChunkInFrame } from '../container/frame-table.ts'
import type { WholeContent } from '../container/jobs.ts'
import type { ChunkList } from '../delta/chunk-list.ts'
import type { Destination } from './assembly.ts'

/**
 * `chunks` are the frame's, in their order; `needed` says where those go that are written from this frame. Of a chunk that
 * the frame has twice the first counts: both may be many, the places in the frame and those it goes to.
 */
export function wholeContents(
  chunks: readonly ChunkInFrame[],
  needed: ReadonlyMap<ChunkId, readonly Destination[]> | undefined,
  lists: ReadonlyMap<ContentDigest, ChunkList>,
): readonly WholeContent[] {
  if (needed === undefined) return []
  const isNextHere = (index: number, id: ChunkId, offset: number): boolean =>
    chunks[index]?.id === id && chunks[index].offset === offset && needed.has(id)
  const found: WholeContent[] = []
  const left = new Map(needed)
  for (const [first, { id, offset }] of chunks.entries()) {
    const destinations = left.get(id) ?? []
    left.delete(id)
    for (const { content, at } of destinations) {
      const list = lists.get(content)
      if (at > 0 || list === undefined || list.chunks.length < 2) continue
      let end = offset
      const isWhole = list.chunks.every((chunk, index) => {
        const isHere = isNextHere(first + index, chunk.id, end)
        end += chunk.sizeBytes
        return isHere
      })
      if (isWhole) found.push({ content, offset, sizeBytes: list.sizeBytes })
    }
  }
  return found
}

/**
 * Of the frame's chunks those that are a whole content, as most are. All others go into contents that are checked
 * against their digests as they are put together: their own ids would say nothing more.
 */
export function chunksToCheck(
  chunks: readonly ChunkInFrame[],
  needed: ReadonlyMap<ChunkId, readonly Destination[]> | undefined,
  lists: ReadonlyMap<ContentDigest, ChunkList>,
): ReadonlySet<ChunkId> {
  const isContent = ({ content }: Destination): boolean => lists.get(content)?.chunks.length === 1
  const ids = new Set(chunks.map(({ id }) => id))
  return new Set([...ids].filter((id) => needed?.get(id)?.some(isContent) === true))
}
