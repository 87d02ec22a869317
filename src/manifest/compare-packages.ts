// The order of packages in lists of whole channels.
import { compareText } from '../base/bytes.ts'
import type { PackageId } from '../base/ids.ts'
import type { Manifest } from './manifest.ts'
import { compareVersions, versionSchemes } from './version.ts'

interface Versioned {
  readonly id: PackageId
  readonly manifest: Pick<Manifest, 'name' | 'version' | 'scheme'>
}

/** By name, then newest first, then by id: the same whatever order the packages came in. */
export const comparePackages = (a: Versioned, b: Versioned): number =>
  compareText(a.manifest.name, b.manifest.name) || compareAge(a, b) || compareText(a.id, b.id)

/** Newest first. Under two schemes the versions say nothing: moss before rpm before deb, to have an order. */
export function compareAge(a: Versioned, b: Versioned): number {
  const [x, y] = [a.manifest, b.manifest]
  if (x.scheme !== y.scheme) return versionSchemes.indexOf(y.scheme) - versionSchemes.indexOf(x.scheme)
  return -compareVersions(x.scheme, x.version, y.version)
}
