// How a block says its two trees: the lengths of their codes, runs of equal ones shortened, in an alphabet of 19
// with a small tree of its own (RFC 1951, 3.2.7). A run does not reach from one tree into the other, though it may.
import { putBits } from './bit-writer.ts'
import {
  bitsOf,
  buildTree,
  clearCounts,
  codeOf,
  countSymbol,
  defineTree,
  lastSymbol,
  lengthOf,
  treeBytes,
} from './huffman-tree.ts'

const repeatLast: i32 = 16
const repeatZero: i32 = 17
const repeatZeroLong: i32 = 18
const alphabet: i32 = 19
export const lengthOrder = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15])
const extraBits = memory.data<u8>([2, 3, 7])

const tree = memory.data(treeBytes, 4)
defineTree(tree, alphabet, 7, extraBits, repeatLast, 0)

/** Both trees' lengths as symbols, and the number in each one's extra bits. */
const symbols = memory.data(320)
const extras = memory.data(320)
let count: i32 = 0
let literals: i32 = 0
let distances: i32 = 0
let lengths: i32 = 0

/** How many bits it takes. */
export function buildHeader(literalTree: usize, distanceTree: usize): i32 {
  clearCounts(tree)
  count = 0
  literals = lastSymbol(literalTree) + 1
  distances = lastSymbol(distanceTree) + 1
  shorten(literalTree)
  shorten(distanceTree)
  buildTree(tree)
  lengths = alphabet
  while (lengths > 4 && lengthOf(tree, load<u8>(lengthOrder + lengths - 1)) === 0) lengths--
  return bitsOf(tree) + 3 * lengths + 5 + 5 + 4
}

export function writeHeader(): void {
  putBits(literals - 257, 5)
  putBits(distances - 1, 5)
  putBits(lengths - 4, 4)
  for (let i: i32 = 0; i < lengths; i++) putBits(lengthOf(tree, load<u8>(lengthOrder + i)), 3)
  for (let i: i32 = 0; i < count; i++) {
    const symbol: i32 = load<u8>(symbols + i)
    putBits(codeOf(tree, symbol), lengthOf(tree, symbol))
    if (symbol >= repeatLast) putBits(load<u8>(extras + i), load<u8>(extraBits + (symbol - repeatLast)))
  }
}

function shorten(from: usize): void {
  const last = lastSymbol(from)
  let before: i32 = -1
  for (let at: i32 = 0; at <= last;) {
    const length: i32 = lengthOf(from, at)
    let most: i32 = 7
    let least: i32 = 4
    if (length === 0) {
      most = 138
      least = 3
    } else if (length === before) {
      most = 6
      least = 3
    }
    let run: i32 = 1
    while (run < most && at + run <= last && lengthOf(from, at + run) === length) run++
    addRun(length, run, run >= least, length === before)
    before = length
    at += run
  }
}

function addRun(length: i32, run: i32, isLong: bool, isRepeated: bool): void {
  if (!isLong) {
    for (let i: i32 = 0; i < run; i++) addLength(length, 0)
  } else if (length === 0) {
    if (run <= 10) addLength(repeatZero, run - 3)
    else addLength(repeatZeroLong, run - 11)
  } else {
    if (!isRepeated) addLength(length, 0)
    addLength(repeatLast, run - (isRepeated ? 3 : 4))
  }
}

function addLength(symbol: i32, extra: i32): void {
  store<u8>(symbols + count, symbol)
  store<u8>(extras + count++, extra)
  countSymbol(tree, symbol)
}
