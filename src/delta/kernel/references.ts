// Where an ELF file for x86-64 refers to other places of itself: calls, jumps and addresses relative to the instruction,
// relocations, symbols, tables for unwinding; references/ has a file for each. Such fields differ in every build, since
// what they point at has moved; so both sides of a delta find them in the base, by rules that need no disassembly, and
// predict what they became (prediction.ts). A wrong guess costs bytes, never truth; but the rules are part of the format:
// moss-bundle(5) has them.
import { listAddresses } from './addresses.ts'
import { baseBytes } from './base-room.ts'
import {
  dynamicSymbolsType,
  entryBytesOf,
  executableFlag,
  flagsOf,
  hasBytes,
  isElfRelocatable,
  isUnwindRecords,
  isUnwindTable,
  loadedFlag,
  programType,
  readElf,
  relocationsType,
  sectionCount,
  sizeOf,
  sortSections,
  symbolsType,
  typeOf,
  writableFlag,
} from './elf.ts'
import { take } from './memory.ts'
import { addCode, scanCode } from './references/code.ts'
import {
  endList,
  kindsAt,
  kindsCount,
  referenceCount,
  referencesAt,
  startKinds,
  startList,
} from './references/list.ts'
import { entryBytes, startPieces } from './references/piece.ts'
import { addPointers } from './references/pointers.ts'
import { addRelocations, addSectionRelocations, keepSymbols } from './references/relocations.ts'
import { addSymbols } from './references/symbols.ts'
import { addUnwindRecords, addUnwindTable } from './references/unwinding.ts'

export { kindsAt, kindsCount, referenceCount, referencesAt, scanCode }

/** Of a base; a frame of deltas has shorter ones. */
const longestFile: u32 = (1 << 28) - 1

/**
 * How many references the base has, which is held or paged; -1 of anything but a well-formed ELF file for x86-64. They
 * lie at `referencesAt()`, in the order of their fields, which do not overlap. Takes memory.
 */
export function findReferences(): i32 {
  if (baseBytes() > longestFile || !readElf()) return -1
  listAddresses()
  startKinds()
  startPieces()
  const sections = sectionCount()
  const order = take(2 * sections)
  const wanted = take(sections)
  for (let section: u32 = 0; section < sections; section++)
    store<u8>(wanted + section, hasBytes(section) && sizeOf(section) > 0 ? 1 : 0)
  const ordered = sortSections(order, wanted, false)
  keepSymbols()
  startList()
  for (let i: u32 = 0; i < ordered; i++) lookAt(load<u16>(order + 2 * i))
  endList()
  return referenceCount()
}

function lookAt(section: u32): void {
  const type = typeOf(section)
  const flags = flagsOf(section)
  if (type == relocationsType || type == symbolsType || type == dynamicSymbolsType) {
    if (entryBytesOf(section) != entryBytes) return
    if (type != relocationsType) addSymbols(section)
    else if (isElfRelocatable()) addSectionRelocations(section)
    else addRelocations(section)
  } else if (isElfRelocatable()) return
  else if (type == programType && (flags & executableFlag) != 0) addCode(section)
  else if (isUnwindTable(section)) addUnwindTable(section)
  else if (isUnwindRecords(section)) addUnwindRecords(section)
  else if ((flags & loadedFlag) != 0 && (flags & writableFlag) != 0) addPointers(section)
}
