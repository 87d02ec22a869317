// The streams of a delta while they are read: numbers and bytes, each stream to its end. What is wrong is kept as one
// number, 16 × what + stream, and ends the reading.
import { take } from './memory.ts'

/** In the order in which delta-streams.ts has them. */
export const controlStream: u32 = 1
export const seeksStream: u32 = 2
export const gapsStream: u32 = 3
export const runsStream: u32 = 4
export const differencesStream: u32 = 5
export const extraStream: u32 = 6

export const isCutShort: u32 = 1
export const isNumberLong: u32 = 2
export const goesOn: u32 = 3
export const hasEmptyRun: u32 = 4
export const endsInRun: u32 = 5
export const isSegmentLong: u32 = 6
export const leavesBase: u32 = 7
export const hasManyRuns: u32 = 8

/** Of each stream where it is read and where it ends. */
const places: usize = memory.data(8 * 7, 8)
let problem: u32 = 0

/** Gives memory for its bytes. */
export function openStream(stream: u32, size: u32): usize {
  const at = take(size)
  store<u32>(places + 8 * stream, <u32>at)
  store<u32>(places + 8 * stream, <u32>at + size, 4)
  problem = 0
  return at
}

export function fail(what: u32, stream: u32): void {
  if (problem == 0) problem = 16 * what + stream
}

export function failure(): u32 {
  return problem
}

/** Where the stream is read, for loops that keep the place themselves and give it back. */
export function placeOf(stream: u32): usize {
  return load<u32>(places + 8 * stream)
}

export function endOf(stream: u32): usize {
  return load<u32>(places + 8 * stream, 4)
}

export function goOnAt(stream: u32, at: usize): void {
  store<u32>(places + 8 * stream, <u32>at)
}

export function isAtEnd(stream: u32): bool {
  return placeOf(stream) == endOf(stream)
}

export function checkEnd(stream: u32): void {
  if (!isAtEnd(stream)) fail(goesOn, stream)
}

/** Below 2^35; 0 after a failure. */
export function readNumber(stream: u32): u64 {
  let at: usize = load<u32>(places + 8 * stream)
  const end: usize = load<u32>(places + 8 * stream, 4)
  let value: u64 = 0
  for (let shift: u64 = 0; shift < 35; shift += 7) {
    if (at == end) {
      fail(isCutShort, stream)
      return 0
    }
    const byte: u64 = load<u8>(at++)
    value |= (byte & 127) << shift
    if (byte < 128) {
      store<u32>(places + 8 * stream, <u32>at)
      return value
    }
  }
  fail(isNumberLong, stream)
  return 0
}

export function readSigned(stream: u32): i64 {
  const value = readNumber(stream)
  return (value & 1) == 0 ? <i64>(value >> 1) : -(<i64>((value + 1) >> 1))
}

/** Where the next bytes are; 0 if there are not so many. */
export function readBytes(stream: u32, count: u64): usize {
  const at = load<u32>(places + 8 * stream)
  if (count > load<u32>(places + 8 * stream, 4) - at) {
    fail(isCutShort, stream)
    return 0
  }
  store<u32>(places + 8 * stream, at + <u32>count)
  return at
}
