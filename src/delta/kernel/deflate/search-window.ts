// The 64 KiB in which matches are looked for: the input slides through it by halves; places of the same three bytes
// hang together in chains. What a search finds depends on when the window slides (the place at its start is
// never found) and, in gzip, on what it held before the input came to its end; so both are done as they do it.
import { maxMatch, minMatch } from './symbols.ts'

const half: i32 = 32768
const size: i32 = 2 * half
const halfMask: i32 = half - 1
/** With so much ahead, nothing a search may do reaches beyond what has been read. */
const minAhead: i32 = maxMatch + minMatch + 1
const mostDistance: i32 = half - minAhead
/** From here on a full search would leave the window. */
const lastSearch: i32 = size - minAhead

/** Comparing reads up to eight bytes at a time. */
export const windowBytes = memory.data(65536 + 262 + 8, 16)
/** Of each hash the last place, and of each place the one before; 0 is none. */
const heads = memory.data(2 * 65536, 16)
const previous = memory.data(2 * 32768, 16)

/** The place in the window that is packed next, and how much of it has been read from there on. */
export let at: i32 = 0
export let ahead: i32 = 0
/** Where the block begins; negative if its first bytes have left the window. */
export let blockStart: i32 = 0
/** Where the last search found its match. */
export let matchAt: i32 = 0
/** Of all searches: a step is a place looked at, or four bytes compared. */
export let steps: i64 = 0

let isAtEnd: bool = false
let looksBeyondEnd: bool = false
let good: i32 = 0
let nice: i32 = 0
let chain: i32 = 0
let hashShift: i32 = 0
let hashMask: i32 = 0

export function beginWindow(
  hashBits: i32,
  looksBeyond: bool,
  goodLength: i32,
  niceLength: i32,
  longestChain: i32,
): void {
  looksBeyondEnd = looksBeyond
  good = goodLength
  nice = niceLength
  chain = longestChain
  hashShift = (hashBits + minMatch - 1) / minMatch
  hashMask = (1 << hashBits) - 1
  at = 0
  ahead = 0
  blockStart = 0
  matchAt = 0
  steps = 0
  isAtEnd = false
  memory.fill(heads, 0, 2 << hashBits)
  memory.fill(windowBytes, 0, minAhead)
}

/** True if more of the input should be read before going on. */
export function wantsInput(): bool {
  if (ahead >= minAhead) return false
  if (!isAtEnd) return true
  if (!looksBeyondEnd && at >= lastSearch) slide()
  return false
}

/** Makes room behind what has been read; how much there is. */
export function makeWindowRoom(): i32 {
  if (at >= lastSearch) slide()
  return size - at - ahead
}

/** So much has been written behind what was read before; nothing if the input has ended. */
export function extendWindow(sizeBytes: i32): void {
  const isFirst = at === 0 && ahead === 0
  ahead += sizeBytes
  if (isFirst) memory.fill(windowBytes + ahead, 0, minAhead)
  if (sizeBytes > 0) return
  isAtEnd = true
  memory.fill(windowBytes + at + ahead, 0, minMatch - 1)
}

function slide(): void {
  memory.copy(windowBytes, windowBytes + half, half)
  at -= half
  matchAt -= half
  blockStart -= half
  lower(heads, hashMask + 1)
  lower(previous, half)
}

function lower(places: usize, count: i32): void {
  const by = i16x8.splat(<i16>half)
  const end = places + ((<usize>count) << 1)
  for (let place = places; place < end; place += 16) v128.store(place, i16x8.sub_sat_u(v128.load(place), by))
}

/** Goes on by so many places. */
export function advance(places: i32): void {
  at += places
  ahead -= places
}

export function endWindowBlock(): void {
  blockStart = at
}

/** Hangs a place into its chain; the place before it there, or 0. */
export function insertPlace(place: i32): i32 {
  const bytes = windowBytes + place
  const first: i32 = load<u8>(bytes)
  const hash = ((((first << hashShift) ^ load<u8>(bytes, 1)) << hashShift) ^ load<u8>(bytes, 2)) & hashMask
  const head = heads + ((<usize>hash) << 1)
  const before: i32 = load<u16>(head)
  store<u16>(previous + ((<usize>(place & halfMask)) << 1), before)
  store<u16>(head, place)
  return before
}

/** True if a search from this place of the chain may begin. */
export function isNear(place: i32): bool {
  return place !== 0 && at - place <= mostDistance && at <= lastSearch
}

function placeBefore(place: i32): i32 {
  return load<u16>(previous + ((<usize>(place & halfMask)) << 1))
}

/** The longest match that is longer than `atLeast`, its place in `matchAt`; or `atLeast`, or less at the end. */
export function searchMatch(first: i32, atLeast: i32): i32 {
  const limit = at > mostDistance ? at - mostDistance : 0
  const here = windowBytes + at
  const end = here + maxMatch
  const allowed = atLeast >= good ? chain >>> 2 : chain
  const enough = looksBeyondEnd ? nice : min(nice, ahead)
  let best = atLeast
  let lastTwo = windowBytes + best - 1
  let ending = load<u16>(here + best - 1)
  let left = allowed
  let compared: i32 = 0
  let place = first
  for (;;) {
    while (load<u16>(lastTwo + place) !== ending) {
      place = placeBefore(place)
      if (place <= limit || --left === 0) return endSearch(best, allowed - left, compared)
    }
    const back: usize = at - place
    let to = here
    while (to < end) {
      const other = load<u64>(to) ^ load<u64>(to - back)
      if (other !== 0) {
        to += (<usize>ctz(other)) >> 3
        break
      }
      to += 8
    }
    const length: i32 = to < end ? <i32>(to - here) : maxMatch
    compared += length
    if (length > best) {
      best = length
      matchAt = place
      if (length >= enough) break
      ending = load<u16>(here + best - 1)
      lastTwo = windowBytes + best - 1
    }
    place = placeBefore(place)
    if (place <= limit || --left === 0) break
  }
  return endSearch(best, allowed - left, compared)
}

function endSearch(best: i32, places: i32, compared: i32): i32 {
  steps += places + (compared >>> 2)
  return min(best, ahead)
}
