// Bodies being written for an import: one file each, named by the content it shall have, written at any offset but
// never past its signed size. At most a few are open at a time, however many are begun. What is written in order is
// digested as it passes, so that it need not be read again.
import { type RunningDigest, startDigest } from '../base/digest.ts'
import { assertTrue } from '../base/error.ts'
import type { ContentDigest } from '../base/ids.ts'
import type { Disk, OpenFile } from '../host/disk.ts'

const mostOpen = 32

export interface BodyWriter {
  write(bytes: Uint8Array, at: number): void
}

interface Progress {
  readonly sizeBytes: number
  /** Of the first `digestedBytes`; absent as soon as a write does not follow the one before. */
  running?: RunningDigest | undefined
  digestedBytes: number
}

export interface EndedBody {
  readonly path: string
  readonly sizeBytes: number
  /** Of what was written; undefined if that was not in order, or not all of it. */
  readonly digest: ContentDigest | undefined
}

export class StagedBodies implements Disposable {
  readonly #disk: Disk
  readonly #folder: string
  /** In the order of last use. */
  readonly #open = new Map<ContentDigest, OpenFile>()
  readonly #begun = new Map<ContentDigest, Progress>()

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
    this.#keep(content, this.#disk.open(this.pathOf(content), 'create', 0o600))
    const progress: Progress = { sizeBytes, running: startDigest(), digestedBytes: 0 }
    this.#begun.set(content, progress)
    return {
      write: (bytes, at) => {
        assertTrue(this.#begun.get(content) === progress, 'a body is written before it is finished')
        assertTrue(at >= 0 && at + bytes.length <= sizeBytes, 'a body keeps to its size')
        this.#file(content).write(bytes, at)
        follow(progress, bytes, at)
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
    const { sizeBytes, running, digestedBytes } = progress
    const digest = digestedBytes === sizeBytes ? running?.finish<ContentDigest>() : undefined
    return { path: this.pathOf(content), sizeBytes, digest }
  }

  #file(content: ContentDigest): OpenFile {
    const file = this.#open.get(content) ?? this.#disk.open(this.pathOf(content), 'update')
    this.#open.delete(content)
    this.#keep(content, file)
    return file
  }

  #keep(content: ContentDigest, file: OpenFile): void {
    this.#open.set(content, file)
    for (const [oldest, open] of this.#open) {
      if (this.#open.size <= mostOpen) return
      this.#open.delete(oldest)
      open[Symbol.dispose]()
    }
  }
}

function follow(progress: Progress, bytes: Uint8Array, at: number): void {
  if (at !== progress.digestedBytes) progress.running = undefined
  progress.running?.add(bytes)
  progress.digestedBytes += bytes.length
}
