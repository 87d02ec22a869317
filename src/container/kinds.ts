// What a container may be, and which sections each kind has, in the one order in which they stand. The numbers
// go into preludes and never change; a kind's name is also the first word of its head's text.

export type Kind = 'bundle' | 'package' | 'state' | 'channel' | 'root' | 'audit' | 'grant'

/** In the order of the file. Tables come last before the frames, `record` stands alone. */
export const sectionNames = [
  'roots',
  'snapshot',
  'grants',
  'summary',
  'notes',
  'known',
  'manifests',
  'frames',
  'chunks',
  'bases',
  'packages',
  'capabilities',
  'hosts',
  'contents',
  'links',
  'catalogue',
  'record',
] as const

export type SectionName = (typeof sectionNames)[number]

interface KindRule {
  readonly number: number
  /** True: any section but `record`, and frames; only a bundle builds on what a host has. False: exactly the section `record`. */
  readonly hasFrames: boolean
}

export const kinds: Readonly<Record<Kind, KindRule>> = {
  bundle: { number: 1, hasFrames: true },
  package: { number: 2, hasFrames: true },
  state: { number: 3, hasFrames: false },
  channel: { number: 4, hasFrames: false },
  root: { number: 5, hasFrames: false },
  audit: { number: 6, hasFrames: false },
  grant: { number: 7, hasFrames: false },
}

export const kindOfNumber = (number: number): Kind | undefined =>
  (Object.keys(kinds) as Kind[]).find((kind) => kinds[kind].number === number)

export const mayHave = (kind: Kind, name: SectionName): boolean =>
  kinds[kind].hasFrames === (name !== 'record') &&
  (kind === 'bundle' || (name !== 'bases' && name !== 'known' && name !== 'catalogue'))

/** The text that opens a head: what it is and its version, so that no signature can move to another kind. */
export const headText = (kind: Kind): string => `moss-${kind} 1\n`

/**
 * These are always stored as they are: roots are read before anything can vouch for them, and a summary is shown by
 * whoever holds no keys; neither may need a decoder.
 */
export const isAlwaysPlain = (kind: Kind, name: SectionName): boolean =>
  name === 'summary' || name === 'roots' || (kind === 'root' && name === 'record')

/** They have a record for each chunk, content or package, and could be longer than anything that is carried needs. */
export const isLongTable = (name: SectionName): boolean =>
  name === 'chunks' || name === 'contents' || name === 'links' || name === 'catalogue'

/**
 * These may be written against what a host has (codec 3). Not the frames' own table: whoever holds the file alone can
 * then still check every frame.
 */
export const mayBuildOn = (kind: Kind, name: SectionName): boolean =>
  kind === 'bundle' && name !== 'frames' && !isAlwaysPlain(kind, name)

/** A bundle carries a snapshot as difference from an older one, which shows only where neither is packed. */
export const isWrittenPlain = (kind: Kind, name: SectionName): boolean =>
  isAlwaysPlain(kind, name) || (kind === 'channel' && name === 'record')
