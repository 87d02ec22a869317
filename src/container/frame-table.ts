// Tables `frames` and `chunks`: where each frame stands, and which chunk lies where in it. Frames follow each other
// without gaps and chunks fill their frames without gaps, so every offset is implied and is checked. A chunk may lie in
// several frames, as deltas against different bases do: a reader takes whichever it can decode.
import { fromHex } from '../base/bytes.ts'
import type { ChunkId, Digest } from '../base/ids.ts'
import { chunkSizes, limits } from '../base/limits.ts'
import { BaseTable } from './base-table.ts'
import { checkFrameCodec, type FrameCodec, hasBases } from './codecs.ts'
import { deltaHeaderBytes } from './delta-frame.ts'
import { viewOf, writeU32, writeU64 } from './little-endian.ts'
import { Records } from './records.ts'

export interface FrameEntry {
  /** From the first byte of frame 0. */
  readonly offset: number
  readonly storedBytes: number
  readonly plainBytes: number
  readonly codec: FrameCodec
  /** Of the stored bytes. */
  readonly digest: Digest
  /** How many records of table `bases` it uses; none unless its codec is 3 or 4. */
  readonly bases?: number
}

export interface ChunkInFrame {
  readonly id: ChunkId
  /** In the frame's plain bytes. */
  readonly offset: number
  readonly sizeBytes: number
}

export interface ChunkPlace {
  readonly frame: number
  readonly offset: number
  readonly sizeBytes: number
}

export const frameWidth = 64
export const chunkWidth = 44
export const fanOutBytes = 1024
const idBytes = 32

export function encodeFrames(frames: readonly FrameEntry[]): Uint8Array {
  const bytes = new Uint8Array(frames.length * frameWidth)
  const view = viewOf(bytes)
  let base = 0
  frames.forEach((frame, index) => {
    const at = index * frameWidth
    bytes.set(fromHex(frame.digest), at)
    writeU64(view, at + 32, frame.offset)
    writeU32(view, at + 40, frame.storedBytes)
    writeU32(view, at + 44, frame.plainBytes)
    view.setUint16(at + 48, frame.codec, true)
    const count = frame.bases ?? 0
    writeU32(view, at + 52, count === 0 ? 0 : base)
    writeU32(view, at + 56, count)
    base += count
  })
  return bytes
}

/** `chunks` in any order. */
export function encodeChunks(chunks: readonly (ChunkPlace & { readonly id: ChunkId })[]): Uint8Array {
  if (chunks.length === 0) return new Uint8Array(0)
  const sorted = chunks.toSorted((a, b) =>
    a.id === b.id ? a.frame - b.frame || a.offset - b.offset : a.id < b.id ? -1 : 1,
  )
  const bytes = new Uint8Array(fanOutBytes + sorted.length * chunkWidth)
  const view = viewOf(bytes)
  sorted.forEach((chunk, index) => {
    const at = fanOutBytes + index * chunkWidth
    bytes.set(fromHex(chunk.id), at)
    writeU32(view, at + 32, chunk.frame)
    writeU32(view, at + 36, chunk.offset)
    writeU32(view, at + 40, chunk.sizeBytes)
  })
  writeFanOut(bytes)
  return bytes
}

/** Of a table that has its records. */
export function writeFanOut(table: Uint8Array): void {
  const view = viewOf(table)
  let at = fanOutBytes
  for (let first = 0; first < 256; first++) {
    while (table[at] === first) at += chunkWidth
    writeU32(view, first * 4, (at - fanOutBytes) / chunkWidth)
  }
}

export class FrameTable {
  readonly #records: Records

  constructor(
    bytes: Uint8Array | undefined,
    frames: { readonly count: number; readonly storedBytes: number },
    bases: BaseTable | 'unread' = new BaseTable(undefined),
  ) {
    this.#records = new Records('frames', bytes, frameWidth)
    if (this.count !== frames.count)
      this.#records.refuse(`${this.count} records, the head says ${frames.count} frames`)
    let offset = 0
    let base = 0
    for (let n = 0; n < this.count; n++) {
      offset = this.#check(n, offset)
      if (bases !== 'unread') base = this.#checkBases(n, base, bases)
    }
    if (bases !== 'unread' && base !== bases.count)
      this.#records.refuse(`frames use ${base} bases of ${bases.count}`)
    if (offset !== frames.storedBytes)
      this.#records.refuse(`frames of ${offset} bytes, the head says ${frames.storedBytes}`)
  }

  get count(): number {
    return this.#records.count
  }

  /** Throws a RangeError for a number that is not a frame's. */
  entry(n: number): FrameEntry {
    if (!(n >= 0 && n < this.count)) throw new RangeError(`no frame ${n}`)
    const bases = this.#records.u32(n, 56)
    return {
      offset: this.#records.u64(n, 32),
      storedBytes: this.#records.u32(n, 40),
      plainBytes: this.#records.u32(n, 44),
      codec: checkFrameCodec(this.#records.u16(n, 48), `frame ${n}`),
      digest: this.#records.digest(n, 0),
      ...(bases > 0 && { bases }),
    }
  }

  #check(n: number, offset: number): number {
    const frame = this.entry(n)
    const records = this.#records
    if (frame.offset !== offset) records.refuse(`frame ${n} is not where frame ${n - 1} ends`)
    if (records.u16(n, 50) !== 0 || records.u32(n, 60) !== 0)
      records.refuse(`frame ${n} has bits set for nothing`)
    const most = frame.codec === 4 ? limits.deltaPlainBytes : limits.framePlainBytes
    if (frame.plainBytes === 0 || frame.plainBytes > most)
      records.refuse(`frame ${n} has ${frame.plainBytes} plain bytes`)
    const isFit =
      frame.codec === 0
        ? frame.storedBytes === frame.plainBytes
        : frame.storedBytes > 0 && frame.storedBytes < frame.plainBytes
    const isLong = frame.codec === 4 && frame.storedBytes > limits.deltaStreamBytes + deltaHeaderBytes
    if (!isFit || isLong)
      records.refuse(`frame ${n} has ${frame.storedBytes} stored bytes for ${frame.plainBytes} plain ones`)
    return offset + frame.storedBytes
  }

  /** Number of the first base of frame `n`; that of its count is in its entry. */
  firstBase(n: number): number {
    return this.#records.u32(n, 52)
  }

  /** `first` is where this frame's bases must start; gives where they end. */
  #checkBases(n: number, first: number, bases: BaseTable): number {
    const { codec, bases: count = 0 } = this.entry(n)
    if (!hasBases(codec) && (count !== 0 || this.firstBase(n) !== 0))
      this.#records.refuse(`frame ${n} names bases it cannot use`)
    if (!hasBases(codec)) return first
    if (count === 0 || this.firstBase(n) !== first || first + count > bases.count)
      this.#records.refuse(
        `frame ${n} names bases ${this.firstBase(n)} to ${this.firstBase(n) + count} of ${bases.count}`,
      )
    const sizeBytes = bases.ranges(first, count).reduce((sum, range) => sum + range.sizeBytes, 0)
    const most = codec === 3 ? limits.zstdBaseBytes : limits.deltaBaseBytes
    if (sizeBytes > most) this.#records.refuse(`frame ${n} has bases of ${sizeBytes} bytes`)
    return first + count
  }
}

export class ChunkTable {
  readonly #records: Records
  readonly #fanOut: DataView
  /** Record numbers by frame and offset; those of frame n start at #starts[n]. */
  readonly #inOrder: Uint32Array
  readonly #starts: Uint32Array

  constructor(bytes: Uint8Array | undefined, frames: FrameTable) {
    const whole = bytes ?? new Uint8Array(fanOutBytes)
    this.#records = new Records('chunks', whole.subarray(fanOutBytes), chunkWidth)
    if (whole.length < fanOutBytes || (bytes !== undefined && this.#records.count === 0))
      this.#records.refuse('cut short')
    this.#fanOut = viewOf(whole.subarray(0, fanOutBytes))
    this.#checkSorted()
    this.#checkFanOut()
    this.#starts = this.#countByFrame(frames.count)
    this.#inOrder = this.#sortByPlace()
    this.#checkPlaces(frames)
  }

  get count(): number {
    return this.#records.count
  }

  /** The first; also for a content digest: a content of one chunk bears that chunk's id. */
  place(id: Digest): ChunkPlace | undefined {
    return this.places(id).next().value
  }

  /** All there are, in the order of their frames. */
  *places(id: Digest): Generator<ChunkPlace, undefined> {
    const key = fromHex(id)
    const first = key[0] ?? 0
    const low = first === 0 ? 0 : this.#fanOut.getUint32((first - 1) * 4, true)
    const records = this.#records
    let record = records.lowest(key, low, this.#fanOut.getUint32(first * 4, true))
    for (; records.startsWith(record, key); record++)
      yield {
        frame: records.u32(record, 32),
        offset: records.u32(record, 36),
        sizeBytes: records.u32(record, 40),
      }
  }

  /** In the order of their bytes in the frame. */
  ofFrame(n: number): readonly ChunkInFrame[] {
    return Array.from(this.#inOrder.subarray(this.#starts[n], this.#starts[n + 1]), (record) => ({
      id: this.#records.digest<ChunkId>(record, 0),
      offset: this.#records.u32(record, 36),
      sizeBytes: this.#records.u32(record, 40),
    }))
  }

  /** Each once. */
  *ids(): Generator<ChunkId> {
    for (let i = 0; i < this.count; i++)
      if (i === 0 || this.#records.compareKeys(i - 1, i, idBytes) !== 0)
        yield this.#records.digest<ChunkId>(i, 0)
  }

  /** By id, then by frame, then by offset. */
  #checkSorted(): void {
    const records = this.#records
    for (let i = 1; i < this.count; i++) {
      const order = records.compareKeys(i - 1, i, idBytes)
      const byPlace =
        records.u32(i - 1, 32) - records.u32(i, 32) || records.u32(i - 1, 36) - records.u32(i, 36)
      if (order > 0 || (order === 0 && byPlace >= 0)) records.refuse(`record ${i} is not in order`)
      if (order === 0 && records.u32(i - 1, 40) !== records.u32(i, 40))
        records.refuse(`record ${i} has another size than the one before`)
    }
  }

  #checkFanOut(): void {
    let record = 0
    for (let first = 0; first < 256; first++) {
      while (record < this.count && this.#records.bytes(record, 0, 1)[0] === first) record++
      if (this.#fanOut.getUint32(first * 4, true) !== record)
        this.#records.refuse(`fan-out ${first} is wrong`)
    }
  }

  #countByFrame(frameCount: number): Uint32Array {
    const starts = new Uint32Array(frameCount + 1)
    for (let i = 0; i < this.count; i++) {
      const frame = this.#records.u32(i, 32)
      if (frame >= frameCount) this.#records.refuse(`record ${i} names frame ${frame} of ${frameCount}`)
      starts[frame + 1] = (starts[frame + 1] ?? 0) + 1
    }
    for (let n = 0; n < frameCount; n++) starts[n + 1] = (starts[n + 1] ?? 0) + (starts[n] ?? 0)
    return starts
  }

  #sortByPlace(): Uint32Array {
    const records = this.#records
    return Uint32Array.from({ length: this.count }, (_, i) => i).sort(
      (a, b) => records.u32(a, 32) - records.u32(b, 32) || records.u32(a, 36) - records.u32(b, 36),
    )
  }

  #checkPlaces(frames: FrameTable): void {
    for (let n = 0; n < frames.count; n++) {
      let end = 0
      for (const record of this.#inOrder.subarray(this.#starts[n], this.#starts[n + 1])) {
        const sizeBytes = this.#records.u32(record, 40)
        if (this.#records.u32(record, 36) !== end)
          this.#records.refuse(`the chunks of frame ${n} leave a gap or overlap`)
        if (sizeBytes === 0 || sizeBytes > chunkSizes.max)
          this.#records.refuse(`a chunk of ${sizeBytes} bytes in frame ${n}`)
        end += sizeBytes
      }
      if (end !== frames.entry(n).plainBytes) this.#records.refuse(`the chunks of frame ${n} do not fill it`)
    }
  }
}
