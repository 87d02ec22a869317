// The one tree that many packages make together. Each path has one entry and one owner. Packages may share a
// path where their entries are the same; otherwise one must replace the others, or it is a conflict with both
// names. The rule of parents holds of the result too: a link or a file is never above anything.
import { equalBytes } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { PackageId } from '../base/ids.ts'
import type { LayoutEntry, LayoutFolder, Manifest } from './manifest.ts'
import { comparePaths, parentOf } from './path.ts'
import { provides } from './match.ts'

export interface LayoutPackage {
  readonly id: PackageId
  readonly manifest: Manifest
}

export interface MergedEntry {
  readonly entry: LayoutEntry
  /** The package whose entry it is; of several that share it, the first by name, then id. */
  readonly owner: PackageId
}

export interface MergedLayout {
  /** In the order of comparePaths; every folder before what is in it. */
  readonly entries: readonly MergedEntry[]
}

/** A path that packages claim differently. */
export interface LayoutConflict {
  readonly path: string
  readonly packages: readonly string[]
  readonly problem: string
}

interface Claim {
  readonly entry: LayoutEntry
  readonly from: LayoutPackage
}

/** Throws LAYOUT_CONFLICT for the first conflict by path. The order of `packages` does not matter. */
export function mergeLayouts(packages: readonly LayoutPackage[]): MergedLayout {
  if (lastMerged !== undefined && isSameSet(lastMerged.packages, packages)) return lastMerged
  const { entries, conflicts } = attemptMerge(packages)
  const [first] = conflicts
  if (first === undefined) {
    lastMerged = { packages: packages.map(({ id, manifest }) => ({ id, manifest })), entries }
    return lastMerged
  }
  const more = conflicts.length === 1 ? '' : `, as with ${conflicts.length - 1} more`
  throw new MossError('LAYOUT_CONFLICT', { ...first, problem: `${first.problem}${more}` })
}

/** Planning and executing merge the same set. */
let lastMerged: (MergedLayout & { readonly packages: readonly LayoutPackage[] }) | undefined

const isSameSet = (a: readonly LayoutPackage[], b: readonly LayoutPackage[]): boolean =>
  a.length === b.length &&
  a.every(({ id, manifest }, index) => b[index]?.id === id && b[index].manifest === manifest)

/** The merged tree and every conflict in it, by path; entries are complete only if there is none. */
export function attemptMerge(packages: readonly LayoutPackage[]): MergedLayout & {
  readonly conflicts: readonly LayoutConflict[]
} {
  const claims = new Map<string, Claim | Claim[]>()
  for (const from of packages.toSorted(comparePackages))
    for (const entry of from.manifest.layout) addClaim(claims, { entry, from })
  const winners: Claim[] = []
  const conflicts: LayoutConflict[] = []
  for (const claim of claims.values()) {
    const winner = Array.isArray(claim) ? settle(claim) : claim
    if ('problem' in winner) conflicts.push(winner)
    else winners.push(winner)
  }
  winners.sort((a, b) => comparePaths(a.entry.path, b.entry.path))
  conflicts.push(...parentConflicts(winners, conflicts))
  conflicts.sort((a, b) => comparePaths(a.path, b.path))
  return { entries: winners.map(({ entry, from }) => ({ entry, owner: from.id })), conflicts }
}

function comparePackages(a: LayoutPackage, b: LayoutPackage): number {
  const x = a.manifest.name === b.manifest.name ? a.id : a.manifest.name
  const y = a.manifest.name === b.manifest.name ? b.id : b.manifest.name
  return x < y ? -1 : x > y ? 1 : 0
}

/** Most paths have one claim: only a second one makes a list, which spares most of the memory. */
function addClaim(claims: Map<string, Claim | Claim[]>, claim: Claim): void {
  const { path } = claim.entry
  const others = claims.get(path)
  if (others === undefined) claims.set(path, claim)
  else if (Array.isArray(others)) others.push(claim)
  else claims.set(path, [others, claim])
}

/** The claim that stands: the only one that no other claim with another entry beats. */
function settle(claims: readonly Claim[]): Claim | LayoutConflict {
  const eldest = claims[0] as Claim
  if (claims.every(({ entry }) => isSame(entry, eldest.entry))) return eldest
  const unbeaten = claims.filter(
    (claim) => !claims.some((other) => !isSame(claim.entry, other.entry) && beats(other, claim)),
  )
  const [first] = unbeaten
  if (first !== undefined && unbeaten.every(({ entry }) => isSame(entry, first.entry))) return first
  const one = first ?? eldest
  const opponents = unbeaten.length > 0 ? unbeaten : claims
  return conflictOf(one, opponents.find(({ entry }) => !isSame(entry, one.entry)) as Claim)
}

/** A replacing package wins; so does the special form of a folder over the plain one. */
function beats(winner: Claim, loser: Claim): boolean {
  if (replaces(winner.from.manifest, loser.from.manifest)) return true
  if (winner.entry.kind !== 'folder' || loser.entry.kind !== 'folder') return false
  return (
    isPlain(loser.entry) && !isPlain(winner.entry) && !replaces(loser.from.manifest, winner.from.manifest)
  )
}

const replaces = (a: Manifest, b: Manifest): boolean => a.replaces.some((relation) => provides(b, relation))

const isPlain = ({ mode, uid, gid }: LayoutFolder): boolean => mode === 0o755 && uid === 0 && gid === 0

/** Whether two packages may share the path: nothing about the entry differs. */
export function isSame(a: LayoutEntry, b: LayoutEntry): boolean {
  if (a.path !== b.path) return false
  if (a.kind === 'symlink' || b.kind === 'symlink')
    return a.kind === 'symlink' && b.kind === 'symlink' && a.target === b.target
  if (a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid) return false
  if (a.kind === 'folder' || b.kind === 'folder') return a.kind === b.kind
  return a.content === b.content && sameXattrs(a.xattrs ?? {}, b.xattrs ?? {})
}

type Xattrs = Readonly<Record<string, Uint8Array>>

function sameXattrs(a: Xattrs, b: Xattrs): boolean {
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => {
    const [x, y] = [a[name], b[name]]
    return x !== undefined && y !== undefined && equalBytes(x, y)
  })
}

const nameOf = ({ from }: Claim): string => `${from.manifest.name} ${from.manifest.version}`

function conflictOf(a: Claim, b: Claim): LayoutConflict {
  const problem =
    a.entry.kind !== b.entry.kind
      ? `is a ${a.entry.kind} in the one and a ${b.entry.kind} in the other`
      : a.entry.kind === 'file'
        ? 'has two contents or sets of attributes'
        : a.entry.kind === 'symlink'
          ? 'is a symlink with two targets'
          : 'is a folder with two sets of attributes'
  return { path: a.entry.path, packages: [nameOf(a), nameOf(b)], problem }
}

/** A path won by a link or a file, with another package's entries below it. `winners` are in order. */
function parentConflicts(
  winners: readonly Claim[],
  known: readonly LayoutConflict[],
): readonly LayoutConflict[] {
  const unsettled = new Set(known.map(({ path }) => path))
  const standing = new Map<string, Claim>()
  const found: LayoutConflict[] = []
  for (const claim of winners) {
    standing.set(claim.entry.path, claim)
    const parent = parentOf(claim.entry.path)
    if (parent === undefined || unsettled.has(parent)) continue
    const above = standing.get(parent)
    if (above === undefined || above.entry.kind === 'folder') continue
    const problem = `is in the one below what is a ${above.entry.kind} in the other`
    found.push({ path: claim.entry.path, packages: [nameOf(claim), nameOf(above)], problem })
  }
  return found
}
