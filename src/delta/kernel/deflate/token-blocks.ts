// Writes the blocks that a maker writes when it has cut its input into given literals and matches. Blocks end and
// are written by the rule of BlockWriter; what remains of the maker is how far it has looked when it decides: greedy
// ones decide when they stand at the token, lazy ones at its second byte, and they do not ask after the last literal.
// Blocks that would be stored as they are cannot be written: their plain bytes are not at hand.
import { addLiteral, addMatch, endBlock, written } from './block-writer.ts'
import { mostTokenBytes, readToken, tokenDistance, tokenLength, tokenLiteral } from './token-bytes.ts'

const windowBytes: i32 = 32768

let isGreedy: bool = false
/** Plain bytes of the block, and of all, as far as distances may reach. */
let blockBytes: i32 = 0
let produced: i32 = 0
let isFull: bool = false

export function beginTokens(greedy: bool): void {
  isGreedy = greedy
  blockBytes = 0
  produced = 0
  isFull = false
}

function end(isLast: bool): bool {
  const plainBytes = blockBytes
  blockBytes = 0
  isFull = false
  return endBlock(isLast, plainBytes, 0, false) === written
}

/** Bytes of whole tokens that were taken; negative if that was impossible. */
export function addTokens(at: usize, sizeBytes: i32, isLastPart: bool): i32 {
  const to = at + sizeBytes
  const safe = isLastPart ? to : to - mostTokenBytes
  let from = at
  while (from < to && from <= safe) {
    if (isFull && !end(false)) return -1
    from = readToken(from)
    if (!(tokenDistance === 0 ? addOneLiteral() : addOneMatch())) return -1
  }
  return from > to ? -1 : <i32>(from - at)
}

function addOneLiteral(): bool {
  blockBytes++
  if (produced < windowBytes) produced++
  isFull = addLiteral(tokenLiteral, isGreedy ? blockBytes - 1 : blockBytes)
  return !isFull || !isGreedy || end(false)
}

function addOneMatch(): bool {
  if (tokenDistance > produced || tokenDistance > windowBytes) return false
  isFull = addMatch(tokenDistance, tokenLength, isGreedy ? blockBytes : blockBytes + 1)
  blockBytes += tokenLength
  if (produced < windowBytes) produced += tokenLength
  return !isFull || end(false)
}

/** False if that was impossible. */
export function endTokens(): bool {
  return end(true)
}
