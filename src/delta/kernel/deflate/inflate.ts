// Reads a deflate stream (RFC 1951) as its literals and matches, without unpacking it: nothing but their number of bytes
// is kept of what they stand for. The input comes in parts, and the output is taken in parts; it goes on where it
// was. A stream that zlib refuses is refused.
import {
  alignToByte,
  beginReading,
  bitCount,
  bits,
  bytesLeft,
  dropBits,
  fillBits,
  giveBackBytes,
  nextByte,
  skipBytes,
} from './bit-reader.ts'
import { codeAt, codeTableBytes, makeCodeTable } from './code-table.ts'
import {
  fixedDistanceLengths,
  fixedDistanceSymbols,
  fixedLiteralLengths,
  fixedLiteralSymbols,
} from './fixed-trees.ts'
import {
  distanceExtra,
  distanceSymbols,
  endOfBlock,
  lengthExtra,
  literalSymbols,
  minMatch,
  startOfDistance,
  startOfLength,
} from './symbols.ts'
import { mostTokenBytes, writeLiteral, writeMatch } from './token-bytes.ts'
import { lengthOrder } from './tree-header.ts'

/** What came of reading on: the output is full or more input is wanted, the stream has ended, or it is none. */
export const goesOn: i32 = 0
export const hasEnded: i32 = 1
export const isRefused: i32 = -1

/** No header of a block is longer, nor the longest token. */
const mostHeaderBytes: i32 = 512
const windowBytes: i32 = 32768

const literals = memory.data(codeTableBytes, 4)
const distances = memory.data(codeTableBytes, 4)
const lengthCodes = memory.data(codeTableBytes, 4)
const lengths = memory.data(320)

const between: i32 = 0
const inStored: i32 = 1
const inCodes: i32 = 2
let place: i32 = between
let isLast: bool = false
let storedLeft: i32 = 0
/** Plain bytes so far, as far as distances may reach. */
let produced: i32 = 0
let out: usize = 0
let outEnd: usize = 0

export function beginInflating(): void {
  beginReading()
  place = between
  isLast = false
  produced = 0
}

/** Where the output ends that the last call wrote. */
export function endOfTokens(): usize {
  return out
}

/** The part is the last one if there is nothing behind it. */
export function inflateTokens(outAt: usize, outBytes: i32, isLastPart: bool): i32 {
  out = outAt
  outEnd = outAt + outBytes
  const outcome = goOn(isLastPart)
  giveBackBytes()
  return outcome
}

function goOn(isLastPart: bool): i32 {
  while (true) {
    if (place === between) {
      if (isLast) {
        alignToByte()
        return hasEnded
      }
      if (!isLastPart && bytesLeft() < mostHeaderBytes) return goesOn
      if (!beginBlock()) return isRefused
    }
    const outcome = place === inStored ? copyStored(isLastPart) : readCodes(isLastPart)
    if (outcome !== hasEnded) return outcome
    place = between
  }
}

function beginBlock(): bool {
  fillBits()
  isLast = (bits & 1) !== 0
  const way: i32 = (<i32>(bits >> 1)) & 3
  if (!dropBits(3)) return false
  if (way === 0) return beginStored()
  place = inCodes
  if (way === 2) return readTrees()
  return (
    way === 1 &&
    makeCodeTable(literals, fixedLiteralLengths, fixedLiteralSymbols, false) &&
    makeCodeTable(distances, fixedDistanceLengths, fixedDistanceSymbols, false)
  )
}

function beginStored(): bool {
  alignToByte()
  if (bytesLeft() < 4) return false
  storedLeft = load<u16>(nextByte())
  if (storedLeft !== 65535 - <i32>load<u16>(nextByte() + 2)) return false
  skipBytes(4)
  place = inStored
  return true
}

function copyStored(isLastPart: bool): i32 {
  while (storedLeft > 0) {
    if (outEnd - out < mostTokenBytes) return goesOn
    if (bytesLeft() === 0) return isLastPart ? isRefused : goesOn
    out = writeLiteral(out, load<u8>(nextByte()))
    skipBytes(1)
    storedLeft--
    if (produced < windowBytes) produced++
  }
  return hasEnded
}

function readTrees(): bool {
  const literalCount: i32 = 257 + ((<i32>bits) & 31)
  const distanceCount: i32 = 1 + ((<i32>(bits >> 5)) & 31)
  const lengthCount: i32 = 4 + ((<i32>(bits >> 10)) & 15)
  if (!dropBits(14) || literalCount > literalSymbols || distanceCount > distanceSymbols) return false
  memory.fill(lengths, 0, 19)
  for (let i: i32 = 0; i < lengthCount; i++) {
    fillBits()
    store<u8>(lengths + load<u8>(lengthOrder + i), (<i32>bits) & 7)
    if (!dropBits(3)) return false
  }
  if (!makeCodeTable(lengthCodes, lengths, 19, false)) return false
  return (
    readLengths(literalCount + distanceCount) &&
    load<u8>(lengths + endOfBlock) !== 0 &&
    makeCodeTable(literals, lengths, literalCount, true) &&
    makeCodeTable(distances, lengths + literalCount, distanceCount, true)
  )
}

function readLengths(count: i32): bool {
  for (let at: i32 = 0; at < count;) {
    fillBits()
    const code = codeAt(lengthCodes, bits)
    if (code === 0 || !dropBits(code & 15)) return false
    const symbol = code >>> 4
    if (symbol < 16) {
      store<u8>(lengths + at++, symbol)
      continue
    }
    if (symbol === 16 && at === 0) return false
    const repeated: u8 = symbol === 16 ? load<u8>(lengths + at - 1) : 0
    const extra: i32 = symbol === 16 ? 2 : symbol === 17 ? 3 : 7
    const run: i32 = (symbol === 18 ? 11 : 3) + ((<i32>bits) & ((1 << extra) - 1))
    if (!dropBits(extra) || at + run > count) return false
    memory.fill(lengths + at, repeated, run)
    at += run
  }
  return true
}

function readCodes(isLastPart: bool): i32 {
  while (true) {
    if (outEnd - out < mostTokenBytes) return goesOn
    fillBits()
    if (bitCount < 48 && !isLastPart) return goesOn
    const code = codeAt(literals, bits)
    const symbol = code >>> 4
    if (code === 0 || !dropBits(code & 15)) return isRefused
    if (symbol < endOfBlock) {
      out = writeLiteral(out, symbol)
      if (produced < windowBytes) produced++
      continue
    }
    if (symbol === endOfBlock) return hasEnded
    if (symbol >= literalSymbols || !readMatch(symbol - endOfBlock - 1)) return isRefused
  }
}

function readMatch(symbol: i32): bool {
  const lengthBits: i32 = load<u8>(lengthExtra + symbol)
  const length = minMatch + startOfLength(symbol) + ((<i32>bits) & ((1 << lengthBits) - 1))
  const rest = bits >> lengthBits
  const code = codeAt(distances, rest)
  const distanceSymbol = code >>> 4
  if (code === 0 || distanceSymbol >= distanceSymbols) return false
  const codeBits = code & 15
  const distanceBits: i32 = load<u8>(distanceExtra + distanceSymbol)
  const distance =
    1 + startOfDistance(distanceSymbol) + ((<i32>(rest >> codeBits)) & ((1 << distanceBits) - 1))
  if (!dropBits(lengthBits + codeBits + distanceBits) || distance > produced) return false
  out = writeMatch(out, length, distance)
  if (produced < windowBytes) produced += length
  return true
}
