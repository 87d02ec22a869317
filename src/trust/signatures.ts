// Whether a signature is genuine. Two implementations judge: OpenSSL through node:crypto, and noble in its strict
// mode, each with its own hashes. They must agree; where they differ the signature is refused and the difference
// is said, because it means either a crafted signature or a fault in one of them.
import { createHash, createPublicKey, verify as verifyWithOpenssl } from 'node:crypto'
import { hashes, verify as verifyWithNoble } from '@noble/ed25519'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, encodeUtf8, equalBytes, toHex } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { Digest } from '../base/ids.ts'
import type { PublicKey } from './keys.ts'
import { parseSignatureBlock, prehash, signedComment, statesPurpose } from './signature-block.ts'
import {
  isSshSignature,
  isTouched,
  parseSshSignature,
  type SshHash,
  sshSignedBytes,
  tokenSignedBytes,
} from './sshsig.ts'

hashes.sha512 = sha512

const publicPrefix = Uint8Array.fromHex('302a300506032b6570032100')

export interface SignatureClaim {
  /** Names what is signed, in errors. */
  readonly part: string
  readonly message: Uint8Array
  /** A minisign signature block, or an SSH signature. */
  readonly block: string
  readonly key: PublicKey
  readonly known?: GenuineClaims | undefined
}

/** Claims that both verifiers found genuine before this process, each by a digest of all that they judge. */
export interface GenuineClaims {
  has(claim: Digest): boolean
  add(claim: Digest): void
}

/** The block is by this key over these bytes, comment included; else throws TRUST_SIGNATURE_INVALID. */
export function verifySignature(claim: SignatureClaim): void {
  const { part, message, block, known } = claim
  const refuse = (problem: string): never => {
    throw new MossError('TRUST_SIGNATURE_INVALID', { part, problem })
  }
  if (!statesPurpose(message)) refuse('the signed text does not say what it is for')
  const name = nameOf(claim)
  if (!foundGenuine.has(name) && known?.has(name) !== true) {
    const problem = isSshSignature(block) ? problemOfSsh(claim) : problemOfMinisign(claim)
    if (problem !== undefined) refuse(problem)
    remember(name)
  }
  known?.add(name)
}

/** Another number where other rules judge: then nothing counts that was found before. */
const nameOf = ({ key, message, block }: SignatureClaim): Digest =>
  digestOf(encodeUtf8(`moss-genuine 1\n${key.id} ${toHex(key.minisignId)} ${digestOf(message)}\n${block}`))

function problemOfMinisign({ part, message, block, key }: SignatureClaim): string | undefined {
  const { minisignId, signature, commentSignature } = parseSignatureBlock(block, part)
  if (key.application !== undefined) return 'a key in a token makes no signatures of minisign'
  if (!equalBytes(minisignId, key.minisignId)) return 'the signature is labelled with another key'
  const openssl = createHash('blake2b512').update(message).digest()
  const overMessage = judge({ signature, key }, { openssl, noble: prehash(message) })
  if (overMessage !== undefined) return overMessage
  const comment = signedComment(signature)
  const overComment = judge({ signature: commentSignature, key }, { openssl: comment, noble: comment })
  return overComment === undefined ? undefined : `${overComment} (trusted comment)`
}

const nobleHashes = { sha256, sha512 } as const

function problemOfSsh({ part, message, block, key }: SignatureClaim): string | undefined {
  const { key: claimed, hash, signature, token } = parseSshSignature(block, part)
  if (!equalBytes(claimed, key.bytes) || token?.application !== key.application)
    return 'the signature is by another key'
  if (token !== undefined && !isTouched(token)) return 'nobody touched the token that made it'
  const signed = {
    openssl: sshSignedBytes(hash, opensslHash(hash, message)),
    noble: sshSignedBytes(hash, nobleHashes[hash](message)),
  }
  if (token === undefined) return judge({ signature, key }, signed)
  return judge(
    { signature, key },
    {
      openssl: tokenSignedBytes(signed.openssl, token, (bytes) => opensslHash('sha256', bytes)),
      noble: tokenSignedBytes(signed.noble, token, sha256),
    },
  )
}

const opensslHash = (hash: SshHash, bytes: Uint8Array): Uint8Array => createHash(hash).update(bytes).digest()

/** Key, message and signature block. A verb opens the same containers several times, and judging one takes 10 ms. */
const foundGenuine = new Set<Digest>()
const mostRemembered = 64

function remember(claim: Digest): void {
  if (foundGenuine.size >= mostRemembered) foundGenuine.clear()
  foundGenuine.add(claim)
}

/** The problem, or undefined if both verifiers accept. */
function judge(
  { signature, key }: { signature: Uint8Array; key: PublicKey },
  message: { openssl: Uint8Array; noble: Uint8Array },
): string | undefined {
  const openssl = acceptedByOpenssl(signature, message.openssl, key)
  const noble = acceptedByNoble(signature, message.noble, key)
  if (openssl && noble) return undefined
  if (openssl === noble) return 'the signature does not match'
  return 'the two verifiers do not agree about the signature'
}

export function acceptedByOpenssl(signature: Uint8Array, message: Uint8Array, key: PublicKey): boolean {
  const der = Buffer.from(concatBytes([publicPrefix, key.bytes]))
  try {
    return verifyWithOpenssl(
      null,
      message,
      createPublicKey({ key: der, format: 'der', type: 'spki' }),
      signature,
    )
  } catch {
    return false
  }
}

export function acceptedByNoble(signature: Uint8Array, message: Uint8Array, key: PublicKey): boolean {
  try {
    return verifyWithNoble(signature, message, key.bytes, { zip215: false })
  } catch {
    return false
  }
}
