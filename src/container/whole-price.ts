// Whether files would take fewer bytes whole than as the delta frame that was made of them: files of a group help each
// other, so their prices one by one do not tell. Compressed as their chunks would be, in pieces of a frame, and given up
// at the first sign that the delta is shorter, which it nearly always is: so it costs a fraction of compressing them.
import { concatBytes } from '../base/bytes.ts'
import { encodeZstd } from './zstd.ts'

/** A higher level seldom takes more than this off a lower one's bytes. */
const levelsDiffer = 0.75

/** As frames of chunks are. */
const pieceBytes = 4 * 1024 * 1024

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
  if (look < plainBytes && priceOf(firstBytes(files, look), pricingLevel) * levelsDiffer > bytes) return false
  const plain = concatBytes(files)
  const rough = priceUpTo(plain, { level: pricingLevel, most: bytes / levelsDiffer })
  if (rough === undefined) return false
  return level === pricingLevel
    ? rough < bytes
    : rough < bytes || priceUpTo(plain, { level, most: bytes }) !== undefined
}

function firstBytes(files: readonly Uint8Array[], count: number): Uint8Array {
  let left = count
  const first: Uint8Array[] = []
  for (const file of files) {
    if (left <= 0) break
    first.push(file.subarray(0, left))
    left -= file.length
  }
  return concatBytes(first)
}

/** Undefined if it is `most` or more. */
function priceUpTo(
  plain: Uint8Array,
  { level, most }: { readonly level: number; readonly most: number },
): number | undefined {
  let price = 0
  for (let at = 0; at < plain.length; at += pieceBytes) {
    price += priceOf(plain.subarray(at, at + pieceBytes), level)
    if (price >= most) return undefined
  }
  return price
}

const priceOf = (plain: Uint8Array, level: number): number =>
  Math.min(plain.length, encodeZstd(plain, level).length)
