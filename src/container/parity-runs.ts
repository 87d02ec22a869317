// Runs of shards in the memory of a kernel, and the transform on them: between the values of a polynomial at the places of
// an aligned run, a power of two long, and its coefficients in the basis that goes with the field. In place, on a whole
// shard at each place. The additive transform of Lin, Chung and Han; the factor of a step is the number of its place, shifted.
import { type Kernel, takeKernel } from '../delta/kernel.ts'
import { multiply, productTables } from './parity-field.ts'

/** Where in memory its first shard is; the others follow. */
export type Run = number

export class ParityRuns implements Disposable {
  readonly span: number
  readonly shardBytes: number
  readonly #kernel: Kernel = takeKernel()
  #preparedFactor = -1
  #single: number | undefined

  /** `span` is a power of two; shards have a multiple of 32 bytes. */
  constructor(span: number, shardBytes: number) {
    this.span = span
    this.shardBytes = shardBytes
  }

  /** Of zeros. */
  take(): Run {
    const run = this.#kernel.calls.take(this.span * this.shardBytes)
    this.clear(run)
    return run
  }

  clear(run: Run): void {
    this.#view(run, this.span * this.shardBytes).fill(0)
  }

  /** Good until a run is taken. */
  shard(run: Run, n: number): Uint8Array<ArrayBuffer> {
    return this.#view(run + n * this.shardBytes, this.shardBytes)
  }

  #view(at: number, sizeBytes: number): Uint8Array<ArrayBuffer> {
    return this.#kernel.view(at, sizeBytes)
  }

  add(into: Run, from: Run): void {
    this.#kernel.calls.addShards(into, from, this.span * this.shardBytes)
  }

  addShard(into: Run, n: number, from: Run, m: number): void {
    const { shardBytes } = this
    this.#kernel.calls.addShards(into + n * shardBytes, from + m * shardBytes, shardBytes)
  }

  addProduct(into: Run, from: Run, factor: number): void {
    if (factor === 0) return
    this.#prepare(factor)
    this.#kernel.calls.addProducts(into, from, this.span, this.shardBytes)
  }

  /** One shard, in its place. */
  multiply(run: Run, n: number, factor: number): void {
    this.#single ??= this.#kernel.calls.take(this.shardBytes)
    this.#prepare(factor)
    const shard = this.shard(run, n)
    const single = this.#view(this.#single, this.shardBytes)
    single.set(shard)
    shard.fill(0)
    this.#kernel.calls.addProducts(run + n * this.shardBytes, this.#single, 1, this.shardBytes)
  }

  /** Values at the places from `from` on, a multiple of the span, become coefficients. */
  toCoefficients(run: Run, from: number): void {
    for (let half = 1, layer = 0; half < this.span; half *= 2, layer++)
      for (let start = 0; start < this.span; start += 2 * half) {
        const factor = (from + start) >> layer
        const [low, high] = this.#pair(run, start, half)
        if (factor === 0) this.#kernel.calls.addShards(high, low, half * this.shardBytes)
        else {
          this.#prepare(factor)
          this.#kernel.calls.stepBack(low, high, half, this.shardBytes)
        }
      }
  }

  /** The other way. */
  toValues(run: Run, from: number): void {
    for (let half = this.span / 2, layer = Math.log2(half); half >= 1; half /= 2, layer--)
      for (let start = 0; start < this.span; start += 2 * half) {
        const factor = (from + start) >> layer
        const [low, high] = this.#pair(run, start, half)
        if (factor === 0) this.#kernel.calls.addShards(high, low, half * this.shardBytes)
        else {
          this.#prepare(factor)
          this.#kernel.calls.stepForward(low, high, half, this.shardBytes)
        }
      }
  }

  #pair(run: Run, start: number, half: number): readonly [number, number] {
    return [run + start * this.shardBytes, run + (start + half) * this.shardBytes]
  }

  #prepare(factor: number): void {
    if (factor === this.#preparedFactor) return
    this.#view(this.#kernel.calls.productsAt(), 128).set(productTables(factor))
    this.#preparedFactor = factor
  }

  [Symbol.dispose](): void {
    this.#kernel[Symbol.dispose]()
  }
}

/** The same as `toValues` from place 0, of single elements. */
export function elementsToValues(elements: Uint16Array): void {
  for (let half = elements.length / 2, layer = Math.log2(half); half >= 1; half /= 2, layer--)
    for (let start = 0; start < elements.length; start += 2 * half)
      for (let n = start; n < start + half; n++) {
        const high = elements[n + half] as number
        const low = (elements[n] as number) ^ multiply(start >> layer, high)
        elements[n] = low
        elements[n + half] = low ^ high
      }
}
