// The head: what a container is, when it was made, who signs it, and the digest and size of every section below.
// It is the text `moss-KIND 1` and a line feed, then canonical CBOR; signatures cover exactly these bytes.
// What stands in `about` belongs to the kind and is read by the room that owns it.
import { concatBytes, encodeUtf8, equalBytes, fromHex } from '../base/bytes.ts'
import { decodeCbor, encodeCbor, type CborValue } from '../base/cbor.ts'
import { MossError } from '../base/error.ts'
import type { ContentDigest, Digest, KeyId } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import { digest, integer, list, oneOf, optional, record, type RecordOf, type Shape } from '../base/shape.ts'
import { mostSigners } from '../trust/threshold.ts'
import { checkCodec, type Codec } from './codecs.ts'
import {
  headText,
  isAlwaysPlain,
  isLongTable,
  kinds,
  mayBuildOn,
  mayHave,
  sectionNames,
  type Kind,
  type SectionName,
} from './kinds.ts'

export type About = { readonly [key: string]: CborValue | undefined }

/** 3: against the bytes that known.ts says. */
export type SectionCodec = Codec | 3

export interface SectionEntry {
  readonly name: SectionName
  readonly codec: SectionCodec
  readonly storedBytes: number
  readonly plainBytes: number
  /** Of the stored bytes. */
  readonly digest: Digest
}

export interface Head {
  readonly kind: Kind
  /** Whole seconds since 1970. */
  readonly created: number
  /** One for each signature block, in their order. */
  readonly signers: readonly KeyId[]
  readonly about: About
  readonly sections: readonly SectionEntry[]
  readonly frames: { readonly count: number; readonly storedBytes: number }
  /** Contents whose bytes sections of codec 3 use; absent where they need none, or find all they need in the file. */
  readonly known?: readonly ContentDigest[]
}

const mostKnown = 16

const anyMap: Shape<About> = (value, place) => {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || Array.isArray(value))
    throw new MossError('SHAPE_INVALID', { part: place, problem: 'expected a map' })
  return value as About
}

const fields = {
  about: anyMap,
  created: integer(),
  frames: record({ count: integer(0, 0xffff_ffff), stored: integer() }),
  sections: list(
    record({
      name: oneOf(...sectionNames),
      codec: integer(0, 255),
      digest: digest(),
      plain: integer(1, limits.sectionBytes),
      stored: integer(1, limits.sectionBytes),
    }),
    sectionNames.length,
  ),
  signers: list(digest<KeyId>(), mostSigners),
  known: optional(list(digest<ContentDigest>(), mostKnown)),
}

export function encodeHead(head: Head): Uint8Array {
  const cbor = encodeCbor({
    about: head.about,
    created: head.created,
    frames: { count: head.frames.count, stored: head.frames.storedBytes },
    sections: head.sections.map((section) => ({
      name: section.name,
      codec: section.codec,
      digest: fromHex(section.digest),
      plain: section.plainBytes,
      stored: section.storedBytes,
    })),
    signers: head.signers.map(fromHex),
    known: head.known?.map(fromHex),
  })
  const bytes = concatBytes([encodeUtf8(headText(head.kind)), cbor])
  if (bytes.length > limits.headBytes) throw new RangeError(`a head of ${bytes.length} bytes`)
  decodeHead(bytes, head.kind)
  return bytes
}

/** `kind` is what the prelude said; the head must say the same. Nothing here is trusted before verify.ts. */
export function decodeHead(bytes: Uint8Array, kind: Kind): Head {
  const text = encodeUtf8(headText(kind))
  if (!equalBytes(bytes.subarray(0, text.length), text))
    refuse(`it does not begin with the text moss-${kind} 1`)
  const found = record(fields)(decodeCbor(bytes.subarray(text.length), 'head'), 'head')
  const sections = found.sections.map(sectionEntry)
  checkSections(kind, sections)
  checkFrames(kind, found.frames)
  if (found.signers.length === 0) refuse('no signer')
  if (new Set(found.signers).size !== found.signers.length) refuse('a signer named twice')
  if (found.known !== undefined) checkKnown(kind, found.known)
  return {
    kind,
    created: found.created,
    signers: found.signers,
    about: found.about,
    sections,
    frames: { count: found.frames.count, storedBytes: found.frames.stored },
    ...(found.known !== undefined && { known: found.known }),
  }
}

function checkKnown(kind: Kind, known: readonly ContentDigest[]): void {
  if (kind !== 'bundle') refuse(`a ${kind} builds on nothing`)
  if (known.length === 0 || new Set(known).size !== known.length)
    refuse('known contents named twice, or none')
}

function sectionEntry(found: RecordOf<SectionFields>): SectionEntry {
  const part = `section ${found.name}`
  const codec = found.codec === 3 ? 3 : checkCodec(found.codec, part)
  if (codec === 0 ? found.stored !== found.plain : found.stored >= found.plain)
    refuse(`${part} has ${found.stored} stored bytes for ${found.plain} plain ones`)
  return {
    name: found.name,
    codec,
    storedBytes: found.stored,
    plainBytes: found.plain,
    digest: found.digest,
  }
}

type SectionFields = {
  readonly name: Shape<SectionName>
  readonly codec: Shape<number>
  readonly digest: Shape<Digest>
  readonly plain: Shape<number>
  readonly stored: Shape<number>
}

function checkSections(kind: Kind, sections: readonly SectionEntry[]): void {
  let previous = -1
  for (const { name, codec, plainBytes } of sections) {
    const place = sectionNames.indexOf(name)
    if (place <= previous) refuse(`section ${name} is not in its place`)
    if (!mayHave(kind, name)) refuse(`a ${kind} has no section ${name}`)
    if (isAlwaysPlain(kind, name) && codec !== 0) refuse(`section ${name} of a ${kind} must be plain`)
    if (codec === 3 && !mayBuildOn(kind, name)) refuse(`section ${name} of a ${kind} builds on nothing`)
    const isBounded = name === 'roots' || kind === 'root'
    if (isBounded && plainBytes > limits.rootChainBytes) refuse(`section ${name} is too large`)
    if (isLongTable(name) && plainBytes > limits.longTableBytes) refuse(`section ${name} is too large`)
    if ((kind === 'state' || kind === 'audit') && plainBytes > limits.stateBytes)
      refuse(`section ${name} is too large`)
    previous = place
  }
  if (!kinds[kind].hasFrames && sections.length === 0) refuse('section record is missing')
}

function checkFrames(kind: Kind, frames: { readonly count: number; readonly stored: number }): void {
  if (frames.count > 0 && !kinds[kind].hasFrames) refuse(`a ${kind} has no frames`)
  if (frames.stored < frames.count || (frames.count === 0 && frames.stored !== 0))
    refuse(`${frames.count} frames in ${frames.stored} bytes`)
  if (frames.stored > Number.MAX_SAFE_INTEGER - 2 ** 40) refuse('frames reach beyond 2^53')
}

function refuse(problem: string): never {
  throw new MossError('CONTAINER_DAMAGED', { part: 'head', problem })
}
