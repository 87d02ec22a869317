// What a packed member is carried as: its plain content, for which the host looks for matches again, or its tokens, for
// which it need not. Plain content takes fewer bytes in a delta, tokens a tenth of the time.
import { deflate, isPackedBy } from '../deflate.ts'
import { blockMakers, type Maker, makers } from '../deflate/rules.ts'
import { deflateTokens, inflateTokens, isWrittenBy } from '../tokens.ts'
import { inflateStream } from './inflate-stream.ts'
import type { OpenedStream, PackedStream } from './packed-stream.ts'

export interface MemberCoding {
  /** Members of less content are left packed: they save nothing, and many of them would cost time. */
  readonly leastBytes: number
  /** Undefined if there is no stream or its content has more than `mostBytes`. */
  readonly open: (packed: Uint8Array, mostBytes: number) => OpenedStream | undefined
  /** Undefined if it takes more room or time than a member may. */
  readonly pack: (content: Uint8Array, maker: Maker, mostBytes: number) => Uint8Array | undefined
  readonly isMaker: (maker: Maker, content: Uint8Array, packed: Uint8Array) => boolean
  /** Those to be tried. */
  readonly makers: readonly Maker[]
}

/** What packing a member may take: a few times what the hardest of real files was seen to take. */
const mostSteps = (plainBytes: number): number => 160 * plainBytes

export const asPlain: MemberCoding = {
  leastBytes: 512,
  open: inflateStream,
  pack: (content, maker, mostBytes) =>
    deflate(content, maker, { mostBytes, mostSteps: mostSteps(content.length) }),
  isMaker: (maker, content, packed) =>
    isPackedBy(maker, { plain: content, packed, mostSteps: mostSteps(content.length) }),
  makers,
}

export const asTokens: MemberCoding = {
  leastBytes: 256,
  open: inflateTokens,
  pack: deflateTokens,
  isMaker: (maker, content, packed) => isWrittenBy(maker, { tokens: content, packed }),
  makers: blockMakers,
}

/** Those that people ask for; many headers say nothing of the level. */
const usualLevels = [6, 9, 1]

/** Of the coding, the likeliest first. */
export function likelyMakers(
  { makers: all }: MemberCoding,
  { level, isOfGzip }: PackedStream,
): readonly Maker[] {
  const families = isOfGzip ? [0, 1, 2] : [1, 0, 2]
  const levels = [level, ...usualLevels]
  const unlikeliness = (maker: Maker): number => {
    const place = levels.indexOf(maker % 16)
    return families.indexOf(Math.floor(maker / 16)) + families.length * (place < 0 ? levels.length : place)
  }
  return all.toSorted((a, b) => unlikeliness(a) - unlikeliness(b))
}
