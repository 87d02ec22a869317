// Turns the streams of a delta back into targets. For each file: its form and size, then segments until it is whole. A
// segment moves the place in the base (signed, from the end of the segment before), says how many bytes resemble
// the base from there, and how many follow from stream `extra`. In the form of references, what resembles the base
// is first made to point where kernel/prediction.ts expects. Differences are one sparse run over all such
// bytes of all files: a gap of equal bytes, then a run of bytes to which a difference is added; after the last,
// everything is equal. A total function: whatever the streams hold, it ends in exactly the promised bytes, read
// from inside the bases, with every stream used up, or in CONTAINER_DAMAGED. The loops are in kernel/decode.ts.
import { MossError } from '../base/error.ts'
import { freeNow } from '../base/free-now.ts'
import { limits } from '../base/limits.ts'
import { type BaseBytes, bytesInMemory } from './base-bytes.ts'
import { lendBase } from './base-in-kernel.ts'
import { form, mostMembers } from './delta-forms.ts'
import { type DeltaStreams, streamNames } from './delta-streams.ts'
import { type Kernel, takeKernel } from './kernel.ts'
import { repack, unpackBase } from './members.ts'
import { asPlain, asTokens, type MemberCoding } from './members/coding.ts'
import { StreamReader } from './stream-reader.ts'

export interface DeltaToDecode {
  readonly streams: DeltaStreams
  /** One for each file. */
  readonly bases: readonly Uint8Array[]
  /** Of all targets together. */
  readonly plainBytes: number
  /** Names the delta in errors. */
  readonly part: string
  /** Called when the streams are not needed any more, before anything is given. */
  readonly onRead?: () => void
  /** Longer bases are read in pages as they are needed. */
  readonly heldBytes?: number
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
  using kernel = takeKernel()
  const decoder = new DeltaDecoder(kernel, input)
  input.onRead?.()
  for (const base of bases) yield* decoder.file(base)
  decoder.checkEnd()
}

/** Bytes that are made at once. */
const pieceBytes = 256 * 1024

/** What the kernel says of a failure, by number. */
const failures: Readonly<Record<number, string>> = {
  1: 'is cut short',
  2: 'has a number of more than five bytes',
  3: 'goes on after the files',
  4: 'has an empty run',
  5: 'does not end with the files',
  6: 'has a segment that is longer than its file',
  7: 'has a segment that leaves its base',
  8: 'has too many segments for a file',
}

class DeltaDecoder {
  readonly #kernel: Kernel
  readonly #part: string
  readonly #forms: StreamReader
  readonly #heldBytes: number | undefined
  readonly #room: number
  #leftBytes: number
  /** Of all files so far, and of all bases. */
  #unpackedBytes = 0
  #unpackedBaseBytes = 0

  constructor(kernel: Kernel, { streams, plainBytes, part, heldBytes }: Omit<DeltaToDecode, 'bases'>) {
    this.#kernel = kernel
    this.#part = part
    this.#heldBytes = heldBytes
    this.#leftBytes = plainBytes
    this.#forms = new StreamReader(streams.forms.slice(), (problem) =>
      refuse(part, `stream forms ${problem}`),
    )
    for (const [number, name] of streamNames.entries()) {
      const bytes = streams[name]
      const at = name === 'forms' ? 0 : kernel.calls.openStream(number, bytes.length)
      if (name !== 'forms') kernel.view(at, bytes.length).set(bytes)
    }
    this.#room = kernel.calls.take(pieceBytes)
    kernel.calls.startDecoding()
    this.#checkKernel()
  }

  *file(base: BaseBytes): Generator<Uint8Array> {
    const found = this.#forms.number()
    if (found === form.members) yield* this.#packedFile(base, asPlain)
    else if (found === form.tokens) yield* this.#packedFile(base, asTokens)
    else if (found === form.plain || found === form.references)
      yield* this.#runs(base, this.#sizeOf(this.#readSize()), found === form.references)
    else refuse(this.#part, `a file has form ${found}`)
  }

  #sizeOf(size: number): number {
    if (size > this.#leftBytes) refuse(this.#part, 'a file is longer than its frame')
    this.#leftBytes -= size
    return size
  }

  #readSize(): number {
    const size = this.#kernel.calls.readSize()
    this.#checkKernel()
    return size
  }

  *#packedFile(base: BaseBytes, coding: MemberCoding): Generator<Uint8Array> {
    const totalBytes = this.#sizeOf(this.#forms.number())
    const ofBase = this.#list(([skip, packedBytes, plainBytes]) => ({ skip, packedBytes, plainBytes }))
    const members = this.#list(([skip, plainBytes, maker]) => ({ skip, plainBytes, maker }))
    const part = this.#part
    const mostBytes = limits.deltaUnpackedBytes
    if (base.sizeBytes > mostBytes) refuse(part, 'a base with members is too long')
    const packed = new Uint8Array(base.sizeBytes)
    base.read(0, packed)
    const leftForBases = limits.deltaUnpackedTogetherBytes - this.#unpackedBaseBytes
    const mostOfBase = Math.min(mostBytes, leftForBases)
    const opened = unpackBase({ base: packed, members: ofBase, mostBytes: mostOfBase, coding, part })
    this.#unpackedBaseBytes += opened.length
    freeNow(packed)
    const size = this.#readSize()
    this.#unpackedBytes += size
    if (size > mostBytes || this.#unpackedBytes > limits.deltaUnpackedTogetherBytes)
      refuse(part, `a file has ${size} bytes unpacked, too many`)
    const unpacked = new Uint8Array(size)
    let at = 0
    for (const bytes of this.#runs(bytesInMemory(opened), size)) {
      unpacked.set(bytes, at)
      at += bytes.length
    }
    freeNow(opened)
    const file = repack({ unpacked, members, totalBytes, coding, part })
    freeNow(unpacked)
    yield file
    freeNow(file)
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

  *#runs(base: BaseBytes, size: number, hasReferences = false): Generator<Uint8Array> {
    const { calls } = this.#kernel
    const mark = calls.mark()
    calls.readRuns(size, base.sizeBytes)
    this.#checkKernel()
    lendBase(this.#kernel, base, this.#heldBytes)
    if (hasReferences) {
      if (calls.findReferences() < 0) refuse(this.#part, 'a base has no references')
      calls.predict(base.sizeBytes)
      calls.usePrediction()
    }
    for (;;) {
      const made = calls.makePiece(this.#room, pieceBytes)
      this.#checkKernel()
      if (made === 0) break
      yield this.#kernel.view(this.#room, made)
    }
    calls.release(mark)
  }

  checkEnd(): void {
    if (this.#leftBytes > 0) refuse(this.#part, 'the files do not fill their frame')
    this.#forms.checkEnd()
    this.#kernel.calls.endDecoding()
    this.#checkKernel()
  }

  #checkKernel(): void {
    const failure = this.#kernel.calls.failure()
    if (failure === 0) return
    const name = streamNames[failure % 16]!
    refuse(this.#part, `stream ${name} ${failures[Math.floor(failure / 16)]!}`)
  }
}

function refuse(part: string, problem: string): never {
  throw new MossError('CONTAINER_DAMAGED', { part, problem })
}
