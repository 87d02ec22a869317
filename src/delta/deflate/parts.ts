// Bytes that are made in parts, each valid until the next is made: gathered, or compared with what they should be.

/** Takes a part; false if no more are wanted. */
export type TakePart = (part: Uint8Array) => boolean

/** Undefined if `make` says that it failed. There is room for so many from the beginning. */
export function gatherParts(
  likelyBytes: number,
  make: (take: TakePart) => boolean,
): Uint8Array<ArrayBuffer> | undefined {
  let bytes = new Uint8Array(likelyBytes)
  let length = 0
  const isWhole = make((part) => {
    if (length + part.length > bytes.length) bytes = grown(bytes, length + part.length)
    bytes.set(part, length)
    length += part.length
    return true
  })
  if (!isWhole) return undefined
  return length === bytes.length ? bytes : bytes.slice(0, length)
}

function grown(bytes: Uint8Array, leastBytes: number): Uint8Array<ArrayBuffer> {
  const more = new Uint8Array(Math.max(leastBytes, 2 * bytes.length))
  more.set(bytes)
  return more
}

/** True if the parts together are what is expected; the first that differs is the last that is made. */
export function areParts(expected: Uint8Array, make: (take: TakePart) => boolean): boolean {
  let compared = 0
  const isWhole = make((part) => {
    const isEqual = Buffer.compare(part, expected.subarray(compared, compared + part.length)) === 0
    compared += part.length
    return isEqual
  })
  return isWhole && compared === expected.length
}
