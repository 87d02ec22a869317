// What differs between two sets of packages, in terms that a plan can show: what comes, what goes, what changes
// version, and what becomes privileged or stops being so. Sets hold at most one package of a name.
import type { PackageId } from '../base/ids.ts'
import type { Manifest } from './manifest.ts'
import { compareVersions } from './version.ts'

export interface SetMember {
  readonly id: PackageId
  readonly manifest: Pick<Manifest, 'name' | 'version' | 'scheme' | 'privileged'>
}

export interface NamedVersion {
  readonly id: PackageId
  readonly name: string
  readonly version: string
}

export interface VersionChange {
  readonly name: string
  readonly from: NamedVersion
  readonly to: NamedVersion
  /** `rebuilt`: another package under the same version, or one under another scheme. */
  readonly direction: 'newer' | 'older' | 'rebuilt'
}

export interface PrivilegedPath {
  readonly path: string
  readonly package: string
}

export interface SetDifference {
  /** All lists are sorted by name, or by path. */
  readonly added: readonly NamedVersion[]
  readonly removed: readonly NamedVersion[]
  readonly changed: readonly VersionChange[]
  readonly unchanged: number
  readonly privilegedAdded: readonly PrivilegedPath[]
  readonly privilegedRemoved: readonly PrivilegedPath[]
}

export function compareSets(before: readonly SetMember[], after: readonly SetMember[]): SetDifference {
  const old = new Map(before.map((member) => [member.manifest.name, member]))
  const now = new Map(after.map((member) => [member.manifest.name, member]))
  const changed: VersionChange[] = []
  let unchanged = 0
  for (const [name, to] of now) {
    const from = old.get(name)
    if (from === undefined) continue
    if (from.id === to.id) unchanged++
    else changed.push({ name, from: versionOf(from), to: versionOf(to), direction: directionOf(from, to) })
  }
  return {
    added: after
      .filter(({ manifest }) => !old.has(manifest.name))
      .map(versionOf)
      .toSorted(byName),
    removed: before
      .filter(({ manifest }) => !now.has(manifest.name))
      .map(versionOf)
      .toSorted(byName),
    changed: changed.toSorted(byName),
    unchanged,
    privilegedAdded: privilegedBeyond(after, before),
    privilegedRemoved: privilegedBeyond(before, after),
  }
}

const versionOf = ({ id, manifest: { name, version } }: SetMember): NamedVersion => ({ id, name, version })

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0

function directionOf(from: SetMember, to: SetMember): VersionChange['direction'] {
  if (from.manifest.scheme !== to.manifest.scheme) return 'rebuilt'
  const order = compareVersions(to.manifest.scheme, from.manifest.version, to.manifest.version)
  return order < 0 ? 'newer' : order > 0 ? 'older' : 'rebuilt'
}

/** Privileged paths of `these` that no package of `those` has. */
function privilegedBeyond(
  these: readonly SetMember[],
  those: readonly SetMember[],
): readonly PrivilegedPath[] {
  const known = new Set(those.flatMap(({ manifest }) => manifest.privileged))
  return these
    .flatMap(({ manifest }) => manifest.privileged.map((path) => ({ path, package: manifest.name })))
    .filter(({ path }) => !known.has(path))
    .toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}
