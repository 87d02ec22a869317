// Layouts as nearly all of them are, read straight from their bytes: of a manifest with tens of thousands of files most of
// the time would go into values that are taken apart again at once. It knows each kind of entry in the one order that
// canonical CBOR has for its fields. What is not exactly so, be it rare or wrong, it leaves alone: codec.ts then reads
// the whole manifest the slow way and says what is wrong. What it gives is what codec.ts would give.
import { asciiText, decodeUtf8, encodeUtf8, toHex } from '../base/bytes.ts'
import type { ContentDigest } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import { longestList } from '../base/shape.ts'
import type { LayoutEntry, LayoutFile, LayoutFolder, LayoutSymlink } from './manifest.ts'

/** `bytes` are a canonical item: checked already. Undefined for a layout that is not plain. */
export const readPlainLayout = (bytes: Uint8Array): readonly LayoutEntry[] | undefined =>
  new PlainLayoutReader(bytes).layout()

const Major = { number: 0, bytes: 2, list: 4 } as const

const field = (name: string): Uint8Array => Uint8Array.of(0x60 + name.length, ...encodeUtf8(name))
const fields = {
  gid: field('gid'),
  uid: field('uid'),
  kind: field('kind'),
  mode: field('mode'),
  path: field('path'),
  size: field('size'),
  target: field('target'),
  content: field('content'),
} as const
const kinds = { file: field('file'), folder: field('folder'), symlink: field('symlink') } as const
const mapOf = (count: number): number => 0xa0 + count
const slash = 0x2f

/** Thrown and caught here alone. */
class NotPlain extends Error {}
const notPlain = new NotPlain('not a plain layout')

function giveUp(): never {
  throw notPlain
}

class PlainLayoutReader {
  readonly #bytes: Uint8Array
  readonly #path: PathReader
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#path = new PathReader(bytes)
  }

  layout(): readonly LayoutEntry[] | undefined {
    try {
      const entries: LayoutEntry[] = []
      const count = this.#atMost(this.#argument(Major.list), longestList)
      for (let i = 0; i < count; i++) entries.push(this.#entry())
      return entries
    } catch (error) {
      if (error === notPlain) return undefined
      throw error
    }
  }

  #entry(): LayoutEntry {
    const first = this.#bytes[this.#at++]
    if (first === mapOf(7)) return this.#file()
    if (first === mapOf(5)) return this.#folder()
    return first === mapOf(3) ? this.#symlink() : giveUp()
  }

  #file(): LayoutFile {
    const gid = this.#owner(fields.gid)
    const uid = this.#owner(fields.uid)
    this.#skip(fields.kind)
    this.#skip(kinds.file)
    const mode = this.#mode()
    const path = this.#pathField()
    this.#skip(fields.size)
    const sizeBytes = this.#argument(Major.number)
    this.#skip(fields.content)
    const content = toHex(this.#span(32, 32)) as ContentDigest
    return { kind: 'file', path, mode, uid, gid, content, sizeBytes }
  }

  #folder(): LayoutFolder {
    const gid = this.#owner(fields.gid)
    const uid = this.#owner(fields.uid)
    this.#skip(fields.kind)
    this.#skip(kinds.folder)
    const mode = this.#mode()
    return { kind: 'folder', path: this.#pathField(), mode, uid, gid }
  }

  #symlink(): LayoutSymlink {
    this.#skip(fields.kind)
    this.#skip(kinds.symlink)
    const path = this.#pathField()
    this.#skip(fields.target)
    return { kind: 'symlink', path, target: decodeUtf8(this.#span(1, 4095)) ?? giveUp() }
  }

  #owner(name: Uint8Array): number {
    this.#skip(name)
    return this.#atMost(this.#argument(Major.number), 0xfffffffe)
  }

  #mode(): number {
    this.#skip(fields.mode)
    return this.#atMost(this.#argument(Major.number), 0o7777)
  }

  #pathField(): string {
    this.#skip(fields.path)
    const count = this.#atMost(this.#argument(Major.list), limits.pathDepth)
    this.#path.begin()
    for (let i = 0; i < count; i++) {
      const length = this.#argument(Major.bytes)
      if (!this.#path.add(this.#at, length)) giveUp()
      this.#at += length
    }
    return this.#path.finish() ?? giveUp()
  }

  #atMost(value: number, most: number): number {
    return value <= most ? value : giveUp()
  }

  #skip(expected: Uint8Array): void {
    for (let i = 0; i < expected.length; i++) if (this.#bytes[this.#at + i] !== expected[i]) giveUp()
    this.#at += expected.length
  }

  #span(min: number, max: number): Uint8Array {
    const length = this.#argument(Major.bytes)
    if (length < min || length > max) giveUp()
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** Of an item of this type: it is in its shortest form and below 2^53, and all of it is here. */
  #argument(major: number): number {
    const first = this.#bytes[this.#at++] as number
    if (first >> 5 !== major) giveUp()
    const info = first & 31
    if (info < 24) return info
    let value = 0
    for (let left = 1 << (info - 24); left > 0; left--)
      value = value * 256 + (this.#bytes[this.#at++] as number)
    return value
  }
}

/** One for all layouts: each is read to its end before another is begun. */
const joinedPath = new Uint8Array(limits.pathDepth * (limits.pathComponentBytes + 1))

/** Neighbours of a layout share most of their components: of each path only those are read that are new. */
class PathReader {
  readonly #bytes: Uint8Array
  /** The path's bytes, with its slashes. */
  readonly #joined = joinedPath
  /** For each component of the path before: where it ends in `joined`, and whether all is ASCII up to there. */
  readonly #ends: number[] = []
  readonly #isAscii: boolean[] = []
  #count = 0
  #isShared = true

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  begin(): void {
    this.#count = 0
    this.#isShared = true
  }

  /** The component of so many bytes at `at`; false for one that is no name. */
  add(at: number, length: number): boolean {
    if (length < 1 || length > limits.pathComponentBytes) return false
    const n = this.#count++
    const start = n === 0 ? 0 : (this.#ends[n - 1] as number) + 1
    this.#isShared &&= this.#isSame(n, { at, length, start })
    return this.#isShared || this.#copy(n, { at, length, start })
  }

  /** Undefined for what is no text. */
  finish(): string | undefined {
    const n = this.#count
    this.#ends.length = n
    this.#isAscii.length = n
    if (n === 0) return undefined
    const end = this.#ends[n - 1] as number
    return this.#isAscii[n - 1] === true
      ? asciiText(this.#joined, end)
      : decodeUtf8(this.#joined.subarray(0, end))
  }

  #isSame(n: number, { at, length, start }: Component): boolean {
    if (this.#ends[n] !== start + length) return false
    for (let i = 0; i < length; i++) if (this.#joined[start + i] !== this.#bytes[at + i]) return false
    return true
  }

  #copy(n: number, { at, length, start }: Component): boolean {
    if (n > 0) this.#joined[start - 1] = slash
    let all = 0
    for (let i = 0; i < length; i++) {
      const byte = this.#bytes[at + i] as number
      if (byte === slash) return false
      this.#joined[start + i] = byte
      all |= byte
    }
    this.#ends[n] = start + length
    this.#isAscii[n] = all < 0x80 && (n === 0 || this.#isAscii[n - 1] === true)
    return true
  }
}

interface Component {
  readonly at: number
  readonly length: number
  readonly start: number
}
