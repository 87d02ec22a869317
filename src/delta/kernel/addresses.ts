// From addresses in memory, where a program is loaded, to offsets in its file: by loaded sections that do not overlap.
import {
  addressOf,
  executableFlag,
  flagsOf,
  loadedFlag,
  noBytesType,
  noType,
  offsetOf,
  sectionCount,
  sizeOf,
  sortSections,
  threadLocalFlag,
  typeOf,
} from './elf.ts'
import { take } from './memory.ts'

const entryBytes: u32 = 32
/** Of an entry: start and end in memory, offset in the file. */
const endAt: usize = 8
const offsetAt: usize = 16
const hasBytesAt: usize = 24
const isCodeAt: usize = 25

let table: usize = 0
let count: u32 = 0
/** All sections that were listed lie between these. */
let lowest: i64 = 0
let highest: i64 = 0
/** The sections of the last answers: neighbours in the file often point at neighbours. */
let last: usize = 0
let lastOfCode: usize = 0

/** Takes memory. */
export function listAddresses(): void {
  const sections = sectionCount()
  const wanted = take(sections)
  const list = take(2 * sections)
  for (let section: u32 = 0; section < sections; section++)
    store<u8>(wanted + section, isLoaded(section) ? 1 : 0)
  count = sortSections(list, wanted, true)
  table = take(entryBytes * max(count, 1))
  memory.fill(table, 0, entryBytes * max(count, 1))
  for (let i: u32 = 0; i < count; i++) enter(table + i * entryBytes, load<u16>(list + 2 * i))
  last = table
  lastOfCode = table
  lowest = count == 0 ? 0 : load<i64>(table)
  highest = count == 0 ? 0 : load<i64>(table + (count - 1) * entryBytes, endAt)
}

export function lowestAddress(): i64 {
  return lowest
}

/** The first behind all of them. */
export function highestAddress(): i64 {
  return highest
}

function isLoaded(section: u32): bool {
  const flags = flagsOf(section)
  const type = typeOf(section)
  if ((flags & loadedFlag) == 0 || sizeOf(section) == 0 || type == noType) return false
  return type != noBytesType || (flags & threadLocalFlag) == 0
}

function enter(entry: usize, section: u32): void {
  store<i64>(entry, addressOf(section))
  store<i64>(entry, addressOf(section) + sizeOf(section), endAt)
  store<i64>(entry, offsetOf(section), offsetAt)
  store<u8>(entry, typeOf(section) == noBytesType ? 0 : 1, hasBytesAt)
  store<u8>(entry, (flagsOf(section) & executableFlag) != 0 ? 1 : 0, isCodeAt)
}

/** The offset of an address; -1 of what is in no section. All of a section without bytes lies where they would begin. */
export function placeAt(address: i64): i64 {
  if (!isIn(last, address)) {
    const found = find(address)
    if (found == 0) return -1
    last = found
  }
  return placeIn(last, address)
}

/** The same for sections that are code alone. */
export function codeAt(address: i64): i64 {
  if (!isIn(lastOfCode, address)) {
    const found = find(address)
    if (found == 0 || load<u8>(found, isCodeAt) == 0) return -1
    lastOfCode = found
  } else if (load<u8>(lastOfCode, isCodeAt) == 0) return -1
  return placeIn(lastOfCode, address)
}

function isIn(entry: usize, address: i64): bool {
  return address >= load<i64>(entry) && address < load<i64>(entry, endAt)
}

function placeIn(entry: usize, address: i64): i64 {
  const offset = load<i64>(entry, offsetAt)
  return load<u8>(entry, hasBytesAt) == 1 ? offset + address - load<i64>(entry) : offset
}

/** 0 if there is none, as of most bytes that only look like an address. */
function find(address: i64): usize {
  if (address < lowest || address >= highest) return 0
  let low: i32 = 0
  let high: i32 = count - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const entry = table + middle * entryBytes
    if (load<i64>(entry, endAt) <= address) low = middle + 1
    else if (load<i64>(entry) > address) high = middle - 1
    else return entry
  }
  return 0
}
