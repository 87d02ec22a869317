// Where an ELF file for x86-64 refers to other places of itself: calls, jumps and addresses relative to the instruction,
// relocations, symbols, tables for unwinding. Such fields differ in every build, since what they point at has
// moved; so both sides of a delta find them in the base, by rules that need no disassembly, and predict what they became
// (prediction.ts). A wrong guess costs bytes, never truth; but the rules are part of the format: moss-bundle(5) has them.
// A reference is one word of 64 bits: the offset of its field (28 bits), of what it points at (28) and its kind (8).
import { codeAt, listAddresses, placeAt } from './addresses.ts'
import { baseBytes, heldAt, isBaseHeld, readBaseInto } from './base-room.ts'
import {
  addressOf,
  dynamicSymbolsType,
  entryBytesOf,
  executableFlag,
  flagsOf,
  hasBytes,
  infoOf,
  isElfRelocatable,
  isUnwindRecords,
  isUnwindTable,
  linkOf,
  loadedFlag,
  offsetOf,
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
import { mark, release, take } from './memory.ts'

const mostReferences: u32 = 4 * 1024 * 1024
const mostKinds: u32 = 256
/** Of a base; a frame of deltas has shorter ones. */
const longestFile: u32 = (1 << 28) - 1
const mostSymbolBytes: u64 = 16 * 1024 * 1024
const firstReservedIndex: u32 = 0xff00
/** Smaller numbers are more often sizes. */
const lowestPointer: u32 = 4096

const entryBytes: u32 = 24
/** Bytes of a section that are looked at together; a multiple of an entry's. */
const pieceBytes: u32 = 24 * 8192
/** The longest instruction prefix and field that are looked at together, and a record of unwinding. */
const lookAhead: u32 = 32

/** Origins that are no places: the field itself, and what stays where it is. */
export const fieldOrigin: u32 = 0xffff_ffff
export const nothingOrigin: u32 = 0xffff_fffe
const noKind: i32 = -1

/** Origin and scale of each kind. */
const kinds: usize = memory.data(8 * 256, 8)
let kindCount: u32 = 0
let toField: i32 = 0
let absolute: i32 = 0
let fromField: i32 = 0

let list: usize = 0
let count: u32 = 0
/** Of the last field. */
let end: u32 = 0
/** For each section the kind that counts from its start, or noKind if it was not needed yet, as 16 bits. */
let sectionKinds: usize = 0
let scanRoom: usize = 0
let symbolTable: u32 = 0
let symbols: usize = 0

/**
 * How many references the base has, which is held or paged; -1 of anything but a well-formed ELF file for x86-64. They
 * lie at `referencesAt()`, in the order of their fields, which do not overlap. Takes memory.
 */
export function findReferences(): i32 {
  if (baseBytes() > longestFile || !readElf()) return -1
  listAddresses()
  kindCount = 0
  toField = kindOf(fieldOrigin, 1)
  absolute = kindOf(nothingOrigin, 1)
  fromField = kindOf(fieldOrigin, -1)
  const sections = sectionCount()
  sectionKinds = take(2 * sections)
  memory.fill(sectionKinds, 0xff, 2 * sections)
  symbols = 0
  symbolTable = firstOf(symbolsType)
  if (!isBaseHeld()) scanRoom = take(pieceBytes + lookAhead)
  const order = take(2 * sections)
  const wanted = take(sections)
  for (let section: u32 = 0; section < sections; section++)
    store<u8>(wanted + section, hasBytes(section) && sizeOf(section) > 0 ? 1 : 0)
  const ordered = sortSections(order, wanted, false)
  keepSymbols()
  list = take(0)
  count = 0
  end = 0
  for (let i: u32 = 0; i < ordered; i++) lookAt(load<u16>(order + 2 * i))
  release(list + 8 * count)
  return count
}

export function referencesAt(): usize {
  return list
}

export function referenceCount(): u32 {
  return count
}

export function kindsAt(): usize {
  return kinds
}

export function kindsCount(): u32 {
  return kindCount
}

function firstOf(type: u32): u32 {
  for (let section: u32 = 0; section < sectionCount(); section++) if (typeOf(section) == type) return section
  return sectionCount()
}

/** noKind where there are too many. */
function kindOf(origin: u32, scale: i32): i32 {
  for (let kind: u32 = 0; kind < kindCount; kind++)
    if (load<u32>(kinds + 8 * kind) == origin && load<i32>(kinds + 8 * kind, 4) == scale) return kind
  if (kindCount == mostKinds) return noKind
  store<u32>(kinds + 8 * kindCount, origin)
  store<i32>(kinds + 8 * kindCount, scale, 4)
  return kindCount++
}

function kindFrom(section: u32): i32 {
  const known = load<i16>(sectionKinds + 2 * section)
  if (known >= 0) return known
  const kind = kindOf(offsetOf(section), 1)
  store<i16>(sectionKinds + 2 * section, kind)
  return kind
}

/** Fields come in order; one that begins inside the one before, as in records that are too short, is left out. */
function add(field: u32, target: i64, kind: i32): void {
  if (target < 0 || kind < 0 || field < end || count == mostReferences) return
  end = field + 4
  const at = list + 8 * count++
  // The list is what was taken last, so it grows where it is.
  if (at + 8 > mark()) take(64 * 1024)
  store<u64>(at, (<u64>field) | ((<u64>target) << 28) | ((<u64>kind) << 56))
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

/** As many bytes of the base as are looked at together from `from` on, which ends at `stop`. */
function pieceLength(from: u32, stop: u32, more: u32): u32 {
  return min(pieceBytes + more, stop - from)
}

/** Where they are in memory, until the next piece. */
function pieceAt(from: u32, length: u32): usize {
  if (isBaseHeld()) return heldAt(from)
  readBaseInto(from, length, scanRoom)
  return scanRoom
}

/** Calls, jumps, and operands relative to the next instruction. */
function addCode(section: u32): void {
  const start = offsetOf(section)
  const stop = start + <u32>sizeOf(section)
  const bias = <i64>addressOf(section) - <i64>start
  let next = start
  for (let from = start; from < stop;) {
    const length = pieceLength(from, stop, lookAhead)
    const bytes = pieceAt(from, length)
    const isLast = from + length == stop
    next = scanCode(
      bytes,
      max(next, from) - from,
      isLast ? <i32>length - 5 : <i32>(length - lookAhead),
      from,
      bias,
    )
    from += isLast ? length : length - lookAhead
  }
}

/**
 * Of places before `stop`, counted from `from`, where the piece begins; where it came to, in the file. Exported so that it
 * stays a function of its own: a faster form of it is taken up where it is called.
 */
export function scanCode(bytes: usize, first: u32, stop: i32, from: u32, bias: i64): u32 {
  let at: i32 = first
  while (at < stop) {
    // All of these are read anyway: a field ends up to five bytes behind the last place.
    while (at + 16 <= stop + 5) {
      const starts = startsAmong(v128.load(bytes + at))
      if (starts != 0) {
        at += ctz(starts)
        break
      }
      at += 16
    }
    if (at >= stop) break
    const byte: u32 = load<u8>(bytes + at)
    let field = at + 1
    let place: i64 = -1
    if ((byte & 0xc7) == 0x05) place = placeAt(pointsAt(bytes, field, from, bias))
    else if ((byte & 0xfe) == 0xe8) place = codeAt(pointsAt(bytes, field, from, bias))
    else if (byte == 0x0f && (load<u8>(bytes + at, 1) & 0xf0) == 0x80) {
      // Of the two bytes that begin a jump with a condition, the second says so.
      field = at + 2
      place = codeAt(pointsAt(bytes, field, from, bias))
    }
    if (place < 0) at++
    else {
      add(from + field, place, toField)
      at = field + 4
    }
  }
  return from + at
}

/** A bit for each of 16 bytes that may begin a call or jump, a jump with a condition, or an operand. */
function startsAmong(bytes: v128): i32 {
  const operands = i8x16.eq(v128.and(bytes, i8x16.splat(<i8>0xc7)), i8x16.splat(0x05))
  const jumps = i8x16.eq(v128.and(bytes, i8x16.splat(<i8>0xfe)), i8x16.splat(<i8>0xe8))
  const longJumps = i8x16.eq(bytes, i8x16.splat(0x0f))
  return i8x16.bitmask(v128.or(operands, v128.or(jumps, longJumps)))
}

function pointsAt(bytes: usize, field: i32, from: u32, bias: i64): i64 {
  return <i64>from + field + bias + 4 + load<i32>(bytes + field)
}

/** Place, symbol and addend. */
function addRelocations(section: u32): void {
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

/** A file has one table of symbols, and it is in memory while relocations name it. */
function keepSymbols(): void {
  if (symbolTable == sectionCount() || !isElfRelocatable() || sizeOf(symbolTable) > mostSymbolBytes) return
  if (isBaseHeld()) symbols = heldAt(offsetOf(symbolTable))
  else {
    symbols = take(<u32>sizeOf(symbolTable))
    readBaseInto(offsetOf(symbolTable), <u32>sizeOf(symbolTable), symbols)
  }
}

/** In relocatable files places and addends count from the start of a section. */
function addSectionRelocations(section: u32): void {
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

/** Name and value. */
function addSymbols(section: u32): void {
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

function addInSection(field: u32, section: u32, at: i64): void {
  if (section >= sectionCount() || !hasBytes(section)) return
  if (at >= 0 && at <= <i64>sizeOf(section)) add(field, <i64>offsetOf(section) + at, kindFrom(section))
}

/** Of .eh_frame_hdr: where the records start, then pairs relative to the section, all as 32-bit numbers. */
function addUnwindTable(section: u32): void {
  const tableAt: u32 = 12
  const start = offsetOf(section)
  const size = <u32>sizeOf(section)
  const address = <i64>addressOf(section)
  if (size < tableAt) return
  const head = pieceAt(start, tableAt)
  if (load<u32>(head) != 0x3b03_1b01) return
  add(start + 4, placeAt(address + 4 + load<i32>(head, 4)), toField)
  const kind = kindOf(start, 1)
  const stop = start + size
  for (let from = start + tableAt; from < stop;) {
    const length = pieceLength(from, stop, 0)
    const bytes = pieceAt(from, length)
    for (let at: u32 = 0; at + 4 <= length; at += 4)
      add(from + at, placeAt(address + load<i32>(bytes + at)), kind)
    from += length
  }
}

/** Of .eh_frame: each record's distance from the one it shares, its code, and its language's data. */
function addUnwindRecords(section: u32): void {
  const start = offsetOf(section)
  const stop = start + <u32>sizeOf(section)
  const bias = <i64>addressOf(section) - <i64>start
  let at = start
  while (at + lookAhead <= stop) {
    const from = at
    const length = pieceLength(from, stop, 0)
    const bytes = pieceAt(from, length)
    while (at + lookAhead <= from + length) {
      const record = bytes + (at - from)
      const recordBytes = load<u32>(record)
      if (recordBytes == 0 || recordBytes > stop - at - 4) return
      const shared = load<u32>(record, 4)
      if (shared != 0) {
        if (shared <= at + 4 - start) add(at + 4, at + 4 - shared, fromField)
        addRelative(at + 8, load<i32>(record, 8), bias)
        if (load<u8>(record, 16) == 4) addRelative(at + 17, load<i32>(record, 17), bias)
      }
      at += 4 + recordBytes
    }
  }
}

function addRelative(field: u32, value: i32, bias: i64): void {
  add(field, placeAt(<i64>field + bias + value), toField)
}

/** Of writable data: words of 64 bits, aligned, that are addresses. */
function addPointers(section: u32): void {
  const start = offsetOf(section)
  const stop = start + <u32>sizeOf(section)
  for (let from = (start + 7) & ~7; from < stop;) {
    const length = pieceLength(from, stop, 0)
    const bytes = pieceAt(from, length)
    for (let at: u32 = 0; at + 8 <= length; at += 8) {
      const value = load<u64>(bytes + at)
      if (value >= lowestPointer && value <= 0xffff_ffff) add(from + at, placeAt(value), absolute)
    }
    from += length
  }
}
