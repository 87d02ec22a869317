// What makes one state's tree into another's, from their packages alone: packages that both have bring the same entries,
// so only paths of the others are compared, each with everything that any package says of it. Pure. The old tree is
// taken to be what its packages and its record say.
import type { PackageId } from '../base/ids.ts'
import type { LayoutEntry } from '../manifest/manifest.ts'
import { attemptMerge, isSame } from '../manifest/merged-layout.ts'
import { comparePaths, parentOf } from '../manifest/path.ts'
import { manifestsPath, recordPath } from './places.ts'
import type { MadeEntry } from './record.ts'
import { ownFolders, type PlannedPackage } from './tree-plan.ts'

export interface TreeChange {
  /** Files and symlinks that go, first of all. */
  readonly removed: readonly string[]
  /** Then folders, deepest first. */
  readonly removedFolders: readonly string[]
  /** Folders, files and symlinks that come; of those that are there already only the folders. */
  readonly added: ReadonlySet<string>
  /** Folders of the new tree in which anything changes, or that change themselves. */
  readonly touched: ReadonlySet<string>
}

/** A tree as its packages make it, and what else lies in it. */
export interface PlainTree {
  readonly packages: readonly PlannedPackage[]
  /** What triggers made. */
  readonly made: readonly MadeEntry[]
}

/** The new tree has nothing made yet, and no record. Undefined where the old packages do not fit together. */
export function changeBetween(old: PlainTree, now: readonly PlannedPackage[]): TreeChange | undefined {
  const [before, after] = [idsOf(old.packages), idsOf(now)]
  const paths = new Set<string>()
  for (const { id, manifest } of [...old.packages, ...now])
    if (!before.has(id) || !after.has(id)) for (const { path } of manifest.layout) paths.add(path)
  const was = entriesAt(paths, old.packages)
  const is = entriesAt(paths, now)
  if (was === undefined || is === undefined) return undefined
  const gone: { readonly kind: LayoutEntry['kind']; readonly path: string }[] = [...old.made]
  const added = new Set<string>()
  for (const path of paths) {
    const [a, b] = [was.get(path), is.get(path)]
    if (a !== undefined && b !== undefined && isSame(a, b)) continue
    if (a !== undefined && (a.kind !== 'folder' || b?.kind !== 'folder')) gone.push(a)
    if (b !== undefined) added.add(path)
  }
  const manifestsGone = [...before].filter((id) => !after.has(id)).map(manifestPath)
  for (const id of after) if (!before.has(id)) added.add(manifestPath(id))
  const removed = [
    ...gone.filter(({ kind }) => kind !== 'folder').map(({ path }) => path),
    ...manifestsGone,
    `usr/${recordPath}`,
  ]
  const removedFolders = gone
    .filter(({ kind }) => kind === 'folder')
    .map(({ path }) => path)
    .sort((a, b) => comparePaths(b, a))
  const touched = touchedBy([...removed, ...removedFolders, ...added])
  for (const path of removedFolders) touched.delete(path)
  for (const path of added) if (is.get(path)?.kind === 'folder') touched.add(path)
  return { removed, removedFolders, added, touched }
}

const manifestPath = (id: PackageId): string => `usr/${manifestsPath}/${id}`

const idsOf = (packages: readonly PlannedPackage[]): ReadonlySet<PackageId> =>
  new Set(packages.map(({ id }) => id))

/** What stands at these paths, with moss's own folders. */
function entriesAt(
  paths: ReadonlySet<string>,
  packages: readonly PlannedPackage[],
): ReadonlyMap<string, LayoutEntry> | undefined {
  const { entries, conflicts } = attemptMerge(
    packages.map(({ id, manifest }) => ({
      id,
      manifest: { ...manifest, layout: manifest.layout.filter(({ path }) => paths.has(path)) },
    })),
  )
  if (conflicts.length > 0) return undefined
  const own = [...ownFolders()].filter(([path]) => paths.has(path))
  return new Map<string, LayoutEntry>([...own, ...entries.map(({ entry }) => [entry.path, entry] as const)])
}

/** `usr` carries the state's date: it is touched always. */
function touchedBy(paths: readonly string[]): Set<string> {
  const touched = new Set(['usr'])
  for (const path of paths) touched.add(parentOf(path) ?? 'usr')
  return touched
}
