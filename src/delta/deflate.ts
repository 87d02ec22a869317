// Packs with deflate (RFC 1951) and gives the very bits that a known maker gives: gzip at levels 1 to 9 (0 × 16 + level),
// zlib (1 × 16 + level), zlib with memory level 9 (2 × 16 + level). So a file that some maker packed can be carried as
// its plain content and packed again bit for bit. Written from RFC 1951, gzip's algorithm.doc and the behaviour of
// those programs. A pure function of plain bytes and maker; time and output are bounded if the caller says so.
import { areParts, gatherParts, type TakePart } from './deflate/parts.ts'
import { assertRule, cutsBlocks, type Maker, type MakerRule, ruleOf } from './deflate/rules.ts'
import { type Kernel, mostNumber, takeKernel } from './kernel.ts'

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
  return gatherParts(plain.length >>> 2, (take) => pack({ plain, rule: assertRule(maker), ...bounds }, take))
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
  const bounds = { mostBytes: packed.length, ...(mostSteps === undefined ? {} : { mostSteps }) }
  return areParts(packed, (take) => pack({ plain, rule: assertRule(maker), ...bounds }, take))
}

interface Packing extends DeflateBounds {
  readonly plain: Uint8Array
  readonly rule: MakerRule
}

/** Gives the stream in parts, each valid until it is taken. False if a part was refused or a bound broken. */
function pack({ plain, rule, mostBytes = Infinity, mostSteps = Infinity }: Packing, take: TakePart): boolean {
  using kernel = takeKernel()
  const { calls } = kernel
  begin(kernel, rule, mostSteps)
  let read = 0
  let made = 0
  for (;;) {
    const outcome = calls.goOnPacking(Math.min(mostBytes - made, mostNumber))
    const part = kernel.view(calls.packedAt(), calls.packedBytes())
    if (outcome < 0 || !take(part)) return false
    if (outcome > 0) return true
    made += part.length
    const input = plain.subarray(read, read + calls.makeInputRoom())
    kernel.view(calls.inputAt(), input.length).set(input)
    calls.addInput(input.length)
    read += input.length
  }
}

function begin({ calls }: Kernel, rule: MakerRule, mostSteps: number): void {
  const { family, effort } = rule
  calls.beginPacking(
    family.hashBits,
    family.blockSymbols,
    Number(cutsBlocks(rule)),
    Number(family.looksBeyondEnd),
    effort.good,
    effort.lazy,
    effort.nice,
    effort.chain,
    Number(effort.isGreedy),
    mostSteps,
  )
}
