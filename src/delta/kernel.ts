// Gives the compiled loops of kernel/ to the room. A kernel is an instance with a memory of its own, for one holder at a
// time: whoever takes one gives it back, and it is used again as long as its memory is small. Regions of memory are
// given in order and taken back to a mark, so what is taken last is given back first.
import { kernelModule } from './kernel-module.ts'

/** What src/delta/kernel/ exports. Places in memory are numbers, sizes are bytes; errors are said there. */
export interface KernelCalls {
  take(sizeBytes: number): number
  mark(): number
  release(to: number): void
  layAlong(
    base: number,
    baseBytes: number,
    target: number,
    targetBytes: number,
    step: number,
    mostStride: number,
    mostRuns: number,
  ): number
  laidRuns(): number
  labelFields(
    file: number,
    fileBytes: number,
    fields: number,
    targets: number,
    count: number,
    values: number,
  ): void
  restoreFields(file: number, fields: number, count: number, values: number): void
  startDifferences(gap: number, gaps: number, runs: number, differences: number): void
  addDifferences(target: number, expected: number, length: number): void
  addDifferencesOfRuns(target: number, base: number, runs: number, count: number): void
  gapAfter(): number
  gapsWritten(): number
  runsWritten(): number
  differencesWritten(): number
  writeRuns(runs: number, count: number, seeks: number, control: number): number
  controlWritten(): number
  entropyBytes(at: number, sizeBytes: number): number
  writeExtra(target: number, runs: number, count: number, extra: number): number
}

/** As much as is used of it: types of the language alone do not have it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: KernelCalls & { readonly memory: { readonly buffer: ArrayBuffer } } }
}

export class Kernel implements Disposable {
  readonly calls: KernelCalls
  readonly #memory: { readonly buffer: ArrayBuffer }
  readonly #start: number

  constructor(module: object) {
    const { exports } = new WebAssembly.Instance(module, {})
    this.calls = exports
    this.#memory = exports.memory
    this.#start = exports.mark()
  }

  get memoryBytes(): number {
    return this.#memory.buffer.byteLength
  }

  /** Valid until a region is taken. */
  view(at: number, sizeBytes: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer, at, sizeBytes)
  }

  /** A region of its own; where it is. */
  put(bytes: Uint8Array): number {
    const at = this.calls.take(bytes.length)
    this.view(at, bytes.length).set(bytes)
    return at
  }

  /** Gives it back with everything that was taken. */
  [Symbol.dispose](): void {
    this.calls.release(this.#start)
    if (this.memoryBytes <= mostKeptBytes) free.push(this)
  }
}

/** The memory of an instance never shrinks: one that had much to do is left to the collector. */
const mostKeptBytes = 48 * 1024 * 1024

const free: Kernel[] = []
let compiled: object | undefined

export function takeKernel(): Kernel {
  compiled ??= new WebAssembly.Module(Uint8Array.fromBase64(kernelModule))
  return free.pop() ?? new Kernel(compiled)
}
