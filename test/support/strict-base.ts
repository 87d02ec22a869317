// A base that holds its decoder to the contract of BaseBytes: a read outside the base is a bug and throws as one, where
// subarray() would quietly give less.
import type { BaseBytes } from '../../src/delta/base-bytes.ts'

export function strictBase(bytes: Uint8Array): BaseBytes {
  return {
    sizeBytes: bytes.length,
    read: (at, into) => {
      if (!Number.isSafeInteger(at) || at < 0 || at + into.length > bytes.length)
        throw new Error(`a read of ${into.length} bytes at ${at} from a base of ${bytes.length}`)
      into.set(bytes.subarray(at, at + into.length))
    },
  }
}
