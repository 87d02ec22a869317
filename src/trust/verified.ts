// Values that were read from verified bytes. Only the functions here make a `Verified<T>`, and they decode it
// from the very bytes whose signatures they checked, so that whoever asks for one cannot be handed anything else.
import { MossError } from '../base/error.ts'
import type { KeyId } from '../base/ids.ts'
import type { PublicKey } from './keys.ts'
import { type Requirement, type Signed, verifyOwnSignature, verifyThresholds } from './threshold.ts'

declare const verified: unique symbol

/** A T that enough trusted keys signed. */
export type Verified<T> = T & { readonly [verified]: readonly KeyId[] }

/** Signed by enough keys of each role. Throws as `verifyThresholds`, or what `decode` throws. */
export function verifiedByRoles<T>(
  signed: Signed,
  by: readonly Requirement[],
  decode: (message: Uint8Array) => T,
): Verified<T> {
  verifyThresholds(signed, by)
  return decode(signed.message) as Verified<T>
}

/** Signed by exactly this key and nobody else: what a host says of itself. */
export function verifiedByKey<T>(
  signed: Signed,
  key: PublicKey,
  decode: (message: Uint8Array) => T,
): Verified<T> {
  const { part, message, signers, blocks } = signed
  const [signer] = signers
  const [block] = blocks
  if (signer === undefined || block === undefined || signers.length !== 1 || blocks.length !== 1)
    throw new MossError('TRUST_SIGNATURE_INVALID', { part, problem: 'it needs exactly one signature' })
  if (signer !== key.id) throw new MossError('TRUST_UNKNOWN_KEY', { part, keys: [signer] })
  verifyOwnSignature({ part: `signature 1 of ${part}`, message, block, key })
  return decode(message) as Verified<T>
}
