// References of code: calls, jumps, and operands relative to the next instruction, found without disassembly by the bytes
// that may begin them and by where they would point.
import { codeAt, highestAddress, lowestAddress, placeAt } from '../addresses.ts'
import { addressOf, offsetOf, sizeOf } from '../elf.ts'
import { lookAhead, pieceAt, pieceLength } from './piece.ts'
import { add, toField } from './list.ts'

export function addCode(section: u32): void {
  const start = offsetOf(section)
  const stop = start + <u32>sizeOf(section)
  const bias = <i64>addressOf(section) - <i64>start
  const address = <i64>addressOf(section)
  leastHigh = highByte(lowestAddress() - address - <i64>sizeOf(section) - lookAhead)
  mostHigh = highByte(highestAddress() - address)
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

/** Between these lies, as a signed number, the highest byte of whatever points from the section at hand into a section. */
let leastHigh: i8 = 0
let mostHigh: i8 = 0

function highByte(distance: i64): i8 {
  return <i8>min(max(distance >> 24, -128), 127)
}

/**
 * Of places before `stop`, counted from `from`, where the piece begins; where it came to, in the file. Exported so that it
 * stays a function of its own: a faster form of it is taken up where it is called.
 */
export function scanCode(bytes: usize, first: u32, stop: i32, from: u32, bias: i64): u32 {
  let at: i32 = first
  while (at < stop) {
    const together: i32 = at + 16 <= stop ? 16 : 1
    let starts = together == 16 ? startsAmong(bytes + at) : 1
    const next = at + together
    let end = at
    while (starts != 0) {
      const start = at + ctz(starts)
      starts &= starts - 1
      if (start < end) continue
      const byte: u32 = load<u8>(bytes + start)
      let field = start + 1
      let place: i64 = -1
      if ((byte & 0xc7) == 0x05) place = placeAt(pointsAt(bytes, field, from, bias))
      else if ((byte & 0xfe) == 0xe8) place = codeAt(pointsAt(bytes, field, from, bias))
      else if (byte == 0x0f && (load<u8>(bytes + start, 1) & 0xf0) == 0x80) {
        // Of the two bytes that begin a jump with a condition, the second says so.
        field = start + 2
        place = codeAt(pointsAt(bytes, field, from, bias))
      }
      if (place < 0) continue
      add(from + field, place, toField)
      end = field + 4
    }
    at = max(next, end)
  }
  return from + at
}

/**
 * A bit for each of 16 bytes that may begin a call or jump, a jump with a condition, or an operand, and of which what follows
 * points near enough: that leaves few but those that are. A field ends up to five bytes behind the last of them.
 */
function startsAmong(at: usize): i32 {
  const bytes = v128.load(at)
  const operands = i8x16.eq(v128.and(bytes, i8x16.splat(<i8>0xc7)), i8x16.splat(0x05))
  const jumps = i8x16.eq(v128.and(bytes, i8x16.splat(<i8>0xfe)), i8x16.splat(<i8>0xe8))
  const conditions = i8x16.eq(v128.and(v128.load(at, 1), i8x16.splat(<i8>0xf0)), i8x16.splat(<i8>0x80))
  const longJumps = v128.and(i8x16.eq(bytes, i8x16.splat(0x0f)), conditions)
  const near = v128.and(v128.or(operands, jumps), areNear(v128.load(at, 4)))
  return i8x16.bitmask(v128.or(near, v128.and(longJumps, areNear(v128.load(at, 5)))))
}

function areNear(highBytes: v128): v128 {
  return v128.and(i8x16.ge_s(highBytes, i8x16.splat(leastHigh)), i8x16.le_s(highBytes, i8x16.splat(mostHigh)))
}

function pointsAt(bytes: usize, field: i32, from: u32, bias: i64): i64 {
  return <i64>from + field + bias + 4 + load<i32>(bytes + field)
}
