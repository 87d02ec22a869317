// Chunks out of a channel's packages, in the order of a plan. A frame of a package is decoded when its first chunk is
// wanted, the next one beside it, and a few are kept, so that each is decoded about once; what goes is freed at
// once, so that memory is bounded by those few whatever is exported.
import { MossError } from '../base/error.ts'
import type { ChunkId } from '../base/ids.ts'
import type { CarriedChunk } from '../carry/plan.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import { decodeFrame } from '../container/read-frames.ts'
import { readTables, type Tables } from '../container/tables.ts'
import type { VerifiedContainer } from '../container/verify.ts'
import type { Pool } from '../host/pool.ts'
import { freeNow } from '../base/free-now.ts'

/** Enough for a run of one package and what it was before, side by side. */
const keptFrames = 16

/** Who checks the bytes against the chunk's id before they leave need not have it done when they are read too. */
export interface WantedChunk extends CarriedChunk {
  readonly isCheckedLater?: boolean
}

interface WantedFrame {
  readonly key: string
  readonly isCheckedLater: boolean
  readonly container: VerifiedContainer
  readonly n: number
  readonly chunks: { readonly chunk: CarriedChunk; readonly offset: number }[]
}

const none: ReadonlySet<ChunkId> = new Set()

/** Each chunk with its bytes, which are good until the next one is asked for. */
export async function* packageChunks(
  chunks: Iterable<WantedChunk>,
  from: { readonly channel: StationChannel; readonly pool: Pool },
): AsyncGenerator<{ readonly chunk: CarriedChunk; readonly bytes: Uint8Array }> {
  const kept = new Map<string, Promise<Uint8Array>>()
  const start = (frame: WantedFrame): Promise<Uint8Array> => {
    const known = kept.get(frame.key)
    const how = { pool: from.pool, ...(frame.isCheckedLater && { toCheck: none }) }
    const plain = known ?? decodeFrame(frame.container, frame.n, how)
    // Awaited in its turn; until then a failure must not count as unhandled.
    plain.catch(() => {})
    kept.delete(frame.key)
    kept.set(frame.key, plain)
    return plain
  }
  const runs = runsOf(chunks, from.channel)
  let run = runs.next().value
  while (run !== undefined) {
    const next = runs.next().value
    const plain = await start(run)
    if (next !== undefined) void start(next).catch(() => {})
    for (const { chunk, offset } of run.chunks)
      yield { chunk, bytes: plain.subarray(offset, offset + chunk.sizeBytes) }
    for (const [key, oldest] of kept) {
      if (kept.size <= keptFrames || key === next?.key) break
      kept.delete(key)
      freeNow(await oldest)
    }
    run = next
  }
}

/** Neighbours that lie in one frame, together. */
function* runsOf(chunks: Iterable<WantedChunk>, channel: StationChannel): Generator<WantedFrame, undefined> {
  let run: WantedFrame | undefined
  let tables:
    { readonly id: CarriedChunk['from']; readonly tables: Tables; container: VerifiedContainer } | undefined
  for (const chunk of chunks) {
    if (tables?.id !== chunk.from) tables = { id: chunk.from, ...openPackage(channel, chunk) }
    const place = tables.tables.chunkPlace(chunk.id)
    if (place?.sizeBytes !== chunk.sizeBytes) throw missing(chunk)
    const isCheckedLater = chunk.isCheckedLater === true
    const key = `${chunk.from} ${place.frame} ${isCheckedLater}`
    if (run !== undefined && run.key !== key) yield run
    if (run?.key !== key)
      run = { key, isCheckedLater, container: tables.container, n: place.frame, chunks: [] }
    run.chunks.push({ chunk, offset: place.offset })
  }
  if (run !== undefined) yield run
}

function openPackage(channel: StationChannel, chunk: CarriedChunk) {
  const file = channel.package(chunk.from)
  if (file === undefined) throw missing(chunk)
  return { container: file.container, tables: readTables(file.container) }
}

const missing = (chunk: CarriedChunk): MossError =>
  new MossError('CONTENT_MISSING', { what: `chunk ${chunk.id} of package ${chunk.from}` })
