// An open file of the simulated disk. A write that fails has written half of its bytes, as real ones may.
import type { FileStat, OpenFile } from '../../src/host/disk.ts'
import { ioError } from '../../src/host/problem.ts'
import type { FaultPlan } from './faults.ts'
import type { Inode } from './inode.ts'
import type { Pending } from './pending.ts'
import type { Random } from './random.ts'

export interface SimulatedFileParts {
  readonly path: string
  readonly inode: Inode
  readonly isWritable: boolean
  readonly faults: FaultPlan
  readonly pending: Pending
  readonly random: Random
  readonly stat: () => FileStat
}

export class SimulatedFile implements OpenFile {
  readonly path: string
  readonly #parts: SimulatedFileParts
  #isClosed = false

  constructor(parts: SimulatedFileParts) {
    this.path = parts.path
    this.#parts = parts
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new Error(`used after closing: ${this.path}`)
  }

  #assertWritable(action: string): void {
    this.#assertOpen()
    if (!this.#parts.isWritable) throw ioError(action, this.path, 'EBADF')
  }

  read(into: Uint8Array, at: number): number {
    this.#assertOpen()
    this.#parts.faults.look('read', this.path)
    const { bytes, sizeBytes } = this.#parts.inode.now.body
    const found = bytes.subarray(Math.min(at, sizeBytes), Math.min(at + into.length, sizeBytes))
    into.set(found)
    return found.length
  }

  write(bytes: Uint8Array, at: number): void {
    this.#assertWritable('write')
    const { faults, pending, inode } = this.#parts
    const problem = faults.change('write', this.path)
    const written = bytes.slice(0, problem === undefined ? bytes.length : bytes.length >>> 1)
    pending.perform({ kind: 'write', file: inode, bytes: written, at })
    if (problem !== undefined) throw ioError('write', this.path, problem)
  }

  truncate(sizeBytes: number): void {
    this.#assertWritable('truncate')
    const { faults, pending, inode } = this.#parts
    faults.changeOrThrow('truncate', this.path)
    pending.perform({ kind: 'truncate', file: inode, sizeBytes })
  }

  sync(): void {
    this.#assertOpen()
    const { faults, pending, inode, random } = this.#parts
    const problem = faults.change('sync', this.path)
    if (problem !== undefined) {
      pending.failSync(inode, random)
      throw ioError('flush', this.path, problem)
    }
    if (!faults.isForgotten('sync', this.path)) pending.sync(inode)
  }

  stat(): FileStat {
    this.#assertOpen()
    this.#parts.faults.look('stat', this.path)
    return this.#parts.stat()
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
  }
}
