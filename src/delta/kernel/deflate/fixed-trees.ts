// The trees that need not be sent (RFC 1951, 3.2.6). The literals' alphabet has two symbols more than are ever
// used, and so has that of distances; they take codes all the same.
import { defineTree, makeFixedTree, treeBytes } from './huffman-tree.ts'

export const fixedLiteralSymbols: i32 = 288
export const fixedDistanceSymbols: i32 = 32

export const fixedLiteralLengths = memory.data(288)
export const fixedDistanceLengths = memory.data(32)
export const fixedLiterals = memory.data(treeBytes, 4)
export const fixedDistances = memory.data(treeBytes, 4)

memory.fill(fixedLiteralLengths, 8, fixedLiteralSymbols)
memory.fill(fixedLiteralLengths + 144, 9, 256 - 144)
memory.fill(fixedLiteralLengths + 256, 7, 280 - 256)
memory.fill(fixedDistanceLengths, 5, fixedDistanceSymbols)
defineTree(fixedLiterals, fixedLiteralSymbols, 15, 0, 0, 0)
defineTree(fixedDistances, fixedDistanceSymbols, 15, 0, 0, 0)
makeFixedTree(fixedLiterals, fixedLiteralLengths)
makeFixedTree(fixedDistances, fixedDistanceLengths)
