// A section of the base, looked at a piece at a time: the base is held or paged.
import { heldAt, isBaseHeld, readBaseInto } from '../base-room.ts'
import { take } from '../memory.ts'

/** Of a relocation, and of a symbol. */
export const entryBytes: u32 = 24
/** Bytes of a section that are looked at together; a multiple of an entry's. */
const pieceBytes: u32 = 24 * 8192
/** The longest instruction prefix and field that are looked at together, and a record of unwinding. */
export const lookAhead: u32 = 32

let room: usize = 0

/** Takes memory where the base is paged. */
export function startPieces(): void {
  if (!isBaseHeld()) room = take(pieceBytes + lookAhead)
}

/** As many bytes of the base as are looked at together from `from` on, which ends at `stop`. */
export function pieceLength(from: u32, stop: u32, more: u32): u32 {
  return min(pieceBytes + more, stop - from)
}

/** Where they are in memory, until the next piece. */
export function pieceAt(from: u32, length: u32): usize {
  if (isBaseHeld()) return heldAt(from)
  readBaseInto(from, length, room)
  return room
}
