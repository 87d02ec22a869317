// A base that holds its decoder to the contract of BaseBytes: a read outside the base is a bug and throws as one, and
// what a read gave is spoiled by the next. subarray() would quietly give less, and a copy would stay whole.
import type { BaseBytes } from '../../src/delta/base-bytes.ts'

/** Spoils no more than this of what it gave: enough to be noticed. */
const spoiledBytes = 4096

export function strictBase(bytes: Uint8Array): BaseBytes {
  let given = new Uint8Array(0)
  return {
    sizeBytes: bytes.length,
    read: (at, length) => {
      const isInside = Number.isSafeInteger(at) && Number.isSafeInteger(length) && at >= 0 && length >= 0
      if (!isInside || at + length > bytes.length)
        throw new Error(`a read of ${length} bytes at ${at} from a base of ${bytes.length}`)
      given.fill(0x5a, 0, spoiledBytes)
      given = bytes.slice(at, at + length)
      return given
    },
  }
}
