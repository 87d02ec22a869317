// Text that packs like text: the same for the same seed.
import { knownBytes } from './known-bytes.ts'

/** Words of a small vocabulary, with matches of all lengths and distances. */
export function knownWords(sizeBytes: number, seed: number): Uint8Array {
  const choices = knownBytes(2 * sizeBytes + 4, seed)
  const letters = knownBytes(40_000, seed + 1)
  const bytes = new Uint8Array(sizeBytes)
  for (let at = 0, i = 0; at < sizeBytes; i += 2) {
    const word = choices[i]! * (choices[i + 1]! < 30 ? 140 : 7)
    const length = choices[i + 1]! % 40 === 0 ? 300 : 2 + (choices[i]! % 9)
    for (let k = 0; k < length && at < sizeBytes; k++) bytes[at++] = 97 + (letters[word + k]! % 26)
  }
  return bytes
}
