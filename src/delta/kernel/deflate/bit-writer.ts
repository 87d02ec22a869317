// Bits into bytes, lowest first. Room is made once for a whole block, so that writing checks nothing: there are eight
// bytes behind the end of the room that may be written to. What has been written is taken out from time to time.

let start: usize = 0
let end: usize = 0
let at: usize = 0
let held: u64 = 0
let heldBits: u32 = 0

/** Forgets what is held back. */
export function beginBits(): void {
  held = 0
  heldBits = 0
}

/** From here on, and so many bytes at most; up to seven bits are held from before. */
export function writeBitsTo(place: usize, sizeBytes: usize): void {
  start = place
  at = place
  end = place + sizeBytes
}

/** Whole bytes since `writeBitsTo`. */
export function writtenBytes(): i32 {
  return <i32>(at - start)
}

/** False if so many bits more are not allowed. */
export function hasRoom(bits: u32): bool {
  return at + ((heldBits + bits + 7) >> 3) <= end
}

/** At most 56 bits. */
export function putBits(value: u64, bits: u32): void {
  held |= value << heldBits
  heldBits += bits
  store<u64>(at, held)
  at += heldBits >> 3
  held >>= heldBits & 56
  heldBits &= 7
}

/** Up to the next whole byte. */
export function padBits(): void {
  if (heldBits > 0) putBits(0, 8 - heldBits)
}

/** After `padBits`. */
export function putBytes(from: usize, sizeBytes: i32): void {
  memory.copy(at, from, sizeBytes)
  at += sizeBytes
}
