// What an ELF file says about itself: its class, its soname, the libraries and the loader that it needs. Works on a stream: the first bytes are kept,
// and later on only the dynamic section, so that a library of any length is read with bounded memory. What
// cannot be read is said, never guessed. (System V ABI, chapters 4 and 5.)

export interface ElfFacts {
  readonly bits: 32 | 64
  readonly soname?: string
  /** Sonames, in its order. Absent when there are none. */
  readonly needed?: readonly string[]
  /** Why not all of these are known. */
  readonly neededProblem?: string
  /** The path of the loader that a program asks for. */
  readonly interpreter?: string
  /** Why the soname of a file with a dynamic section is not known. */
  readonly problem?: string
}

/** Program headers and string tables stand far in front of this in every library seen. */
const headBytes = 16 * 1024 * 1024
const longestDynamic = 256 * 1024
const mostHeaders = 256

interface Segment {
  readonly type: number
  readonly offset: number
  readonly address: number
  readonly sizeBytes: number
}

interface Shape {
  readonly bits: 32 | 64
  readonly isLittle: boolean
  readonly segments: readonly Segment[]
}

const Type = { load: 1, dynamic: 2, interpreter: 3 } as const
const Tag = { end: 0, needed: 1, strings: 5, soname: 14 } as const
const mostNeeded = 4096

/** Reads as the bytes pass by. `finish` is called once, after the last piece; undefined for what is no ELF file. */
export class ElfReader {
  #head: Uint8Array = new Uint8Array(0)
  #filled = 0
  #at = 0
  #shape: Shape | undefined
  #dynamic: Uint8Array | undefined
  #isOther = false

  add(piece: Uint8Array): void {
    if (this.#isOther) return
    this.#keepHead(piece)
    if (!hasMagic(this.#head, this.#filled)) this.#isOther = true
    else this.#keepDynamic(piece)
    this.#at += piece.length
  }

  finish(): ElfFacts | undefined {
    if (this.#isOther || this.#filled < 4) return undefined
    const head = this.#head.subarray(0, this.#filled)
    const shape = this.#shape ?? readShape(head)
    if (shape === undefined) return undefined
    return {
      bits: shape.bits,
      ...readDynamic(shape, head, this.#dynamicBytes(shape, head)),
      ...readInterpreter(shape, head),
    }
  }

  #keepHead(piece: Uint8Array): void {
    const count = Math.min(piece.length, headBytes - this.#filled)
    if (count <= 0) return
    if (this.#filled + count > this.#head.length) {
      const grown = new Uint8Array(Math.min(headBytes, Math.max(this.#filled + count, 2 * this.#head.length)))
      grown.set(this.#head.subarray(0, this.#filled))
      this.#head = grown
    }
    this.#head.set(piece.subarray(0, count), this.#filled)
    this.#filled += count
  }

  /** Beyond the head, what overlaps the dynamic section is kept as it passes. */
  #keepDynamic(piece: Uint8Array): void {
    const end = this.#at + piece.length
    if (end <= headBytes) return
    this.#shape ??= readShape(this.#head)
    const section = this.#shape?.segments.find((segment) => segment.type === Type.dynamic)
    if (section === undefined || section.sizeBytes > longestDynamic) return
    const from = Math.max(section.offset, this.#at)
    const to = Math.min(section.offset + section.sizeBytes, end)
    if (from >= to) return
    this.#dynamic ??= this.#startDynamic(section)
    this.#dynamic.set(piece.subarray(from - this.#at, to - this.#at), from - section.offset)
  }

  /** With what the head already holds of it. */
  #startDynamic(section: Segment): Uint8Array {
    const bytes = new Uint8Array(section.sizeBytes)
    if (section.offset < headBytes)
      bytes.set(this.#head.subarray(section.offset, section.offset + bytes.length))
    return bytes
  }

  #dynamicBytes(shape: Shape, head: Uint8Array): Uint8Array | undefined {
    if (this.#dynamic !== undefined) return this.#dynamic
    const section = shape.segments.find((segment) => segment.type === Type.dynamic)
    return section === undefined ? undefined : slice(head, section.offset, section.sizeBytes)
  }
}

/** As long as fewer than four bytes came, anything may yet become an ELF file. */
function hasMagic(head: Uint8Array, filled: number): boolean {
  const magic = [0x7f, 0x45, 0x4c, 0x46]
  return magic.every((byte, index) => index >= filled || head[index] === byte)
}

function slice(bytes: Uint8Array, offset: number, length: number): Uint8Array | undefined {
  return offset + length <= bytes.length ? bytes.subarray(offset, offset + length) : undefined
}

class Words {
  readonly #view: DataView
  readonly #isLittle: boolean
  readonly #bits: 32 | 64

  constructor(bytes: Uint8Array, shape: { readonly bits: 32 | 64; readonly isLittle: boolean }) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#isLittle = shape.isLittle
    this.#bits = shape.bits
  }

  half(at: number): number {
    return this.#view.getUint16(at, this.#isLittle)
  }

  word(at: number): number {
    return this.#view.getUint32(at, this.#isLittle)
  }

  /** An address, offset or size; from 2^53 it is no place in a file. */
  long(at: number): number {
    if (this.#bits === 32) return this.word(at)
    const value = this.#view.getBigUint64(at, this.#isLittle)
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value)
  }
}

/** Undefined when the header is not one that moss can read. */
function readShape(head: Uint8Array): Shape | undefined {
  const bits = head[4] === 1 ? 32 : head[4] === 2 ? 64 : undefined
  const isLittle = head[5] === 1
  if (bits === undefined || (!isLittle && head[5] !== 2) || head.length < 64) return undefined
  const words = new Words(head, { bits, isLittle })
  const table = words.long(bits === 64 ? 32 : 28)
  const each = words.half(bits === 64 ? 54 : 42)
  const count = words.half(bits === 64 ? 56 : 44)
  const segments: Segment[] = []
  if (
    each >= (bits === 64 ? 56 : 32) &&
    count <= mostHeaders &&
    slice(head, table, each * count) !== undefined
  )
    for (let i = 0; i < count; i++) segments.push(readSegment(words, table + i * each, bits))
  return { bits, isLittle, segments }
}

const readSegment = (words: Words, at: number, bits: 32 | 64): Segment =>
  bits === 64
    ? {
        type: words.word(at),
        offset: words.long(at + 8),
        address: words.long(at + 16),
        sizeBytes: words.long(at + 32),
      }
    : {
        type: words.word(at),
        offset: words.word(at + 4),
        address: words.word(at + 8),
        sizeBytes: words.word(at + 16),
      }

type Dynamic = Omit<ElfFacts, 'bits' | 'interpreter'>

function readDynamic(shape: Shape, head: Uint8Array, dynamic: Uint8Array | undefined): Dynamic {
  if (!shape.segments.some(({ type }) => type === Type.dynamic)) return {}
  if (dynamic === undefined) {
    const problem = 'its dynamic section cannot be read'
    return { problem, neededProblem: problem }
  }
  const { tags, needed } = readTags(shape, dynamic)
  const strings = offsetOf(shape, tags.get(Tag.strings))
  const nameAt = (what: string, offset: number): { readonly name?: string; readonly problem?: string } => {
    if (strings === undefined) return { problem: 'its string table has no place in the file' }
    if (strings + offset >= head.length) return { problem: `${what} stands too far back in the file` }
    const name = cString(head, strings + offset)
    return name === undefined || name === '' ? { problem: `${what} is not a name` } : { name }
  }
  const soname = tags.get(Tag.soname)
  const own = soname === undefined ? {} : nameAt('its soname', soname)
  const names = needed.map((offset) => nameAt('what it needs', offset))
  const wrong = names.find(({ problem }) => problem !== undefined)?.problem
  const found = names.flatMap(({ name }) => (name === undefined ? [] : [name]))
  return {
    ...(own.name !== undefined && { soname: own.name }),
    ...(own.problem !== undefined && { problem: own.problem }),
    ...(found.length > 0 && { needed: found }),
    ...(wrong !== undefined && { neededProblem: wrong }),
  }
}

function readInterpreter(shape: Shape, head: Uint8Array): Pick<ElfFacts, 'interpreter'> {
  const segment = shape.segments.find(({ type }) => type === Type.interpreter)
  const path = segment === undefined ? undefined : cString(head, Math.min(segment.offset, head.length))
  return path === undefined || path === '' ? {} : { interpreter: path }
}

/** The first value of each tag that moss reads, and all needed names. */
function readTags(
  shape: Shape,
  dynamic: Uint8Array,
): { readonly tags: ReadonlyMap<number, number>; readonly needed: readonly number[] } {
  const words = new Words(dynamic, shape)
  const width = shape.bits / 8
  const tags = new Map<number, number>()
  const needed: number[] = []
  for (let at = 0; at + 2 * width <= dynamic.length; at += 2 * width) {
    const tag = words.long(at)
    if (tag === Tag.end) break
    if (tag === Tag.needed && needed.length < mostNeeded) needed.push(words.long(at + width))
    if (!tags.has(tag)) tags.set(tag, words.long(at + width))
  }
  return { tags, needed }
}

/** Where in the file an address is. */
function offsetOf(shape: Shape, address: number | undefined): number | undefined {
  if (address === undefined) return undefined
  for (const segment of shape.segments)
    if (
      segment.type === Type.load &&
      address >= segment.address &&
      address - segment.address < segment.sizeBytes
    )
      return segment.offset + (address - segment.address)
  return undefined
}

/** Printable ASCII up to a NUL, at most 255 characters. */
function cString(bytes: Uint8Array, from: number): string | undefined {
  const end = bytes.indexOf(0, from)
  if (end < 0 || end - from > 255) return undefined
  const text = Buffer.from(bytes.subarray(from, end)).toString('latin1')
  return /^[!-~]*$/.test(text) ? text : undefined
}
