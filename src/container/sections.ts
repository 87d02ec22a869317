// Sections on their way in and out. In: stored bytes are checked against the digest in the head, then decoded to
// exactly the size the head says. Out: in the fixed order, packed where that saves something, empty ones left out.
import { digestOf } from '../base/digest.ts'
import type { ContainerId, ContentDigest } from '../base/ids.ts'
import { decodeStored, encodeStored } from './codecs.ts'
import type { SectionEntry } from './head.ts'
import { isWrittenPlain, mayBuildOn, sectionNames, type Kind, type SectionName } from './kinds.ts'
import {
  BytesBefore,
  type DecodedSection,
  encodeKnown,
  type EncodedWithKnown,
  encodeWithKnown,
  SectionsInOrder,
} from './known.ts'
import { readStored } from './read.ts'
import type { VerifiedContainer } from './verify.ts'

export interface SectionDraft {
  readonly name: SectionName
  readonly bytes: Uint8Array
}

const inOrder = new WeakMap<VerifiedContainer, SectionsInOrder>()

/** Of the container that was opened last: planning and executing open the same one. */
let latest: { readonly id: ContainerId; readonly decoded: Map<SectionName, DecodedSection> } | undefined

/**
 * The plain bytes, or undefined where the container has no such section. Reads it again at each call, unless it is of
 * codec 3: then it and those before it are read once. Throws BUNDLE_BASE_MISSING where what it builds on is not here.
 */
export function readSection(container: VerifiedContainer, name: SectionName): Uint8Array | undefined {
  const entry = container.head.sections.find((section) => section.name === name)
  if (entry === undefined) return undefined
  if (entry.codec === 3) return readInOrder(container, name)
  const stored = readStored(container, entry)
  return decodeStored(
    { codec: entry.codec, stored },
    { plainBytes: entry.plainBytes, part: `section ${name}` },
  )
}

function readInOrder(container: VerifiedContainer, name: SectionName): Uint8Array {
  let sections = inOrder.get(container)
  if (sections === undefined) {
    const read = (entry: SectionEntry): Uint8Array => readStored(container, entry)
    if (latest?.id !== container.id) latest = { id: container.id, decoded: new Map() }
    const { decoded } = latest
    sections = new SectionsInOrder(container.head, { read, readKnown: container.readKnown, decoded })
    inOrder.set(container, sections)
  }
  return sections.plain(name)
}

/** What a container without frames says: in its head and in its record. */
export function readRecord(container: VerifiedContainer) {
  const { about, created } = container.head
  return { about, created, recordBytes: readSection(container, 'record') ?? new Uint8Array(0) }
}

export interface EncodedSection {
  readonly entry: SectionEntry
  readonly stored: Uint8Array
}

/** Tables of digests and small records gain nothing from a higher level. */
const sectionLevel = 9

/** Bytes that every host of a bundle has: whole contents. Those in the head are what all sections build on. */
export interface KnownBytes {
  readonly inHead: readonly Uint8Array[]
  readonly listed: readonly { readonly content: ContentDigest; readonly bytes: Uint8Array }[]
}

export function encodeSections(
  kind: Kind,
  drafts: readonly SectionDraft[],
  { frameCount, known }: { readonly frameCount: number; readonly known?: KnownBytes },
): readonly EncodedSection[] {
  const listed = new Map(known?.listed.map(({ content, bytes }) => [content, bytes]))
  const table = { name: 'known' as const, bytes: encodeKnown([...listed.keys()]) }
  const all = listed.size === 0 ? drafts : [...drafts, table]
  if (new Set(all.map((draft) => draft.name)).size !== all.length)
    throw new Error('broken promise: each section is given once')
  const before = new BytesBefore()
  for (const bytes of known?.inHead ?? []) before.addKnown(bytes)
  const encodeOne = ({ name, bytes: plain }: SectionDraft): EncodedWithKnown => {
    if (mayBuildOn(kind, name))
      return encodeWithKnown(plain, { name, before, frameCount, level: sectionLevel })
    before.addSection(plain)
    return isWrittenPlain(kind, name) ? { codec: 0, stored: plain } : encodeStored(plain, sectionLevel)
  }
  return all
    .filter((draft) => draft.bytes.length > 0)
    .toSorted((a, b) => sectionNames.indexOf(a.name) - sectionNames.indexOf(b.name))
    .map((draft) => {
      const { name, bytes } = draft
      const { codec, stored } = encodeOne(draft)
      if (name === 'known')
        for (const content of [...listed.keys()].sort())
          before.addKnown(listed.get(content) ?? new Uint8Array(0))
      return {
        entry: {
          name,
          codec,
          storedBytes: stored.length,
          plainBytes: bytes.length,
          digest: digestOf(stored),
        },
        stored,
      }
    })
}
