// The processor's work of this room, as pure functions for a pool of workers. A message carries 1 MiB or more, since
// sending one costs about as much as digesting 50 KiB. Buffers move to the worker and back and are never copied.
import { digestOf } from '../base/digest.ts'
import type { ChunkId, ContentDigest } from '../base/ids.ts'
import { type ChunkList, type ListedChunk, contentOfChunk, listOfOne } from './chunk-list.ts'
import { cutPoints } from './chunker.ts'
import { addToSketch, emptySketch, type Sketch, sketchBuckets } from './sketch.ts'

/** A named pure function, as host's pool runs it. */
export interface CutJob<Input, Output> {
  readonly name: string
  readonly run: (input: Input) => Output
  readonly transfer: (output: Output) => readonly ArrayBuffer[]
}

/** What this room asks of a pool; host's `Pool` is one. */
export interface JobRunner {
  readonly width: number
  run<Input, Output>(
    job: CutJob<Input, Output>,
    input: Input,
    transfer?: readonly ArrayBuffer[],
  ): Promise<Output>
}

/** Whole contents, back to back. */
export interface WholeContents {
  readonly bytes: Uint8Array
  readonly sizes: readonly number[]
}

/** A part of one content that starts where a chunk starts. */
export interface ContentWindow {
  readonly bytes: Uint8Array
  readonly isEnd: boolean
}

const namesOfBuffer = ({ bytes }: { bytes: Uint8Array }): readonly ArrayBuffer[] => [
  bytes.buffer as ArrayBuffer,
]

function chunksOf(bytes: Uint8Array, isEnd: boolean): ListedChunk[] {
  let start = 0
  return cutPoints(bytes, isEnd).map((end) => {
    const chunk = { id: digestOf<ChunkId>(bytes.subarray(start, end)), sizeBytes: end - start }
    start = end
    return chunk
  })
}

/** The chunk list of a whole content that is in memory. */
export function cutWhole(bytes: Uint8Array): ChunkList {
  const chunks = chunksOf(bytes, true)
  const [only] = chunks
  return chunks.length === 1 && only !== undefined
    ? listOfOne(contentOfChunk(only.id), bytes.length)
    : { content: digestOf<ContentDigest>(bytes), sizeBytes: bytes.length, chunks }
}

/** Many contents at once: their chunk lists, in order, and the same bytes back. */
export const digestJob: CutJob<
  WholeContents,
  { readonly bytes: Uint8Array; readonly lists: readonly ChunkList[] }
> = {
  name: 'delta.digest',
  run: ({ bytes, sizes }) => {
    let start = 0
    const lists = sizes.map((size) => {
      start += size
      return cutWhole(bytes.subarray(start - size, start))
    })
    return { bytes, lists }
  },
  transfer: namesOfBuffer,
}

/** One window of a long content: the chunks that end in it, and the same bytes back. */
export const cutWindowJob: CutJob<
  ContentWindow,
  { readonly bytes: Uint8Array; readonly chunks: readonly ListedChunk[] }
> = {
  name: 'delta.cut-window',
  run: ({ bytes, isEnd }) => ({ bytes, chunks: chunksOf(bytes, isEnd) }),
  transfer: namesOfBuffer,
}

/** Many chunks at once: their sketches, back to back. */
export const sketchJob: CutJob<WholeContents, Sketch> = {
  name: 'delta.sketch',
  run: ({ bytes, sizes }) => {
    const sketches = new Int32Array(sizes.length * sketchBuckets)
    let start = 0
    for (const [i, size] of sizes.entries()) {
      const sketch = emptySketch()
      addToSketch(sketch, bytes.subarray(start, start + size))
      sketches.set(sketch, i * sketchBuckets)
      start += size
    }
    return sketches
  },
  transfer: (sketches) => [sketches.buffer],
}
