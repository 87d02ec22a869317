// A number of a stream is a varint: seven bits a byte, lowest first, the high bit set on all but the last byte.

export const mostNumberBytes: u32 = 5

/** Gives its end. */
export function writeNumber(at: usize, value: u32): usize {
  while (value >= 128) {
    store<u8>(at++, value | 128)
    value >>= 7
  }
  store<u8>(at++, value)
  return at
}
