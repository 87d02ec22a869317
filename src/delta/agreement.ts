// How long two runs of bytes agree. Long runs are compared by the machine, block by block; a few bytes come first, since
// most runs end soon and asking costs as much as comparing a hundred bytes.

const firstBytes = 16
export const blockBytes = 512

/** Bytes that agree from `at` and `baseAt` on, `most` at most. */
export function agreeingRun(target: Buffer, at: number, base: Buffer, baseAt: number, most: number): number {
  const first = Math.min(firstBytes, most)
  let length = 0
  while (length < first && target[at + length] === base[baseAt + length]) length++
  if (length < first) return length
  while (length + blockBytes <= most && isEqualBlock(target, at + length, base, baseAt + length))
    length += blockBytes
  while (length < most && target[at + length] === base[baseAt + length]) length++
  return length
}

export const isEqualBlock = (target: Buffer, at: number, base: Buffer, baseAt: number): boolean =>
  base.compare(target, at, at + blockBytes, baseAt, baseAt + blockBytes) === 0

/** The same bytes, with the methods of a Buffer. */
export const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
