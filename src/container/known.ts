// What the metadata of a bundle builds on: bytes that every host of the bundle has, and the sections that stand before.
// A section of codec 3 is one zstd frame whose base is all of that, back to back: the contents that the head names, those
// that section `known` lists, then what the sections before it decode to. Where that is more than zstd may reach,
// its end. So digests that manifests, chunks and hosts repeat cost a few bytes each.
import { concatBytes, fromHex, toHex } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { ContentDigest } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import { decodeStored, encodeStored } from './codecs.ts'
import type { Head, SectionEntry } from './head.ts'
import type { SectionName } from './kinds.ts'
import { packChunks, packedChunksBytes, unpackChunks } from './packed-chunks.ts'
import { decodeZstd, encodeZstd } from './zstd.ts'

/** Gives a content's bytes, checked against its digest or not: they are checked here. Undefined where it is missing. */
export type ReadKnown = (content: ContentDigest) => Uint8Array | undefined

/** Table `known`: digests, sorted, each once. */
export function encodeKnown(contents: readonly ContentDigest[]): Uint8Array {
  return concatBytes([...new Set(contents)].sort().map(fromHex))
}

const digestBytes = 32

/** Throws CONTAINER_DAMAGED. */
export function decodeKnown(bytes: Uint8Array): readonly ContentDigest[] {
  const refuse = (problem: string): never => {
    throw new MossError('CONTAINER_DAMAGED', { part: 'table known', problem })
  }
  if (bytes.length % digestBytes !== 0) return refuse(`not whole records of ${digestBytes} bytes`)
  const found: ContentDigest[] = []
  for (let at = 0; at < bytes.length; at += digestBytes) {
    const content = toHex(bytes.subarray(at, at + digestBytes)) as ContentDigest
    if (content <= (found.at(-1) ?? '')) return refuse(`record ${found.length} is not in order`)
    found.push(content)
  }
  return found
}

/** The bytes before the section that is to be encoded or decoded next. */
export class BytesBefore {
  /** With room for what comes next. */
  #room = new Uint8Array(0)
  #size = 0
  /** Not in the room yet: nobody asks for it where every section was decoded before. */
  #added: Uint8Array[] = []
  #knownBytes = 0

  /** In the order of the file. It may not change afterwards. */
  addSection(bytes: Uint8Array): void {
    this.#added.push(bytes)
  }

  /** Throws CONTAINER_DAMAGED for more than a host can be asked to hold. */
  addKnown(bytes: Uint8Array): void {
    this.#knownBytes += bytes.length
    if (this.#knownBytes > limits.zstdBaseBytes)
      throw new MossError('CONTAINER_DAMAGED', {
        part: 'table known',
        problem: `it names more than ${limits.zstdBaseBytes} bytes`,
      })
    this.#added.push(bytes)
  }

  /** The last of them, as many as zstd may reach; valid until it is asked for again. */
  bytes(): Uint8Array {
    for (const bytes of this.#added) this.#append(bytes)
    this.#added = []
    return this.#room.subarray(Math.max(0, this.#size - limits.zstdBaseBytes), this.#size)
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#size + bytes.length
    if (needed > this.#room.length) {
      const last = this.#room.subarray(Math.max(0, this.#size - limits.zstdBaseBytes), this.#size)
      this.#room = new Uint8Array(2 * last.length + bytes.length)
      this.#room.set(last)
      this.#size = last.length
    }
    this.#room.set(bytes, this.#size)
    this.#size += bytes.length
  }
}

/** A base is copied whenever a section is read: for so many of its bytes one must be saved. */
const baseBytesPerByte = 8192

export interface EncodedWithKnown {
  readonly codec: 0 | 2 | 3
  readonly stored: Uint8Array
}

/** `before` grows by the section. */
export function encodeWithKnown(
  plain: Uint8Array,
  how: {
    readonly name: SectionName
    readonly before: BytesBefore
    readonly frameCount: number
    readonly level: number
  },
): EncodedWithKnown {
  const { name, before, frameCount, level } = how
  const base = before.bytes()
  const packed = name === 'chunks' ? packChunks(plain, frameCount) : plain
  const least = base.length / baseBytesPerByte
  if (packed === undefined || base.length === 0 || plain.length <= least) {
    before.addSection(plain)
    return encodeStored(plain, level)
  }
  const stored = encodeZstd(packed, level, base)
  const pays = stored.length < plain.length - least
  before.addSection(pays ? packed : plain)
  return pays ? { codec: 3, stored } : encodeStored(plain, level)
}

/** What a section decodes to, and what of it stands before the next one. The same head always gives the same. */
export interface DecodedSection {
  /** Made when it is asked for. Throws CONTAINER_DAMAGED. */
  readonly plain: () => Uint8Array
  readonly before: Uint8Array
}

/** The plain bytes of sections up to one of codec 3, decoded once in their order and kept. */
export class SectionsInOrder {
  readonly #head: Head
  readonly #read: (entry: SectionEntry) => Uint8Array
  readonly #readKnown: ReadKnown | undefined
  readonly #before = new BytesBefore()
  readonly #decoded: Map<SectionName, DecodedSection>
  readonly #plain = new Map<SectionName, () => Uint8Array>()
  #isBegun = false
  #failure: { readonly error: unknown } | undefined

  /**
   * `read` gives stored bytes, checked against the head's digest. `decoded` has what was decoded under this very head
   * before, and is added to: that is not decoded again, but all is read and checked.
   */
  constructor(
    head: Head,
    {
      read,
      readKnown,
      decoded = new Map<SectionName, DecodedSection>(),
    }: {
      readonly read: (entry: SectionEntry) => Uint8Array
      readonly readKnown: ReadKnown | undefined
      readonly decoded?: Map<SectionName, DecodedSection>
    },
  ) {
    this.#head = head
    this.#read = read
    this.#readKnown = readKnown
    this.#decoded = decoded
  }

  /** Of a section that is here. Throws BUNDLE_BASE_MISSING naming every base that cannot be read. */
  plain(name: SectionName): Uint8Array {
    if (this.#failure !== undefined) throw this.#failure.error
    try {
      this.#decodeUpTo(name)
    } catch (error) {
      // Half a step cannot be taken again.
      this.#failure = { error }
      throw error
    }
    return this.#plain.get(name)?.() ?? new Uint8Array(0)
  }

  #decodeUpTo(name: SectionName): void {
    if (!this.#isBegun) this.#addKnown(this.#head.known ?? [])
    this.#isBegun = true
    for (const entry of this.#head.sections) {
      if (this.#plain.has(name)) return
      if (!this.#plain.has(entry.name)) this.#decodeNext(entry)
    }
  }

  #decodeNext(entry: SectionEntry): void {
    const { name } = entry
    const stored = this.#read(entry)
    const section = this.#decoded.get(name) ?? this.#decode(entry, stored)
    this.#decoded.set(name, section)
    this.#plain.set(name, section.plain)
    this.#before.addSection(section.before)
    if (name === 'known') this.#addKnown(decodeKnown(section.plain()))
  }

  #decode(entry: SectionEntry, stored: Uint8Array): DecodedSection {
    const { codec, name, plainBytes } = entry
    if (codec === 3) return this.#decodeWithBase(entry, stored)
    const plain = decodeStored({ codec, stored }, { plainBytes, part: `section ${name}` })
    return { plain: () => plain, before: plain }
  }

  #decodeWithBase({ name, plainBytes }: SectionEntry, stored: Uint8Array): DecodedSection {
    const part = `section ${name}`
    const { count } = this.#head.frames
    const packedBytes = name === 'chunks' ? packedChunksBytes(plainBytes, count) : plainBytes
    if (packedBytes === undefined)
      throw new MossError('CONTAINER_DAMAGED', { part, problem: `${plainBytes} bytes are no table` })
    const packed = decodeZstd(stored, packedBytes, part, this.#before.bytes())
    let chunks: Uint8Array | undefined
    const plain = (): Uint8Array => (name === 'chunks' ? (chunks ??= unpackChunks(packed, count)) : packed)
    return { plain, before: packed }
  }

  #addKnown(contents: readonly ContentDigest[]): void {
    const missing: string[] = []
    for (const content of contents) {
      const bytes = this.#readKnown?.(content)
      if (bytes !== undefined && digestOf(bytes) === content) this.#before.addKnown(bytes)
      else missing.push(`metadata it was made against (${content.slice(0, 16)})`)
    }
    if (missing.length > 0) throw new MossError('BUNDLE_BASE_MISSING', { names: missing })
  }
}
