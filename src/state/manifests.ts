// The manifests of a state's packages. A manifest's digest is its package's id, so another one is never taken for it:
// what a tree has lost, the store or another state still has. Read without a lock or the database.
import { isMossError, MossError } from '../base/error.ts'
import type { ContentDigest, Digest, PackageId } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import type { Disk } from '../host/disk.ts'
import { decodeManifest, packageIdOf } from '../manifest/codec.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { assetIdOf } from '../store/asset.ts'
import { assetPath } from '../store/parts.ts'
import { keptNumbers } from './parts.ts'
import { keptTree, manifestsPath, type Places } from './places.ts'
import type { RecordedPackage } from './record.ts'

interface ManifestOf {
  /** The state's `usr`. */
  readonly tree: string
  readonly id: PackageId
}

type Place = { readonly disk: Disk; readonly places: Places }

/** Undefined where no tree and no asset of this root has it whole. */
export function findManifest({ disk, places }: Place, { tree, id }: ManifestOf): Uint8Array | undefined {
  const content = id as Digest as ContentDigest
  const asset = assetIdOf({ content, sizeBytes: 0, mode: 0o644, uid: 0, gid: 0 })
  const inTree = (folder: string): string => `${folder}/${manifestsPath}/${id}`
  return (
    readWhole(disk, inTree(tree), id) ??
    readWhole(disk, assetPath(places.own, asset), id) ??
    othersOf(disk, places)
      .map((other) => readWhole(disk, inTree(other), id))
      .find((bytes) => bytes !== undefined)
  )
}

function othersOf(disk: Disk, places: Places): readonly string[] {
  try {
    return [places.usr, ...keptNumbers(disk, places).map((number) => keptTree(places, number))]
  } catch (error) {
    if (isMossError(error, 'HOST_IO')) return []
    throw error
  }
}

/** An ordinary user may not look into the store of another's root: to them it is not there. */
function readWhole(disk: Disk, path: string, id: PackageId): Uint8Array | undefined {
  try {
    if (disk.lstat(path)?.kind !== 'file') return undefined
    const bytes = disk.readFile(path, limits.sectionBytes)
    return packageIdOf(bytes) === id ? bytes : undefined
  } catch (error) {
    if (isMossError(error, 'HOST_IO')) return undefined
    throw error
  }
}

/** Throws STATE_BROKEN, naming the package. */
export function readManifest(
  place: Place,
  { tree, recorded: { id, name, version } }: { readonly tree: string; readonly recorded: RecordedPackage },
): { readonly manifest: Manifest; readonly sizeBytes: number } {
  const bytes = findManifest(place, { tree, id })
  if (bytes === undefined)
    throw new MossError('STATE_BROKEN', {
      path: `${tree}/${manifestsPath}/${id}`,
      problem: `the manifest of ${name} ${version} is lost`,
    })
  return { manifest: decodeManifest(bytes, `manifest of ${name}`, id), sizeBytes: bytes.length }
}
