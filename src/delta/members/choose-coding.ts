// Which coding pays for the members of a file. Plain content takes fewer bytes and is packed again by looking for matches,
// which costs most in gzip files, as they are packed at the highest level. Where a file changed in few places its
// tokens did too; where it changed everywhere (addresses in a list of symbols), nearly all tokens are others, though
// the plain bytes resemble each other. Such files are few.
import { zstdCompressSync } from 'node:zlib'
import type { DeltaStreams } from '../delta-streams.ts'
import { asPlain, asTokens, type MemberCoding } from './coding.ts'

/** Fewest bytes; least time; or plain where it takes much fewer bytes. */
export type MemberChoice = 'plain' | 'tokens' | 'balanced'

/** In the order in which they are tried. */
export function codingsFor(choice: MemberChoice): readonly MemberCoding[] {
  if (choice === 'tokens') return [asTokens]
  return choice === 'plain' ? [asPlain] : [asTokens, asPlain]
}

/** Of what was added of a file as tokens: if more of them is not in the base, plain content may do much better. */
const mostNew = 1 / 4

export const isMuchNew = ({ extra, differences }: DeltaStreams, tokenBytes: number): boolean =>
  extra.length + differences.length > mostNew * tokenBytes

/** About, in bytes, of what was added of a file. */
export const priceOfOpened = (added: DeltaStreams): number =>
  Object.values(added).reduce((sum, bytes: Uint8Array) => sum + priceOf(bytes), 0)

const priceOf = (bytes: Uint8Array): number => (bytes.length === 0 ? 0 : zstdCompressSync(bytes).length)
