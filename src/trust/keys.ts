// Ed25519 keys. A key is enrolled before it is used: one of small order, outside the prime subgroup or written
// in a non-canonical way is refused, because such keys verify what their owner never signed.
// A key's id is the SHA-256 of its algorithm and its bytes, as they stand in minisign's files; of a key in a hardware token,
// whose signatures are over something else, also of the application that it is for. The eight bytes
// minisign calls the key id are a mere label: chosen freely by whoever made the key, never used to decide.
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { Point } from '@noble/ed25519'
import { concatBytes, encodeUtf8, toHex } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import { assertTrue, MossError } from '../base/error.ts'
import type { KeyId } from '../base/ids.ts'
import { formatSignatureBlock, prehash, signedComment, statesPurpose } from './signature-block.ts'

export interface PublicKey {
  readonly id: KeyId
  /** 32 bytes, a canonical point of the prime subgroup. */
  readonly bytes: Uint8Array
  /** 8 bytes: minisign's label of the key. */
  readonly minisignId: Uint8Array
  /** Of a key in a hardware token alone: what it is for, such as `ssh:`. It makes no signatures of minisign. */
  readonly application?: string
}

/** Printable ASCII without spaces. */
export const isApplication = (text: string): boolean => /^[!-~]{1,255}$/.test(text)

export interface SecretKey {
  readonly publicKey: PublicKey
  /** 32 bytes, RFC 8032. */
  readonly seed: Uint8Array
}

export interface Signer {
  readonly publicKey: PublicKey
  /** Gives a signature block: minisign's, or OpenSSH's where an agent holds the key. The message states first what it is for, such as `moss-bundle 1\n`. */
  sign(message: Uint8Array): string
}

const algorithm = encodeUtf8('Ed')
const privatePrefix = Uint8Array.fromHex('302e020100300506032b657004220420')

const tokenAlgorithm = encodeUtf8('sk')

export const keyIdOf = (bytes: Uint8Array, application?: string): KeyId =>
  digestOf<KeyId>(
    application === undefined
      ? concatBytes([algorithm, bytes])
      : concatBytes([tokenAlgorithm, bytes, encodeUtf8(application)]),
  )

/** Throws KEY_INVALID. `what` names the key in the error. */
export function enrolKey(
  bytes: Uint8Array,
  minisignId: Uint8Array,
  what = 'the public key',
  application?: string,
): PublicKey {
  const problem =
    application !== undefined && !isApplication(application)
      ? 'what it is for is not written in printable characters'
      : problemOfKey(bytes, minisignId)
  if (problem !== undefined) throw new MossError('KEY_INVALID', { what, problem })
  return {
    id: keyIdOf(bytes, application),
    bytes: Uint8Array.from(bytes),
    minisignId: Uint8Array.from(minisignId),
    ...(application !== undefined && { application }),
  }
}

function problemOfKey(bytes: Uint8Array, minisignId: Uint8Array): string | undefined {
  if (bytes.length !== 32) return `it has ${bytes.length} bytes instead of 32`
  if (minisignId.length !== 8) return `its label has ${minisignId.length} bytes instead of 8`
  const hex = toHex(bytes)
  if (foundSound.has(hex)) return undefined
  const point = pointOf(bytes)
  if (point === undefined) return 'it is not a point of the curve in canonical form'
  if (point.isSmallOrder()) return 'it is of small order'
  if (!point.isTorsionFree()) return 'it is outside the prime subgroup'
  if (foundSound.size < mostRemembered) foundSound.add(hex)
  return undefined
}

/** A verb reads the same keys several times, and to look at one takes milliseconds. */
const foundSound = new Set<string>()
const mostRemembered = 256

function pointOf(bytes: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(Uint8Array.from(bytes), false)
  } catch {
    return undefined
  }
}

const privateKeyOf = (seed: Uint8Array) =>
  createPrivateKey({
    key: Buffer.from(concatBytes([privatePrefix, seed])),
    format: 'der',
    type: 'pkcs8',
  })

/** The caller has drawn `seed` (32 bytes) and `minisignId` (8 bytes) at random. */
export function keyFromSeed(seed: Uint8Array, minisignId: Uint8Array): SecretKey {
  assertTrue(seed.length === 32, 'a seed has 32 bytes')
  const spki = createPublicKey(privateKeyOf(seed)).export({ format: 'der', type: 'spki' })
  return { publicKey: enrolKey(spki.subarray(-32), minisignId), seed: Uint8Array.from(seed) }
}

/** Signs with node:crypto; what it gives is deterministic (RFC 8032). */
export function signerOf(secret: SecretKey): Signer {
  const privateKey = privateKeyOf(secret.seed)
  return {
    publicKey: secret.publicKey,
    sign(message) {
      assertTrue(statesPurpose(message), 'a signed text begins with its format, kind and version')
      const signature = sign(null, prehash(message), privateKey)
      const commentSignature = sign(null, signedComment(signature), privateKey)
      return formatSignatureBlock({ minisignId: secret.publicKey.minisignId, signature, commentSignature })
    },
  }
}
