// What a container may be, and which sections each kind has, in the one order in which they stand. The numbers
// go into preludes and never change; a kind's name is also the first word of its head's text.

export type Kind = 'bundle' | 'package' | 'state' | 'channel' | 'root'

/** In the order of the file. Tables come last before the frames, `record` stands alone. */
export const sectionNames = [
  'roots',
  'snapshot',
  'summary',
  'notes',
  'manifests',
  'frames',
  'chunks',
  'bases',
  'packages',
  'capabilities',
  'hosts',
  'contents',
  'links',
  'record',
] as const

export type SectionName = (typeof sectionNames)[number]

interface KindRule {
  readonly number: number
  /** True: any section but `record`, and frames; a package, which is whole, no `bases`. False: exactly the section `record`. */
  readonly hasFrames: boolean
}

export const kinds: Readonly<Record<Kind, KindRule>> = {
  bundle: { number: 1, hasFrames: true },
  package: { number: 2, hasFrames: true },
  state: { number: 3, hasFrames: false },
  channel: { number: 4, hasFrames: false },
  root: { number: 5, hasFrames: false },
}

export const kindOfNumber = (number: number): Kind | undefined =>
  (Object.keys(kinds) as Kind[]).find((kind) => kinds[kind].number === number)

export const mayHave = (kind: Kind, name: SectionName): boolean =>
  kinds[kind].hasFrames === (name !== 'record') && !(kind === 'package' && name === 'bases')

/** The text that opens a head: what it is and its version, so that no signature can move to another kind. */
export const headText = (kind: Kind): string => `moss-${kind} 1\n`

/**
 * These are always stored as they are: a root's record is read before anything can vouch for it, and a summary is
 * shown by whoever holds no keys; neither may need a decoder.
 */
export const isAlwaysPlain = (kind: Kind, name: SectionName): boolean =>
  name === 'summary' || (kind === 'root' && name === 'record')
