// The memory that groups of files are read into. A worker that is done with one gives it back for the next: a kernel
// clears fresh memory page by page, which takes longer than filling it. One is kept, so that memory is bounded by what
// is under way, and one group.
import { freeNow } from '../base/free-now.ts'
import { longBytes } from '../container/file-to-encode.ts'

export class GroupMemory implements Disposable {
  #free: ArrayBuffer | undefined

  /** What is in it is whatever was there before. A single long file has a buffer of its own, which can be resized. */
  take(sizeBytes: number): Uint8Array<ArrayBuffer> {
    const free = this.#free
    if (free !== undefined && free.byteLength >= sizeBytes) {
      this.#free = undefined
      return new Uint8Array(free, 0, sizeBytes)
    }
    this[Symbol.dispose]()
    if (sizeBytes >= longBytes)
      return new Uint8Array(new ArrayBuffer(sizeBytes, { maxByteLength: sizeBytes }))
    return new Uint8Array(new ArrayBuffer(2 ** Math.ceil(Math.log2(sizeBytes))), 0, sizeBytes)
  }

  /** Nobody may use them, or anything else in their buffer, afterwards. */
  giveBack(bytes: Uint8Array): void {
    const { buffer } = bytes
    if (!(buffer instanceof ArrayBuffer) || buffer.resizable) return freeNow(bytes)
    this[Symbol.dispose]()
    this.#free = buffer
  }

  [Symbol.dispose](): void {
    if (this.#free !== undefined) freeNow(new Uint8Array(this.#free))
    this.#free = undefined
  }
}
