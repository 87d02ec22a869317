// root new: the next trust root of a station, or its first, drafted with the names of those who shall sign and the
// signatures of nobody. It counts when enough have signed it and it is accepted.
import { compareText } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import { absentSigner, encodeRootFile } from '../container/root-file.ts'
import { writeDurably } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import type { PublicKey } from '../trust/keys.ts'
import { parsePublicKey } from '../trust/minisign.ts'
import { assertFollows } from '../trust/next-root.ts'
import type { Role, RoleKeys, Root } from '../trust/root.ts'
import { currentRoot, type DescribedRoot, describeRoot, openRootFile, roleNames } from './describe-root.ts'
import { keyFiles, maySign, openStation, readText, type Station } from './station.ts'

export interface DraftRoot {
  readonly home: string
  /** The new file. */
  readonly file: string
  /** `ROLE=KEY`: a key's name in this home, the start of its id, or a public key file. */
  readonly add: readonly string[]
  readonly remove: readonly string[]
  /** `ROLE=N`. */
  readonly threshold: readonly string[]
  /** Forget all serials: for when a channel key was stolen. Needs a new channel key. */
  readonly isNewEpoch: boolean
  /** Who signs; by default the keys of this home that may. */
  readonly signers: readonly string[]
  /** Seconds since 1970; what the time floor of hosts becomes. */
  readonly floor: number | undefined
}

/** Writes the next root, or a first one, with the signatures of nobody. Throws CLI_USAGE, TRUST_ROOT_REFUSED. */
export async function draftRoot(outside: Outside, request: DraftRoot): Promise<DescribedRoot> {
  using station = openStation(outside, { home: request.home, how: 'write' })
  const { disk } = outside
  const before = currentRoot(station)
  const root = nextRoot(station, before, request)
  if (before !== undefined) assertFollows(before, root)
  const signers = signersOf(station, { before, root, wanted: request.signers })
  const bytes = encodeRootFile(root, signers.map(absentSigner))
  writeDurably(disk, request.file, bytes, { mode: 0o644 })
  return describeRoot(openRootFile(disk, request.file), { file: request.file, before })
}

const usage = (problem: string): MossError => new MossError('CLI_USAGE', { problem, see: 'root new' })

const noKeys: RoleKeys = { keys: [], threshold: 1 }
const noRoles = { root: noKeys, channel: noKeys, packager: noKeys, exporter: noKeys }

function nextRoot(station: Station, before: Root | undefined, request: DraftRoot): Root {
  const known = new Map(before?.keys.map((key) => [key.id, key]))
  const members = new Map(roleNames.map((role) => [role, new Set(before?.roles[role].keys)]))
  const thresholds = new Map(roleNames.map((role) => [role, (before?.roles ?? noRoles)[role].threshold]))
  for (const text of request.remove) {
    const [role, name] = splitRole(text)
    const key = findKey(station, [...known.values()], name)
    if (members.get(role)?.delete(key.id) !== true) throw usage(`${name} has no role ${role}`)
  }
  for (const text of request.add) {
    const [role, name] = splitRole(text)
    const key = findKey(station, [...known.values()], name)
    known.set(key.id, key)
    members.get(role)?.add(key.id)
  }
  for (const text of request.threshold) {
    const [role, count] = splitRole(text)
    if (!/^[1-9][0-9]?$/.test(count)) throw usage(`--threshold ${text}: it takes a number`)
    thresholds.set(role, Number(count))
  }
  const roleOf = (role: Role): RoleKeys => {
    const keys = [...(members.get(role) ?? [])].sort(compareText)
    const threshold = thresholds.get(role) ?? 1
    if (keys.length < threshold)
      throw usage(
        `role ${role} would have ${keys.length} keys and need ${threshold}; add keys, or say --threshold ${role}=N`,
      )
    return { keys, threshold }
  }
  const roles = {
    root: roleOf('root'),
    channel: roleOf('channel'),
    packager: roleOf('packager'),
    exporter: roleOf('exporter'),
  }
  const used = new Set(Object.values(roles).flatMap(({ keys }) => keys))
  return {
    version: (before?.version ?? 0) + 1,
    epoch: (before?.epoch ?? 1) + (request.isNewEpoch ? 1 : 0),
    created: Math.max(Math.floor(station.outside.nowMs() / 1000), before?.created ?? 0),
    ...(request.floor !== undefined && { floor: request.floor }),
    keys: [...known.values()].filter(({ id }) => used.has(id)).sort((a, b) => compareText(a.id, b.id)),
    roles,
  }
}

function splitRole(text: string): readonly [Role, string] {
  const at = text.indexOf('=')
  const role = roleNames.find((name) => name === text.slice(0, at))
  if (at < 0 || role === undefined) throw usage(`${text}: say ROLE=…, where ROLE is ${roleNames.join(', ')}`)
  return [role, text.slice(at + 1)]
}

/** By its name here, the start of its id, or its file. */
function findKey(station: Station, known: readonly PublicKey[], name: string): PublicKey {
  const { disk } = station.outside
  if (name.includes('/')) {
    if (disk.lstat(name) === undefined) throw new MossError('NOT_FOUND', { what: 'file', name })
    return parsePublicKey(readText(disk, name))
  }
  const here = keyFiles(station)
  const named = here.find((key) => key.name === name)
  if (named !== undefined) return named.publicKey
  const all = new Map([...known, ...here.map((key) => key.publicKey)].map((key) => [key.id, key]))
  const found = /^[0-9a-f]{8,64}$/.test(name) ? [...all.values()].filter(({ id }) => id.startsWith(name)) : []
  if (found.length !== 1) throw new MossError('NOT_FOUND', { what: 'key', name })
  return found[0] as PublicKey
}

/** Throws CLI_USAGE unless enough of both roots would have signed. */
function signersOf(
  station: Station,
  {
    before,
    root,
    wanted,
  }: { readonly before: Root | undefined; readonly root: Root; readonly wanted: readonly string[] },
): readonly PublicKey[] {
  const roots = before === undefined ? [root] : [before, root]
  const known = [...new Map(roots.flatMap(({ keys }) => keys).map((key) => [key.id, key])).values()]
  const mayRoot = new Set(roots.flatMap(({ roles }) => roles.root.keys))
  const own = keyFiles(station).filter(maySign)
  const signers =
    wanted.length > 0
      ? [...new Map(wanted.map((name) => findKey(station, known, name)).map((key) => [key.id, key])).values()]
      : known.filter(({ id }) => mayRoot.has(id) && own.some((key) => key.publicKey.id === id))
  for (const { version, roles } of roots) {
    const have = signers.filter(({ id }) => roles.root.keys.includes(id)).length
    const need = roles.root.threshold
    if (have < need)
      throw usage(
        `root ${version} needs ${need} of its root keys, and ${have} would sign; name them: --signer KEY for each`,
      )
  }
  return signers
}
