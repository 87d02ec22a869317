// A key as a hardware token has it, without the token: signatures as PROTOCOL.u2f and PROTOCOL.sshsig of OpenSSH describe them.
// A real token cannot be touched by a test; that ssh-keygen accepts these shows that they are what one makes.
import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'

const type = 'sk-ssh-ed25519@openssh.com'

function field(content: Uint8Array | string): Buffer {
  const bytes = Buffer.from(content as string)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

const digest = (hash: string, bytes: Uint8Array | string): Buffer => createHash(hash).update(bytes).digest()

export interface TokenKey {
  /** The line of its public file. */
  readonly line: string
  /** An SSH signature. */
  sign(message: Uint8Array, how?: { readonly flags?: number; readonly namespace?: string }): string
}

export function tokenKey(application = 'ssh:'): TokenKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  const blob = Buffer.concat([field(type), field(key), field(application)])
  return {
    line: `${type} ${blob.toString('base64')} a comment\n`,
    sign(message, { flags = 1, namespace = 'moss' } = {}) {
      const signed = Buffer.concat([
        Buffer.from('SSHSIG'),
        field(namespace),
        field(''),
        field('sha512'),
        field(digest('sha512', message)),
      ])
      const said = Buffer.from([flags, 0, 0, 1, 7])
      const signature = sign(
        null,
        Buffer.concat([digest('sha256', application), said, digest('sha256', signed)]),
        privateKey,
      )
      const all = Buffer.concat([
        Buffer.from('SSHSIG\0\0\0\x01'),
        field(blob),
        field(namespace),
        field(''),
        field('sha512'),
        field(Buffer.concat([field(type), field(signature), said])),
      ])
      const lines = all.toString('base64').match(/.{1,70}/g) ?? []
      return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`
    },
  }
}
