// The files that an import puts together, each from what its frames and the store give: a whole content at once where
// it lies in one frame, else chunk by chunk, begun with the first and finished with the last. Whoever gives a whole
// content has checked it against its digest; what comes in chunks is checked when the file is finished.
import { isMossError } from '../base/error.ts'
import type { ContentDigest } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import type { ChunkList } from '../delta/chunk-list.ts'
import type { StoreImport } from '../store/import.ts'
import { type Assembly, assertChunkSize, type Destination } from './assembly.ts'
import type { HeldChunk, HeldChunks } from './held-chunks.ts'

interface FileUnderWay {
  readonly writer: ReturnType<StoreImport['create']>
  readonly list: ChunkList
  missingBytes: number
  /** Written without a gap from the first byte on. */
  endBytes: number
  /** How many of its held chunks are written. */
  heldWritten: number
}

export class FilesUnderWay {
  readonly #into: StoreImport
  readonly #assembly: Assembly
  readonly #report: Report
  readonly #heldChunks: HeldChunks
  readonly #begun = new Map<ContentDigest, FileUnderWay>()
  readonly #whole = new Set<ContentDigest>()
  #doneBytes = 0

  constructor(
    into: StoreImport,
    {
      assembly,
      report,
      heldChunks,
    }: { readonly assembly: Assembly; readonly report: Report; readonly heldChunks: HeldChunks },
  ) {
    this.#into = into
    this.#assembly = assembly
    this.#report = report
    this.#heldChunks = heldChunks
  }

  /** A whole content, checked against its digest; its chunks are not written after that. */
  put(bytes: Uint8Array, content: ContentDigest): void {
    if (this.#whole.has(content)) return
    this.#into.put(bytes, this.#listOf(content))
    this.#whole.add(content)
    this.#doneBytes += bytes.length
  }

  #listOf(content: ContentDigest): ChunkList {
    const list = this.#assembly.lists.get(content)
    if (list === undefined) throw new Error(`broken promise: content ${content} is put together`)
    return list
  }

  /**
   * `bytes` were checked against the id of their chunk, if that is a content of its own. Chunks from the store follow as
   * soon as it is their turn: what is written in order is digested as it passes.
   */
  async write(bytes: Uint8Array, destinations: readonly Destination[]): Promise<void> {
    for (const { content, at, sizeBytes } of destinations) {
      assertChunkSize(sizeBytes, bytes.length)
      if (this.#whole.has(content)) continue
      const list = this.#listOf(content)
      if (list.chunks.length === 1) {
        this.put(bytes, content)
        continue
      }
      const file = this.#begun.get(content) ?? this.#begin(list)
      await this.#followHeld(file)
      this.#writePiece(file, bytes, at)
      await this.#followHeld(file)
      await this.#finishIfWhole(file)
    }
  }

  /** What the store has of a content that frames have given their part of, if any. */
  async writeHeld(content: ContentDigest): Promise<void> {
    if (this.#whole.has(content)) return
    const list = this.#listOf(content)
    const [first] = this.#assembly.held.get(content) ?? []
    if (first !== undefined && list.chunks.length === 1) {
      const bytes = await this.#heldChunks.readChecked(first, content)
      assertChunkSize(first.sizeBytes, bytes.length)
      this.put(bytes, content)
      return
    }
    const file = this.#begun.get(content) ?? this.#begin(list)
    await this.#followHeld(file, Infinity)
    await this.#finishIfWhole(file)
  }

  #begin(list: ChunkList): FileUnderWay {
    const { content, sizeBytes } = list
    const writer = this.#into.create(content, sizeBytes)
    const file = { writer, list, missingBytes: sizeBytes, endBytes: 0, heldWritten: 0 }
    this.#begun.set(content, file)
    return file
  }

  #writePiece(file: FileUnderWay, bytes: Uint8Array, at: number): void {
    file.writer.write(bytes, at)
    if (at === file.endBytes) file.endBytes += bytes.length
    file.missingBytes -= bytes.length
    this.#doneBytes += bytes.length
  }

  /** Writes held chunks that stand where the file ends now, or anywhere up to `most`. */
  async #followHeld(file: FileUnderWay, most = 0): Promise<void> {
    const { content } = file.list
    const held = this.#assembly.held.get(content) ?? []
    for (let next = held[file.heldWritten]; next !== undefined; next = held[file.heldWritten]) {
      if (next.at > Math.max(file.endBytes, most)) return
      this.#writePiece(file, this.#readHeld(next, content), next.at)
      file.heldWritten++
    }
  }

  /** Who says another size than the chunk has: what is known of the store, or else the bundle. */
  #readHeld(chunk: HeldChunk, content: ContentDigest): Uint8Array {
    const bytes = this.#heldChunks.read(chunk, content)
    if (bytes.length !== chunk.sizeBytes) this.#heldChunks.check(chunk, content)
    assertChunkSize(chunk.sizeBytes, bytes.length)
    return bytes
  }

  async #finishIfWhole(file: FileUnderWay): Promise<void> {
    if (file.missingBytes > 0) return
    const { content } = file.list
    this.#begun.delete(content)
    try {
      await this.#into.finish(content, file.list)
    } catch (error) {
      if (isMossError(error, 'CHUNK_DIGEST_MISMATCH')) this.#blameHeld(content)
      throw error
    }
    this.#whole.add(content)
  }

  /** Throws BUNDLE_BASE_MISSING if what the store gave of it is not what it should be. */
  #blameHeld(content: ContentDigest): void {
    for (const chunk of this.#assembly.held.get(content) ?? []) this.#heldChunks.check(chunk, content)
  }

  tell(): void {
    this.#report({
      phase: 'import',
      doneBytes: this.#doneBytes,
      totalBytes: this.#assembly.contentBytes,
      doneItems: this.#whole.size,
      totalItems: this.#assembly.lists.size,
    })
  }

  assertAllFinished(): void {
    if (this.#whole.size !== this.#assembly.lists.size)
      throw new Error(`broken promise: ${this.#whole.size} of ${this.#assembly.lists.size} files are whole`)
  }
}
