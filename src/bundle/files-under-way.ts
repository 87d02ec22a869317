// The files that an import puts together, each from what its frames and the store give: a whole content at once where
// it lies in one frame, else chunk by chunk, begun with the first and finished with the last. Whoever gives a whole
// content has checked it against its digest; what comes in chunks is checked when the file is finished.
import { MossError } from '../base/error.ts'
import type { ContentDigest } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import type { ChunkList } from '../delta/chunk-list.ts'
import type { StoreImport } from '../store/import.ts'
import type { Assembly, Destination } from './assembly.ts'

export class FilesUnderWay {
  readonly #into: StoreImport
  readonly #assembly: Assembly
  readonly #report: Report
  readonly #begun = new Map<
    ContentDigest,
    { readonly writer: ReturnType<StoreImport['create']>; missingBytes: number }
  >()
  readonly #put = new Set<ContentDigest>()
  #doneBytes = 0
  #finished = 0

  constructor(into: StoreImport, assembly: Assembly, report: Report) {
    this.#into = into
    this.#assembly = assembly
    this.#report = report
  }

  /** A whole content, checked against its digest; its chunks are not written after that. */
  put(bytes: Uint8Array, content: ContentDigest): void {
    if (this.#put.has(content)) return
    this.#into.put(bytes, this.#listOf(content))
    this.#put.add(content)
    this.#doneBytes += bytes.length
    this.#finished++
  }

  #listOf(content: ContentDigest): ChunkList {
    const list = this.#assembly.lists.get(content)
    if (list === undefined) throw new Error(`broken promise: content ${content} is put together`)
    return list
  }

  /** `bytes` were checked against the id of their chunk, if that is a content of its own. */
  async write(bytes: Uint8Array, destinations: readonly Destination[]): Promise<void> {
    for (const { content, at, sizeBytes } of destinations) {
      if (sizeBytes !== bytes.length)
        throw new MossError('CONTAINER_DAMAGED', {
          part: 'table links',
          problem: `a chunk of ${sizeBytes} bytes has ${bytes.length}`,
        })
      if (this.#put.has(content)) continue
      const list = this.#listOf(content)
      if (list.chunks.length === 1) {
        this.put(bytes, content)
        continue
      }
      let file = this.#begun.get(content)
      if (file === undefined) {
        file = { writer: this.#into.create(content, list.sizeBytes), missingBytes: list.sizeBytes }
        this.#begun.set(content, file)
      }
      file.writer.write(bytes, at)
      file.missingBytes -= bytes.length
      this.#doneBytes += bytes.length
      if (file.missingBytes > 0) continue
      this.#begun.delete(content)
      await this.#into.finish(content, list)
      this.#finished++
    }
  }

  tell(): void {
    this.#report({
      phase: 'import',
      doneBytes: this.#doneBytes,
      totalBytes: this.#assembly.contentBytes,
      doneItems: this.#finished,
      totalItems: this.#assembly.lists.size,
    })
  }

  assertAllFinished(): void {
    if (this.#finished !== this.#assembly.lists.size)
      throw new Error(`broken promise: ${this.#finished} of ${this.#assembly.lists.size} files are whole`)
  }
}
