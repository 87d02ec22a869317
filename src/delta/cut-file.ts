// Cuts contents of any length into chunks with bounded memory. A long content passes through windows: while a worker
// cuts one, the next is filled and added to the content's digest here. Short contents go to the workers many
// at a time. What comes out depends on the bytes alone, never on how they arrived or on the pool.
import { startDigest, type RunningDigest } from '../base/digest.ts'
import type { ChunkId, ContentDigest } from '../base/ids.ts'
import { chunkSizes } from '../base/limits.ts'
import type { ChunkList, ListedChunk } from './chunk-list.ts'
import { cutWindowJob, digestJob, type JobRunner } from './jobs.ts'

export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** `bytes` stay valid, but hold a window of 4 MiB in memory: copy them to keep them long. */
export interface CutChunk {
  readonly id: ChunkId
  readonly bytes: Uint8Array
}

/** Taken one after the other, in the content's order; the next waits for the promise. */
export type OnChunk = (chunk: CutChunk) => void | Promise<void>

const windowBytes = 4 * 1024 * 1024

/** Room in front of a window for what the one before left over. */
const headroomBytes = chunkSizes.max

/** The first window begins this small and doubles. */
const firstBytes = 16 * 1024

/** A batch of short contents is sent when it has this many bytes, or this many contents. */
const batchBytes = 1024 * 1024
const batchContents = 4096

class ContentCutter {
  readonly #runner: JobRunner
  readonly #onChunk: OnChunk | undefined
  readonly #chunks: ListedChunk[] = []
  #digest: RunningDigest | undefined
  /** The first window has nothing left over to take in, and short contents never need another. */
  #start = 0
  #window = new Uint8Array(firstBytes)
  #filled = 0
  #sizeBytes = 0
  #underWay: Promise<{ readonly bytes: Uint8Array; readonly chunks: readonly ListedChunk[] }> | undefined

  constructor(runner: JobRunner, onChunk: OnChunk | undefined) {
    this.#runner = runner
    this.#onChunk = onChunk
  }

  async add(piece: Uint8Array): Promise<void> {
    let from = 0
    while (from < piece.length) {
      this.#makeRoom(piece.length - from)
      const count = Math.min(piece.length - from, this.#window.length - this.#filled)
      this.#window.set(piece.subarray(from, from + count), this.#filled)
      this.#filled += count
      from += count
      if (this.#filled === this.#start + windowBytes) await this.#sendWindow()
    }
    this.#sizeBytes += piece.length
  }

  async finish(): Promise<ChunkList> {
    if (this.#digest === undefined) return this.#finishShort()
    this.#digest.add(this.#window.subarray(this.#start, this.#filled))
    const rest = await this.#settle()
    const bytes = this.#windowWith(rest)
    if (bytes.length > 0) {
      const last = await this.#runner.run(cutWindowJob, { bytes, isEnd: true }, [bytes.buffer])
      await this.#deliver(last.bytes, last.chunks)
    }
    return {
      content: this.#digest.finish<ContentDigest>(),
      sizeBytes: this.#sizeBytes,
      chunks: this.#chunks,
    }
  }

  /** A content that fits one window: the worker digests it as a whole too. */
  async #finishShort(): Promise<ChunkList> {
    const bytes = this.#windowWith(new Uint8Array(0))
    const { bytes: same, lists } = await this.#runner.run(digestJob, { bytes, sizes: [bytes.length] }, [
      bytes.buffer,
    ])
    const [list] = lists
    if (list === undefined) throw new Error('broken promise: one content gives one chunk list')
    await this.#deliver(same, list.chunks)
    return list
  }

  /** Short contents never pay for a whole window: it grows by doubling. */
  #makeRoom(wanted: number): void {
    const full = this.#start + windowBytes
    if (this.#filled < this.#window.length || this.#window.length === full) return
    const grown = new Uint8Array(Math.min(full, Math.max(this.#filled + wanted, 2 * this.#filled)))
    grown.set(this.#window.subarray(0, this.#filled))
    this.#window = grown
  }

  async #sendWindow(): Promise<void> {
    this.#digest ??= startDigest()
    this.#digest.add(this.#window.subarray(this.#start, this.#filled))
    const rest = await this.#settle()
    const bytes = this.#windowWith(rest)
    this.#underWay = this.#runner.run(cutWindowJob, { bytes, isEnd: false }, [bytes.buffer])
    // Awaited by the next #settle; until then a failure must not count as unhandled.
    this.#underWay.catch(() => {})
    this.#start = headroomBytes
    this.#window = new Uint8Array(headroomBytes + windowBytes)
    this.#filled = headroomBytes
  }

  #windowWith(rest: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#window.set(rest, this.#start - rest.length)
    return this.#window.subarray(this.#start - rest.length, this.#filled)
  }

  /** Waits for the window under way, hands its chunks out and gives what it left over. */
  async #settle(): Promise<Uint8Array> {
    if (this.#underWay === undefined) return new Uint8Array(0)
    const { bytes, chunks } = await this.#underWay
    this.#underWay = undefined
    return bytes.subarray(await this.#deliver(bytes, chunks))
  }

  async #deliver(bytes: Uint8Array, chunks: readonly ListedChunk[]): Promise<number> {
    let at = 0
    for (const chunk of chunks) {
      this.#chunks.push(chunk)
      await this.#onChunk?.({ id: chunk.id, bytes: bytes.subarray(at, at + chunk.sizeBytes) })
      at += chunk.sizeBytes
    }
    return at
  }
}

/** Cuts one content of any length that arrives in pieces of any length. Holds about three windows of 4 MiB. */
export async function cutContent(runner: JobRunner, pieces: Pieces, onChunk?: OnChunk): Promise<ChunkList> {
  const cutter = new ContentCutter(runner, onChunk)
  for await (const piece of pieces) await cutter.add(piece)
  return cutter.finish()
}

export interface CutContent {
  /** Which of the contents, from 0. */
  readonly index: number
  readonly list: ChunkList
  readonly bytes: Uint8Array
}

/** Cuts many contents that each fit in memory; `onContent` gets them one after the other, in their order. */
export async function cutMany(
  runner: JobRunner,
  contents: Pieces,
  onContent: (cut: CutContent) => void | Promise<void>,
): Promise<void> {
  const underWay: ReturnType<typeof sendBatch>[] = []
  let index = 0
  let batch: Uint8Array[] = []
  let batched = 0
  const deliverOldest = async (): Promise<void> => {
    const oldest = await underWay.shift()
    if (oldest === undefined) return
    let at = 0
    for (const list of oldest.lists) {
      await onContent({ index: index++, list, bytes: oldest.bytes.subarray(at, at + list.sizeBytes) })
      at += list.sizeBytes
    }
  }
  const send = async (): Promise<void> => {
    while (underWay.length >= 2 * runner.width) await deliverOldest()
    const sent = sendBatch(runner, batch, batched)
    sent.catch(() => {})
    underWay.push(sent)
    batch = []
    batched = 0
  }
  for await (const content of contents) {
    batch.push(content)
    batched += content.length
    if (batched >= batchBytes || batch.length >= batchContents) await send()
  }
  if (batch.length > 0) await send()
  while (underWay.length > 0) await deliverOldest()
}

function sendBatch(runner: JobRunner, batch: readonly Uint8Array[], sizeBytes: number) {
  const bytes = new Uint8Array(sizeBytes)
  let at = 0
  for (const content of batch) {
    bytes.set(content, at)
    at += content.length
  }
  return runner.run(digestJob, { bytes, sizes: batch.map((content) => content.length) }, [bytes.buffer])
}
