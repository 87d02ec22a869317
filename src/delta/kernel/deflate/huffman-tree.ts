// A Huffman tree of one alphabet with a greatest length, as gzip and zlib build theirs, since ties decide bits: a heap
// ordered by count and then by depth, the two least taken again and again; lengths that are too great are moved up
// from the bottom. Also what a block costs under it, extra bits included, and under the fixed tree.
// Source: RFC 1951, 3.2.2; gzip's algorithm.doc.

/** A tree is a record: i32 counts of symbols, then of inner nodes; u8 lengths; u16 codes; then the numbers below. */
const lengthsAt: usize = 4 * 576
const codesAt: usize = lengthsAt + 576
const lastAt: usize = codesAt + 2 * 288
const bitsAt: usize = lastAt + 4
const fixedBitsAt: usize = lastAt + 8
const symbolsAt: usize = lastAt + 12
const greatestLengthAt: usize = lastAt + 16
const extraAt: usize = lastAt + 20
const extraFromAt: usize = lastAt + 24
const fixedLengthsAt: usize = lastAt + 28
export const treeBytes: i32 = 4 * 576 + 576 + 2 * 288 + 32

/** `extra` are the extra bits of the symbols from `extraFrom` on; `fixedLengths` those of the fixed tree, or 0. */
export function defineTree(
  tree: usize,
  symbols: i32,
  greatestLength: i32,
  extra: usize,
  extraFrom: i32,
  fixedLengths: usize,
): void {
  store<i32>(tree + symbolsAt, symbols)
  store<i32>(tree + greatestLengthAt, greatestLength)
  store<usize>(tree + extraAt, extra)
  store<i32>(tree + extraFromAt, extraFrom)
  store<usize>(tree + fixedLengthsAt, fixedLengths)
}

export function clearCounts(tree: usize): void {
  memory.fill(tree, 0, 4 * load<i32>(tree + symbolsAt))
}

export function countSymbol(tree: usize, symbol: i32): void {
  const at = tree + ((<usize>symbol) << 2)
  store<i32>(at, load<i32>(at) + 1)
}

export function countOf(tree: usize, symbol: i32): i32 {
  return load<i32>(tree + ((<usize>symbol) << 2))
}

export function lengthOf(tree: usize, symbol: i32): u32 {
  return load<u8>(tree + <usize>symbol + lengthsAt)
}

/** Reversed: to be written from the lowest bit. */
export function codeOf(tree: usize, symbol: i32): u32 {
  return load<u16>(tree + ((<usize>symbol) << 1) + codesAt)
}

/** The greatest symbol that is used. */
export function lastSymbol(tree: usize): i32 {
  return load<i32>(tree + lastAt)
}

/** What the counted symbols take, with their extra bits. */
export function bitsOf(tree: usize): i32 {
  return load<i32>(tree + bitsAt)
}

export function fixedBitsOf(tree: usize): i32 {
  return load<i32>(tree + fixedBitsAt)
}

/** Of the tree that is built: one at a time. */
const parents = memory.data(2 * 576, 2)
const depths = memory.data(576)
/** A heap from 1 on; behind it, growing down, the nodes in the order of their counts. */
const heap = memory.data(2 * 576, 2)
let heapSize: i32 = 0
const perLength = memory.data(4 * 16, 4)
const nextCode = memory.data(4 * 16, 4)

function inHeap(at: i32): i32 {
  return load<u16>(heap + ((<usize>at) << 1))
}

function setHeap(at: i32, node: i32): void {
  store<u16>(heap + ((<usize>at) << 1), node)
}

/** From the counts to everything else. */
export function buildTree(tree: usize): void {
  store<i32>(tree + bitsAt, 0)
  store<i32>(tree + fixedBitsAt, 0)
  gather(tree)
  const heapEnd = 2 * load<i32>(tree + symbolsAt) + 2
  giveLengths(tree, join(tree, heapEnd), heapEnd)
  giveCodes(tree)
}

function gather(tree: usize): void {
  const symbols = load<i32>(tree + symbolsAt)
  const fixedLengths = load<usize>(tree + fixedLengthsAt)
  let last: i32 = -1
  heapSize = 0
  for (let symbol: i32 = 0; symbol < symbols; symbol++) {
    store<u8>(tree + symbol + lengthsAt, 0)
    if (countOf(tree, symbol) === 0) continue
    setHeap(++heapSize, symbol)
    store<u8>(depths + symbol, 0)
    last = symbol
  }
  // Every tree has two codes, so that none is of no bits; those that are added cost nothing.
  while (heapSize < 2) {
    const symbol: i32 = last < 2 ? ++last : 0
    setHeap(++heapSize, symbol)
    store<i32>(tree + ((<usize>symbol) << 2), 1)
    store<u8>(depths + symbol, 0)
    store<i32>(tree + bitsAt, load<i32>(tree + bitsAt) - 1)
    if (fixedLengths !== 0)
      store<i32>(tree + fixedBitsAt, load<i32>(tree + fixedBitsAt) - load<u8>(fixedLengths + symbol))
  }
  store<i32>(tree + lastAt, last)
  for (let at: i32 = heapSize >>> 1; at >= 1; at--) sink(tree, at)
}

/** Where the sorted nodes begin, the root first. */
function join(tree: usize, heapEnd: i32): i32 {
  let node = load<i32>(tree + symbolsAt)
  let sorted = heapEnd
  do {
    const least = inHeap(1)
    setHeap(1, inHeap(heapSize--))
    sink(tree, 1)
    const second = inHeap(1)
    setHeap(--sorted, least)
    setHeap(--sorted, second)
    store<i32>(tree + ((<usize>node) << 2), countOf(tree, least) + countOf(tree, second))
    store<u8>(depths + node, max(load<u8>(depths + least), load<u8>(depths + second)) + 1)
    store<u16>(parents + ((<usize>least) << 1), node)
    store<u16>(parents + ((<usize>second) << 1), node)
    setHeap(1, node++)
    sink(tree, 1)
  } while (heapSize >= 2)
  setHeap(--sorted, inHeap(1))
  return sorted
}

function sink(tree: usize, from: i32): void {
  const size = heapSize
  const node = inHeap(from)
  const count = countOf(tree, node)
  const depth = load<u8>(depths + node)
  let at = from
  let child = 2 * at
  while (child <= size) {
    let below = inHeap(child)
    let least = countOf(tree, below)
    if (child < size) {
      const other = inHeap(child + 1)
      const right = countOf(tree, other)
      if (right < least || (right === least && load<u8>(depths + other) <= load<u8>(depths + below))) {
        child++
        below = other
        least = right
      }
    }
    if (count < least || (count === least && depth <= load<u8>(depths + below))) break
    setHeap(at, below)
    at = child
    child *= 2
  }
  setHeap(at, node)
}

function giveLengths(tree: usize, sorted: i32, heapEnd: i32): void {
  const greatestLength = load<i32>(tree + greatestLengthAt)
  const extra = load<usize>(tree + extraAt)
  const extraFrom = load<i32>(tree + extraFromAt)
  const fixedLengths = load<usize>(tree + fixedLengthsAt)
  const last = lastSymbol(tree)
  let bits = bitsOf(tree)
  let fixedBits = fixedBitsOf(tree)
  let tooLong: i32 = 0
  memory.fill(perLength, 0, 4 * 16)
  store<u8>(tree + inHeap(sorted) + lengthsAt, 0)
  for (let at = sorted + 1; at < heapEnd; at++) {
    const node = inHeap(at)
    let length: i32 = <i32>lengthOf(tree, load<u16>(parents + ((<usize>node) << 1))) + 1
    if (length > greatestLength) {
      length = greatestLength
      tooLong++
    }
    store<u8>(tree + node + lengthsAt, length)
    if (node > last) continue
    const place = perLength + ((<usize>length) << 2)
    store<i32>(place, load<i32>(place) + 1)
    const more: i32 = node >= extraFrom ? load<u8>(extra + (node - extraFrom)) : 0
    bits += countOf(tree, node) * (length + more)
    if (fixedLengths !== 0) fixedBits += countOf(tree, node) * (<i32>load<u8>(fixedLengths + node) + more)
  }
  store<i32>(tree + bitsAt, bits)
  store<i32>(tree + fixedBitsAt, fixedBits)
  if (tooLong > 0) shorten(tree, tooLong, heapEnd)
}

/** A leaf from above takes one that is too long as its brother; then lengths are dealt out again by count. */
function shorten(tree: usize, tooLong: i32, heapEnd: i32): void {
  const greatest = load<i32>(tree + greatestLengthAt)
  const last = lastSymbol(tree)
  let bits = bitsOf(tree)
  for (let left = tooLong; left > 0; left -= 2) {
    let length = greatest - 1
    while (load<i32>(perLength + ((<usize>length) << 2)) === 0) length--
    addPerLength(length, -1)
    addPerLength(length + 1, 2)
    addPerLength(greatest, -1)
  }
  let at = heapEnd
  for (let length = greatest; length > 0; length--)
    for (let left = load<i32>(perLength + ((<usize>length) << 2)); left > 0;) {
      const node = inHeap(--at)
      if (node > last) continue
      bits += (length - <i32>lengthOf(tree, node)) * countOf(tree, node)
      store<u8>(tree + node + lengthsAt, length)
      left--
    }
  store<i32>(tree + bitsAt, bits)
}

function addPerLength(length: i32, count: i32): void {
  const at = perLength + ((<usize>length) << 2)
  store<i32>(at, load<i32>(at) + count)
}

function giveCodes(tree: usize): void {
  let code: i32 = 0
  for (let length: i32 = 1; length < 16; length++) {
    code = (code + load<i32>(perLength + ((<usize>(length - 1)) << 2))) << 1
    store<i32>(nextCode + ((<usize>length) << 2), code)
  }
  const last = lastSymbol(tree)
  for (let symbol: i32 = 0; symbol <= last; symbol++) {
    const length = lengthOf(tree, symbol)
    if (length === 0) continue
    const place = nextCode + ((<usize>length) << 2)
    const next = load<i32>(place)
    store<i32>(place, next + 1)
    store<u16>(tree + ((<usize>symbol) << 1) + codesAt, reversed(next, length))
  }
}

/** The tree that need not be sent: its lengths make it. */
export function makeFixedTree(tree: usize, lengths: usize): void {
  const symbols = load<i32>(tree + symbolsAt)
  memory.fill(perLength, 0, 4 * 16)
  for (let symbol: i32 = 0; symbol < symbols; symbol++) {
    const length = load<u8>(lengths + symbol)
    store<u8>(tree + symbol + lengthsAt, length)
    addPerLength(length, 1)
  }
  store<i32>(tree + lastAt, symbols - 1)
  giveCodes(tree)
}

/** The lowest `length` bits, last first. */
export function reversed(code: u32, length: u32): u32 {
  let from = code
  let to: u32 = 0
  for (let bit: u32 = 0; bit < length; bit++) {
    to = (to << 1) | (from & 1)
    from >>>= 1
  }
  return to
}
