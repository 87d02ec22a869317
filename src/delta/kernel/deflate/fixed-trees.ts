// The trees that need not be sent (RFC 1951, 3.2.6). The literals' alphabet has two symbols more than are ever
// used; they take codes all the same.
import { defineTree, makeFixedTree, treeBytes } from './huffman-tree.ts'
import { distanceSymbols } from './symbols.ts'

const alphabet: i32 = 288

export const fixedLiteralLengths = memory.data(288)
export const fixedDistanceLengths = memory.data(30)
export const fixedLiterals = memory.data(treeBytes, 4)
export const fixedDistances = memory.data(treeBytes, 4)

memory.fill(fixedLiteralLengths, 8, alphabet)
memory.fill(fixedLiteralLengths + 144, 9, 256 - 144)
memory.fill(fixedLiteralLengths + 256, 7, 280 - 256)
memory.fill(fixedDistanceLengths, 5, distanceSymbols)
defineTree(fixedLiterals, alphabet, 15, 0, 0, 0)
defineTree(fixedDistances, distanceSymbols, 15, 0, 0, 0)
makeFixedTree(fixedLiterals, fixedLiteralLengths)
makeFixedTree(fixedDistances, fixedDistanceLengths)
