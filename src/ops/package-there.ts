// Whether the file that a package is to be made into is that package already. It may have been made under an earlier trust root,
// whose keys are replaced since; what nobody of this station has signed is somebody's, and is not ours to replace.
import { MossError } from '../base/error.ts'
import { isByOtherKeys, underAnyRoot } from '../channel/any-root.ts'
import { isWhole, type PackageFile, readPackageFile } from '../channel/package-file.ts'
import type { MakeOptions } from '../ingest/make-package.ts'
import type { Station } from './station.ts'
import { rootsOf } from './station-roots.ts'

/** For whoever makes one; what it gives throws PACKAGE_OF_OTHERS. */
export function packageThere(station: Station): MakeOptions['isWhole'] {
  const { root, earlierRoots } = rootsOf(station)
  const read = (path: string): PackageFile =>
    underAnyRoot([root, ...earlierRoots], (by) => readPackageFile(station.outside.disk, path, by)).value
  return (path, id) => {
    assertNotOfOthers(path, () => read(path))
    return isWhole(() => read(path), id)
  }
}

function assertNotOfOthers(path: string, read: () => PackageFile): void {
  try {
    read()
  } catch (error) {
    if (isByOtherKeys(error))
      throw new MossError('PACKAGE_OF_OTHERS', { path, problem: error.message }, error)
    // Damaged: whether it is whole is asked next.
  }
}
