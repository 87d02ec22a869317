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

/** What can be resized is moved so many bytes at a time, so that the whole is never in memory twice. */
const movedBytes = 8 * 1024 * 1024

/** A long pair that lies in a kernel from the start, so that it is in memory once. Its bytes are valid until more is taken. */
export class HeldPair implements Pair, Disposable {
  readonly kernel = takeKernel()
  readonly baseAt: number
  readonly targetAt: number
  readonly #baseBytes: number
  readonly #targetBytes: number

  /** The base, then the target, which fill a buffer of their own; it is gone afterwards. */
  constructor(bytes: Uint8Array, baseBytes: number) {
    this.#baseBytes = baseBytes
    this.#targetBytes = bytes.length - baseBytes
    this.baseAt = this.kernel.calls.take(bytes.length)
    this.targetAt = this.baseAt + baseBytes
    const buffer = bytes.buffer as ArrayBuffer
    for (let end = bytes.length; end > 0;) {
      const start = Math.max(0, end - movedBytes)
      this.kernel.view(this.baseAt + start, end - start).set(new Uint8Array(buffer, start, end - start))
      if (buffer.resizable) buffer.resize(start)
      end = start
    }
    buffer.transfer(0)
  }

  get base(): Uint8Array {
    return this.kernel.view(this.baseAt, this.#baseBytes)
  }

  get target(): Uint8Array {
    return this.kernel.view(this.targetAt, this.#targetBytes)
  }

  [Symbol.dispose](): void {
    this.kernel[Symbol.dispose]()
  }
}

/** Part of the file of a long pair, in the memory of its kernel, against the whole base. */
class HeldPart implements Pair {
  readonly #whole: HeldPair
  readonly #start: number
  readonly #end: number

  constructor(whole: HeldPair, start: number, end: number) {
    this.#whole = whole
    this.#start = start
    this.#end = end
  }

  get kernel(): Kernel {
    return this.#whole.kernel
  }

  get baseAt(): number {
    return this.#whole.baseAt
  }

  get targetAt(): number {
    return this.#whole.targetAt + this.#start
  }

  get base(): Uint8Array {
    return this.#whole.base
  }

  get target(): Uint8Array {
    return this.kernel.view(this.targetAt, this.#end - this.#start)
  }

  part(start: number, end: number): HeldPart {
    return new HeldPart(this.#whole, this.#start + start, this.#start + end)
  }
}

/** These bytes of the file against the whole base; nothing is copied. */
export function partOfPair(pair: Pair, start: number, end: number): Pair {
  if (pair instanceof HeldPair) return new HeldPart(pair, start, end)
  if (pair instanceof HeldPart) return pair.part(start, end)
  return { base: pair.base, target: pair.target.subarray(start, end) }
}

export class LaidPair implements Disposable {
  readonly #kernel: Kernel
  readonly #release: () => void
  /** Whether both are programs, and lie along each other by what their references point at. */
  readonly hasReferences: boolean

  /** Files with members are compared unpacked, without references. */
  constructor(
    pair: Pair,
    { step, mostStride }: Thoroughness,
    { isUnpacked = false }: { readonly isUnpacked?: boolean } = {},
  ) {
    const held = pair instanceof HeldPair || pair instanceof HeldPart ? pair : undefined
    const kernel = held?.kernel ?? takeKernel()
    const { calls } = kernel
    const mark = calls.mark()
    this.#kernel = kernel
    this.#release = () => (held === undefined ? kernel[Symbol.dispose]() : calls.release(mark))
    const { length: baseBytes } = pair.base
    const { length: targetBytes } = pair.target
    const base = held?.baseAt ?? kernel.put(pair.base)
    const target = held?.targetAt ?? kernel.put(pair.target)
    calls.takePair(base, baseBytes, target, targetBytes)
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
    this.#release()
  }
}
