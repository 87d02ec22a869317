// Gives the compiled loops of kernel/ to the rooms. A kernel is an instance with a memory of its own, for one holder at a
// time: whoever takes one gives it back, and it is used again, since its memory cannot shrink and would stay until the
// collector comes. Regions are given in order and taken back to a mark, so what is taken last is given back first.
import { kernelModule } from './kernel-module.ts'

/** What src/delta/kernel/ exports. Places in memory are numbers, sizes are bytes; errors are said there. */
export interface KernelCalls {
  take(sizeBytes: number): number
  mark(): number
  release(to: number): void
  holdBase(at: number, sizeBytes: number): void
  pageBase(sizeBytes: number): void
  findReferences(): number
  referencesAt(): number
  kindsAt(): number
  kindsCount(): number
  openStream(stream: number, sizeBytes: number): number
  failure(): number
  startDecoding(): void
  readSize(): number
  readRuns(sizeBytes: number, baseBytes: number): void
  startRuns(): void
  addRun(at: number, baseAt: number, sizeBytes: number, extraBytes: number): void
  predict(baseBytes: number): void
  endOfPiece(baseAt: number, end: number): number
  applyReferences(bytes: number, sizeBytes: number, baseAt: number, at: number): void
  usePrediction(): void
  makePiece(to: number, roomBytes: number): number
  endDecoding(): void

  takePair(base: number, baseBytes: number, target: number, targetBytes: number): void
  layPlain(step: number, mostStride: number): void
  /** 0 is false. */
  layPrograms(step: number, mostStride: number): number
  writePair(gap: number): number
  writtenAt(stream: number): number
  writtenBytes(stream: number): number
  likelyBytes(): number

  beginPacking(
    hashBits: number,
    blockSymbols: number,
    cutsBlocks: number,
    looksBeyondEnd: number,
    good: number,
    lazy: number,
    nice: number,
    chain: number,
    greedy: number,
    mostSteps: number,
  ): void
  goOnPacking(mostBytes: number): number
  makeInputRoom(): number
  inputAt(): number
  addInput(sizeBytes: number): void
  packedAt(): number
  packedBytes(): number

  tokenInput(): number
  tokenInputBytes(): number
  tokenOutput(): number
  tokenOutputBytes(): number
  usedInputBytes(): number
  beginInflatingTokens(): void
  goOnInflatingTokens(sizeBytes: number, isLastPart: number): number
  beginPackingTokens(blockSymbols: number, cutsBlocks: number, greedy: number): void
  goOnPackingTokens(sizeBytes: number, isLastPart: number, mostBytes: number): number

  productsAt(): number
  addShards(into: number, from: number, sizeBytes: number): void
  addProducts(into: number, from: number, shards: number, shardBytes: number): void
  stepForward(low: number, high: number, shards: number, shardBytes: number): void
  stepBack(low: number, high: number, shards: number, shardBytes: number): void
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
  /** Asked for bytes of a base that is paged. */
  readBase: ((at: number, into: Uint8Array) => void) | undefined
  readonly #memory: { readonly buffer: ArrayBuffer }
  readonly #start: number

  constructor(module: object) {
    const readBase = (at: number, sizeBytes: number, to: number): void =>
      this.readBase?.(at, this.view(to, sizeBytes))
    const { exports } = new WebAssembly.Instance(module, { 'base-room': { readBase } })
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
    this.readBase = undefined
    free.push(this)
  }
}

/** The greatest number that a call takes. */
export const mostNumber = 2 ** 31 - 1

/** Of one file and its base; few are longer. */
const usualBytes = 128 * 1024 * 1024

const free: Kernel[] = []

/** Whether there were any: their memory stays until the collector comes. */
export function dropLargeKernels(): boolean {
  const count = free.length
  free.splice(0, count, ...free.filter(({ memoryBytes }) => memoryBytes <= usualBytes))
  return free.length < count
}

let compiled: object | undefined

export function takeKernel(): Kernel {
  compiled ??= new WebAssembly.Module(Uint8Array.fromBase64(kernelModule))
  return free.pop() ?? new Kernel(compiled)
}
