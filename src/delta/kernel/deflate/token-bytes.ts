// How literals and matches of a deflate stream are written as bytes, so that equal runs of them are equal bytes. A byte
// below 128 is a literal; 255 stands before one of 128 or more. 128 to 253 are matches of 3 to 128 bytes; 254 stands
// before a byte with the length less 3. Behind a match stands its distance less 1, the high byte first.
import { minMatch } from './symbols.ts'

const highLiteral: i32 = 255
const longMatch: i32 = 254
const firstMatch: i32 = 128

export const mostTokenBytes: usize = 4

/** All write to the place and give the one behind it. */
export function writeLiteral(at: usize, byte: i32): usize {
  if (byte < firstMatch) {
    store<u8>(at, byte)
    return at + 1
  }
  store<u8>(at, highLiteral)
  store<u8>(at + 1, byte)
  return at + 2
}

export function writeMatch(at: usize, length: i32, distance: i32): usize {
  const less3 = length - minMatch
  const less1 = distance - 1
  let to = at
  if (less3 < longMatch - firstMatch) {
    store<u8>(to++, firstMatch + less3)
  } else {
    store<u8>(to, longMatch)
    store<u8>(to + 1, less3)
    to += 2
  }
  store<u8>(to, less1 >>> 8)
  store<u8>(to + 1, less1)
  return to + 2
}

/** Of the token that was read last: its length, 1 for a literal, and its distance, or the literal and 0. */
export let tokenLength: i32 = 0
export let tokenDistance: i32 = 0
export let tokenLiteral: i32 = 0

/** Four bytes from there may be read. Gives the place behind the token. */
export function readToken(at: usize): usize {
  const first: i32 = load<u8>(at)
  if (first < firstMatch || first === highLiteral) {
    const isHigh = first === highLiteral
    tokenLength = 1
    tokenDistance = 0
    tokenLiteral = isHigh ? load<u8>(at + 1) : first
    return at + (isHigh ? 2 : 1)
  }
  const isLong = first === longMatch
  const from = isLong ? at + 2 : at + 1
  tokenLength = minMatch + (isLong ? load<u8>(at + 1) : first - firstMatch)
  tokenDistance = 1 + ((load<u8>(from) << 8) | load<u8>(from + 1))
  return from + 2
}
