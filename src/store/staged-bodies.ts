// Bodies being written for an import: one file each, named by the content it shall have, written at any offset but
// never past its signed size. At most a few are open at a time, however many are begun. What is written is digested as it
// passes, so that it need not be read again; a little that comes before its turn is kept until then.
import { type RunningDigest, startDigest } from '../base/digest.ts'
import { assertTrue } from '../base/error.ts'
import type { ContentDigest } from '../base/ids.ts'
import type { Disk, OpenFile } from '../host/disk.ts'

const mostOpen = 32

/** Of what comes before its turn, in all files together. */
const mostKeptBytes = 8 * 1024 * 1024

export interface BodyWriter {
  write(bytes: Uint8Array, at: number): void
}

interface Progress {
  readonly sizeBytes: number
  /** Of the first `digestedBytes`; absent as soon as something cannot be kept. */
  running?: RunningDigest | undefined
  digestedBytes: number
  /** More than the size if something was written twice. */
  writtenBytes: number
  /** What comes later, by its place. */
  readonly kept: Map<number, Uint8Array>
}

export interface EndedBody {
  readonly path: string
  readonly sizeBytes: number
  /** Of what was written; undefined if it could not be digested as it passed, or was not all of it. */
  readonly digest: ContentDigest | undefined
}

export class StagedBodies implements Disposable {
  readonly #disk: Disk
  readonly #folder: string
  /** In the order of last use. */
  readonly #open = new Map<ContentDigest, OpenFile>()
  readonly #begun = new Map<ContentDigest, Progress>()
  #keptBytes = 0

  constructor(disk: Disk, folder: string) {
    this.#disk = disk
    this.#folder = folder
  }

  [Symbol.dispose](): void {
    for (const file of this.#open.values()) file[Symbol.dispose]()
    this.#open.clear()
  }

  pathOf(content: ContentDigest): string {
    return `${this.#folder}/${content}`
  }

  begin(content: ContentDigest, sizeBytes: number): BodyWriter {
    assertTrue(!this.#begun.has(content), 'a content is begun once in an import')
    this.#keepOpen(content, this.#disk.open(this.pathOf(content), 'create', 0o600))
    const progress: Progress = {
      sizeBytes,
      running: startDigest(),
      digestedBytes: 0,
      writtenBytes: 0,
      kept: new Map(),
    }
    this.#begun.set(content, progress)
    return {
      write: (bytes, at) => {
        assertTrue(this.#begun.get(content) === progress, 'a body is written before it is finished')
        assertTrue(at >= 0 && at + bytes.length <= sizeBytes, 'a body keeps to its size')
        this.#file(content).write(bytes, at)
        this.#follow(progress, bytes, at)
      },
    }
  }

  /** A whole body at once; its path. Its digest is for the caller to check. */
  put(content: ContentDigest, bytes: Uint8Array): string {
    assertTrue(!this.#begun.has(content), 'a content is begun once in an import')
    const path = this.pathOf(content)
    using file = this.#disk.open(path, 'create', 0o600)
    file.write(bytes, 0)
    return path
  }

  /** Closes the file. */
  end(content: ContentDigest): EndedBody {
    const progress = this.#begun.get(content)
    assertTrue(progress !== undefined, 'a content is finished after it was begun')
    this.#begun.delete(content)
    this.#open.get(content)?.[Symbol.dispose]()
    this.#open.delete(content)
    this.#forget(progress)
    const { sizeBytes, running, digestedBytes, writtenBytes } = progress
    const isWhole = digestedBytes === sizeBytes && writtenBytes === sizeBytes
    const digest = isWhole ? running?.finish<ContentDigest>() : undefined
    return { path: this.pathOf(content), sizeBytes, digest }
  }

  #file(content: ContentDigest): OpenFile {
    const file = this.#open.get(content) ?? this.#disk.open(this.pathOf(content), 'update')
    this.#open.delete(content)
    this.#keepOpen(content, file)
    return file
  }

  #keepOpen(content: ContentDigest, file: OpenFile): void {
    this.#open.set(content, file)
    for (const [oldest, open] of this.#open) {
      if (this.#open.size <= mostOpen) return
      this.#open.delete(oldest)
      open[Symbol.dispose]()
    }
  }

  #keep(progress: Progress, bytes: Uint8Array, at: number): void {
    if (progress.running === undefined) return
    if (this.#keptBytes + bytes.length > mostKeptBytes || progress.kept.has(at)) {
      this.#forget(progress)
      progress.running = undefined
      return
    }
    progress.kept.set(at, bytes.slice())
    this.#keptBytes += bytes.length
  }

  #take({ kept }: Progress, at: number): Uint8Array | undefined {
    const bytes = kept.get(at)
    if (bytes === undefined) return undefined
    kept.delete(at)
    this.#keptBytes -= bytes.length
    return bytes
  }

  #forget({ kept }: Progress): void {
    for (const bytes of kept.values()) this.#keptBytes -= bytes.length
    kept.clear()
  }

  #follow(progress: Progress, bytes: Uint8Array, at: number): void {
    progress.writtenBytes += bytes.length
    if (at !== progress.digestedBytes) {
      this.#keep(progress, bytes, at)
      return
    }
    let next: Uint8Array | undefined = bytes
    while (next !== undefined && progress.running !== undefined) {
      progress.running.add(next)
      progress.digestedBytes += next.length
      next = this.#take(progress, progress.digestedBytes)
    }
  }
}
