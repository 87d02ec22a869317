// How a block says its two trees: the lengths of their codes, runs of equal ones shortened, in an alphabet of 19
// with a small tree of its own (RFC 1951, 3.2.7). A run does not reach from one tree into the other, though it may.
import type { BitWriter } from './bit-writer.ts'
import { HuffmanTree } from './huffman-tree.ts'

const repeatLast = 16
const repeatZero = 17
const repeatZeroLong = 18
const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
const extraBits = Uint8Array.of(2, 3, 7)

export class TreeHeader {
  readonly #tree = new HuffmanTree({
    symbols: 19,
    greatestLength: 7,
    extra: extraBits,
    extraFrom: repeatLast,
  })
  /** Both trees' lengths as symbols, and the number in each one's extra bits. */
  readonly #symbols = new Uint8Array(320)
  readonly #extra = new Uint8Array(320)
  #count = 0
  #literals = 0
  #distances = 0
  #lengths = 0

  /** How many bits it takes. */
  build(literals: HuffmanTree, distances: HuffmanTree): number {
    this.#tree.counts.fill(0, 0, 19)
    this.#count = 0
    this.#literals = literals.last + 1
    this.#distances = distances.last + 1
    this.#shorten(literals)
    this.#shorten(distances)
    this.#tree.build()
    let lengths = order.length
    while (lengths > 4 && this.#tree.lengths[order[lengths - 1]!] === 0) lengths--
    this.#lengths = lengths
    return this.#tree.bits + 3 * lengths + 5 + 5 + 4
  }

  write(out: BitWriter): void {
    const { codes, lengths } = this.#tree
    out.put(this.#literals - 257, 5)
    out.put(this.#distances - 1, 5)
    out.put(this.#lengths - 4, 4)
    for (let i = 0; i < this.#lengths; i++) out.put(lengths[order[i]!]!, 3)
    for (let i = 0; i < this.#count; i++) {
      const symbol = this.#symbols[i]!
      out.put(codes[symbol]!, lengths[symbol]!)
      if (symbol >= repeatLast) out.put(this.#extra[i]!, extraBits[symbol - repeatLast]!)
    }
  }

  #shorten({ lengths, last }: HuffmanTree): void {
    let before = -1
    for (let at = 0; at <= last;) {
      const length = lengths[at]!
      let most = 7
      let least = 4
      if (length === 0) {
        most = 138
        least = 3
      } else if (length === before) {
        most = 6
        least = 3
      }
      let run = 1
      while (run < most && at + run <= last && lengths[at + run] === length) run++
      this.#run({ length, run, isLong: run >= least, isRepeated: length === before })
      before = length
      at += run
    }
  }

  #run({
    length,
    run,
    isLong,
    isRepeated,
  }: {
    readonly length: number
    readonly run: number
    readonly isLong: boolean
    readonly isRepeated: boolean
  }): void {
    if (!isLong) for (let i = 0; i < run; i++) this.#add(length, 0)
    else if (length === 0) {
      if (run <= 10) this.#add(repeatZero, run - 3)
      else this.#add(repeatZeroLong, run - 11)
    } else {
      if (!isRepeated) this.#add(length, 0)
      this.#add(repeatLast, run - (isRepeated ? 3 : 4))
    }
  }

  #add(symbol: number, extra: number): void {
    this.#symbols[this.#count] = symbol
    this.#extra[this.#count++] = extra
    this.#tree.counts[symbol]!++
  }
}
