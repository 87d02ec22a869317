// Gathers the symbols of a block and writes it in the cheapest of three ways: as it is, with the fixed trees, or with
// trees of its own. When a block ends and which way wins a tie is as gzip and zlib do it.
import { BitWriter } from './bit-writer.ts'
import { fixedDistances, fixedLiterals } from './fixed-trees.ts'
import { HuffmanTree } from './huffman-tree.ts'
import type { MakerRule } from './rules.ts'
import type { SearchWindow } from './search-window.ts'
import {
  distanceExtra,
  distanceStart,
  distanceSymbols,
  endOfBlock,
  lengthExtra,
  lengthStart,
  lengthSymbol,
  literalSymbols,
  minMatch,
  symbolOfDistance,
} from './symbols.ts'
import { TreeHeader } from './tree-header.ts'

interface Codes {
  readonly lengths: Uint8Array
  readonly codes: Uint16Array
}

const ways = { stored: 0, fixed: 1, dynamic: 2 } as const

/** One stream is packed at a time, and these are large. */
const kept = { values: new Uint8Array(32_768), distances: new Uint16Array(32_768) }

export class BlockWriter {
  readonly out: BitWriter
  readonly #window: SearchWindow
  readonly #mostSymbols: number
  readonly #cutsEvery: number
  /** Of each symbol the literal, or the match's length less 3; and its distance, 0 for a literal. */
  readonly #values = kept.values
  readonly #distances = kept.distances
  #symbols = 0
  #matches = 0
  readonly #literalTree = new HuffmanTree({
    symbols: literalSymbols,
    greatestLength: 15,
    extra: lengthExtra,
    extraFrom: endOfBlock + 1,
    fixedLengths: fixedLiterals.lengths,
  })
  readonly #distanceTree = new HuffmanTree({
    symbols: distanceSymbols,
    greatestLength: 15,
    extra: distanceExtra,
    extraFrom: 0,
    fixedLengths: fixedDistances.lengths,
  })
  readonly #literalCounts = this.#literalTree.counts
  readonly #distanceCounts = this.#distanceTree.counts
  readonly #header = new TreeHeader()

  constructor(window: SearchWindow, { family, level }: MakerRule, mostBytes: number) {
    this.out = new BitWriter(mostBytes)
    this.#window = window
    this.#mostSymbols = family.blockSymbols - 1
    this.#cutsEvery = family.cutsBlocks && level > 2 ? 4096 : 0
    this.#begin()
  }

  /** True if the block should end here. */
  literal(byte: number): boolean {
    this.#values[this.#symbols] = byte
    this.#distances[this.#symbols++] = 0
    this.#literalCounts[byte]!++
    return this.#isFull()
  }

  /** True if the block should end here. */
  match(distance: number, length: number): boolean {
    const value = length - minMatch
    this.#values[this.#symbols] = value
    this.#distances[this.#symbols++] = distance
    this.#matches++
    this.#literalCounts[endOfBlock + 1 + lengthSymbol[value]!]!++
    this.#distanceCounts[symbolOfDistance(distance - 1)]!++
    return this.#isFull()
  }

  #isFull(): boolean {
    if (this.#symbols === this.#mostSymbols) return true
    return this.#cutsEvery > 0 && this.#symbols % 4096 === 0 && this.#shouldCut()
  }

  /** Few matches, and an estimate of half the size: what comes next may do better with trees of its own. */
  #shouldCut(): boolean {
    let bits = this.#symbols * 8
    for (let symbol = 0; symbol < distanceSymbols; symbol++)
      bits += this.#distanceCounts[symbol]! * (5 + distanceExtra[symbol]!)
    const bytes = Math.floor(bits / 8)
    const plainBytes = this.#window.at - this.#window.blockStart
    return this.#matches < Math.floor(this.#symbols / 2) && bytes < Math.floor(plainBytes / 2)
  }

  /** Writes the block up to where the window stands. False if that is more than allowed. */
  end(isLast: boolean): boolean {
    const window = this.#window
    const plainBytes = window.at - window.blockStart
    this.#literalTree.build()
    this.#distanceTree.build()
    const { bits: literalBits, fixedBits: fixedLiteralBits } = this.#literalTree
    const { bits: distanceBits, fixedBits: fixedDistanceBits } = this.#distanceTree
    const dynamicBits = this.#header.build(this.#literalTree, this.#distanceTree) + literalBits + distanceBits
    const fixedBits = fixedLiteralBits + fixedDistanceBits
    const dynamicBytes = Math.floor((dynamicBits + 10) / 8)
    const fixedBytes = Math.floor((fixedBits + 10) / 8)
    const out = this.out
    const last = isLast ? 1 : 0
    if (plainBytes + 4 <= Math.min(dynamicBytes, fixedBytes) && window.blockStart >= 0) {
      if (!out.makeRoom(3 + 7 + 32 + 8 * plainBytes)) return false
      out.put(ways.stored * 2 + last, 3)
      out.pad()
      out.put(plainBytes, 16)
      out.put(65_535 - plainBytes, 16)
      out.bytes(window.bytes.subarray(window.blockStart, window.at))
    } else if (fixedBytes <= dynamicBytes) {
      if (!out.makeRoom(3 + fixedBits)) return false
      out.put(ways.fixed * 2 + last, 3)
      this.#symbolsWith(fixedLiterals, fixedDistances)
    } else {
      if (!out.makeRoom(3 + dynamicBits)) return false
      out.put(ways.dynamic * 2 + last, 3)
      this.#header.write(out)
      this.#symbolsWith(this.#literalTree, this.#distanceTree)
    }
    if (isLast) out.pad()
    window.blockStart = window.at
    this.#begin()
    return true
  }

  #begin(): void {
    this.#literalCounts.fill(0, 0, literalSymbols)
    this.#distanceCounts.fill(0, 0, distanceSymbols)
    this.#literalCounts[endOfBlock] = 1
    this.#symbols = 0
    this.#matches = 0
  }

  #symbolsWith(literals: Codes, distances: Codes): void {
    const out = this.out
    const values = this.#values
    const places = this.#distances
    const literalCodes = literals.codes
    const literalLengths = literals.lengths
    for (let i = 0; i < this.#symbols; i++) {
      const value = values[i]!
      const distance = places[i]!
      if (distance === 0) {
        out.put(literalCodes[value]!, literalLengths[value]!)
        continue
      }
      const length = lengthSymbol[value]!
      out.put(literalCodes[endOfBlock + 1 + length]!, literalLengths[endOfBlock + 1 + length]!)
      if (lengthExtra[length] !== 0) out.put(value - lengthStart[length]!, lengthExtra[length]!)
      const symbol = symbolOfDistance(distance - 1)
      out.put(distances.codes[symbol]!, distances.lengths[symbol]!)
      if (distanceExtra[symbol] !== 0) out.put(distance - 1 - distanceStart[symbol]!, distanceExtra[symbol]!)
    }
    out.put(literalCodes[endOfBlock]!, literalLengths[endOfBlock]!)
  }
}
