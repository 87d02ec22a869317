// What a package's container is called in a channel's folder. For people; ids decide.
import type { PackageId } from '../base/ids.ts'
import type { Manifest } from './manifest.ts'

/** `git_1%3a2.39_1f0c….moss`: FAT cannot hold colons; Debian's own way around it. */
export const packageFileName = (
  id: PackageId,
  { name, version }: Pick<Manifest, 'name' | 'version'>,
): string => `${name}_${version}_${id.slice(0, 12)}.moss`.replaceAll(':', '%3a')
