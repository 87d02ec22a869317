// Turns the streams of a delta back into targets. For each file: its form and size, then segments until it is whole. A
// segment moves the place in the base (signed, from the end of the segment before), says how many bytes resemble
// the base from there, and how many follow from stream `extra`. In the form of references, what resembles the base
// is first made to point where predict-references.ts expects. Differences are one sparse run over all such
// bytes of all files: a gap of equal bytes, then a run of bytes to which a difference is added; after the last,
// everything is equal. A total function: whatever the streams hold, it ends in exactly the promised bytes, read
// from inside the bases, with every stream used up, or in CONTAINER_DAMAGED.
import { MossError } from '../base/error.ts'
import { limits } from '../base/limits.ts'
import { type BaseBytes, bytesInMemory } from './base-bytes.ts'
import { form, mostMembers, mostRuns } from './delta-forms.ts'
import type { DeltaStreams } from './delta-streams.ts'
import { repack, unpackBase } from './members.ts'
import { asPlain, asTokens, type MemberCoding } from './members/coding.ts'
import { ReferencePrediction } from './predict-references.ts'
import { findReferences, type References } from './references.ts'
import { RunList } from './runs.ts'

export interface DeltaToDecode {
  readonly streams: DeltaStreams
  /** Of a base; `findReferences` unless somebody has found them already. */
  readonly referencesOf?: (base: BaseBytes) => References | undefined
  /** One for each file. */
  readonly bases: readonly Uint8Array[]
  /** Of all targets together. */
  readonly plainBytes: number
  /** Names the delta in errors. */
  readonly part: string
}

/** The targets back to back. */
export function decodeDelta(input: DeltaToDecode): Uint8Array<ArrayBuffer> {
  const plain = new Uint8Array(input.plainBytes)
  let at = 0
  for (const bytes of decodePieces(input, input.bases.map(bytesInMemory))) {
    plain.set(bytes, at)
    at += bytes.length
  }
  return plain
}

/** The same in pieces, each valid until the next one is asked for; longer bases need not be in memory. */
export function* decodePieces(
  input: Omit<DeltaToDecode, 'bases'>,
  bases: readonly BaseBytes[],
): Generator<Uint8Array> {
  const decoder = new DeltaDecoder(input)
  for (const base of bases) yield* decoder.file(base)
  decoder.checkEnd()
}

/** Bytes of a run that are made at once. */
const pieceBytes = 256 * 1024

class DeltaDecoder {
  readonly #referencesOf: (base: BaseBytes) => References | undefined
  readonly #part: string
  #leftBytes: number
  #unpackedBytes = 0
  readonly #forms: StreamReader
  readonly #control: StreamReader
  readonly #seeks: StreamReader
  readonly #extra: StreamReader
  readonly #differences: SparseDifferences
  readonly #room = new Uint8Array(pieceBytes)

  constructor({ streams, plainBytes, part, referencesOf = findReferences }: Omit<DeltaToDecode, 'bases'>) {
    this.#referencesOf = referencesOf
    this.#part = part
    this.#leftBytes = plainBytes
    this.#forms = new StreamReader(streams.forms, 'forms', part)
    this.#control = new StreamReader(streams.control, 'control', part)
    this.#seeks = new StreamReader(streams.seeks, 'seeks', part)
    this.#extra = new StreamReader(streams.extra, 'extra', part)
    this.#differences = new SparseDifferences(streams, part)
  }

  *file(base: BaseBytes): Generator<Uint8Array> {
    const found = this.#forms.number()
    if (found === form.members) yield this.#packedFile(base, asPlain)
    else if (found === form.tokens) yield this.#packedFile(base, asTokens)
    else {
      const size = this.#sizeOf(this.#control.number())
      if (found === form.plain) yield* this.#runs(base, this.#readRuns(size, base.sizeBytes))
      else if (found === form.references) yield* this.#fileWithReferences(base, size)
      else refuse(this.#part, `a file has form ${found}`)
    }
  }

  #sizeOf(size: number): number {
    if (size > this.#leftBytes) refuse(this.#part, 'a file is longer than its frame')
    this.#leftBytes -= size
    return size
  }

  #fileWithReferences(base: BaseBytes, size: number): Generator<Uint8Array> {
    const runs = this.#readRuns(size, base.sizeBytes)
    const references = this.#referencesOf(base)
    if (references === undefined) return refuse(this.#part, 'a base has no references')
    return this.#runs(base, runs, new ReferencePrediction(references, runs, base.sizeBytes))
  }

  #packedFile(base: BaseBytes, coding: MemberCoding): Uint8Array {
    const totalBytes = this.#sizeOf(this.#forms.number())
    const ofBase = this.#list(([skip, packedBytes, plainBytes]) => ({ skip, packedBytes, plainBytes }))
    const members = this.#list(([skip, plainBytes, maker]) => ({ skip, plainBytes, maker }))
    const part = this.#part
    const mostBytes = limits.deltaUnpackedBytes
    if (base.sizeBytes > mostBytes) refuse(part, 'a base with members is too long')
    const packed = base.read(0, base.sizeBytes)
    const unpackedBase = bytesInMemory(unpackBase({ base: packed, members: ofBase, mostBytes, coding, part }))
    const size = this.#control.number()
    this.#unpackedBytes += size
    if (size > mostBytes || this.#unpackedBytes > limits.deltaUnpackedTogetherBytes)
      refuse(part, `a file has ${size} bytes unpacked, too many`)
    const unpacked = new Uint8Array(size)
    let at = 0
    for (const bytes of this.#runs(unpackedBase, this.#readRuns(size, unpackedBase.sizeBytes))) {
      unpacked.set(bytes, at)
      at += bytes.length
    }
    return repack({ unpacked, members, totalBytes, coding, part })
  }

  /** Of members; each has three numbers. */
  #list<T>(make: (numbers: readonly [number, number, number]) => T): readonly T[] {
    const count = this.#forms.number()
    if (count > mostMembers) refuse(this.#part, `a file has ${count} members`)
    const list: T[] = []
    for (let i = 0; i < count; i++)
      list.push(make([this.#forms.number(), this.#forms.number(), this.#forms.number()]))
    return list
  }

  *#runs(base: BaseBytes, runs: RunList, prediction?: ReferencePrediction): Generator<Uint8Array> {
    for (let i = 0; i < runs.count; i++) {
      const run = { at: runs.ats[i]!, baseAt: runs.baseAts[i]!, length: runs.lengths[i]! }
      let done = 0
      while (done < run.length) {
        const piece = this.#nextPiece(base, { ...run, done }, prediction)
        done += piece.length
        yield piece
      }
      if (runs.extras[i]! > 0) yield this.#extra.bytes(runs.extras[i]!)
    }
  }

  checkEnd(): void {
    if (this.#leftBytes > 0) refuse(this.#part, 'the files do not fill their frame')
    for (const stream of [this.#forms, this.#control, this.#seeks, this.#extra]) stream.checkEnd()
    this.#differences.checkEnd()
  }

  #readRuns(size: number, baseBytes: number): RunList {
    const runs = new RunList()
    let at = 0
    let baseAt = 0
    while (at < size) {
      baseAt += this.#seeks.signed()
      const length = this.#control.number()
      const extra = this.#control.number()
      if (length + extra > size - at) refuse(this.#part, 'a segment is longer than its file')
      if (baseAt < 0 || baseAt + length > baseBytes) refuse(this.#part, 'a segment leaves its base')
      if (runs.count === mostRuns) refuse(this.#part, `a file has more than ${mostRuns} segments`)
      runs.add(at, baseAt, length, extra)
      at += length + extra
      baseAt += length
    }
    return runs
  }

  #nextPiece(
    base: BaseBytes,
    run: { readonly at: number; readonly baseAt: number; readonly length: number; readonly done: number },
    prediction: ReferencePrediction | undefined,
  ): Uint8Array {
    const baseAt = run.baseAt + run.done
    const most = baseAt + Math.min(pieceBytes, run.length - run.done)
    const isLast = most === run.baseAt + run.length
    const end = prediction === undefined || isLast ? most : prediction.endOfPiece(baseAt, most)
    const bytes = this.#room.subarray(0, end - baseAt)
    bytes.set(base.read(baseAt, end - baseAt))
    prediction?.apply(bytes, baseAt, run.at + run.done)
    this.#differences.addTo(bytes)
    return bytes
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
