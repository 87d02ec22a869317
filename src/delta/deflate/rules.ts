// Who packed a stream, as far as it shows in the bits: the program's family and its level. All of them look for
// matches in one way, described in gzip's algorithm.doc and in zlib's; the families differ in how many symbols
// make a block, in how wide hashes are, and in what they do where the input ends. A maker is one small number, 16
// times the family plus the level, and is part of the format: numbers are added, never changed.

/** How long a search goes on, by level. */
export interface Effort {
  /** After a match of this length the search for a better one takes a quarter of the steps. */
  readonly good: number
  /** After a match of this length there is no such search. In greedy levels: longer matches are not indexed within. */
  readonly lazy: number
  /** A match of this length ends the search. */
  readonly nice: number
  readonly chain: number
  /** The first match is taken, without a look at the next place. */
  readonly isGreedy: boolean
}

export interface Family {
  readonly name: string
  readonly hashBits: number
  /** A block ends one symbol before. */
  readonly blockSymbols: number
  /** Ends a block early where matches are few and distances cheap, from level 3 on. */
  readonly cutsBlocks: boolean
  /** Searches look beyond the end of the input, at what the window held before, and a match is cut afterwards. */
  readonly looksBeyondEnd: boolean
}

/** gzip, and Info-ZIP's zip, which is of the same hand. */
const gzip: Family = {
  name: 'gzip',
  hashBits: 15,
  blockSymbols: 32_768,
  cutsBlocks: true,
  looksBeyondEnd: true,
}

/** zlib at its default memory level, 8: Python, Java, most others. */
const zlib: Family = {
  name: 'zlib',
  hashBits: 15,
  blockSymbols: 16_384,
  cutsBlocks: false,
  looksBeyondEnd: false,
}

const zlibMemory9: Family = { ...zlib, name: 'zlib-9', hashBits: 16, blockSymbols: 32_768 }

const families: readonly Family[] = [gzip, zlib, zlibMemory9]

const effort = (good: number, lazy: number, nice: number, chain: number, isGreedy = false): Effort => ({
  good,
  lazy,
  nice,
  chain,
  isGreedy,
})

const efforts: readonly Effort[] = [
  effort(4, 4, 8, 4, true),
  effort(4, 5, 16, 8, true),
  effort(4, 6, 32, 32, true),
  effort(4, 4, 16, 16),
  effort(8, 16, 32, 32),
  effort(8, 16, 128, 128),
  effort(8, 32, 128, 256),
  effort(32, 128, 258, 1024),
  effort(32, 258, 258, 4096),
]

export type Maker = number

export interface MakerRule {
  readonly family: Family
  readonly level: number
  readonly effort: Effort
}

/** Undefined if no maker has the number. */
export function ruleOf(maker: Maker): MakerRule | undefined {
  if (!Number.isSafeInteger(maker) || maker < 0) return undefined
  const level = maker % 16
  const family = families[Math.floor(maker / 16)]
  const found = efforts[level - 1]
  return family === undefined || found === undefined ? undefined : { family, level, effort: found }
}

export function assertRule(maker: Maker): MakerRule {
  const rule = ruleOf(maker)
  if (rule === undefined) throw new Error(`no maker has number ${maker}`)
  return rule
}

export const cutsBlocks = ({ family, level }: MakerRule): boolean => family.cutsBlocks && level > 2

/** The numbers of all makers. */
export const makers: readonly Maker[] = families.flatMap((_, family) =>
  efforts.map((_effort, index) => 16 * family + index + 1),
)

const isAlike = (one: MakerRule, other: MakerRule): boolean =>
  one.family === other.family &&
  one.effort.isGreedy === other.effort.isGreedy &&
  cutsBlocks(one) === cutsBlocks(other)

/** One of each kind that writes the same literals and matches in the same blocks: the highest level. */
export const blockMakers: readonly Maker[] = makers.filter(
  (maker) => !makers.some((other) => other > maker && isAlike(assertRule(maker), assertRule(other))),
)
