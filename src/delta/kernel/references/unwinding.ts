// References of the tables for unwinding: .eh_frame and the table that finds its records.
import { placeAt } from '../addresses.ts'
import { addressOf, offsetOf, sizeOf } from '../elf.ts'
import { add, fromField, kindOf, toField } from './list.ts'
import { lookAhead, pieceAt, pieceLength } from './piece.ts'

/** Of .eh_frame_hdr: where the records start, then pairs relative to the section, all as 32-bit numbers. */
export function addUnwindTable(section: u32): void {
  const tableAt: u32 = 12
  const start = offsetOf(section)
  const size = <u32>sizeOf(section)
  const address = <i64>addressOf(section)
  if (size < tableAt) return
  const head = pieceAt(start, tableAt)
  if (load<u32>(head) != 0x3b03_1b01) return
  add(start + 4, placeAt(address + 4 + load<i32>(head, 4)), toField)
  const kind = kindOf(start, 1)
  const stop = start + size
  for (let from = start + tableAt; from < stop;) {
    const length = pieceLength(from, stop, 0)
    const bytes = pieceAt(from, length)
    for (let at: u32 = 0; at + 4 <= length; at += 4)
      add(from + at, placeAt(address + load<i32>(bytes + at)), kind)
    from += length
  }
}

/** Of .eh_frame: each record's distance from the one it shares, its code, and its language's data. */
export function addUnwindRecords(section: u32): void {
  const start = offsetOf(section)
  const stop = start + <u32>sizeOf(section)
  const bias = <i64>addressOf(section) - <i64>start
  let at = start
  while (at + lookAhead <= stop) {
    const from = at
    const length = pieceLength(from, stop, 0)
    const bytes = pieceAt(from, length)
    while (at + lookAhead <= from + length) {
      const record = bytes + (at - from)
      const recordBytes = load<u32>(record)
      if (recordBytes == 0 || recordBytes > stop - at - 4) return
      const shared = load<u32>(record, 4)
      if (shared != 0) {
        if (shared <= at + 4 - start) add(at + 4, at + 4 - shared, fromField)
        addRelative(at + 8, load<i32>(record, 8), bias)
        if (load<u8>(record, 16) == 4) addRelative(at + 17, load<i32>(record, 17), bias)
      }
      at += 4 + recordBytes
    }
  }
}

function addRelative(field: u32, value: i32, bias: i64): void {
  add(field, placeAt(<i64>field + bias + value), toField)
}
