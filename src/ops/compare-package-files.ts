// inspect --diff: two packages, one against the other. Their manifests are packed, so they are opened only where somebody
// whom this machine trusts has signed them.
import type { PackageId } from '../base/ids.ts'
import { MossError } from '../base/error.ts'
import { readPackageFile, type PackageFile } from '../channel/package-file.ts'
import type { Outside } from '../host/outside.ts'
import { compareManifests, type ManifestDifference } from '../manifest/compare-manifests.ts'
import { bytesOf } from '../manifest/layout-files.ts'
import { checkIsFile } from './named-file.ts'
import { trustedRoot } from './verify.ts'

export interface ComparedPackage {
  readonly file: string
  readonly id: PackageId
  readonly name: string
  readonly version: string
  /** Of its files together, and of the whole container. */
  readonly sizeBytes: number
  readonly fileBytes: number
}

export interface PackageComparison extends ManifestDifference {
  readonly old: ComparedPackage
  readonly new: ComparedPackage
  readonly isSame: boolean
}

/** Throws KEY_ABSENT where nothing here says whom to trust, and what reading a package throws. */
export function comparePackageFiles(
  outside: Outside,
  request: { readonly old: string; readonly new: string; readonly root: string; readonly home: string },
): PackageComparison {
  const root = trustedRoot(outside, request)
  if (root === undefined) throw new MossError('KEY_ABSENT', { role: 'root' })
  const read = (path: string): PackageFile => {
    checkIsFile(outside, path)
    return readPackageFile(outside.disk, path, root)
  }
  const [old, now] = [read(request.old), read(request.new)]
  return {
    old: tell(old),
    new: tell(now),
    isSame: old.id === now.id,
    ...compareManifests(old.manifest, now.manifest),
  }
}

const tell = ({ path, id, manifest, sizeBytes }: PackageFile): ComparedPackage => ({
  file: path,
  id,
  name: manifest.name,
  version: manifest.version,
  sizeBytes: bytesOf(manifest),
  fileBytes: sizeBytes,
})
