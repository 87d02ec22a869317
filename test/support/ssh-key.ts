// Keys as OpenSSH has them, in a file and in a hardware token without the token: public lines and signatures as
// PROTOCOL.u2f and PROTOCOL.sshsig describe them. A real token cannot be touched by a test; that ssh-keygen accepts these
// shows that they are what one makes.
import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto'

const tokenType = 'sk-ssh-ed25519@openssh.com'
const fileType = 'ssh-ed25519'
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const begin = '-----BEGIN SSH SIGNATURE-----\n'
const end = '-----END SSH SIGNATURE-----\n'

function field(content: Uint8Array | string): Buffer {
  const bytes = Buffer.from(content as string)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

const digest = (hash: string, bytes: Uint8Array | string): Buffer => createHash(hash).update(bytes).digest()

export interface SshKey {
  /** The line of its public file. */
  readonly line: string
  /** An SSH signature. */
  sign(message: Uint8Array, how?: { readonly flags?: number; readonly namespace?: string }): string
}

export const armoured = (bytes: Uint8Array): string =>
  `${begin}${(bytes.toBase64().match(/.{1,70}/g) ?? []).join('\n')}\n${end}`

export const unarmoured = (block: string): Uint8Array =>
  Uint8Array.fromBase64(block.slice(begin.length, -end.length))

/** The seed has 32 bytes. */
export const fileKey = (seed: Uint8Array = randomBytes(32)): SshKey =>
  sshKey(seed, {
    type: fileType,
    more: [],
    signature: (signed, key) => [field(fileType), field(sign(null, signed, key))],
  })

export const tokenKey = (application = 'ssh:', seed: Uint8Array = randomBytes(32)): SshKey =>
  sshKey(seed, {
    type: tokenType,
    more: [field(application)],
    signature: (signed, key, flags) => {
      const said = Buffer.from([flags, 0, 0, 1, 7])
      const touched = Buffer.concat([digest('sha256', application), said, digest('sha256', signed)])
      return [field(tokenType), field(sign(null, touched, key)), said]
    },
  })

interface KeyKind {
  readonly type: string
  /** After the 32 bytes of the key. */
  readonly more: readonly Buffer[]
  readonly signature: (signed: Buffer, key: KeyObject, flags: number) => readonly Buffer[]
}

function sshKey(seed: Uint8Array, { type, more, signature }: KeyKind): SshKey {
  const privateKey = createPrivateKey({
    key: Buffer.concat([privatePrefix, seed]),
    format: 'der',
    type: 'pkcs8',
  })
  const key = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  const blob = Buffer.concat([field(type), field(key), ...more])
  return {
    line: `${type} ${blob.toString('base64')} a comment\n`,
    sign(message, { flags = 1, namespace = 'moss' } = {}) {
      const purpose = [field(namespace), field(''), field('sha512')]
      const signed = Buffer.concat([Buffer.from('SSHSIG'), ...purpose, field(digest('sha512', message))])
      return armoured(
        Buffer.concat([
          Buffer.from('SSHSIG\0\0\0\x01'),
          field(blob),
          ...purpose,
          field(Buffer.concat(signature(signed, privateKey, flags))),
        ]),
      )
    },
  }
}
