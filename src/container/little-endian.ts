// Numbers as preludes and tables hold them: unsigned, little-endian. Eight bytes are two halves in arithmetic,
// because bitwise operators would cut a size at 2^31; a number from 2^53 is refused.
import { MossError } from '../base/error.ts'

const half = 2 ** 32

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** `part` names the bytes in the error. */
export function readU64(view: DataView, at: number, part: string): number {
  const value = view.getUint32(at + 4, true) * half + view.getUint32(at, true)
  if (!Number.isSafeInteger(value))
    throw new MossError('CONTAINER_DAMAGED', { part, problem: 'a number from 2^53' })
  return value
}

export function writeU64(view: DataView, at: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a size: ${value}`)
  view.setUint32(at, value % half, true)
  view.setUint32(at + 4, Math.floor(value / half), true)
}

/** DataView would wrap a number that does not fit: a bug must not. */
export function writeU32(view: DataView, at: number, value: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= half) throw new RangeError(`not a u32: ${value}`)
  view.setUint32(at, value, true)
}

export const readU24 = (view: DataView, at: number): number =>
  view.getUint16(at, true) + view.getUint8(at + 2) * 2 ** 16

export function writeU24(view: DataView, at: number, value: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** 24) throw new RangeError(`not a u24: ${value}`)
  view.setUint16(at, value % 2 ** 16, true)
  view.setUint8(at + 2, Math.floor(value / 2 ** 16))
}
