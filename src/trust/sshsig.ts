// Signatures and public keys as OpenSSH writes them (PROTOCOL.sshsig), for keys in an agent or a token: Ed25519 alone, and
// for the namespace `moss` alone. A signature is accepted only if writing again what was read gives the same text.
// A hardware token signs a digest of the message with what it is for, whether somebody touched it, and a count
// (PROTOCOL.u2f); without a touch its signature is not accepted.
import { concatBytes, decodeUtf8, encodeUtf8, equalBytes, fromHex } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import { enrolKey, isApplication, keyIdOf, type PublicKey } from './keys.ts'
import { strictBase64 } from './signature-block.ts'

const begin = '-----BEGIN SSH SIGNATURE-----\n'
const end = '-----END SSH SIGNATURE-----\n'
const columns = 70
const magic = encodeUtf8('SSHSIG')
const namespace = encodeUtf8('moss')
const keyType = encodeUtf8('ssh-ed25519')
const tokenKeyType = encodeUtf8('sk-ssh-ed25519@openssh.com')
const hashes = ['sha512', 'sha256'] as const
export type SshHash = (typeof hashes)[number]

export interface SshSignature {
  /** 32 bytes: the key that says it signed. */
  readonly key: Uint8Array
  /** Of the message. */
  readonly hash: SshHash
  /** 64 bytes over `sshSignedBytes`, or over `tokenSignedBytes`. */
  readonly signature: Uint8Array
  /** Of a key in a token alone. */
  readonly token?: SaidByToken
}

interface SaidByToken {
  readonly application: string
  /** What the token has done: see `isTouched`. */
  readonly flags: number
  /** Of its signatures; not looked at. */
  readonly counter: number
}

const touchedFlag = 0x01
const verifiedFlag = 0x04

/** Somebody touched the token, and it says nothing that is not known here. */
export const isTouched = ({ flags }: SaidByToken): boolean =>
  flags === touchedFlag || flags === touchedFlag + verifiedFlag

export const isSshSignature = (block: string): boolean => block.startsWith(begin)

const field = (bytes: Uint8Array): Uint8Array => concatBytes([bigEndian(bytes.length), bytes])

/** What is signed of a message, by the digest of it. */
export const sshSignedBytes = (hash: SshHash, digest: Uint8Array): Uint8Array =>
  concatBytes([magic, field(namespace), field(new Uint8Array(0)), field(encodeUtf8(hash)), field(digest)])

/** What a token signs for that: `sha256` is whose digests the caller trusts. */
export const tokenSignedBytes = (
  signed: Uint8Array,
  { application, flags, counter }: SaidByToken,
  sha256: (bytes: Uint8Array) => Uint8Array,
): Uint8Array =>
  concatBytes([sha256(encodeUtf8(application)), Uint8Array.of(flags), bigEndian(counter), sha256(signed)])

function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

function encodeSshSignature({ key, hash, signature, token }: SshSignature): Uint8Array {
  const version = Uint8Array.of(0, 0, 0, 1)
  return concatBytes([
    magic,
    version,
    field(encodeSshKey(key, token?.application)),
    field(namespace),
    field(new Uint8Array(0)),
    field(encodeUtf8(hash)),
    field(
      concatBytes(
        token === undefined
          ? [field(keyType), field(signature)]
          : [field(tokenKeyType), field(signature), Uint8Array.of(token.flags), bigEndian(token.counter)],
      ),
    ),
  ])
}

const encodeSshKey = (key: Uint8Array, application: string | undefined): Uint8Array =>
  concatBytes(
    application === undefined
      ? [field(keyType), field(key)]
      : [field(tokenKeyType), field(key), field(encodeUtf8(application))],
  )

function formatSshSignature(signature: SshSignature): string {
  const text = encodeSshSignature(signature).toBase64()
  const lines = text.match(new RegExp(`.{1,${columns}}`, 'g')) ?? []
  return `${begin}${lines.join('\n')}\n${end}`
}

/** Where the parts lie that differ from one signature to another; all else is compared by writing it again. */
const typeAt = magic.length + 4 + 4
const longestBlock = 1024

/** Throws TRUST_SIGNATURE_INVALID; `part` names the block in it. */
export function parseSshSignature(block: string, part: string): SshSignature {
  const refuse = (problem: string): never => {
    throw new MossError('TRUST_SIGNATURE_INVALID', { part, problem })
  }
  if (block.length > longestBlock || !isSshSignature(block) || !block.endsWith(end))
    return refuse('the SSH signature is malformed')
  const bytes = strictBase64(block.slice(begin.length, -end.length).replaceAll('\n', ''))
  const claimed = bytes && (claimedByKey(bytes) ?? claimedByToken(bytes))
  if (claimed === undefined) return refuse('the SSH signature is malformed')
  const found = hashes
    .map((hash) => ({ ...claimed, hash }))
    .find((each) => formatSshSignature(each) === block)
  return (
    found ??
    refuse('it is not an Ed25519 signature for the namespace moss, as ssh-keygen -Y sign -n moss writes it')
  )
}

type Claimed = Omit<SshSignature, 'hash'>

function claimedByKey(bytes: Uint8Array): Claimed | undefined {
  const keyAt = typeAt + 4 + keyType.length + 4
  if (!isAt(bytes, typeAt + 4, keyType) || bytes.length < keyAt + 32 + 64) return undefined
  return { key: bytes.slice(keyAt, keyAt + 32), signature: bytes.slice(-64) }
}

/** After the signature come flags and counter. */
const saidBytes = 1 + 4

function claimedByToken(bytes: Uint8Array): Claimed | undefined {
  const keyAt = typeAt + 4 + tokenKeyType.length + 4
  const applicationAt = keyAt + 32 + 4
  if (!isAt(bytes, typeAt + 4, tokenKeyType) || bytes.length < applicationAt + 64 + saidBytes)
    return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const application = decodeUtf8(
    bytes.slice(applicationAt, applicationAt + Math.min(255, view.getUint32(applicationAt - 4))),
  )
  if (application === undefined || !isApplication(application)) return undefined
  const saidAt = bytes.length - saidBytes
  return {
    key: bytes.slice(keyAt, keyAt + 32),
    signature: bytes.slice(saidAt - 64, saidAt),
    token: { application, flags: view.getUint8(saidAt), counter: view.getUint32(saidAt + 1) },
  }
}

const isAt = (bytes: Uint8Array, at: number, what: Uint8Array): boolean =>
  equalBytes(bytes.subarray(at, at + what.length), what)

/** The line of a file such as id_ed25519.pub or id_ed25519_sk.pub; its comment says nothing. Throws KEY_INVALID. */
export function parseSshPublicKey(text: string): PublicKey {
  const what = 'the public key'
  const [type = '', encoded = ''] = text.trimEnd().split(' ')
  const bytes = strictBase64(encoded)
  const found = bytes && keyIn(type, bytes)
  if (found === undefined)
    throw new MossError('KEY_INVALID', {
      what,
      problem: 'of OpenSSH’s keys only ssh-ed25519 and sk-ssh-ed25519@openssh.com will do',
    })
  const { key, application } = found
  return enrolKey(key, fromHex(keyIdOf(key, application)).slice(0, 8), what, application)
}

/** Undefined unless writing it again gives the same bytes. */
function keyIn(
  type: string,
  bytes: Uint8Array,
): { readonly key: Uint8Array; readonly application?: string } | undefined {
  const isToken = type === decodeUtf8(tokenKeyType)
  const keyAt = 4 + (isToken ? tokenKeyType : keyType).length + 4
  const key = bytes.slice(keyAt, keyAt + 32)
  const application = isToken ? (decodeUtf8(bytes.slice(keyAt + 32 + 4)) ?? '') : undefined
  const isOurs = (isToken || type === 'ssh-ed25519') && equalBytes(bytes, encodeSshKey(key, application))
  if (!isOurs) return undefined
  return application === undefined ? { key } : { key, application }
}

export const isSshPublicKey = (text: string): boolean => /^(ssh|sk-ssh|ecdsa|sk-ecdsa)-/.test(text)

/** The line of such a file, without a comment. */
export const formatSshPublicKey = ({ bytes, application }: PublicKey): string =>
  `${decodeUtf8(application === undefined ? keyType : tokenKeyType)} ${encodeSshKey(bytes, application).toBase64()}\n`
