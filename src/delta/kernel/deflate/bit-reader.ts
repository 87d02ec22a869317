// Bits out of bytes, lowest first. The input comes in parts: what has not been used of one comes again with the next.

let at: usize = 0
let end: usize = 0
export let bits: u64 = 0
export let bitCount: u32 = 0

export function beginReading(): void {
  bits = 0
  bitCount = 0
}

export function readBitsFrom(place: usize, sizeBytes: i32): void {
  at = place
  end = place + sizeBytes
}

/** At least 56 bits are there afterwards, unless the input ends; those behind its end are zeros. */
export function fillBits(): void {
  if (end - at >= 8 && at <= end) {
    bits |= load<u64>(at) << bitCount
    at += (63 - bitCount) >> 3
    bitCount |= 56
    return
  }
  while (bitCount <= 55 && at < end) {
    bits |= (<u64>load<u8>(at)) << bitCount
    at++
    bitCount += 8
  }
}

/** False if the input does not have so many. */
export function dropBits(count: u32): bool {
  if (count > bitCount) return false
  bits >>= count
  bitCount -= count
  return true
}

/** Bytes that were not read, and the next of them. */
export function bytesLeft(): i32 {
  return <i32>(end - at)
}

export function nextByte(): usize {
  return at
}

export function skipBytes(count: i32): void {
  at += count
}

/** Whole bytes that were read too early will be read again. */
export function giveBackBytes(): void {
  at -= bitCount >> 3
  bitCount &= 7
  bits &= (1 << bitCount) - 1
}

/** Up to the next whole byte. */
export function alignToByte(): void {
  giveBackBytes()
  bits = 0
  bitCount = 0
}
