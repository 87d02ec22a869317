// Sections on their way in and out. In: stored bytes are checked against the digest in the head, then decoded to
// exactly the size the head says. Out: in the fixed order, packed where that saves something, empty ones left out.
import { digestOf } from '../base/digest.ts'
import { decodeStored, encodeStored, type Encoded } from './codecs.ts'
import type { SectionEntry } from './head.ts'
import { isAlwaysPlain, sectionNames, type Kind, type SectionName } from './kinds.ts'
import { readStored } from './read.ts'
import type { VerifiedContainer } from './verify.ts'

export interface SectionDraft {
  readonly name: SectionName
  readonly bytes: Uint8Array
}

/** The plain bytes, or undefined where the container has no such section. Reads it again at each call. */
export function readSection(container: VerifiedContainer, name: SectionName): Uint8Array | undefined {
  const entry = container.head.sections.find((section) => section.name === name)
  if (entry === undefined) return undefined
  const stored = readStored(container, entry)
  return decodeStored(
    { codec: entry.codec, stored },
    { plainBytes: entry.plainBytes, part: `section ${name}` },
  )
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

export function encodeSections(kind: Kind, drafts: readonly SectionDraft[]): readonly EncodedSection[] {
  if (new Set(drafts.map((draft) => draft.name)).size !== drafts.length)
    throw new Error('broken promise: each section is given once')
  return drafts
    .filter((draft) => draft.bytes.length > 0)
    .toSorted((a, b) => sectionNames.indexOf(a.name) - sectionNames.indexOf(b.name))
    .map(({ name, bytes }) => {
      const encoded: Encoded = isAlwaysPlain(kind, name)
        ? { codec: 0, stored: bytes }
        : encodeStored(bytes, sectionLevel)
      return {
        entry: {
          name,
          codec: encoded.codec,
          storedBytes: encoded.stored.length,
          plainBytes: bytes.length,
          digest: digestOf(encoded.stored),
        },
        stored: encoded.stored,
      }
    })
}
