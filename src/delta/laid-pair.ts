// A base and a target in the memory of a kernel: how the target lies along its base, and what makes it of that, as bytes
// for the streams of a delta. The loops are in kernel/encode.ts, which trusts its input as the encoder does.
import { type StreamName, streamNames, type StreamWriter } from './delta-streams.ts'
import { type Kernel, takeKernel } from './kernel.ts'

/** Either may be empty. */
export interface Pair {
  readonly base: Uint8Array
  readonly target: Uint8Array
}

export interface Thoroughness {
  /** A seed every so many bytes of the base is known. */
  readonly step: number
  /** Where little is found, places so far from each other are looked up, at most. With no factor of `step`, or else most shifts are never seen. */
  readonly mostStride: number
}

export class LaidPair implements Disposable {
  readonly #kernel: Kernel
  /** Whether both are programs, and lie along each other by what their references point at. */
  readonly hasReferences: boolean

  /** Files with members are compared unpacked, without references. */
  constructor(
    { base, target }: Pair,
    { step, mostStride }: Thoroughness,
    { isUnpacked = false }: { readonly isUnpacked?: boolean } = {},
  ) {
    this.#kernel = takeKernel()
    const { calls } = this.#kernel
    calls.takePair(this.#kernel.put(base), base.length, this.#kernel.put(target), target.length)
    this.hasReferences = !isUnpacked && calls.layPrograms(step, mostStride) !== 0
    if (!this.hasReferences) calls.layPlain(step, mostStride)
  }

  /** To all streams but the forms. `gap` are the bytes that agreed before, of other files; gives those that agree at the end. */
  write(writers: Readonly<Record<StreamName, StreamWriter>>, gap: number): number {
    const { calls } = this.#kernel
    const gapAtEnd = calls.writePair(gap)
    for (const [number, name] of streamNames.entries())
      if (name !== 'forms')
        writers[name].bytes(this.#kernel.view(calls.writtenAt(number), calls.writtenBytes(number)))
    return gapAtEnd
  }

  /** Of what was written, each byte coded by how often it occurs. */
  likelyBytes(): number {
    return this.#kernel.calls.likelyBytes()
  }

  [Symbol.dispose](): void {
    this.#kernel[Symbol.dispose]()
  }
}
