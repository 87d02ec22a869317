// References of a table of symbols: the name and the value of each.
import { placeAt } from '../addresses.ts'
import { hasBytes, isElfRelocatable, linkOf, offsetOf, sectionCount, sizeOf } from '../elf.ts'
import { absolute, add, addInSection, kindFrom, noKind } from './list.ts'
import { entryBytes, pieceAt, pieceLength } from './piece.ts'

const firstReservedIndex: u32 = 0xff00

/** Name and value. */
export function addSymbols(section: u32): void {
  const start = offsetOf(section)
  const stop = start + <u32>sizeOf(section)
  const table = linkOf(section)
  const hasNames = table < sectionCount() && hasBytes(table)
  const nameKind = hasNames ? kindFrom(table) : noKind
  for (let from = start; from + entryBytes <= stop;) {
    const length = pieceLength(from, stop, 0)
    const bytes = pieceAt(from, length)
    for (let at: u32 = 0; at + entryBytes <= length; at += entryBytes) {
      const entry = bytes + at
      const name = load<u32>(entry)
      if (hasNames && name > 0 && name < <u32>sizeOf(table))
        add(from + at, <i64>offsetOf(table) + name, nameKind)
      const index: u32 = load<u16>(entry, 6)
      const value = load<u32>(entry, 8)
      if (isElfRelocatable()) addInSection(from + at + 8, index, value)
      else if (index > 0 && index < firstReservedIndex) add(from + at + 8, placeAt(value), absolute)
    }
    from += length
  }
}
