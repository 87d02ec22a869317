// Reads from the channel's packages what a plan wants to compare by bytes, and says which contents are alike. Sketches are
// made while planning and not kept: few files ask for them, and making them for all costs publishing more than they give.
import { askSketches, type FileToSketch } from '../carry/sketch-question.ts'
import type { CarriedChunk, CarryRequest } from '../carry/plan.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import { sketchJob } from '../delta/jobs.ts'
import {
  emptySketch,
  findSimilar,
  mergeSketch,
  sketchBuckets,
  type SimilarContents,
  type SketchedContent,
} from '../delta/sketch.ts'
import type { Pool } from '../host/pool.ts'
import { packageChunks } from './package-chunks.ts'

interface From {
  readonly channel: StationChannel
  readonly pool: Pool
}

/** What names do not find. Empty for most plans, and then nothing was read. */
export async function similarContents(request: CarryRequest, from: From): Promise<SimilarContents> {
  const { wanted, had } = askSketches(request)
  if (wanted.length === 0 || had.length === 0) return new Map()
  return findSimilar(await sketchFiles(wanted, from), await sketchFiles(had, from))
}

/** Sending this much to a worker is worth the message. */
const batchBytes = 1024 * 1024

async function sketchFiles(
  files: readonly FileToSketch[],
  { channel, pool }: From,
): Promise<readonly SketchedContent[]> {
  const sketched = files.map(({ content, sizeBytes }) => ({ content, sizeBytes, sketch: emptySketch() }))
  const owners: number[] = []
  function* chunks(): Generator<CarriedChunk> {
    for (const [index, file] of files.entries())
      for (const { id, sizeBytes } of channel.chunkList(file.from, file).chunks) {
        owners.push(index)
        yield { id, sizeBytes, from: file.from }
      }
  }
  let batch: Uint8Array[] = []
  let batched = 0
  let done = 0
  const send = async (): Promise<void> => {
    const bytes = new Uint8Array(batched)
    let at = 0
    for (const chunk of batch) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    const sizes = batch.map((chunk) => chunk.length)
    const sketches = await pool.run(sketchJob, { bytes, sizes }, [bytes.buffer])
    for (let i = 0; i < sizes.length; i++) {
      const owner = sketched[owners[done++] ?? -1]
      if (owner === undefined) throw new Error('broken promise: each chunk is of a file')
      mergeSketch(owner.sketch, sketches.subarray(i * sketchBuckets, (i + 1) * sketchBuckets))
    }
    batch = []
    batched = 0
  }
  for await (const { bytes } of packageChunks(chunks(), { channel, pool })) {
    // Good only until the next one is asked for.
    batch.push(bytes.slice())
    batched += bytes.length
    if (batched >= batchBytes) await send()
  }
  if (batch.length > 0) await send()
  return sketched
}
