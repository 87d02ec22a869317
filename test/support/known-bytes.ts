// Bytes without structure that are the same on every machine: for golden values and for tests of size.

/** `xorshift32` from `seed`; the same seed gives the same bytes for ever. */
export function knownBytes(sizeBytes: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes)
  let state = (Math.imul(seed, 0x9e3779b1) | 1) >>> 0
  for (let at = 0; at < sizeBytes; at++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[at] = state >>> 11
  }
  return bytes
}
