// Deflate streams as their tokens (literals and matches), and packed again from them. Both go in parts: the caller puts
// input at `tokenInput`, at most as much as there is room, calls, takes out what was made and gives what was not
// used again. `beginInflatingTokens` or `beginPackingTokens` comes first.
import { readBitsFrom, nextByte } from './deflate/bit-reader.ts'
import { writeBitsTo, writtenBytes } from './deflate/bit-writer.ts'
import { beginBlocks } from './deflate/block-writer.ts'
import { beginInflating, endOfTokens, inflateTokens } from './deflate/inflate.ts'
import { addTokens, beginTokens, endTokens } from './deflate/token-blocks.ts'

const inputBytes: i32 = 65536
const input = memory.data(65536 + 8, 16)
/** For the tokens of one part; or for its blocks and the one before it, of 32767 symbols of at most 48 bits. */
const outputBytes: i32 = 448 * 1024
const output = memory.data(448 * 1024 + 8, 16)
let used: i32 = 0
let made: i32 = 0

export function tokenInput(): usize {
  return input
}

export function tokenInputBytes(): i32 {
  return inputBytes
}

export function tokenOutput(): usize {
  return output
}

/** By the last call. */
export function tokenOutputBytes(): i32 {
  return made
}

/** Of the input of the last call. */
export function usedInputBytes(): i32 {
  return used
}

export function beginInflatingTokens(): void {
  beginInflating()
}

/** 0: it goes on; 1: the stream has ended; -1: it is none. */
export function goOnInflatingTokens(sizeBytes: i32, isLastPart: i32): i32 {
  readBitsFrom(input, sizeBytes)
  const outcome = inflateTokens(output, outputBytes, isLastPart !== 0)
  used = <i32>(nextByte() - input)
  made = <i32>(endOfTokens() - output)
  return outcome
}

export function beginPackingTokens(blockSymbols: i32, cutsBlocks: i32, greedy: i32): void {
  beginBlocks(blockSymbols, cutsBlocks !== 0)
  beginTokens(greedy !== 0)
}

/** False, 0, if these are no tokens, or if more would be written than is allowed. */
export function goOnPackingTokens(sizeBytes: i32, isLastPart: i32, mostBytes: i32): i32 {
  writeBitsTo(output, min(mostBytes, outputBytes))
  used = addTokens(input, sizeBytes, isLastPart !== 0)
  if (used < 0) return 0
  const isDone = isLastPart === 0 || endTokens()
  made = writtenBytes()
  return isDone ? 1 : 0
}
