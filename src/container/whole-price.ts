// Whether files would take fewer bytes whole than as the delta frame that was made of them: files of a group help each
// other, so their prices one by one do not tell. Compressed as their chunks would be, in pieces of a frame, and given up
// at the first sign that the delta is shorter, which it nearly always is: so it costs a fraction of compressing them.
import { concatBytes } from '../base/bytes.ts'
import { encodeZstd } from './zstd.ts'

/** A higher level seldom takes more than this off a lower one's bytes. */
const levelsDiffer = 0.75

/** As frames of chunks are. */
const pieceBytes = 4 * 1024 * 1024

/** `files` in any parts. */
export function isShorterWhole(
  files: readonly Uint8Array[],
  {
    bytes,
    level,
    pricingLevel,
  }: { readonly bytes: number; readonly level: number; readonly pricingLevel: number },
): boolean {
  const plainBytes = files.reduce((sum, { length }) => sum + length, 0)
  const look = Math.min(4 * bytes, pieceBytes)
  const [first] = pieces(files, look)
  if (first !== undefined && look < plainBytes && priceOf(first, pricingLevel) * levelsDiffer > bytes)
    return false
  const rough = priceUpTo(files, { level: pricingLevel, most: bytes / levelsDiffer })
  if (rough === undefined) return false
  return level === pricingLevel
    ? rough < bytes
    : rough < bytes || priceUpTo(files, { level, most: bytes }) !== undefined
}

/** Undefined if it is `most` or more. */
function priceUpTo(
  files: readonly Uint8Array[],
  { level, most }: { readonly level: number; readonly most: number },
): number | undefined {
  let price = 0
  for (const piece of pieces(files, pieceBytes)) {
    price += priceOf(piece, level)
    if (price >= most) return undefined
  }
  return price
}

/** The bytes of all files in pieces of this size, the last one shorter. */
function* pieces(files: readonly Uint8Array[], sizeBytes: number): Generator<Uint8Array> {
  let parts: Uint8Array[] = []
  let room = sizeBytes
  for (const file of files)
    for (let at = 0; at < file.length;) {
      const part = file.subarray(at, at + room)
      parts.push(part)
      at += part.length
      room -= part.length
      if (room > 0) continue
      yield concatBytes(parts)
      parts = []
      room = sizeBytes
    }
  if (parts.length > 0) yield concatBytes(parts)
}

const priceOf = (plain: Uint8Array, level: number): number =>
  Math.min(plain.length, encodeZstd(plain, level).length)
