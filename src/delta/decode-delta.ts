// Turns the streams of a delta back into targets. For each file: its size, then segments until it is whole. A
// segment moves the place in the base (signed, from the end of the segment before), says how many bytes resemble
// the base from there, and how many follow from stream `extra`. Differences are one sparse run over all such
// bytes of all files: a gap of equal bytes, then a run of bytes to which a difference is added; after the last,
// everything is equal. A total function: whatever the streams hold, it ends in exactly the promised bytes, read
// from inside the bases, with every stream used up, or in CONTAINER_DAMAGED.
import { MossError } from '../base/error.ts'
import type { DeltaStreams } from './delta-streams.ts'

export interface DeltaToDecode {
  readonly streams: DeltaStreams
  /** One for each file. */
  readonly bases: readonly Uint8Array[]
  /** Of all targets together. */
  readonly plainBytes: number
  /** Names the delta in errors. */
  readonly part: string
}

/** The targets back to back. */
export function decodeDelta(input: DeltaToDecode): Uint8Array<ArrayBuffer> {
  const decoder = new DeltaDecoder(input)
  for (const base of input.bases) decoder.file(base)
  return decoder.finish()
}

class DeltaDecoder {
  readonly #part: string
  readonly #plain: Uint8Array<ArrayBuffer>
  #at = 0
  readonly #control: StreamReader
  readonly #seeks: StreamReader
  readonly #extra: StreamReader
  readonly #differences: SparseDifferences

  constructor({ streams, plainBytes, part }: DeltaToDecode) {
    this.#part = part
    this.#plain = new Uint8Array(plainBytes)
    this.#control = new StreamReader(streams.control, 'control', part)
    this.#seeks = new StreamReader(streams.seeks, 'seeks', part)
    this.#extra = new StreamReader(streams.extra, 'extra', part)
    this.#differences = new SparseDifferences(streams, part)
  }

  file(base: Uint8Array): void {
    const size = this.#control.number()
    if (size > this.#plain.length - this.#at) refuse(this.#part, 'a file is longer than its frame')
    const end = this.#at + size
    let baseAt = 0
    while (this.#at < end) {
      baseAt += this.#seeks.signed()
      const copy = this.#control.number()
      const extra = this.#control.number()
      if (copy + extra > end - this.#at) refuse(this.#part, 'a segment is longer than its file')
      if (baseAt < 0 || baseAt + copy > base.length) refuse(this.#part, 'a segment leaves its base')
      const run = this.#plain.subarray(this.#at, this.#at + copy)
      run.set(base.subarray(baseAt, baseAt + copy))
      this.#differences.addTo(run)
      this.#plain.set(this.#extra.bytes(extra), this.#at + copy)
      this.#at += copy + extra
      baseAt += copy
    }
  }

  finish(): Uint8Array<ArrayBuffer> {
    if (this.#at !== this.#plain.length) refuse(this.#part, 'the files do not fill their frame')
    for (const stream of [this.#control, this.#seeks, this.#extra]) stream.checkEnd()
    this.#differences.checkEnd()
    return this.#plain
  }
}

/** Runs of differences between gaps; both may reach from one segment into the next. */
class SparseDifferences {
  readonly #gaps: StreamReader
  readonly #runs: StreamReader
  readonly #differences: StreamReader
  #gap = 0
  #run = 0

  constructor(streams: DeltaStreams, part: string) {
    this.#gaps = new StreamReader(streams.gaps, 'gaps', part)
    this.#runs = new StreamReader(streams.runs, 'runs', part)
    this.#differences = new StreamReader(streams.differences, 'differences', part)
    this.#next()
  }

  addTo(bytes: Uint8Array): void {
    let at = 0
    for (;;) {
      if (this.#gap >= bytes.length - at) {
        this.#gap -= bytes.length - at
        return
      }
      at += this.#gap
      this.#gap = 0
      const count = Math.min(this.#run, bytes.length - at)
      const differences = this.#differences.bytes(count)
      for (let i = 0; i < count; i++) bytes[at + i]! += differences[i]!
      at += count
      this.#run -= count
      if (this.#run > 0) return
      this.#next()
    }
  }

  checkEnd(): void {
    if (this.#run > 0) this.#gaps.refuse('does not end with the files')
    this.#runs.checkEnd()
    this.#differences.checkEnd()
  }

  #next(): void {
    if (this.#gaps.isAtEnd) {
      this.#gap = Infinity
      return
    }
    this.#gap = this.#gaps.number()
    this.#run = this.#runs.number()
    if (this.#run === 0) this.#runs.refuse('has an empty run')
  }
}

class StreamReader {
  readonly #bytes: Uint8Array
  readonly #name: string
  readonly #part: string
  #at = 0

  constructor(bytes: Uint8Array, name: string, part: string) {
    this.#bytes = bytes
    this.#name = name
    this.#part = part
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  /** Below 2^35. */
  number(): number {
    let value = 0
    let factor = 1
    for (let i = 0; i < 5; i++) {
      if (this.isAtEnd) this.refuse('is cut short')
      const byte = this.#bytes[this.#at++]!
      value += (byte % 128) * factor
      if (byte < 128) return value
      factor *= 128
    }
    return this.refuse('has a number of more than five bytes')
  }

  signed(): number {
    const value = this.number()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  bytes(count: number): Uint8Array {
    if (count > this.#bytes.length - this.#at) this.refuse('is cut short')
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  checkEnd(): void {
    if (!this.isAtEnd) this.refuse('goes on after the files')
  }

  refuse(problem: string): never {
    refuse(this.#part, `stream ${this.#name} ${problem}`)
  }
}

function refuse(part: string, problem: string): never {
  throw new MossError('CONTAINER_DAMAGED', { part, problem })
}
