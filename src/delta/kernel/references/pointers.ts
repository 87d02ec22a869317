// References of writable data: words that are addresses.
import { placeAt } from '../addresses.ts'
import { offsetOf, sizeOf } from '../elf.ts'
import { absolute, add } from './list.ts'
import { pieceAt, pieceLength } from './piece.ts'

/** Smaller numbers are more often sizes. */
const lowestPointer: u32 = 4096

/** Of writable data: words of 64 bits, aligned, that are addresses. */
export function addPointers(section: u32): void {
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
