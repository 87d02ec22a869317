// The section headers of a 64-bit little-endian ELF file for x86-64 (System V ABI), read as a hint about what its bytes
// mean: on anything unexpected there are none. What is said of a section with bytes lies inside the file.
import { baseBytes, readBaseInto } from './base-room.ts'
import { take } from './memory.ts'

export const noType: u32 = 0
export const programType: u32 = 1
export const symbolsType: u32 = 2
export const relocationsType: u32 = 4
export const noBytesType: u32 = 8
export const dynamicSymbolsType: u32 = 11

export const writableFlag: u32 = 1
export const loadedFlag: u32 = 2
export const executableFlag: u32 = 4
export const threadLocalFlag: u32 = 0x400

const headerBytes: u32 = 64
const mostSections: u32 = 4096
/** Of the table of names, as much as is read, and of one name. */
const mostNameBytes: u64 = 64 * 1024
const longestName: u32 = 32
const x86_64: u16 = 62
const relocatable: u16 = 1
const safeInteger: u64 = 1 << 53

let entries: usize = 0
let count: u32 = 0
let names: usize = 0
let nameBytes: u32 = 0
let isRelocatable: bool = false

/** False of anything but a well-formed file. Takes memory. */
export function readElf(): bool {
  const size = baseBytes()
  if (size < headerBytes) return false
  const header = take(headerBytes)
  readBaseInto(0, headerBytes, header)
  if (load<u32>(header) != 0x464c_457f || load<u16>(header, 4) != 0x0102) return false
  if (load<u16>(header, 0x12) != x86_64) return false
  const table = load<u64>(header, 0x28)
  const nameSection: u32 = load<u16>(header, 0x3e)
  count = load<u16>(header, 0x3c)
  isRelocatable = load<u16>(header, 0x10) == relocatable
  if (load<u16>(header, 0x3a) != <u16>headerBytes || count > mostSections || nameSection >= count)
    return false
  if (table > size || count * headerBytes > size - <u32>table) return false
  entries = take(count * headerBytes)
  readBaseInto(<u32>table, count * headerBytes, entries)
  for (let section: u32 = 0; section < count; section++) if (!isInside(section, size)) return false
  readNames(nameSection, size)
  return true
}

function isInside(section: u32, fileBytes: u32): bool {
  const type = typeOf(section)
  if (type == noType) return true
  const size = sizeOf(section)
  const address = addressOf(section)
  const offset = u64At(section, 0x18)
  if (size >= safeInteger || address >= safeInteger || address + size >= safeInteger) return false
  return offset <= fileBytes && (type == noBytesType || size <= fileBytes - offset)
}

function readNames(section: u32, fileBytes: u32): void {
  const offset = u64At(section, 0x18)
  const size = min(sizeOf(section), mostNameBytes)
  nameBytes = offset > fileBytes || size > fileBytes - offset ? 0 : <u32>size
  names = take(nameBytes)
  if (nameBytes > 0) readBaseInto(<u32>offset, nameBytes, names)
}

export function isElfRelocatable(): bool {
  return isRelocatable
}

export function sectionCount(): u32 {
  return count
}

function u64At(section: u32, at: usize): u64 {
  return load<u64>(entries + section * headerBytes + at)
}

export function typeOf(section: u32): u32 {
  return load<u32>(entries + section * headerBytes, 4)
}

export function flagsOf(section: u32): u32 {
  return load<u32>(entries + section * headerBytes, 8)
}

/** Where it is loaded; 0 in relocatable files. */
export function addressOf(section: u32): u64 {
  return u64At(section, 0x10)
}

/** In the file. */
export function offsetOf(section: u32): u32 {
  return <u32>u64At(section, 0x18)
}

/** In memory; one of no bytes has none in the file. */
export function sizeOf(section: u32): u64 {
  return u64At(section, 0x20)
}

export function linkOf(section: u32): u32 {
  return load<u32>(entries + section * headerBytes, 0x28)
}

export function infoOf(section: u32): u32 {
  return load<u32>(entries + section * headerBytes, 0x2c)
}

export function entryBytesOf(section: u32): u64 {
  return u64At(section, 0x38)
}

/** Of a section of no type nothing else is known to be true. */
export function hasBytes(section: u32): bool {
  const type = typeOf(section)
  return type != noType && type != noBytesType
}

export function isUnwindTable(section: u32): bool {
  return isNamed(section, '.eh_frame_hdr')
}

export function isUnwindRecords(section: u32): bool {
  return isNamed(section, '.eh_frame')
}

function isNamed(section: u32, name: string): bool {
  const at = load<u32>(entries + section * headerBytes)
  const length: u32 = name.length
  if (length > longestName || at > nameBytes || length > nameBytes - at) return false
  for (let i: u32 = 0; i < length; i++) if (load<u8>(names + at + i) != <u8>name.charCodeAt(i)) return false
  return at + length == nameBytes || load<u8>(names + at + length) == 0
}

/**
 * Sections as a list of 16-bit numbers in order: of those that `isWanted` (a column below), by `key`, then by size, then as
 * they are; one that begins before the end of those before it is left out. Gives how many. Takes memory for `list` before.
 */
export function sortSections(list: usize, wanted: usize, byAddress: bool): u32 {
  let length: u32 = 0
  for (let section: u32 = 0; section < count; section++) {
    if (load<u8>(wanted + section) == 0) continue
    let to = length++
    for (; to > 0; to--) {
      const before: u32 = load<u16>(list + 2 * (to - 1))
      if (!isLess(section, before, byAddress)) break
      store<u16>(list + 2 * to, before)
    }
    store<u16>(list + 2 * to, section)
  }
  return dropOverlaps(list, length, byAddress)
}

function keyOf(section: u32, byAddress: bool): u64 {
  return byAddress ? addressOf(section) : offsetOf(section)
}

function isLess(one: u32, other: u32, byAddress: bool): bool {
  const a = keyOf(one, byAddress)
  const b = keyOf(other, byAddress)
  return a < b || (a == b && sizeOf(one) < sizeOf(other))
}

function dropOverlaps(list: usize, length: u32, byAddress: bool): u32 {
  let kept: u32 = 0
  let end: u64 = 0
  for (let i: u32 = 0; i < length; i++) {
    const section: u32 = load<u16>(list + 2 * i)
    const start = keyOf(section, byAddress)
    if (start < end) continue
    end = start + sizeOf(section)
    store<u16>(list + 2 * kept++, section)
  }
  return kept
}
