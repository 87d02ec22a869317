// Packs with deflate, bit for bit as a given maker: `beginPacking` with the maker's rule, then `goOnPacking` until it
// says that it is done. Whenever that asks for input, as many bytes as `makeInputRoom` says, or all that are left, are
// put at `inputAt` and announced; nothing, if the input has ended. What was written is taken out after each step.
import { writeBitsTo, writtenBytes } from './deflate/bit-writer.ts'
import { beginBlocks } from './deflate/block-writer.ts'
import { beginParse, parseGreedily, parseLazily } from './deflate/parse.ts'
import { ahead, at, beginWindow, extendWindow, makeWindowRoom, windowBytes } from './deflate/search-window.ts'

/** A step reads 64 KiB at most and writes the block before too: of 32767 symbols of at most 48 bits. */
const roomBytes: i32 = 448 * 1024
const room = memory.data(448 * 1024 + 8, 8)
let isGreedy: bool = false

export function beginPacking(
  hashBits: i32,
  blockSymbols: i32,
  cutsBlocks: i32,
  looksBeyondEnd: i32,
  good: i32,
  lazy: i32,
  nice: i32,
  chain: i32,
  greedy: i32,
  mostSteps: f64,
): void {
  isGreedy = greedy !== 0
  beginBlocks(blockSymbols, cutsBlocks !== 0)
  beginWindow(hashBits, looksBeyondEnd !== 0, good, nice, chain)
  beginParse(lazy, mostSteps)
}

/** 0: it wants input; 1: it is done; -1: it would write more than `mostBytes`, or take more steps than allowed. */
export function goOnPacking(mostBytes: i32): i32 {
  writeBitsTo(room, min(mostBytes, roomBytes))
  return isGreedy ? parseGreedily() : parseLazily()
}

export function makeInputRoom(): i32 {
  return makeWindowRoom()
}

export function inputAt(): usize {
  return windowBytes + at + ahead
}

export function addInput(sizeBytes: i32): void {
  extendWindow(sizeBytes)
}

/** By the last step. */
export function packedAt(): usize {
  return room
}

export function packedBytes(): i32 {
  return writtenBytes()
}
