// How a sealed file begins, apart from what opens it: that is loaded for sealed files alone.
import { decodeUtf8 } from '../base/bytes.ts'

const opening = 'age-encryption.org/v1\n'

/** So many bytes of a file say whether it is sealed. */
export const openingBytes = opening.length

export const isSealed = (start: Uint8Array): boolean => decodeUtf8(start) === opening
