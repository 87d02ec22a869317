// A look at a section before anybody is trusted, for `inspect`: the courier has no keys. Only sections that are
// stored plain and are small, so that no decompressor and no allocation depends on an unjudged byte; the digest in
// the head must fit. What comes out is what the file claims, no more.
import { limits } from '../base/limits.ts'
import type { SectionName } from './kinds.ts'
import { type OpenedContainer, readStored } from './read.ts'

/** Undefined where there is no such section, or it cannot be shown unjudged. */
export function peekSection(container: OpenedContainer, name: SectionName): Uint8Array | undefined {
  const entry = container.head.sections.find((section) => section.name === name)
  if (entry === undefined || entry.codec !== 0 || entry.storedBytes > limits.headBytes) return undefined
  return readStored(container, entry)
}
