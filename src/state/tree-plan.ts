// The whole tree of a state as a list, before anything is written: what the packages' layouts make together, their
// manifests, and what triggers made. Pure. A tree is assembled from this list alone; the current one is not looked at.
import { MossError } from '../base/error.ts'
import type { AssetId, ContentDigest, Digest, PackageId } from '../base/ids.ts'
import type { LayoutFile, LayoutFolder, LayoutSymlink, Manifest } from '../manifest/manifest.ts'
import { mergeLayouts } from '../manifest/merged-layout.ts'
import { type AssetDescription, assetIdOf } from '../store/asset.ts'
import { manifestsPath } from './places.ts'
import type { MadeEntry, MadeFile } from './record.ts'

export interface PlannedPackage {
  readonly id: PackageId
  readonly manifest: Manifest
  /** How many bytes its manifest has in canonical form. */
  readonly manifestBytes: number
}

export interface TreePlan {
  /** Parents before children; the first is `usr` itself. Paths start with `usr`. */
  readonly folders: readonly LayoutFolder[]
  readonly files: readonly PlannedFile[]
  readonly symlinks: readonly LayoutSymlink[]
}

/** Its asset's name is a digest: made when it is asked for, as most files of an update are not. */
export class PlannedFile {
  readonly path: string
  readonly description: AssetDescription

  constructor(path: string, description: AssetDescription) {
    this.path = path
    this.description = description
  }

  get asset(): AssetId {
    return assetIdOf(this.description)
  }
}

/** Throws LAYOUT_CONFLICT where the packages do not fit together, or take the place that moss needs. */
export function planTree(packages: readonly PlannedPackage[]): TreePlan {
  const { entries } = mergeLayouts(packages)
  const folders = new Map<string, LayoutFolder>()
  const files: PlannedFile[] = []
  const symlinks: LayoutSymlink[] = []
  const names = new Map(packages.map(({ id, manifest }) => [id, manifest.name]))
  const own = ownFolders()
  for (const { entry, owner } of entries) {
    if (entry.kind === 'folder') folders.set(entry.path, entry)
    else if (own.has(entry.path))
      throw new MossError('LAYOUT_CONFLICT', {
        path: entry.path,
        packages: [names.get(owner) ?? owner, 'moss'],
        problem: `is a ${entry.kind}, where moss needs a folder`,
      })
    else if (entry.kind === 'file') files.push(planFile(entry))
    else symlinks.push(entry)
  }
  for (const [path, folder] of own) if (!folders.has(path)) folders.set(path, folder)
  for (const { id, manifestBytes } of packages) files.push(manifestFile(id, manifestBytes))
  return { folders: byDepth([...folders.values()]), files, symlinks }
}

const byDepth = (folders: readonly LayoutFolder[]): readonly LayoutFolder[] =>
  folders
    .map((folder) => ({ folder, depth: folder.path.split('/').length }))
    .sort((a, b) => a.depth - b.depth)
    .map(({ folder }) => folder)

/** The folders that moss needs in every tree. */
export function ownFolders(): ReadonlyMap<string, LayoutFolder> {
  const components = `usr/${manifestsPath}`.split('/')
  const paths = components.map((_, index) => components.slice(0, index + 1).join('/'))
  return new Map(paths.map((path) => [path, { kind: 'folder', path, mode: 0o755, uid: 0, gid: 0 }]))
}

const planFile = (entry: LayoutFile): PlannedFile => new PlannedFile(entry.path, entry)

/** A manifest is kept like any file: its content digest is the package's id. */
function manifestFile(id: PackageId, sizeBytes: number): PlannedFile {
  const content: ContentDigest = id as Digest as ContentDigest
  const description: AssetDescription = { content, sizeBytes, mode: 0o644, uid: 0, gid: 0 }
  return new PlannedFile(`usr/${manifestsPath}/${id}`, description)
}

/** The plan of a state whose triggers made these entries. */
export function withMade(plan: TreePlan, made: readonly MadeEntry[]): TreePlan {
  if (made.length === 0) return plan
  const own = { uid: 0, gid: 0 }
  const folders = made.flatMap(({ path, ...entry }): readonly LayoutFolder[] =>
    entry.kind === 'folder' ? [{ kind: 'folder', path, mode: entry.mode, ...own }] : [],
  )
  const symlinks = made.flatMap(({ path, ...entry }): readonly LayoutSymlink[] =>
    entry.kind === 'symlink' ? [{ kind: 'symlink', path, target: entry.target }] : [],
  )
  const files = made.flatMap((entry) => (entry.kind === 'file' ? [planMade(entry)] : []))
  return {
    folders: folders.length === 0 ? plan.folders : byDepth([...plan.folders, ...folders]),
    files: [...plan.files, ...files],
    symlinks: [...plan.symlinks, ...symlinks],
  }
}

export function planMade({ path, content, sizeBytes, mode }: MadeFile): PlannedFile {
  const description: AssetDescription = { content, sizeBytes, mode, uid: 0, gid: 0 }
  return new PlannedFile(path, description)
}
