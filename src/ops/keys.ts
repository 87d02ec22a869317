// key generate, list, export, import. The first key of a home makes a trust root of its own: 1-of-1 in every role.
import { encodeUtf8 } from '../base/bytes.ts'
import { isMossError, MossError } from '../base/error.ts'
import type { KeyId } from '../base/ids.ts'
import { encodeRootFile } from '../container/root-file.ts'
import { writeDurably } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import { keyFromSeed, type PublicKey, signerOf, type SecretKey } from '../trust/keys.ts'
import { formatPublicKey, formatSecretKey, parsePublicKey } from '../trust/minisign.ts'
import { formatSshPublicKey, isSshPublicKey } from '../trust/sshsig.ts'
import { minisignAllowedBytes } from '../trust/scrypt-cost.ts'
import { spellingsOf } from '../trust/fingerprint.ts'
import { makeSoleRoot, type Role, rootDigest } from '../trust/root.ts'
import { ensureRecipient } from './sealing.ts'
import {
  type AskPassphrase,
  keyFiles,
  openStation,
  readText,
  type Station,
  stationRoot,
  unlock,
} from './station.ts'

export interface GeneratedKey {
  readonly name: string
  readonly id: KeyId
  readonly publicFile: string
  readonly secretFile: string
  readonly isProtected: boolean
  /** The trust root, if this key made one. */
  readonly root?: { readonly file: string; readonly fingerprint: string; readonly words: string }
}

function checkName(name: string): void {
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name))
    throw new MossError('CLI_USAGE', {
      problem: `${name} cannot name a key: use a–z, 0–9, dot, dash`,
      see: 'key generate',
    })
}

export async function generateKey(
  outside: Outside,
  request: {
    readonly home: string
    readonly name: string
    readonly passphrase: Uint8Array | undefined
    /** False for a key whose root is made elsewhere. */
    readonly withRoot?: boolean
  },
): Promise<GeneratedKey> {
  checkName(request.name)
  using station = openStation(outside, { home: request.home, how: 'write' })
  const files = newKeyFiles(station, request.name)
  const secret = keyFromSeed(outside.randomBytes(32), outside.randomBytes(8))
  writeKey(outside, files, { secret, passphrase: request.passphrase })
  const made = {
    name: request.name,
    id: secret.publicKey.id,
    ...files,
    isProtected: request.passphrase !== undefined,
  }
  if (request.withRoot === false || outside.disk.lstat(station.places.root) !== undefined) return made
  const root = makeSoleRoot(secret.publicKey, Math.floor(outside.nowMs() / 1000))
  writeDurably(outside.disk, station.places.root, encodeRootFile(root, [signerOf(secret)]), { mode: 0o644 })
  return {
    ...made,
    root: { file: station.places.root, ...spellingsOf(rootDigest(root)) },
  }
}

/** Where a key of that name goes. Throws ALREADY_EXISTS. */
function newKeyFiles({ outside, places }: Station, name: string): NewKeyFiles {
  const files = { publicFile: `${places.keys}/${name}.pub`, secretFile: `${places.keys}/${name}.key` }
  for (const file of Object.values(files))
    if (outside.disk.lstat(file) !== undefined) throw new MossError('ALREADY_EXISTS', { what: `key ${name}` })
  return files
}

interface NewKeyFiles {
  readonly publicFile: string
  readonly secretFile: string
}

function writeKey(
  { disk, randomBytes }: Outside,
  { publicFile, secretFile }: NewKeyFiles,
  { secret, passphrase }: { readonly secret: SecretKey; readonly passphrase?: Uint8Array | undefined },
): void {
  const sealed = formatSecretKey(secret, passphrase, randomBytes(32))
  writeDurably(disk, secretFile, encodeUtf8(sealed), { mode: 0o600 })
  writeDurably(disk, publicFile, encodeUtf8(formatPublicKey(secret.publicKey)), { mode: 0o644 })
}

export interface ListedKey {
  readonly name: string
  readonly id: KeyId
  readonly isSecret: boolean
  /** An agent or a token may sign with it. */
  readonly isInAgent: boolean
  readonly roles: readonly Role[]
}

export async function listKeys(
  outside: Outside,
  { home }: { readonly home: string },
): Promise<readonly ListedKey[]> {
  using station = openStation(outside, { home, how: 'read' })
  const root = outside.disk.lstat(station.places.root) === undefined ? undefined : stationRoot(station)
  return keyFiles(station).map(({ name, publicKey: { id }, secretFile, isInAgent }) => ({
    name,
    id,
    isSecret: secretFile !== undefined,
    isInAgent,
    roles:
      root === undefined
        ? []
        : (Object.keys(root.roles) as Role[]).filter((role) => root.roles[role].keys.includes(id)),
  }))
}

export async function exportKey(
  outside: Outside,
  { home, name }: { readonly home: string; readonly name: string },
): Promise<{ readonly name: string; readonly id: KeyId; readonly text: string }> {
  using station = openStation(outside, { home, how: 'read' })
  const found = keyFiles(station).find((key) => key.name === name)
  if (found === undefined) throw new MossError('NOT_FOUND', { what: 'key', name })
  const { publicKey, publicFile } = found
  const isSsh = isSshPublicKey(readText(outside.disk, publicFile))
  return { name, id: publicKey.id, text: (isSsh ? formatSshPublicKey : formatPublicKey)(publicKey) }
}

function publicKeyIn(file: string, text: string): PublicKey {
  try {
    return parsePublicKey(text)
  } catch (error) {
    if (!isMossError(error, 'KEY_INVALID')) throw error
    throw new MossError('KEY_INVALID', { what: file, problem: error.details.problem })
  }
}

export async function importKey(
  outside: Outside,
  request: {
    readonly home: string
    readonly file: string
    readonly name: string | undefined
    readonly ask: AskPassphrase
  },
): Promise<Omit<ListedKey, 'roles'>> {
  using station = openStation(outside, { home: request.home, how: 'write' })
  const { disk } = outside
  if (disk.lstat(request.file) === undefined)
    throw new MossError('NOT_FOUND', { what: 'file', name: request.file })
  const text = readText(disk, request.file)
  const name = request.name ?? (request.file.split('/').at(-1) ?? '').replace(/\.(pub|key)$/, '')
  checkName(name)
  const files = newKeyFiles(station, name)
  if (!/secret key/.test(text.split('\n')[0] ?? '')) {
    const key = publicKeyIn(request.file, text)
    const written = (isSshPublicKey(text) ? formatSshPublicKey : formatPublicKey)(key)
    writeDurably(disk, files.publicFile, encodeUtf8(written), { mode: 0o644 })
    return { name, id: key.id, isSecret: false, isInAgent: outside.agentKeys().includes(written.trimEnd()) }
  }
  // Sealed again at our own cost, so that signing does not ask for a gigabyte each time.
  const allowance = { allowedBytes: minisignAllowedBytes }
  const unlocked = await unlock({ text, what: name, ask: request.ask, allowance })
  writeKey(outside, files, unlocked)
  return { name, id: unlocked.secret.publicKey.id, isSecret: true, isInAgent: false }
}

/** To whom states are sealed that only this station shall read; made when it is first asked. */
export async function stationRecipient(
  outside: Outside,
  { home }: { readonly home: string },
): Promise<{ readonly recipient: string }> {
  using station = openStation(outside, { home, how: 'write' })
  return { recipient: await ensureRecipient(outside, station.places.keys) }
}
