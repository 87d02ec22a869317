// A chunk list: the chunks that make one content, in order. It is not part of a manifest, so a package may be
// cut differently later and stays the same package. A content of exactly one chunk needs no list, because
// its chunk id is its content digest; the empty content has no chunks.
import { emptyDigest } from '../base/digest.ts'
import type { ChunkId, ContentDigest, Digest } from '../base/ids.ts'
import { chunkSizes } from '../base/limits.ts'

export interface ListedChunk {
  readonly id: ChunkId
  readonly sizeBytes: number
}

export interface ChunkList {
  readonly content: ContentDigest
  readonly sizeBytes: number
  readonly chunks: readonly ListedChunk[]
}

/** The content of every empty file. */
export const emptyContent = emptyDigest as ContentDigest

/** A chunk that is a whole content has the content's digest, and the other way round. */
export const chunkOfContent = (content: Digest): ChunkId => content as ChunkId
export const contentOfChunk = (chunk: Digest): ContentDigest => chunk as ContentDigest

/** The list that a content of one chunk, or of none, does not need to carry. */
export const listOfOne = (content: ContentDigest, sizeBytes: number): ChunkList => ({
  content,
  sizeBytes,
  chunks: sizeBytes === 0 ? [] : [{ id: chunkOfContent(content), sizeBytes }],
})

/** Whether two lists of one content cut it at the same places into the same chunks. */
export const isSameList = (a: ChunkList, b: ChunkList): boolean =>
  a.chunks.length === b.chunks.length &&
  a.chunks.every(({ id, sizeBytes }, n) => id === b.chunks[n]?.id && sizeBytes === b.chunks[n].sizeBytes)

/** What is wrong with a list that came from elsewhere, in words; undefined when nothing is. */
export function checkChunkList(list: ChunkList): string | undefined {
  let total = 0
  for (const { sizeBytes } of list.chunks) {
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1) return 'a chunk has no size'
    if (sizeBytes > chunkSizes.max) return `a chunk is longer than ${chunkSizes.max} bytes`
    total += sizeBytes
  }
  if (total !== list.sizeBytes) return `the chunks make ${total} bytes, not ${list.sizeBytes}`
  const only = list.chunks.length === 1 ? list.chunks[0] : undefined
  if (only !== undefined && only.id !== chunkOfContent(list.content))
    return 'the only chunk is not the content'
  if (list.chunks.length === 0 && list.content !== emptyContent) return 'the content has no chunks'
  return undefined
}
