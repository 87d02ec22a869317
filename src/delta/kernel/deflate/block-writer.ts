// Gathers the symbols of a block and writes it in the cheapest of three ways: as it is, with the fixed trees, or with
// trees of its own. When a block ends and which way wins a tie is as gzip and zlib do it.
import { beginBits, hasRoom, padBits, putBits, putBytes } from './bit-writer.ts'
import { fixedDistanceLengths, fixedDistances, fixedLiteralLengths, fixedLiterals } from './fixed-trees.ts'
import {
  bitsOf,
  buildTree,
  clearCounts,
  codeOf,
  countOf,
  countSymbol,
  defineTree,
  fixedBitsOf,
  lengthOf,
  treeBytes,
} from './huffman-tree.ts'
import {
  distanceExtra,
  distanceSymbols,
  endOfBlock,
  lengthExtra,
  literalSymbols,
  minMatch,
  startOfDistance,
  startOfLength,
  symbolOfDistance,
  symbolOfLength,
} from './symbols.ts'
import { buildHeader, writeHeader } from './tree-header.ts'

const stored: i32 = 0
const fixed: i32 = 1
const dynamic: i32 = 2

/** Of each symbol the literal, or the match's length less 3, in the lowest byte; above it the distance, 0 for a literal. */
const tokens = memory.data(4 * 32768, 4)
let symbols: i32 = 0
let matches: i32 = 0
let mostSymbols: i32 = 0
let cutsEarly: bool = false

const literalTree = memory.data(treeBytes, 4)
const distanceTree = memory.data(treeBytes, 4)
defineTree(literalTree, literalSymbols, 15, lengthExtra, endOfBlock + 1, fixedLiteralLengths)
defineTree(distanceTree, distanceSymbols, 15, distanceExtra, 0, fixedDistanceLengths)

/** Of each match's length less 3 the code with its extra bits, and above the lowest 24 bits how many these are. */
const lengthCodes = memory.data(4 * 256, 4)

/** A stream of blocks, each ended one symbol before `blockSymbols`, at most 32768. */
export function beginBlocks(blockSymbols: i32, cutsBlocks: bool): void {
  mostSymbols = blockSymbols - 1
  cutsEarly = cutsBlocks
  beginBits()
  beginBlock()
}

function beginBlock(): void {
  clearCounts(literalTree)
  clearCounts(distanceTree)
  countSymbol(literalTree, endOfBlock)
  symbols = 0
  matches = 0
}

function addToken(token: i32): void {
  store<i32>(tokens + ((<usize>symbols) << 2), token)
  symbols++
}

/** True if the block should end here; it has so many plain bytes. */
export function addLiteral(byte: i32, plainBytes: i32): bool {
  addToken(byte)
  countSymbol(literalTree, byte)
  return isFull(plainBytes)
}

/** True if the block should end here; it has so many plain bytes. */
export function addMatch(distance: i32, length: i32, plainBytes: i32): bool {
  const less3 = length - minMatch
  addToken((distance << 8) | less3)
  matches++
  countSymbol(literalTree, endOfBlock + 1 + symbolOfLength(less3))
  countSymbol(distanceTree, symbolOfDistance(distance - 1))
  return isFull(plainBytes)
}

function isFull(plainBytes: i32): bool {
  if ((symbols & 4095) !== 0 || !cutsEarly) return symbols === mostSymbols
  return shouldCut(plainBytes)
}

/** Few matches, and an estimate of half the size: what comes next may do better with trees of its own. */
function shouldCut(plainBytes: i32): bool {
  let bits: u32 = symbols * 8
  for (let symbol: i32 = 0; symbol < distanceSymbols; symbol++)
    bits += countOf(distanceTree, symbol) * (5 + load<u8>(distanceExtra + symbol))
  return matches < symbols >>> 1 && <i32>(bits >>> 3) < plainBytes >>> 1
}

/** What came of the end of a block. */
export const written: i32 = 0
/** It would be more than allowed. */
export const hasNoRoom: i32 = 1
/** It should be stored as it is, and its plain bytes are not at hand. */
export const needsPlain: i32 = 2

/** Writes the block. `plainAt` is where its plain bytes are, or `isGone` if they are not to be had by its maker either. */
export function endBlock(isLast: bool, plainBytes: i32, plainAt: usize, isGone: bool): i32 {
  buildTree(literalTree)
  buildTree(distanceTree)
  const dynamicBits = buildHeader(literalTree, distanceTree) + bitsOf(literalTree) + bitsOf(distanceTree)
  const fixedBits = fixedBitsOf(literalTree) + fixedBitsOf(distanceTree)
  const dynamicBytes = (dynamicBits + 10) >> 3
  const fixedBytes = (fixedBits + 10) >> 3
  const last: i32 = isLast ? 1 : 0
  if (plainBytes + 4 <= min(dynamicBytes, fixedBytes) && !isGone) {
    if (plainAt === 0) return needsPlain
    if (!hasRoom(3 + 32 + 8 * plainBytes)) return hasNoRoom
    putBits(stored * 2 + last, 3)
    padBits()
    putBits(plainBytes, 16)
    putBits(65535 - plainBytes, 16)
    putBytes(plainAt, plainBytes)
  } else if (fixedBytes <= dynamicBytes) {
    if (!hasRoom(3 + fixedBits)) return hasNoRoom
    putBits(fixed * 2 + last, 3)
    writeSymbols(fixedLiterals, fixedDistances)
  } else {
    if (!hasRoom(3 + dynamicBits)) return hasNoRoom
    putBits(dynamic * 2 + last, 3)
    writeHeader()
    writeSymbols(literalTree, distanceTree)
  }
  if (isLast) padBits()
  beginBlock()
  return written
}

function writeSymbols(literals: usize, distances: usize): void {
  if (matches > 0) makeLengthCodes(literals)
  const end = tokens + ((<usize>symbols) << 2)
  for (let at = tokens; at < end; at += 4) {
    const token = load<i32>(at)
    const value = token & 255
    const less1 = (token >>> 8) - 1
    if (less1 < 0) {
      putBits(codeOf(literals, value), lengthOf(literals, value))
      continue
    }
    const code = load<u32>(lengthCodes + ((<usize>value) << 2))
    const codeBits = code >>> 24
    const symbol = symbolOfDistance(less1)
    const distanceBits = lengthOf(distances, symbol)
    const distance: u64 = codeOf(distances, symbol) | ((less1 - startOfDistance(symbol)) << distanceBits)
    putBits(
      (code & 0xff_ffff) | (distance << codeBits),
      codeBits + distanceBits + load<u8>(distanceExtra + symbol),
    )
  }
  putBits(codeOf(literals, endOfBlock), lengthOf(literals, endOfBlock))
}

function makeLengthCodes(literals: usize): void {
  for (let less3: i32 = 0; less3 < 256; less3++) {
    const length = symbolOfLength(less3)
    const symbol = endOfBlock + 1 + length
    const bits = lengthOf(literals, symbol)
    const code = codeOf(literals, symbol) | ((less3 - startOfLength(length)) << bits)
    store<u32>(lengthCodes + ((<usize>less3) << 2), code | ((bits + load<u8>(lengthExtra + length)) << 24))
  }
}
