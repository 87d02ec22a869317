// The trees that need not be sent (RFC 1951, 3.2.6). The literals' alphabet has two symbols more than are ever
// used; they take codes all the same.
import { reversed } from './huffman-tree.ts'
import { distanceSymbols } from './symbols.ts'

const alphabet = 288

const lengthOf = (symbol: number): number => {
  if (symbol < 144) return 8
  if (symbol < 256) return 9
  return symbol < 280 ? 7 : 8
}

/** Shorter codes come first, and among those of one length, smaller symbols. */
function codeOf(symbol: number): number {
  if (symbol < 144) return 0x30 + symbol
  if (symbol < 256) return 0x190 + symbol - 144
  return symbol < 280 ? symbol - 256 : 0xc0 + symbol - 280
}

export const fixedLiterals = {
  lengths: Uint8Array.from({ length: alphabet }, (_, symbol) => lengthOf(symbol)),
  codes: Uint16Array.from({ length: alphabet }, (_, symbol) => reversed(codeOf(symbol), lengthOf(symbol))),
}

export const fixedDistances = {
  lengths: new Uint8Array(distanceSymbols).fill(5),
  codes: Uint16Array.from({ length: distanceSymbols }, (_, symbol) => reversed(symbol, 5)),
}
