// Signatures and public keys as OpenSSH writes them (PROTOCOL.sshsig), for keys in an agent or a token: Ed25519 alone, and
// for the namespace `moss` alone. A signature is accepted only if writing again what was read gives the same text.
import { concatBytes, encodeUtf8, equalBytes, fromHex } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import { enrolKey, keyIdOf, type PublicKey } from './keys.ts'
import { strictBase64 } from './signature-block.ts'

const begin = '-----BEGIN SSH SIGNATURE-----\n'
const end = '-----END SSH SIGNATURE-----\n'
const columns = 70
const magic = encodeUtf8('SSHSIG')
const namespace = encodeUtf8('moss')
const keyType = encodeUtf8('ssh-ed25519')
const hashes = ['sha512', 'sha256'] as const
export type SshHash = (typeof hashes)[number]

export interface SshSignature {
  /** 32 bytes: the key that says it signed. */
  readonly key: Uint8Array
  /** Of the message. */
  readonly hash: SshHash
  /** 64 bytes over `sshSignedBytes`. */
  readonly signature: Uint8Array
}

export const isSshSignature = (block: string): boolean => block.startsWith(begin)

function field(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, bytes.length)
  return concatBytes([length, bytes])
}

/** What is signed of a message, by the digest of it. */
export const sshSignedBytes = (hash: SshHash, digest: Uint8Array): Uint8Array =>
  concatBytes([magic, field(namespace), field(new Uint8Array(0)), field(encodeUtf8(hash)), field(digest)])

function encodeSshSignature({ key, hash, signature }: SshSignature): Uint8Array {
  const version = Uint8Array.of(0, 0, 0, 1)
  return concatBytes([
    magic,
    version,
    field(concatBytes([field(keyType), field(key)])),
    field(namespace),
    field(new Uint8Array(0)),
    field(encodeUtf8(hash)),
    field(concatBytes([field(keyType), field(signature)])),
  ])
}

function formatSshSignature(signature: SshSignature): string {
  const text = encodeSshSignature(signature).toBase64()
  const lines = text.match(new RegExp(`.{1,${columns}}`, 'g')) ?? []
  return `${begin}${lines.join('\n')}\n${end}`
}

/** Where the parts lie that differ from one signature to another; all else is compared by writing it again. */
const keyAt = magic.length + 4 + 4 + 4 + keyType.length + 4
const longestBlock = 1024

/** Throws TRUST_SIGNATURE_INVALID; `part` names the block in it. */
export function parseSshSignature(block: string, part: string): SshSignature {
  const refuse = (problem: string): never => {
    throw new MossError('TRUST_SIGNATURE_INVALID', { part, problem })
  }
  if (block.length > longestBlock || !isSshSignature(block) || !block.endsWith(end))
    return refuse('the SSH signature is malformed')
  const bytes = strictBase64(block.slice(begin.length, -end.length).replaceAll('\n', ''))
  if (bytes === undefined || bytes.length < keyAt + 32 + 64) return refuse('the SSH signature is malformed')
  const [key, signature] = [bytes.slice(keyAt, keyAt + 32), bytes.slice(-64)]
  const found = hashes
    .map((hash) => ({ key, hash, signature }))
    .find((each) => formatSshSignature(each) === block)
  return (
    found ??
    refuse('it is not an Ed25519 signature for the namespace moss, as ssh-keygen -Y sign -n moss writes it')
  )
}

/** The line of a file such as id_ed25519.pub; its comment says nothing. Throws KEY_INVALID. */
export function parseSshPublicKey(text: string): PublicKey {
  const what = 'the public key'
  const [type, encoded = ''] = text.trimEnd().split(' ')
  const bytes = strictBase64(encoded)
  const prefix = concatBytes([field(keyType), Uint8Array.of(0, 0, 0, 32)])
  const isOurs = bytes?.length === prefix.length + 32 && equalBytes(bytes.subarray(0, prefix.length), prefix)
  if (type !== 'ssh-ed25519' || bytes === undefined || !isOurs)
    throw new MossError('KEY_INVALID', { what, problem: 'of OpenSSH’s keys only ssh-ed25519 will do' })
  const key = bytes.slice(prefix.length)
  return enrolKey(key, fromHex(keyIdOf(key)).slice(0, 8), what)
}

export const isSshPublicKey = (text: string): boolean => /^(ssh|sk-ssh|ecdsa|sk-ecdsa)-/.test(text)
