// Canonical CBOR (RFC 8949 §4.2.1): shortest forms, keys sorted bytewise, definite lengths; no tags, floats,
// undefined, duplicate keys, integers from 2^53, or text that starts with a byte order mark. Maps have text keys. What differs is refused, never repaired:
// a checker of ours walks all bytes first, and only then does cbor-x decode them.
import { Decoder } from 'cbor-x/decode-no-eval'
import { compareText, concatBytes, decodeUtf8, encodeUtf8, isAscii } from './bytes.ts'
import { MossError } from './error.ts'
import { limits } from './limits.ts'

export type CborValue =
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | { readonly [key: string]: CborValue | undefined }

const Major = { positive: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5 } as const

class Writer {
  #bytes = new Uint8Array(1024)
  #size = 0

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#size)
  }

  #reserve(more: number): void {
    if (this.#size + more <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#size + more))
    grown.set(this.#bytes.subarray(0, this.#size))
    this.#bytes = grown
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#size++] = value
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#size)
    this.#size += bytes.length
  }

  /** A type and its argument in the shortest form. */
  head(major: number, argument: number): void {
    const type = major << 5
    this.#reserve(9)
    if (argument < 24) return this.byte(type | argument)
    const width = argument < 0x100 ? 1 : argument < 0x10000 ? 2 : argument < 0x100000000 ? 4 : 8
    this.byte(type | (width === 1 ? 24 : width === 2 ? 25 : width === 4 ? 26 : 27))
    let rest = argument
    for (let i = width - 1; i >= 0; i--) {
      this.#bytes[this.#size + i] = rest % 256
      rest = Math.floor(rest / 256)
    }
    this.#size += width
  }
}

function write(writer: Writer, value: CborValue, depth: number): void {
  if (depth > limits.cborDepth) throw new TypeError('nested too deep for CBOR')
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0))
      throw new TypeError(`not a CBOR integer: ${value}`)
    if (value >= 0) writer.head(Major.positive, value)
    else writer.head(Major.negative, -1 - value)
  } else if (typeof value === 'string') {
    checkText(value)
    const bytes = encodeUtf8(value)
    writer.head(Major.text, bytes.length)
    writer.raw(bytes)
  } else if (typeof value === 'boolean') writer.byte(value ? 0xf5 : 0xf4)
  else if (value === null) writer.byte(0xf6)
  else if (value instanceof Uint8Array) {
    writer.head(Major.bytes, value.length)
    writer.raw(value)
  } else if (Array.isArray(value)) {
    writer.head(Major.array, value.length)
    for (const item of value as readonly CborValue[]) write(writer, item, depth + 1)
  } else if (isPlainMap(value)) writeMap(writer, value, depth)
  else throw new TypeError(`no CBOR form for ${typeof value}`)
}

/** Only plain objects: a Map, a Date or a bigint would otherwise be written as an empty map. */
function isPlainMap(value: unknown): value is { readonly [key: string]: CborValue | undefined } {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** A mark in front of a text is lost by whoever decodes it with the usual means: so there is none. */
function checkText(value: string): void {
  if (!value.isWellFormed()) throw new TypeError('a lone surrogate has no UTF-8 form')
  if (value.startsWith('\ufeff')) throw new TypeError('text with a byte order mark')
}

/** Entries whose value is undefined are left out. Keys are ordered by their encoded bytes: shorter first. */
function writeMap(
  writer: Writer,
  map: { readonly [key: string]: CborValue | undefined },
  depth: number,
): void {
  const entries: { name: string; key: Uint8Array; value: CborValue }[] = []
  for (const [name, value] of Object.entries(map)) {
    if (value === undefined) continue
    checkText(name)
    if (name === '__proto__') throw new TypeError('not a CBOR key')
    entries.push({ name, key: encodeUtf8(name), value })
  }
  entries.sort((a, b) => a.key.length - b.key.length || compareText(a.name, b.name))
  writer.head(Major.map, entries.length)
  for (const { key, value } of entries) {
    writer.head(Major.text, key.length)
    writer.raw(key)
    write(writer, value, depth + 1)
  }
}

/** Throws a TypeError (a bug of ours) on what has no canonical form. */
export function encodeCbor(value: CborValue): Uint8Array {
  const writer = new Writer()
  write(writer, value, 0)
  return writer.finish()
}

/** What stands in place of false, true or null, which are simple values 20 to 22. */
function simpleProblem(info: number): string {
  if (info === 23) return 'undefined'
  if (info < 28) return 'float or simple value'
  return info < 31 ? 'reserved value' : 'break'
}

/** What is decoded takes many times the bytes of its smallest items, so their number is bounded as well. */
const leastBytesOfItem = 3
const freeItems = 4096

class Checker {
  readonly #bytes: Uint8Array
  readonly #part: string
  /** A key of the outermost map. */
  readonly #wanted: Uint8Array | undefined
  #found: CborSpan | undefined
  #at = 0
  #items = 0

  constructor(bytes: Uint8Array, part: string, wanted?: Uint8Array) {
    this.#bytes = bytes
    this.#part = part
    this.#wanted = wanted
  }

  /** Gives where the value of the wanted key stands, if there is one. */
  whole(): CborSpan | undefined {
    this.#item(0)
    if (this.#at !== this.#bytes.length) this.#refuse('bytes after the end')
    if (this.#items > freeItems + this.#bytes.length / leastBytesOfItem)
      this.#refuse('too many items for its length')
    return this.#found
  }

  #refuse(problem: string): never {
    throw new MossError('CBOR_INVALID', { part: this.#part, problem, offset: this.#at })
  }

  #argument(info: number): number {
    if (info < 24) return info
    if (info > 27) this.#refuse(info === 31 ? 'indefinite length' : 'reserved length')
    const width = 1 << (info - 24)
    if (this.#at + width > this.#bytes.length) this.#refuse('cut short')
    let value = 0
    for (let i = 0; i < width; i++) value = value * 256 + (this.#bytes[this.#at + i] ?? 0)
    if (value > Number.MAX_SAFE_INTEGER) this.#refuse('number from 2^53')
    if (value < (width === 1 ? 24 : 2 ** (width * 4))) this.#refuse('number not in its shortest form')
    this.#at += width
    return value
  }

  /** Passes over so many bytes. */
  #skip(length: number): void {
    if (length > this.#bytes.length - this.#at) this.#refuse('cut short')
    this.#at += length
  }

  #item(depth: number): void {
    if (depth > limits.cborDepth) this.#refuse('nested too deep')
    const first = this.#bytes[this.#at]
    if (first === undefined) this.#refuse('cut short')
    const major = first >> 5
    const info = first & 31
    if (major === 7) {
      if (info < 20 || info > 22) this.#refuse(simpleProblem(info))
      this.#at++
      return
    }
    if (major === 6) this.#refuse('tag')
    this.#at++
    const argument = this.#argument(info)
    this.#items++
    if (major === Major.negative && argument > Number.MAX_SAFE_INTEGER - 1) this.#refuse('number below -2^53')
    else if (major === Major.bytes) this.#skip(argument)
    else if (major === Major.text) this.#text(argument)
    else if (major === Major.array) {
      if (argument > this.#bytes.length - this.#at) this.#refuse('more items than bytes')
      for (let i = 0; i < argument; i++) this.#item(depth + 1)
    } else if (major === Major.map) this.#map(argument, depth)
  }

  #text(length: number): void {
    const start = this.#at
    this.#skip(length)
    if (isAscii(this.#bytes, start, this.#at)) return
    const span = this.#bytes.subarray(start, this.#at)
    if (decodeUtf8(span) === undefined) this.#refuse('ill-formed UTF-8')
    if (span[0] === 0xef && span[1] === 0xbb && span[2] === 0xbf) this.#refuse('text with a byte order mark')
  }

  #map(count: number, depth: number): void {
    if (count * 2 > this.#bytes.length - this.#at) this.#refuse('more entries than bytes')
    let before = 0
    let beforeEnd = -1
    for (let i = 0; i < count; i++) {
      const first = this.#bytes[this.#at]
      if (first === undefined) this.#refuse('cut short')
      if (first >> 5 !== Major.text) this.#refuse('a key that is not text')
      this.#at++
      const length = this.#argument(first & 31)
      const start = this.#at
      this.#text(length)
      if (length === reservedKey.length && this.#order(start, reservedKey, 0) === 0)
        this.#refuse('a reserved key')
      if (beforeEnd >= 0) {
        const order = length - (beforeEnd - before) || this.#order(start, this.#bytes, before)
        if (order === 0) this.#refuse('duplicate key')
        if (order < 0) this.#refuse('keys not sorted')
      }
      before = start
      beforeEnd = this.#at
      const isWanted =
        depth === 0 && length === this.#wanted?.length && this.#order(start, this.#wanted, 0) === 0
      this.#item(depth + 1)
      if (isWanted) this.#found = { start: beforeEnd, end: this.#at }
    }
  }

  /** Of the key that ends here, against as many bytes of another. */
  #order(start: number, other: Uint8Array, from: number): number {
    const length = this.#at - start
    for (let i = 0; i < length; i++) {
      const difference = (this.#bytes[start + i] as number) - (other[from + i] as number)
      if (difference !== 0) return difference
    }
    return 0
  }
}

/** Would become no key of an object but its prototype. */
const reservedKey = encodeUtf8('__proto__')

interface CborSpan {
  readonly start: number
  readonly end: number
}

const decoder = new Decoder({
  useRecords: false,
  mapsAsObjects: true,
  structures: undefined,
  tagUint8Array: false,
})

/**
 * Checks that `bytes` are exactly one canonical item, then decodes it. `part` names them in errors.
 * The caller has bounded their size. Throws CBOR_INVALID.
 */
export function decodeCbor(bytes: Uint8Array, part: string): CborValue {
  new Checker(bytes, part).whole()
  return narrow(decoder.decode(bytes.subarray()) as CborValue | bigint)
}

const emptyList = Uint8Array.of(0x80)

/**
 * Checks the same, and decodes all but the value of `key` in the outermost map: in its place an empty list stands in
 * `value`, and `apart` has its bytes, for who reads them quicker than values can be made. Undefined if there is no such key.
 */
export function decodeCborApart(
  bytes: Uint8Array,
  part: string,
  key: string,
): { readonly value: CborValue; readonly apart: Uint8Array } | undefined {
  const found = new Checker(bytes, part, encodeUtf8(key)).whole()
  if (found === undefined) return undefined
  const rest = concatBytes([bytes.subarray(0, found.start), emptyList, bytes.subarray(found.end)])
  return {
    value: narrow(decoder.decode(rest) as CborValue | bigint),
    apart: bytes.subarray(found.start, found.end),
  }
}

/**
 * cbor-x gives 64-bit integers as bigint and byte strings as views of its input: numbers and copies here. Its lists and
 * maps are new and nobody else's, so they are changed where they are.
 */
function narrow(value: CborValue | bigint): CborValue {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (Array.isArray(value)) {
    const items = value as CborValue[]
    for (let i = 0; i < items.length; i++) items[i] = narrow(items[i] as CborValue)
    return items
  }
  const map = value as Record<string, CborValue>
  for (const key in map) {
    const item = map[key] as CborValue
    if (typeof item !== 'string') map[key] = narrow(item)
  }
  return map
}
