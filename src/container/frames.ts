// Chunks on their way into a container: gathered into groups, packed by the pool, written in order to a spool on
// this machine's disk. A frame is one group; chunks that are alike should follow each other. What comes out depends
// on the chunks and their order alone, never on the pool's width. Memory: two groups for each worker, and two that fill.
import type { ChunkId, ContentDigest } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import type { DeltaEffort } from '../delta/encode-delta.ts'
import type { ChunkList, ListedChunk } from '../delta/chunk-list.ts'
import { cutContent, cutMany, type CutChunk, type Pieces } from '../delta/cut-file.ts'
import type { WindowChunk } from '../delta/delta-windows.ts'
import type { OpenFile } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import type { FramesDraft } from './encode.ts'
import { type BaseRange, encodeBases } from './base-table.ts'
import { type DeltaFrame, type DeltaToEncode, encodeDeltaJob } from './delta-jobs.ts'
import { looksDense } from './dense.ts'
import { encodeLists } from './content-table.ts'
import { encodeChunks, encodeFrames, type ChunkPlace, type FrameEntry } from './frame-table.ts'
import { encodeFrameJob, type EncodedFrame } from './jobs.ts'

/** man/notes/0004-frames.md has the measurement. */
export const groupBytes = 4 * 1024 * 1024

/** With the tables frames, chunks, contents and links. */
export interface FinishedFrames extends FramesDraft {
  /** The spool that holds the stored bytes. */
  readonly path: string
  readonly plainBytes: number
  /** The part of the stored bytes that is frames with bases. */
  readonly deltaBytes: number
}

/** Files that are written as deltas, together in one frame. */
export interface DeltaGroup {
  /** For each file its base's bytes, then its own; in a buffer of its own. */
  readonly bytes: Uint8Array
  /** Takes them as memory for another group, when nobody reads them any more. */
  readonly giveBack?: (bytes: Uint8Array) => void
  readonly files: readonly {
    readonly base: BaseRange
    /** Together the bytes that the frame gives. */
    readonly chunks: readonly WindowChunk[]
  }[]
}

export interface SpoolOptions {
  /** Of zstd, 1 to 19; 9 by default. */
  readonly level?: number
  /** Of the streams of deltas; as `level` by default. */
  readonly deltaLevel?: number
  readonly pricingLevel?: number
  readonly deltaEffort?: DeltaEffort
  /** Plain bytes of a group, at most 8 MiB. */
  readonly groupBytes?: number
}

/** `path` is a new file, removed again when the spool is disposed. */
export const startFrames = (outside: Outside, path: string, options: SpoolOptions = {}): FrameSpool =>
  new FrameSpool(outside, path, options)

/** Bases and targets of a usual group of files, at most: so many bytes are under way for each worker. */
export const deltaGroupBytes = 64 * 1024 * 1024

/** As many groups of deltas as a machine of two cores has under way. */
const leastWidth = 2

/** For each file, for each of its chunks, whether a frame gives it. */
type OnPriced = (isGiven: readonly (readonly boolean[])[]) => void

interface Group {
  readonly plain: Uint8Array<ArrayBuffer>
  filled: number
  readonly chunks: { readonly id: ChunkId; readonly sizeBytes: number }[]
}

interface Groups {
  usual: Group | undefined
  /** Of chunks that nothing can compress. */
  dense: Group | undefined
}

/** One call at a time: each is awaited before the next. */
export class FrameSpool implements Disposable {
  readonly #outside: Outside
  readonly #path: string
  readonly #level: number
  readonly #delta: Pick<DeltaToEncode, 'level' | 'pricingLevel' | 'deltaEffort'>
  readonly #groupBytes: number
  readonly #file: OpenFile
  readonly #groups: Groups = { usual: undefined, dense: undefined }
  #groupCount = 0
  readonly #underWay: { readonly plainBytes: number; readonly encoded: Promise<EncodedFrame> }[] = []
  readonly #deltas: {
    readonly files: DeltaGroup['files']
    readonly inUse: number
    readonly encoded: Promise<readonly DeltaFrame[]>
    readonly onPriced: OnPriced
  }[] = []
  #deltaBytes = 0
  #deltaStoredBytes = 0
  readonly #bases: BaseRange[] = []
  readonly #frames: FrameEntry[] = []
  #storedBytes = 0
  #plainBytes = 0
  readonly #places: (ChunkPlace & { readonly id: ChunkId })[] = []
  /** Chunks that are in frames that need no base. */
  readonly #whole = new Set<ChunkId>()
  readonly #lists = new Map<ContentDigest, ChunkList>()

  constructor(outside: Outside, path: string, options: SpoolOptions) {
    const { level = 9, deltaLevel = level, groupBytes: size = groupBytes } = options
    const { pricingLevel = 3, deltaEffort } = options
    if (size > limits.framePlainBytes) throw new RangeError(`a group of ${size} bytes`)
    this.#outside = outside
    this.#path = path
    this.#level = level
    this.#delta = { level: deltaLevel, pricingLevel, ...(deltaEffort && { deltaEffort }) }
    this.#groupBytes = size
    this.#file = outside.disk.open(path, 'create')
  }

  /** A chunk that was added already is left out; one that is in a delta is not. Its bytes are copied at once. */
  async add({ id, bytes }: CutChunk): Promise<void> {
    if (this.#whole.has(id)) return
    this.#whole.add(id)
    const kind = looksDense(bytes) ? 'dense' : 'usual'
    let group = this.#groups[kind]
    if (group !== undefined && group.filled + bytes.length > this.#groupBytes) {
      await this.#endGroup(kind)
      group = undefined
    }
    group ??= { plain: new Uint8Array(Math.max(this.#groupBytes, bytes.length)), filled: 0, chunks: [] }
    this.#groups[kind] = group
    group.plain.set(bytes, group.filled)
    group.chunks.push({ id, sizeBytes: bytes.length })
    group.filled += bytes.length
  }

  /** What follows starts new frames. Waits only when two frames for each worker are under way. */
  async endGroup(): Promise<void> {
    await this.#endGroup('usual')
    await this.#endGroup('dense')
  }

  async #endGroup(kind: keyof Groups): Promise<void> {
    const group = this.#groups[kind]
    if (group === undefined) return
    this.#groups[kind] = undefined
    this.#place(group.chunks)
    const input = { plain: group.plain.subarray(0, group.filled), chunks: group.chunks, level: this.#level }
    const encoded = this.#outside.pool.run(encodeFrameJob, input, [group.plain.buffer])
    // Awaited in its turn; until then a failure must not count as unhandled.
    encoded.catch(() => {})
    this.#underWay.push({ plainBytes: group.filled, encoded })
    while (this.#underWay.length >= 2 * this.#outside.pool.width) await this.#writeOldest()
  }

  /**
   * Files as deltas, in frames of their own; `onPriced` hears in order what of them pays, and what does not is to be
   * added as chunks. All deltas come before the first chunk. Room was made; `group.bytes` moves away.
   */
  addDeltas(group: DeltaGroup, onPriced: OnPriced): void {
    if (this.#groupCount > this.#frames.length || this.#groups.usual || this.#groups.dense)
      throw new Error('broken promise: deltas come before chunks')
    const inUse = group.bytes.length
    const files = group.files.map(({ base, chunks }) => ({ baseBytes: base.sizeBytes, chunks }))
    const encoded = this.#outside.pool
      .run(encodeDeltaJob, { bytes: group.bytes, files, ...this.#delta }, [group.bytes.buffer as ArrayBuffer])
      .then(({ frames, bytes }) => {
        if (bytes !== undefined) group.giveBack?.(bytes)
        return frames
      })
    // Awaited in its turn; until then a failure must not count as unhandled.
    encoded.catch(() => {})
    this.#deltas.push({ files: group.files, inUse, encoded, onPriced })
    this.#deltaBytes += inUse
  }

  /** Waits until deltas of so many bytes, bases and targets, may be under way too; a single larger group goes alone. */
  async makeRoom(sizeBytes: number): Promise<void> {
    const mostBytes = deltaGroupBytes * Math.max(leastWidth, this.#outside.pool.width)
    while (this.#deltas.length > 0 && this.#deltaBytes + sizeBytes > mostBytes) await this.#writeOldestDelta()
  }

  /** After the last delta, and before the first chunk. */
  async endDeltas(): Promise<void> {
    while (this.#deltas.length > 0) await this.#writeOldestDelta()
  }

  /** Puts a content's chunk list into the tables, whether or not its chunks are here. */
  addList(list: ChunkList): void {
    if (list.chunks.length > 1) this.#lists.set(list.content, list)
  }

  /** Cuts a content, adds the chunks that are not here yet, and its list. */
  async addContent(pieces: Pieces): Promise<ChunkList> {
    const list = await cutContent(this.#outside.pool, pieces, (chunk) => this.add(chunk))
    this.addList(list)
    return list
  }

  /** The same for many contents that each fit in memory: much quicker for small ones. `onList` hears in order. */
  async addContents(contents: Pieces, onList: (list: ChunkList, index: number) => void): Promise<void> {
    await cutMany(this.#outside.pool, contents, async ({ index, list, bytes }) => {
      let at = 0
      for (const { id, sizeBytes } of list.chunks) {
        await this.add({ id, bytes: bytes.subarray(at, at + sizeBytes) })
        at += sizeBytes
      }
      this.addList(list)
      onList(list, index)
    })
  }

  /** The spool then holds all frames, to be copied by `writeContainer` before it is disposed. */
  async finish(): Promise<FinishedFrames> {
    await this.endDeltas()
    await this.endGroup()
    while (this.#underWay.length > 0) await this.#writeOldest()
    const { contents, links } = encodeLists([...this.#lists.values()])
    return {
      path: this.#path,
      count: this.#frames.length,
      storedBytes: this.#storedBytes,
      deltaBytes: this.#deltaStoredBytes,
      plainBytes: this.#plainBytes,
      sections: [
        { name: 'frames', bytes: encodeFrames(this.#frames) },
        { name: 'chunks', bytes: encodeChunks(this.#places) },
        ...(this.#bases.length > 0 ? [{ name: 'bases' as const, bytes: encodeBases(this.#bases) }] : []),
        { name: 'contents', bytes: contents },
        { name: 'links', bytes: links },
      ],
    }
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]()
    this.#outside.disk.remove(this.#path)
  }

  async #writeOldest(): Promise<void> {
    const oldest = this.#underWay.shift()
    if (oldest === undefined) return
    const { codec, stored, digest } = await oldest.encoded
    this.#write(stored, { plainBytes: oldest.plainBytes, codec, digest })
  }

  async #writeOldestDelta(): Promise<void> {
    const oldest = this.#deltas.shift()
    if (oldest === undefined) return
    const frames = await oldest.encoded
    this.#deltaBytes -= oldest.inUse
    const isGiven = oldest.files.map((file) => file.chunks.map(() => false))
    for (const { files, codec, stored, digest, plainBytes } of frames) {
      this.#placeDeltas(
        files.map(({ number, firstChunk, chunks: count }) => {
          const { base, chunks } = oldest.files[number]!
          isGiven[number]!.fill(true, firstChunk, firstChunk + count)
          return { base, chunks: chunks.slice(firstChunk, firstChunk + count) }
        }),
      )
      this.#deltaStoredBytes += stored.length
      this.#write(stored, { plainBytes, codec, digest, bases: files.length })
    }
    oldest.onPriced(isGiven)
  }

  #placeDeltas(files: DeltaGroup['files']): void {
    this.#bases.push(...files.map(({ base }) => base))
    this.#place(files.flatMap(({ chunks }) => chunks))
  }

  /** The chunks of the next frame. */
  #place(chunks: readonly ListedChunk[]): void {
    let offset = 0
    for (const { id, sizeBytes } of chunks) {
      this.#places.push({ id, frame: this.#groupCount, offset, sizeBytes })
      offset += sizeBytes
    }
    this.#groupCount++
  }

  #write(stored: Uint8Array, entry: Omit<FrameEntry, 'offset' | 'storedBytes'>): void {
    this.#file.write(stored, this.#storedBytes)
    this.#frames.push({ offset: this.#storedBytes, storedBytes: stored.length, ...entry })
    this.#storedBytes += stored.length
    this.#plainBytes += entry.plainBytes
    // At once: the collector lets tens of MiB of such buffers pile up first.
    if (stored.byteLength === stored.buffer.byteLength) (stored.buffer as ArrayBuffer).transfer(0)
  }
}
