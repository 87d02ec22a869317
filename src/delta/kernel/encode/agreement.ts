// How bytes of two runs agree, sixteen at a time.

/** A bit for each of sixteen bytes that agree, the lowest for the first. */
export function agreeingBits(one: usize, other: usize): i32 {
  return i8x16.bitmask(i8x16.eq(v128.load(one), v128.load(other)))
}

/** Bytes that agree from the start on, `most` at most. */
export function agreeingRun(one: usize, other: usize, most: i32): i32 {
  let length = 0
  for (; length + 16 <= most; length += 16) {
    const bits = agreeingBits(one + length, other + length)
    if (bits !== 0xffff) return length + ctz(~bits)
  }
  while (length < most && load<u8>(one + length) === load<u8>(other + length)) length++
  return length
}

/** How many of `length` bytes agree. */
export function agreeingBytes(one: usize, other: usize, length: i32): i32 {
  let count = 0
  let i = 0
  for (; i + 16 <= length; i += 16) count += popcnt(agreeingBits(one + i, other + i))
  for (; i < length; i++) if (load<u8>(one + i) === load<u8>(other + i)) count++
  return count
}
