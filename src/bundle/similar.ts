// Reads from the channel's packages what a plan wants to compare by bytes, and says which contents are alike. Sketches are
// made while planning and not kept: few files ask for them, and making them for all costs publishing more than they give.
import { askSketches, type FileToSketch } from '../carry/sketch-question.ts'
import { concatBytes } from '../base/bytes.ts'
import type { CarryRequest } from '../carry/plan.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import { sketchJob } from '../delta/jobs.ts'
import {
  emptySketch,
  findSimilar,
  mergeSketch,
  type Sketch,
  sketchBuckets,
  type SimilarContents,
  type SketchedContent,
} from '../delta/sketch.ts'
import type { Pool } from '../host/pool.ts'
import { packageChunks, type WantedChunk } from './package-chunks.ts'

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
  const owners: Sketch[] = []
  function* chunks(): Generator<WantedChunk> {
    for (const [index, file] of files.entries())
      for (const { id, sizeBytes } of channel.chunkList(file.from, file).chunks) {
        owners.push(sketched[index]?.sketch as Sketch)
        // A sketch is a hint: whoever compares the bytes checks them.
        yield { id, sizeBytes, from: file.from, isCheckedLater: true }
      }
  }
  const merge = async (batch: Batch, of: readonly Sketch[]): Promise<void> => {
    const sketches = await pool.run(sketchJob, batch, [batch.bytes.buffer as ArrayBuffer])
    for (const [i, sketch] of of.entries())
      mergeSketch(sketch, sketches.subarray(i * sketchBuckets, (i + 1) * sketchBuckets))
  }
  const underWay: Promise<void>[] = []
  for await (const batch of batchesOf(packageChunks(chunks(), { channel, pool }))) {
    if (underWay.length > pool.width) await underWay.shift()
    const merged = merge(batch, owners.splice(0, batch.sizes.length))
    // Awaited in its turn; until then a failure must not count as unhandled.
    merged.catch(() => {})
    underWay.push(merged)
  }
  await Promise.all(underWay)
  return sketched
}

interface Batch {
  readonly bytes: Uint8Array
  readonly sizes: readonly number[]
}

/** Copies: what is read is good only until the next is asked for. */
async function* batchesOf(read: ReturnType<typeof packageChunks>): AsyncGenerator<Batch> {
  let parts: Uint8Array[] = []
  let sizeBytes = 0
  const whole = (): Batch => {
    const batch = { bytes: concatBytes(parts), sizes: parts.map(({ length }) => length) }
    parts = []
    sizeBytes = 0
    return batch
  }
  for await (const { bytes } of read) {
    parts.push(bytes.slice())
    sizeBytes += bytes.length
    if (sizeBytes >= batchBytes) yield whole()
  }
  if (parts.length > 0) yield whole()
}
