// Where a station keeps things below its home, and the door to it: channels/NAME/, hosts/, keys/, root.moss-root, spool/.
// Keys are unlocked when a role needs one, and not kept.
import { decodeUtf8 } from '../base/bytes.ts'
import { isMossError, MossError } from '../base/error.ts'
import type { Digest } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import { openKind } from '../container/read.ts'
import { verifySelfSignedRoot } from '../container/verify.ts'
import { bytesSource } from '../host/byte-source.ts'
import type { Disk } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import { type Allowance, parsePublicKey, parseSecretKey } from '../trust/minisign.ts'
import { signerOf, type PublicKey, type SecretKey, type Signer } from '../trust/keys.ts'
import { type GenuineClaims, verifySignature } from '../trust/signatures.ts'
import { isSshPublicKey } from '../trust/sshsig.ts'
import type { Role, Root } from '../trust/root.ts'
import { digestOf } from '../base/digest.ts'
import { genuineFile } from './genuine-file.ts'

/** Asks a person, or a descriptor; undefined where neither answers. */
export type AskPassphrase = (what: string) => Promise<Uint8Array | undefined>

const keyFileBytes = 4096

export const stationPlaces = (home: string) => ({
  home,
  lock: `${home}/lock`,
  root: `${home}/root.moss-root`,
  /** Those before it. */
  roots: `${home}/roots`,
  keys: `${home}/keys`,
  channels: `${home}/channels`,
  /** The newest state of each host that is answered, and what is under way to it. */
  fleet: `${home}/fleet`,
  fleetDatabase: `${home}/fleet/fleet.db`,
  spool: `${home}/spool`,
  /** What recipes are built in, each under its name. */
  builds: `${home}/builds`,
  /** Of other archives: their indexes, and packages on their way into a channel. */
  mirror: `${home}/mirror`,
  /** Which signatures of packages need not be judged once more. */
  genuine: `${home}/genuine`,
})

export interface Station extends Disposable {
  readonly outside: Outside
  readonly places: ReturnType<typeof stationPlaces>
  readonly known: GenuineClaims
}

/** Makes the folders of a home that is opened for writing; one writer at a time. */
export function openStation(
  outside: Outside,
  { home, how }: { readonly home: string; readonly how: 'read' | 'write' },
): Station {
  const places = stationPlaces(home)
  const known = genuineFile(outside.disk, places.genuine)
  if (how === 'read') return { outside, places, known, [Symbol.dispose]: () => {} }
  makeFolders(outside.disk, home)
  for (const folder of [places.keys, places.channels, places.spool])
    if (outside.disk.lstat(folder) === undefined)
      outside.disk.makeFolder(folder, folder === places.keys ? 0o700 : 0o755)
  const lock = outside.disk.lock(places.lock)
  const close = (): void => {
    using _lock = lock
    known.write()
  }
  return { outside, places, known, [Symbol.dispose]: close }
}

/** With every missing parent. */
export function makeFolders(disk: Disk, path: string): void {
  if (path === '' || path === '/' || disk.lstat(path) !== undefined) return
  makeFolders(disk, path.slice(0, path.lastIndexOf('/')))
  disk.makeFolder(path, 0o755)
}

export interface TrustRootFile {
  readonly root: Root
  readonly bytes: Uint8Array
  readonly digest: Digest
}

export function readRootFile(disk: Disk, path: string): Uint8Array {
  if (disk.lstat(path) === undefined) throw new MossError('NOT_FOUND', { what: 'trust root at', name: path })
  return disk.readFile(path, limits.rootChainBytes)
}

/** A root that its own keys signed. That it is the right one only its fingerprint can tell. */
export function readTrustRoot(disk: Disk, path: string): TrustRootFile {
  const bytes = readRootFile(disk, path)
  const root = verifySelfSignedRoot(openKind(bytesSource(path, bytes), 'root'))
  return { root, bytes, digest: digestOf(bytes) }
}

export function stationRoot(station: Station): Root {
  if (station.outside.disk.lstat(station.places.root) === undefined)
    throw new MossError('KEY_ABSENT', { role: 'root' })
  return readTrustRoot(station.outside.disk, station.places.root).root
}

export interface KeyFiles {
  readonly name: string
  readonly publicKey: PublicKey
  readonly publicFile: string
  /** Absent where only the public half is here. */
  readonly secretFile?: string
  /** An agent of OpenSSH has it, in memory or in a token. */
  readonly isInAgent: boolean
}

export const maySign = ({ secretFile, isInAgent }: KeyFiles): boolean => secretFile !== undefined || isInAgent

export function keyFiles({ outside, places }: Station): readonly KeyFiles[] {
  const { disk } = outside
  if (disk.lstat(places.keys) === undefined) return []
  const names = new Set(disk.list(places.keys).map((entry) => entry.name))
  let agent: readonly string[] | undefined
  const isInAgent = (text: string): boolean => {
    if (!isSshPublicKey(text)) return false
    agent ??= outside.agentKeys()
    return agent.includes(text.trimEnd())
  }
  return [...names]
    .filter((file) => file.endsWith('.pub'))
    .map((file) => {
      const name = file.slice(0, -4)
      const publicFile = `${places.keys}/${file}`
      const text = readText(disk, publicFile)
      return {
        name,
        publicKey: parsePublicKey(text),
        publicFile,
        isInAgent: isInAgent(text),
        ...(names.has(`${name}.key`) ? { secretFile: `${places.keys}/${name}.key` } : {}),
      }
    })
}

export function readText(disk: Disk, path: string): string {
  const text = decodeUtf8(disk.readFile(path, keyFileBytes))
  if (text === undefined) throw new MossError('KEY_INVALID', { what: path, problem: 'it is not text' })
  return text
}

/** As many of this station's own keys as the role needs. Throws KEY_ABSENT where there are fewer, KEY_PASSPHRASE. */
export async function signersFor(
  station: Station,
  { role, root, ask }: { readonly role: Role; readonly root: Root; readonly ask: AskPassphrase },
): Promise<readonly Signer[]> {
  const { keys, threshold } = root.roles[role]
  const all = keyFiles(station).filter((key) => maySign(key) && keys.includes(key.publicKey.id))
  // A file is at hand; a token has to be found and touched.
  const found = [...all.filter(({ isInAgent }) => !isInAgent), ...all.filter(({ isInAgent }) => isInAgent)]
  if (found.length < threshold)
    throw new MossError('KEY_ABSENT', { role, have: found.length, need: threshold })
  const signers: Signer[] = []
  for (const key of found.slice(0, threshold)) signers.push(await signerFor(station, key, ask))
  return signers
}

/** Of a key that may sign. Throws KEY_PASSPHRASE; the signer itself KEY_AGENT. */
export async function signerFor(
  { outside }: Station,
  { name, secretFile, publicFile, publicKey }: KeyFiles,
  ask: AskPassphrase,
): Promise<Signer> {
  if (secretFile !== undefined) {
    const text = readText(outside.disk, secretFile)
    return signerOf((await unlock({ text, what: name, ask })).secret)
  }
  return {
    publicKey,
    sign(message) {
      const made = outside.signWithAgent(publicFile, message)
      if ('problem' in made) throw new MossError('KEY_AGENT', { key: name, problem: made.problem })
      const { block } = made
      verifySignature({ part: `what the agent signed as ${name}`, message, block, key: publicKey })
      return block
    },
  }
}

/** Which key it is that the passphrase does not fit. */
function withName<T>({ what }: { readonly what: string }, open: () => T): T {
  try {
    return open()
  } catch (error) {
    if (!isMossError(error, 'KEY_PASSPHRASE')) throw error
    throw new MossError('KEY_PASSPHRASE', { what: `key ${what}`, missing: false })
  }
}

/**
 * Opens a secret key file, asking for its passphrase only if it has one. `allowance` is for files of others, whose
 * unlocking may ask for much more memory than ours. Throws KEY_PASSPHRASE, KEY_TOO_COSTLY, KEY_INVALID.
 */
export async function unlock(file: {
  readonly text: string
  readonly what: string
  readonly ask: AskPassphrase
  readonly allowance?: Allowance
}): Promise<{ readonly secret: SecretKey; readonly passphrase?: Uint8Array }> {
  try {
    return { secret: parseSecretKey(file.text, undefined, file.allowance) }
  } catch (error) {
    if (!isMossError(error, 'KEY_PASSPHRASE')) throw error
    const passphrase = await file.ask(`key ${file.what}`)
    if (passphrase === undefined)
      throw new MossError('KEY_PASSPHRASE', { what: `key ${file.what}`, missing: true })
    return { secret: withName(file, () => parseSecretKey(file.text, passphrase, file.allowance)), passphrase }
  }
}
