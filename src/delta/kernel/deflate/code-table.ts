// Finds the symbol of the next code in a deflate stream: by a table for codes of ten bits or fewer, and bit by bit for
// longer ones, which are rare. A set of codes is refused where zlib refuses it: if two codes are alike, or if some
// bits are no code, but for a single code of one bit or none at all.
import { reversed } from './huffman-tree.ts'

const tableBits: u32 = 10
export const tableMask: u64 = (1 << tableBits) - 1
const mostSymbols: i32 = 288

/** A record: for each ten bits u32 symbol × 16 + length, or 0; i32 counts per length; u16 symbols in the order of codes. */
const countsAt: usize = 4 << tableBits
const sortedAt: usize = countsAt + 4 * 16
export const codeTableBytes: i32 = (4 << tableBits) + 4 * 16 + 2 * mostSymbols

const nextCode = memory.data(4 * 16, 4)
const nextSorted = memory.data(4 * 16, 4)

function numberAt(place: usize, index: i32): i32 {
  return load<i32>(place + ((<usize>index) << 2))
}

function setNumber(place: usize, index: i32, value: i32): void {
  store<i32>(place + ((<usize>index) << 2), value)
}

/** From the lengths of codes, a byte each. False if they are refused. */
export function makeCodeTable(table: usize, lengths: usize, symbols: i32, mayBeIncomplete: bool): bool {
  const counts = table + countsAt
  memory.fill(table, 0, countsAt + 4 * 16)
  for (let symbol: i32 = 0; symbol < symbols; symbol++) {
    const length: i32 = load<u8>(lengths + symbol)
    setNumber(counts, length, numberAt(counts, length) + 1)
  }
  setNumber(counts, 0, 0)
  if (!giveFirstCodes(counts, mayBeIncomplete)) return false
  for (let symbol: i32 = 0; symbol < symbols; symbol++) {
    const length: i32 = load<u8>(lengths + symbol)
    if (length > 0) addCode(table, symbol, length)
  }
  return true
}

function giveFirstCodes(counts: usize, mayBeIncomplete: bool): bool {
  let code: i32 = 0
  let sorted: i32 = 0
  let free: i32 = 1
  for (let length: i32 = 1; length < 16; length++) {
    const count = numberAt(counts, length)
    code <<= 1
    setNumber(nextCode, length, code)
    setNumber(nextSorted, length, sorted)
    code += count
    sorted += count
    free = (free << 1) - count
    if (free < 0) return false
  }
  return free === 0 || (mayBeIncomplete && sorted === numberAt(counts, 1))
}

function addCode(table: usize, symbol: i32, length: i32): void {
  const code = numberAt(nextCode, length)
  setNumber(nextCode, length, code + 1)
  const place = numberAt(nextSorted, length)
  setNumber(nextSorted, length, place + 1)
  store<u16>(table + ((<usize>place) << 1) + sortedAt, symbol)
  if (<u32>length > tableBits) return
  const step = 1 << length
  for (let bits: i32 = reversed(code, length); bits < 1 << tableBits; bits += step)
    setNumber(table, bits, (symbol << 4) | length)
}

/** Symbol × 16 + length of the code that the bits begin with; 0 if there is none. */
export function codeAt(table: usize, bits: u64): i32 {
  const found = numberAt(table, <i32>(bits & tableMask))
  return found !== 0 ? found : longCodeAt(table, bits)
}

/** As in puff, of zlib: codes of one length follow each other. */
function longCodeAt(table: usize, bits: u64): i32 {
  let rest = bits
  let code: i32 = 0
  let first: i32 = 0
  let sorted: i32 = 0
  for (let length: i32 = 1; length < 16; length++) {
    code |= <i32>(rest & 1)
    rest >>= 1
    const count = numberAt(table + countsAt, length)
    if (code - first < count)
      return (load<u16>(table + ((<usize>(sorted + code - first)) << 1) + sortedAt) << 4) | length
    sorted += count
    first = (first + count) << 1
    code <<= 1
  }
  return 0
}
