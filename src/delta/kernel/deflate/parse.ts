// Cuts the input into literals and matches. Greedy: the first match found is taken. Lazy: a match waits until the next
// place has none that is longer. Both as gzip's algorithm.doc says. They stop when more of the input is wanted and go
// on where they were; they end early when no more may be written or the searches have taken all their steps.
import { addLiteral, addMatch, endBlock, written } from './block-writer.ts'
import {
  advance,
  ahead,
  at,
  blockStart,
  endWindowBlock,
  insertPlace,
  isNear,
  matchAt,
  searchMatch,
  steps,
  wantsInput,
  windowBytes,
} from './search-window.ts'
import { minMatch } from './symbols.ts'

/** What came of parsing: more input is wanted, all is written, or a bound was broken. */
export const wantsMore: i32 = 0
export const isWhole: i32 = 1
export const brokeBound: i32 = -1

/** A match of the least length from farther away takes more than three literals. */
const tooFar: i32 = 4096

let lazy: i32 = 0
let mostSteps: i64 = 0
/** Of a match that waits, or less than a match; and whether a literal waits. */
let length: i32 = 0
let isWaiting: bool = false

/** Steps may be without bound: Infinity. */
export function beginParse(lazyLength: i32, stepsAllowed: f64): void {
  lazy = lazyLength
  mostSteps = <i64>min(stepsAllowed, 9007199254740991.0)
  length = minMatch - 1
  isWaiting = false
}

function end(isLast: bool): bool {
  const plainAt = windowBytes + blockStart
  if (endBlock(isLast, at - blockStart, plainAt, blockStart < 0) !== written) return false
  endWindowBlock()
  return true
}

export function parseGreedily(): i32 {
  while (!wantsInput()) {
    if (ahead === 0) return end(true) ? isWhole : brokeBound
    const first = insertPlace(at)
    const found = isNear(first) ? searchMatch(first, minMatch - 1) : 0
    let isFull: bool
    if (found >= minMatch) {
      isFull = addMatch(at - matchAt, found, at - blockStart)
      if (found <= lazy) for (let i: i32 = 1; i < found; i++) insertPlace(at + i)
      advance(found)
    } else {
      isFull = addLiteral(load<u8>(windowBytes + at), at - blockStart)
      advance(1)
    }
    if (isFull && !end(false)) return brokeBound
    if (steps > mostSteps) return brokeBound
  }
  return wantsMore
}

export function parseLazily(): i32 {
  while (!wantsInput()) {
    if (ahead === 0) {
      if (isWaiting) addLiteral(load<u8>(windowBytes + at - 1), at - blockStart)
      return end(true) ? isWhole : brokeBound
    }
    const first = insertPlace(at)
    const lengthBefore = length
    const distanceBefore = at - 1 - matchAt
    length = minMatch - 1
    if (lengthBefore < lazy && isNear(first)) {
      length = searchMatch(first, lengthBefore)
      if (length === minMatch && at - matchAt > tooFar) length = minMatch - 1
      if (steps > mostSteps) return brokeBound
    }
    if (lengthBefore >= minMatch && length <= lengthBefore) {
      const isFull = addMatch(distanceBefore, lengthBefore, at - blockStart)
      for (let i: i32 = 1; i < lengthBefore - 1; i++) insertPlace(at + i)
      advance(lengthBefore - 1)
      isWaiting = false
      length = minMatch - 1
      if (isFull && !end(false)) return brokeBound
      continue
    }
    if (isWaiting && addLiteral(load<u8>(windowBytes + at - 1), at - blockStart) && !end(false))
      return brokeBound
    isWaiting = true
    advance(1)
  }
  return wantsMore
}
