// A Huffman tree of one alphabet with a greatest length, as gzip and zlib build theirs, since ties decide bits: a heap
// ordered by count and then by depth, the two least taken again and again; lengths that are too great are moved up
// from the bottom. Also what a block costs under it, extra bits included, and under the fixed tree.
// Source: RFC 1951, 3.2.2; gzip's algorithm.doc.

export interface TreeRule {
  readonly symbols: number
  readonly greatestLength: number
  /** Extra bits of the symbols from `extraFrom` on. */
  readonly extra: Uint8Array
  readonly extraFrom: number
  /** Of the fixed tree; none for the alphabet of lengths. */
  readonly fixedLengths?: Uint8Array
}

export class HuffmanTree {
  /** Of the symbols, then of the inner nodes. */
  readonly counts: Int32Array
  readonly lengths: Uint8Array
  /** Reversed: to be written from the lowest bit. */
  readonly codes: Uint16Array
  /** The greatest symbol that is used. */
  last = 0
  /** What the counted symbols take, with their extra bits. */
  bits = 0
  fixedBits = 0

  readonly #rule: TreeRule
  readonly #parent: Uint16Array
  readonly #depth: Uint8Array
  /** A heap from 1 on; behind it, growing down, the nodes in the order of their counts. */
  readonly #heap: Uint16Array
  #heapSize = 0
  readonly #perLength = new Int32Array(16)
  readonly #nextCode = new Int32Array(16)

  constructor(rule: TreeRule) {
    const nodes = 2 * rule.symbols + 1
    this.#rule = rule
    this.counts = new Int32Array(nodes)
    this.lengths = new Uint8Array(nodes)
    this.codes = new Uint16Array(rule.symbols)
    this.#parent = new Uint16Array(nodes)
    this.#depth = new Uint8Array(nodes)
    this.#heap = new Uint16Array(nodes + 1)
  }

  /** From `counts` to everything else. */
  build(): void {
    this.bits = 0
    this.fixedBits = 0
    this.#gather()
    const sorted = this.#join()
    this.#giveLengths(sorted)
    this.#giveCodes()
  }

  #gather(): void {
    const { symbols, fixedLengths } = this.#rule
    this.#heapSize = 0
    this.last = -1
    for (let symbol = 0; symbol < symbols; symbol++) {
      this.lengths[symbol] = 0
      if (this.counts[symbol] === 0) continue
      this.#heap[++this.#heapSize] = symbol
      this.#depth[symbol] = 0
      this.last = symbol
    }
    // Every tree has two codes, so that none is of no bits; those that are added cost nothing.
    while (this.#heapSize < 2) {
      const symbol = this.last < 2 ? ++this.last : 0
      this.#heap[++this.#heapSize] = symbol
      this.counts[symbol] = 1
      this.#depth[symbol] = 0
      this.bits--
      if (fixedLengths !== undefined) this.fixedBits -= fixedLengths[symbol]!
    }
    for (let at = this.#heapSize >>> 1; at >= 1; at--) this.#sink(at)
  }

  /** Where the sorted nodes begin, the root first. */
  #join(): number {
    const heap = this.#heap
    const depth = this.#depth
    let node = this.#rule.symbols
    let sorted = heap.length
    do {
      const least = heap[1]!
      heap[1] = heap[this.#heapSize--]!
      this.#sink(1)
      const second = heap[1]
      heap[--sorted] = least
      heap[--sorted] = second
      this.counts[node] = this.counts[least]! + this.counts[second]!
      depth[node] = Math.max(depth[least]!, depth[second]!) + 1
      this.#parent[least] = node
      this.#parent[second] = node
      heap[1] = node++
      this.#sink(1)
    } while (this.#heapSize >= 2)
    heap[--sorted] = heap[1]!
    return sorted
  }

  #sink(from: number): void {
    const heap = this.#heap
    const counts = this.counts
    const depth = this.#depth
    const size = this.#heapSize
    const node = heap[from]!
    const count = counts[node]!
    let at = from
    let child = 2 * at
    while (child <= size) {
      if (child < size) {
        const left = counts[heap[child]!]!
        const right = counts[heap[child + 1]!]!
        if (right < left || (right === left && depth[heap[child + 1]!]! <= depth[heap[child]!]!)) child++
      }
      const below = heap[child]!
      if (count < counts[below]! || (count === counts[below] && depth[node]! <= depth[below]!)) break
      heap[at] = below
      at = child
      child *= 2
    }
    heap[at] = node
  }

  #giveLengths(sorted: number): void {
    const { greatestLength, extra, extraFrom, fixedLengths } = this.#rule
    const heap = this.#heap
    const perLength = this.#perLength.fill(0)
    let tooLong = 0
    this.lengths[heap[sorted]!] = 0
    for (let at = sorted + 1; at < heap.length; at++) {
      const node = heap[at]!
      let length = this.lengths[this.#parent[node]!]! + 1
      if (length > greatestLength) {
        length = greatestLength
        tooLong++
      }
      this.lengths[node] = length
      if (node > this.last) continue
      perLength[length]!++
      const more = node >= extraFrom ? extra[node - extraFrom]! : 0
      this.bits += this.counts[node]! * (length + more)
      if (fixedLengths !== undefined) this.fixedBits += this.counts[node]! * (fixedLengths[node]! + more)
    }
    if (tooLong > 0) this.#shorten(tooLong)
  }

  /** A leaf from above takes one that is too long as its brother; then lengths are dealt out again by count. */
  #shorten(tooLong: number): void {
    const greatest = this.#rule.greatestLength
    const perLength = this.#perLength
    for (let left = tooLong; left > 0; left -= 2) {
      let length = greatest - 1
      while (perLength[length] === 0) length--
      perLength[length]!--
      perLength[length + 1]! += 2
      perLength[greatest]!--
    }
    let at = this.#heap.length
    for (let length = greatest; length > 0; length--)
      for (let left = perLength[length]!; left > 0;) {
        const node = this.#heap[--at]!
        if (node > this.last) continue
        this.bits += (length - this.lengths[node]!) * this.counts[node]!
        this.lengths[node] = length
        left--
      }
  }

  #giveCodes(): void {
    const next = this.#nextCode
    let code = 0
    for (let length = 1; length < 16; length++) {
      code = (code + this.#perLength[length - 1]!) * 2
      next[length] = code
    }
    for (let symbol = 0; symbol <= this.last; symbol++) {
      const length = this.lengths[symbol]!
      if (length > 0) this.codes[symbol] = reversed(next[length]!++, length)
    }
  }
}

/** The lowest `length` bits, last first. */
export function reversed(code: number, length: number): number {
  let from = code
  let to = 0
  for (let bit = 0; bit < length; bit++) {
    to = (to << 1) | (from & 1)
    from >>>= 1
  }
  return to
}
