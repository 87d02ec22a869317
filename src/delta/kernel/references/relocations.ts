// References of relocations: the place that is changed, the symbol that is named, and the addend where it is a place too.
import { placeAt } from '../addresses.ts'
import { heldAt, isBaseHeld, readBaseInto } from '../base-room.ts'
import {
  dynamicSymbolsType,
  hasBytes,
  infoOf,
  isElfRelocatable,
  linkOf,
  offsetOf,
  sectionCount,
  sizeOf,
  symbolsType,
  typeOf,
} from '../elf.ts'
import { take } from '../memory.ts'
import { absolute, add, addInSection, kindFrom, kindOf, noKind } from './list.ts'
import { entryBytes, pieceAt, pieceLength } from './piece.ts'

const mostSymbolBytes: u64 = 16 * 1024 * 1024

let symbolTable: u32 = 0
let symbols: usize = 0

/** A file has one table of symbols, and it is in memory while relocations name it. Takes memory. */
export function keepSymbols(): void {
  symbols = 0
  symbolTable = firstOf(symbolsType)
  if (symbolTable == sectionCount() || !isElfRelocatable() || sizeOf(symbolTable) > mostSymbolBytes) return
  if (isBaseHeld()) symbols = heldAt(offsetOf(symbolTable))
  else {
    symbols = take(<u32>sizeOf(symbolTable))
    readBaseInto(offsetOf(symbolTable), <u32>sizeOf(symbolTable), symbols)
  }
}

function firstOf(type: u32): u32 {
  for (let section: u32 = 0; section < sectionCount(); section++) if (typeOf(section) == type) return section
  return sectionCount()
}

/** Place, symbol and addend. */
export function addRelocations(section: u32): void {
  const start = offsetOf(section)
  const stop = start + <u32>sizeOf(section)
  const table = linkOf(section)
  const hasSymbols = table < sectionCount() && typeOf(table) == dynamicSymbolsType
  const symbolKind = hasSymbols ? kindOf(offsetOf(table), entryBytes) : noKind
  for (let from = start; from + entryBytes <= stop;) {
    const length = pieceLength(from, stop, 0)
    const bytes = pieceAt(from, length)
    for (let at: u32 = 0; at + entryBytes <= length; at += entryBytes) {
      const entry = bytes + at
      add(from + at, placeAt(load<u32>(entry)), absolute)
      const symbol: u64 = load<u32>(entry, 12)
      if (hasSymbols && symbol > 0 && (symbol + 1) * entryBytes <= sizeOf(table))
        add(from + at + 12, <i64>offsetOf(table) + <i64>symbol * entryBytes, symbolKind)
      if (load<u32>(entry, 20) == 0) add(from + at + 16, placeAt(load<u32>(entry, 16)), absolute)
    }
    from += length
  }
}

/** In relocatable files places and addends count from the start of a section. */
export function addSectionRelocations(section: u32): void {
  const place = infoOf(section)
  if (place >= sectionCount() || linkOf(section) != symbolTable || symbols == 0 || !hasBytes(place)) return
  const start = offsetOf(section)
  const stop = start + <u32>sizeOf(section)
  const placeKind = kindFrom(place)
  const symbolKind = kindOf(offsetOf(symbolTable), entryBytes)
  const symbolBytes = sizeOf(symbolTable)
  for (let from = start; from + entryBytes <= stop;) {
    const length = pieceLength(from, stop, 0)
    const bytes = pieceAt(from, length)
    for (let at: u32 = 0; at + entryBytes <= length; at += entryBytes) {
      const entry = bytes + at
      const field = from + at
      const placed = load<u32>(entry)
      if (placed <= <u32>sizeOf(place)) add(field, <i64>offsetOf(place) + placed, placeKind)
      const symbol: u64 = load<u32>(entry, 12)
      if (symbol == 0 || (symbol + 1) * entryBytes > symbolBytes) continue
      add(field + 12, <i64>offsetOf(symbolTable) + <i64>symbol * entryBytes, symbolKind)
      const named = symbols + <usize>symbol * entryBytes
      const isSection = load<u8>(named, 4) % 16 == 3
      if (!isSection) continue
      // A place relative to the next instruction has an addend that is four bytes short of what is meant.
      const type = load<u32>(entry, 8)
      const addend = <i64>load<i32>(entry, 16) + (type == 2 || type == 4 ? 4 : 0)
      addInSection(field + 16, load<u16>(named, 6), addend)
    }
    from += length
  }
}
