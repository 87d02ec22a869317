// Bodies being written for an import: one file each, named by the content it shall have, written at any offset but
// never past its signed size. At most a few are open at a time, however many are begun.
import { assertTrue } from '../base/error.ts'
import type { ContentDigest } from '../base/ids.ts'
import type { Disk, OpenFile } from '../host/disk.ts'

const mostOpen = 32

export interface BodyWriter {
  write(bytes: Uint8Array, at: number): void
}

export class StagedBodies implements Disposable {
  readonly #disk: Disk
  readonly #folder: string
  /** In the order of last use. */
  readonly #open = new Map<ContentDigest, OpenFile>()
  readonly #begun = new Map<ContentDigest, { readonly sizeBytes: number; isWhole: boolean }>()

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
    const progress = { sizeBytes, isWhole: false }
    this.#begun.set(content, progress)
    return {
      write: (bytes, at) => {
        assertTrue(this.#begun.get(content) === progress, 'a body is written before it is finished')
        assertTrue(at >= 0 && at + bytes.length <= sizeBytes, 'a body keeps to its size')
        this.#file(content).write(bytes, at)
        progress.isWhole = at === 0 && bytes.length === sizeBytes
      },
    }
  }

  /** Closes the file. `isWhole`: the last write was the whole body. */
  end(content: ContentDigest): {
    readonly path: string
    readonly sizeBytes: number
    readonly isWhole: boolean
  } {
    const progress = this.#begun.get(content)
    assertTrue(progress !== undefined, 'a content is finished after it was begun')
    this.#begun.delete(content)
    this.#open.get(content)?.[Symbol.dispose]()
    this.#open.delete(content)
    return { path: this.pathOf(content), ...progress }
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
