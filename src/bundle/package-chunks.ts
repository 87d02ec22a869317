// Chunks out of a channel's packages, in the order of a plan. It looks ahead: when a frame of a package is decoded, all
// that is wanted of it soon is taken, so that each is decoded about once, whatever the order is. What is not wanted any more
// is freed at once, so that memory is bounded by how far it looks.
import { freeNow } from '../base/free-now.ts'
import { isMossError, MossError } from '../base/error.ts'
import type { ChunkId } from '../base/ids.ts'
import type { CarriedChunk } from '../carry/plan.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import type { ChunkInFrame } from '../container/frame-table.ts'
import { checkChunk } from '../container/jobs.ts'
import { decodeFrame } from '../container/read-frames.ts'
import { readTables, type Tables } from '../container/tables.ts'
import type { VerifiedContainer } from '../container/verify.ts'
import type { Pool } from '../host/pool.ts'

/** Plain bytes of chunks. Of two versions of a package with a few changes everywhere, each is gone through once for this. */
const aheadBytes = 96 * 1024 * 1024

/** Who checks the bytes against the chunk's id before they leave need not have it done when they are read too. */
export interface WantedChunk extends CarriedChunk {
  readonly isCheckedLater?: boolean
}

/** A frame's plain bytes, and the chunks in them that were checked. */
interface Decoded {
  readonly plain: Uint8Array
  readonly checked: ReadonlyMap<ChunkId, ChunkInFrame>
}

/** Kept whole, for so many chunks that lie in it. */
interface Kept extends Decoded {
  users: number
}

/** A frame of a package of which something is wanted soon. */
interface Frame {
  readonly container: VerifiedContainer
  readonly n: number
  /** Those that have no bytes yet. */
  waiting: Place[]
  underWay?: Promise<Decoded>
  kept?: Kept
}

interface Place {
  readonly chunk: WantedChunk
  readonly frame: Frame
  readonly offset: number
  bytes?: Uint8Array
  /** What these lie in, unless they are a copy. */
  kept?: Kept
}

/** Each chunk with its bytes, which are good until the next one is asked for. */
export async function* packageChunks(
  chunks: Iterable<WantedChunk>,
  from: { readonly channel: StationChannel; readonly pool: Pool },
): AsyncGenerator<{ readonly chunk: CarriedChunk; readonly bytes: Uint8Array }> {
  const ahead = new LookAhead(chunks, from)
  for (let place = ahead.next(); place !== undefined; place = ahead.next()) {
    const bytes = place.bytes ?? (await ahead.fetch(place))
    yield { chunk: place.chunk, bytes }
    ahead.release(place)
  }
}

class LookAhead {
  readonly #places: Iterator<Place, undefined>
  readonly #pool: Pool
  readonly #queue: Place[] = []
  /** Of the queue: what comes before was given out. */
  #head = 0
  /** Of the queue: what comes before has its bytes, or they are under way. */
  #asked = 0
  #queuedBytes = 0
  #isAll = false
  #underWay = 0

  constructor(
    chunks: Iterable<WantedChunk>,
    { channel, pool }: { readonly channel: StationChannel; readonly pool: Pool },
  ) {
    this.#places = placesOf(chunks, channel)
    this.#pool = pool
  }

  next(): Place | undefined {
    this.#fill()
    const place = this.#queue[this.#head]
    if (place === undefined) return undefined
    this.#head++
    this.#queuedBytes -= place.chunk.sizeBytes
    // What was given out goes now and then: taking it off one by one would move the rest each time.
    if (this.#head > 4096 && 2 * this.#head > this.#queue.length) {
      this.#queue.splice(0, this.#head)
      this.#asked = Math.max(0, this.#asked - this.#head)
      this.#head = 0
    }
    return place
  }

  async fetch(place: Place): Promise<Uint8Array> {
    const { frame } = place
    if (frame.underWay === undefined) this.#start(frame)
    this.#startMore()
    this.#share(frame, (await frame.underWay) as Decoded)
    return place.bytes as Uint8Array
  }

  release(place: Place): void {
    const { frame, kept } = place
    delete place.bytes
    if (kept === undefined || --kept.users > 0) return
    delete frame.kept
    freeNow(kept.plain)
  }

  #fill(): void {
    while (!this.#isAll && (this.#queuedBytes < aheadBytes || this.#head === this.#queue.length)) {
      const place = this.#places.next().value
      if (place === undefined) {
        this.#isAll = true
        return
      }
      this.#queue.push(place)
      this.#queuedBytes += place.chunk.sizeBytes
      const { kept } = place.frame
      if (kept === undefined) place.frame.waiting.push(place)
      else lieIn(kept, place)
    }
  }

  /** As many as there are threads. */
  #startMore(): void {
    this.#asked = Math.max(this.#asked, this.#head)
    for (; this.#underWay < this.#pool.width && this.#asked < this.#queue.length; this.#asked++) {
      const place = this.#queue[this.#asked]
      if (place === undefined || place.bytes !== undefined || place.frame.underWay !== undefined) continue
      this.#start(place.frame)
    }
  }

  #start(frame: Frame): void {
    frame.underWay = decode(frame, this.#pool)
    // Awaited in its turn; until then a failure must not count as unhandled.
    frame.underWay.catch(() => {})
    this.#underWay++
  }

  /** What is wanted of it soon lies in it, where that is much of it, else it is copied. */
  #share(frame: Frame, decoded: Decoded): void {
    const { waiting } = frame
    frame.waiting = []
    delete frame.underWay
    this.#underWay--
    const wantedBytes = waiting.reduce((sum, { chunk }) => sum + chunk.sizeBytes, 0)
    if (2 * wantedBytes >= decoded.plain.length) {
      const kept = { ...decoded, users: 0 }
      frame.kept = kept
      for (const place of waiting) lieIn(kept, place)
      return
    }
    for (const place of waiting) place.bytes = bytesOf(place, decoded).slice()
    freeNow(decoded.plain)
  }
}

/** Throws CONTAINER_DAMAGED, which says in which of a channel's packages. */
async function decode({ container, n, waiting }: Frame, pool: Pool): Promise<Decoded> {
  const toCheck = new Map<ChunkId, ChunkInFrame>()
  for (const { chunk, offset } of waiting)
    if (chunk.isCheckedLater !== true)
      toCheck.set(chunk.id, { id: chunk.id, offset, sizeBytes: chunk.sizeBytes })
  try {
    const plain = await decodeFrame(container, n, { pool, toCheck: [...toCheck.values()] })
    return { plain, checked: toCheck }
  } catch (error) {
    if (!isMossError(error, 'CONTAINER_DAMAGED')) throw error
    const { part, problem } = error.details
    throw new MossError('CONTAINER_DAMAGED', { part: `${part} of ${container.source.name}`, problem })
  }
}

function lieIn(kept: Kept, place: Place): void {
  place.bytes = bytesOf(place, kept)
  place.kept = kept
  kept.users++
}

/** What came to be wanted while the frame was decoded was not checked with it. */
function bytesOf({ chunk, offset }: Place, { plain, checked }: Decoded): Uint8Array {
  const bytes = plain.subarray(offset, offset + chunk.sizeBytes)
  if (chunk.isCheckedLater !== true && !checked.has(chunk.id)) checkChunk(bytes, chunk.id)
  return bytes
}

function* placesOf(chunks: Iterable<WantedChunk>, channel: StationChannel): Generator<Place, undefined> {
  const frames = new Map<string, Frame>()
  let tables:
    { readonly id: CarriedChunk['from']; readonly tables: Tables; container: VerifiedContainer } | undefined
  for (const chunk of chunks) {
    if (tables?.id !== chunk.from) tables = { id: chunk.from, ...openPackage(channel, chunk) }
    const place = tables.tables.chunkPlace(chunk.id)
    if (place?.sizeBytes !== chunk.sizeBytes) throw missing(chunk)
    const key = `${chunk.from} ${place.frame}`
    const frame = frames.get(key) ?? { container: tables.container, n: place.frame, waiting: [] }
    frames.set(key, frame)
    yield { chunk, frame, offset: place.offset }
  }
}

function openPackage(channel: StationChannel, chunk: CarriedChunk) {
  const file = channel.package(chunk.from)
  if (file === undefined) throw missing(chunk)
  return { container: file.container, tables: readTables(file.container) }
}

const missing = (chunk: CarriedChunk): MossError =>
  new MossError('CONTENT_MISSING', { what: `chunk ${chunk.id} of package ${chunk.from}` })
