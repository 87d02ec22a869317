// The bytes of a base, as loops ask for them: a short base lies in memory whole, of a long one its pages that were
// used last, so that little is read twice in bounded memory. A page has one slot, by its number. Pages that a run takes
// whole need none: another run seldom asks for them.
import { take } from './memory.ts'

/** Of a program whose parts were laid out anew, runs are a few KiB each and anywhere: larger pages would be read in vain. */
const pageBytes: u32 = 16 * 1024
const slots: u32 = 1024
const noPage: u32 = 0xffff_ffff

/** Fills memory with bytes of the base, which has them. */
declare function readBase(at: u32, sizeBytes: u32, to: usize): void

let sizeBytes: u32 = 0
let held: usize = 0
let pages: usize = 0
let pageIn: usize = 0

/** The base lies there, whole. */
export function holdBase(at: usize, size: u32): void {
  sizeBytes = size
  held = at
}

/** The base is asked for page by page. Takes memory. */
export function pageBase(size: u32): void {
  sizeBytes = size
  held = 0
  pages = take(slots * pageBytes)
  pageIn = take(slots * 4)
  memory.fill(pageIn, 0xff, slots * 4)
}

export function baseBytes(): u32 {
  return sizeBytes
}

export function isBaseHeld(): bool {
  return held != 0
}

/** Where bytes of a base that is held are. */
export function heldAt(at: u32): usize {
  return held + at
}

/** Straight from where the base is: for tables and sections, which are read once. */
export function readBaseInto(at: u32, size: u32, to: usize): void {
  if (held) memory.copy(to, held + at, size)
  else if (size > 0) readBase(at, size, to)
}

/** For runs. */
export function copyBase(at: u32, size: u32, to: usize): void {
  if (held) {
    memory.copy(to, held + at, size)
    return
  }
  while (size > 0) {
    const from = at % pageBytes
    const isWhole = from == 0 && size >= pageBytes
    const count = isWhole ? size - (size % pageBytes) : min(size, pageBytes - from)
    if (isWhole) readBase(at, count, to)
    else memory.copy(to, pageAt(at / pageBytes) + from, count)
    at += count
    to += count
    size -= count
  }
}

function pageAt(page: u32): usize {
  const slot = page % slots
  const place = pages + <usize>slot * pageBytes
  if (load<u32>(pageIn + 4 * slot) != page) {
    store<u32>(pageIn + 4 * slot, noPage)
    readBase(page * pageBytes, min(pageBytes, sizeBytes - page * pageBytes), place)
    store<u32>(pageIn + 4 * slot, page)
  }
  return place
}
