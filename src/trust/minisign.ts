// Key files as the program minisign writes and reads them. The comment line is anybody's text and carries nothing;
// the second line is strict base64. A secret key is either plain or sealed with scrypt and a passphrase; its
// checksum tells a wrong passphrase from a right one, and its public half must belong to its seed.
import { scryptSync } from 'node:crypto'
import { blake2b } from '@noble/hashes/blake2.js'
import { concatBytes, encodeUtf8, equalBytes, toHex } from '../base/bytes.ts'
import { assertTrue, MossError } from '../base/error.ts'
import { enrolKey, keyFromSeed, type PublicKey, type SecretKey } from './keys.ts'
import { defaultAllowedBytes, ourCost, scryptCost } from './scrypt-cost.ts'
import { strictBase64 } from './signature-block.ts'
import { isSshPublicKey, parseSshPublicKey } from './sshsig.ts'

const algorithm = encodeUtf8('Ed')
const sealedWith = encodeUtf8('Sc')
const notSealed = new Uint8Array(2)
const checksumWith = encodeUtf8('B2')

const publicWhat = 'the public key'
const secretWhat = 'the secret key'

/** Far above any key file: what is longer is not looked at. */
const longestText = 4096

function refuse(what: string, problem: string): never {
  throw new MossError('KEY_INVALID', { what, problem })
}

/** The bytes of a key file's second line; a public key may stand alone, as minisign -P takes it. */
function payloadOf(text: string, what: string): Uint8Array {
  if (text.length > longestText) refuse(what, 'the file is too long')
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/)
  const [first = '', second] = lines
  if (lines.length > 2) refuse(what, 'the file has more than two lines')
  if (second !== undefined && !first.startsWith('untrusted comment: '))
    refuse(what, 'the first line is not an untrusted comment')
  if (second === undefined && what !== publicWhat) refuse(what, 'the file has only one line')
  return strictBase64(second ?? first) ?? refuse(what, 'the key is not written in base64')
}

/** Of minisign's file, or of OpenSSH's line. Throws KEY_INVALID. */
export function parsePublicKey(text: string): PublicKey {
  if (isSshPublicKey(text)) return parseSshPublicKey(text)
  const payload = publicPayload(text)
  return enrolKey(payload.subarray(10), payload.subarray(2, 10), publicWhat)
}

function publicPayload(text: string): Uint8Array {
  const payload = payloadOf(text, publicWhat)
  if (payload.length !== 42) refuse(publicWhat, `it has ${payload.length} bytes instead of 42`)
  if (!equalBytes(payload.subarray(0, 2), algorithm)) refuse(publicWhat, 'its algorithm is not Ed25519')
  return payload
}

/** As minisign shows a key: its label as a number, without leading zeros. */
export const minisignName = (key: PublicKey): string =>
  toHex(key.minisignId.toReversed())
    .toUpperCase()
    .replace(/^0+(?=.)/, '')

export function formatPublicKey(key: PublicKey): string {
  const payload = concatBytes([algorithm, key.minisignId, key.bytes])
  return `untrusted comment: minisign public key ${minisignName(key)}\n${payload.toBase64()}\n`
}

const readLimit = (bytes: Uint8Array, at: number): bigint =>
  new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at, true)

function writeLimit(value: number): Uint8Array {
  const out = new Uint8Array(8)
  new DataView(out.buffer).setBigUint64(0, BigInt(value), true)
  return out
}

const checksumOf = (label: Uint8Array, pair: Uint8Array): Uint8Array =>
  blake2b(concatBytes([algorithm, label, pair]), { dkLen: 32 })

const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, index) => byte ^ (b[index] ?? 0))

/** The bytes that seal a secret key. Throws KEY_TOO_COSTLY before any work is done. */
function sealingStream(
  passphrase: Uint8Array,
  how: { salt: Uint8Array; opsLimit: bigint; memLimit: bigint; allowedBytes: number },
): Uint8Array {
  const { logN, r, p, costBytes } = scryptCost(how)
  if (costBytes > how.allowedBytes)
    throw new MossError('KEY_TOO_COSTLY', {
      what: secretWhat,
      neededBytes: costBytes,
      allowedBytes: how.allowedBytes,
    })
  // scrypt itself, its parallel blocks and OpenSSL's own need
  const maxmem = costBytes + 128 * r * (p + 2) + 4096
  return scryptSync(passphrase, how.salt, 104, { N: 2 ** logN, r, p, maxmem })
}

export interface Allowance {
  /** How much memory unlocking may take; minisign's own files ask for 1 GiB (`minisignAllowedBytes`). */
  readonly allowedBytes?: number
}

/**
 * Throws KEY_INVALID, KEY_TOO_COSTLY, or KEY_PASSPHRASE when one is needed and absent or wrong. A passphrase given
 * for a plain key is not looked at.
 */
export function parseSecretKey(text: string, passphrase?: Uint8Array, allowance: Allowance = {}): SecretKey {
  const payload = payloadOf(text, secretWhat)
  if (payload.length !== 158) refuse(secretWhat, `it has ${payload.length} bytes instead of 158`)
  if (!equalBytes(payload.subarray(0, 2), algorithm)) refuse(secretWhat, 'its algorithm is not Ed25519')
  if (!equalBytes(payload.subarray(4, 6), checksumWith))
    refuse(secretWhat, 'its checksum is of an unknown kind')
  const sealing = payload.subarray(2, 4)
  const body = payload.subarray(54)
  if (equalBytes(sealing, notSealed)) return secretOf(body)
  if (!equalBytes(sealing, sealedWith)) refuse(secretWhat, 'it is sealed in an unknown way')
  if (passphrase === undefined) throw new MossError('KEY_PASSPHRASE', { what: secretWhat, missing: true })
  const stream = sealingStream(passphrase, {
    salt: payload.subarray(6, 38),
    opsLimit: readLimit(payload, 38),
    memLimit: readLimit(payload, 46),
    allowedBytes: allowance.allowedBytes ?? defaultAllowedBytes,
  })
  const opened = xor(body, stream)
  if (!equalBytes(opened.subarray(72), checksumOf(opened.subarray(0, 8), opened.subarray(8, 72))))
    throw new MossError('KEY_PASSPHRASE', { what: secretWhat, missing: false })
  return secretOf(opened)
}

/** Label, seed, public key, checksum. minisign leaves the checksum of a plain key empty. */
function secretOf(body: Uint8Array): SecretKey {
  const label = body.subarray(0, 8)
  const pair = body.subarray(8, 72)
  const checksum = body.subarray(72)
  if (!equalBytes(checksum, new Uint8Array(32)) && !equalBytes(checksum, checksumOf(label, pair)))
    refuse(secretWhat, 'its checksum does not match')
  const secret = keyFromSeed(pair.subarray(0, 32), label)
  if (!equalBytes(secret.publicKey.bytes, pair.subarray(32)))
    refuse(secretWhat, 'its public half belongs to another seed')
  return secret
}

/** Plain if there is no passphrase. `salt` is 32 bytes that the caller drew at random. */
export function formatSecretKey(
  secret: SecretKey,
  passphrase: Uint8Array | undefined,
  salt: Uint8Array,
): string {
  assertTrue(salt.length === 32, 'a salt has 32 bytes')
  const label = secret.publicKey.minisignId
  const pair = concatBytes([secret.seed, secret.publicKey.bytes])
  if (passphrase === undefined) {
    // as minisign -W writes it: neither salt nor limits nor checksum
    const body = concatBytes([new Uint8Array(48), label, pair, new Uint8Array(32)])
    return secretText(notSealed, body)
  }
  const stream = sealingStream(passphrase, {
    salt,
    opsLimit: BigInt(ourCost.opsLimit),
    memLimit: BigInt(ourCost.memLimit),
    allowedBytes: defaultAllowedBytes,
  })
  const sealed = xor(concatBytes([label, pair, checksumOf(label, pair)]), stream)
  const limits = [writeLimit(ourCost.opsLimit), writeLimit(ourCost.memLimit)]
  return secretText(sealedWith, concatBytes([salt, ...limits, sealed]))
}

const secretText = (sealing: Uint8Array, rest: Uint8Array): string => {
  const payload = concatBytes([algorithm, sealing, checksumWith, rest])
  return `untrusted comment: minisign encrypted secret key\n${payload.toBase64()}\n`
}
