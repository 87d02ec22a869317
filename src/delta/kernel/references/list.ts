// The references that were found, and their kinds: what a kind's targets are counted from, and by how much.
// A reference is one word of 64 bits: the offset of its field (28 bits), of what it points at (28) and its kind (8).
import { hasBytes, offsetOf, sectionCount, sizeOf } from '../elf.ts'
import { mark, release, take } from '../memory.ts'

const mostReferences: u32 = 4 * 1024 * 1024
const mostKinds: u32 = 256

/** Origins that are no places: the field itself, and what stays where it is. */
export const fieldOrigin: u32 = 0xffff_ffff
export const nothingOrigin: u32 = 0xffff_fffe
export const noKind: i32 = -1

/** Origin and scale of each kind. */
const kinds: usize = memory.data(8 * 256, 8)
let kindCount: u32 = 0
export let toField: i32 = 0
export let absolute: i32 = 0
export let fromField: i32 = 0

let list: usize = 0
let count: u32 = 0
/** Of the last field. */
let end: u32 = 0
/** For each section the kind that counts from its start, or noKind if it was not needed yet, as 16 bits. */
let sectionKinds: usize = 0

/** Takes memory, for kinds; the list takes more as it grows, so that nothing else may be taken after `startList`. */
export function startKinds(): void {
  kindCount = 0
  toField = kindOf(fieldOrigin, 1)
  absolute = kindOf(nothingOrigin, 1)
  fromField = kindOf(fieldOrigin, -1)
  const sections = sectionCount()
  sectionKinds = take(2 * sections)
  memory.fill(sectionKinds, 0xff, 2 * sections)
}

export function startList(): void {
  list = take(0)
  count = 0
  end = 0
}

/** Gives back what the list took and does not need. */
export function endList(): void {
  release(list + 8 * count)
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

/** noKind where there are too many. */
export function kindOf(origin: u32, scale: i32): i32 {
  for (let kind: u32 = 0; kind < kindCount; kind++)
    if (load<u32>(kinds + 8 * kind) == origin && load<i32>(kinds + 8 * kind, 4) == scale) return kind
  if (kindCount == mostKinds) return noKind
  store<u32>(kinds + 8 * kindCount, origin)
  store<i32>(kinds + 8 * kindCount, scale, 4)
  return kindCount++
}

export function kindFrom(section: u32): i32 {
  const known = load<i16>(sectionKinds + 2 * section)
  if (known >= 0) return known
  const kind = kindOf(offsetOf(section), 1)
  store<i16>(sectionKinds + 2 * section, kind)
  return kind
}

/** Fields come in order; one that begins inside the one before, as in records that are too short, is left out. */
export function add(field: u32, target: i64, kind: i32): void {
  if (target < 0 || kind < 0 || field < end || count == mostReferences) return
  end = field + 4
  const at = list + 8 * count++
  // The list is what was taken last, so it grows where it is.
  if (at + 8 > mark()) take(64 * 1024)
  store<u64>(at, (<u64>field) | ((<u64>target) << 28) | ((<u64>kind) << 56))
}

/** A place in a section, counted from its start. */
export function addInSection(field: u32, section: u32, at: i64): void {
  if (section >= sectionCount() || !hasBytes(section)) return
  if (at >= 0 && at <= <i64>sizeOf(section)) add(field, <i64>offsetOf(section) + at, kindFrom(section))
}
