// Packs with deflate (RFC 1951) and gives the very bits that a known maker gives: gzip at levels 1 to 9 (0 × 16 + level),
// zlib (1 × 16 + level), zlib with memory level 9 (2 × 16 + level). So a file that some maker packed can be carried as
// its plain content and packed again bit for bit. Written from RFC 1951, gzip's algorithm.doc and the behaviour of
// those programs. A pure function of plain bytes and maker; time and output are bounded if the caller says so.
import { BlockWriter } from './deflate/block-writer.ts'
import { parseGreedily, parseLazily } from './deflate/parse.ts'
import { type Maker, type MakerRule, ruleOf } from './deflate/rules.ts'
import { SearchWindow } from './deflate/search-window.ts'

export type { Maker } from './deflate/rules.ts'

export const isMaker = (maker: number): maker is Maker => ruleOf(maker) !== undefined

export interface DeflateBounds {
  readonly mostBytes?: number
  /** In looking for matches: a step is a place looked at, or four bytes compared. */
  readonly mostSteps?: number
}

/** A raw stream; undefined if it would break a bound. `maker` is one. */
export function deflate(
  plain: Uint8Array,
  maker: Maker,
  bounds: DeflateBounds = {},
): Uint8Array<ArrayBuffer> | undefined {
  return run({ plain, rule: assertRule(maker), bounds, goesOn: () => true })
}

/** True if the maker packs the bytes as `packed`, within bounds. Most that it does not is seen after one block. */
export function isPackedBy(
  maker: Maker,
  {
    plain,
    packed,
    mostSteps,
  }: { readonly plain: Uint8Array; readonly packed: Uint8Array; readonly mostSteps?: number },
): boolean {
  let compared = 0
  const made = run({
    plain,
    rule: assertRule(maker),
    bounds: { mostBytes: packed.length, ...(mostSteps === undefined ? {} : { mostSteps }) },
    goesOn: (blocks) => {
      const written = blocks.out.written(compared)
      const isEqual = Buffer.compare(written, packed.subarray(compared, compared + written.length)) === 0
      compared += written.length
      return isEqual
    },
  })
  return made?.length === packed.length
}

interface Run {
  readonly plain: Uint8Array
  readonly rule: MakerRule
  readonly bounds: DeflateBounds
  readonly goesOn: (blocks: BlockWriter) => boolean
}

function run({ plain, rule, bounds, goesOn }: Run): Uint8Array<ArrayBuffer> | undefined {
  const window = new SearchWindow(plain, rule)
  const blocks = new BlockWriter(window, rule, bounds.mostBytes ?? Infinity)
  const parse = rule.effort.isGreedy ? parseGreedily : parseLazily
  const isWhole = parse({
    window,
    blocks,
    effort: rule.effort,
    mostSteps: bounds.mostSteps ?? Infinity,
    goesOn: () => goesOn(blocks),
  })
  return isWhole ? blocks.out.written().slice() : undefined
}

function assertRule(maker: Maker): MakerRule {
  const rule = ruleOf(maker)
  if (rule === undefined) throw new Error(`no maker has number ${maker}`)
  return rule
}
