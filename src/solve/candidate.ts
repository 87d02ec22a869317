// What the solver chooses among, and what it answers. A candidate is a package as its relations see it; a chosen
// one carries the reason that brought it in, so that `why` can be answered later without solving again.
import { compareText } from '../base/bytes.ts'
import type { PackageId } from '../base/ids.ts'
import type { Relation } from '../manifest/capability.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { compareVersions, versionSchemes } from '../manifest/version.ts'

export interface Candidate {
  readonly id: PackageId
  readonly manifest: Pick<
    Manifest,
    'name' | 'version' | 'scheme' | 'architecture' | 'provides' | 'requires' | 'conflicts' | 'replaces'
  >
}

export type Reason =
  | { readonly kind: 'subscription'; readonly subscription: Relation }
  | {
      readonly kind: 'requirement'
      /** The package that requires it, by id and name. */
      readonly by: PackageId
      readonly byName: string
      readonly relation: Relation
    }

export interface Chosen {
  readonly candidate: Candidate
  readonly reason: Reason
}

export interface Solution {
  /** Sorted by name; at most one of each name. */
  readonly chosen: readonly Chosen[]
}

/** By name, then newest first, then by id: the same whatever order the candidates came in. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  return compareText(a.manifest.name, b.manifest.name) || compareAge(a, b) || compareText(a.id, b.id)
}

/** Newest first. Under two schemes the versions say nothing: moss before rpm before deb, to have an order. */
export function compareAge(a: Candidate, b: Candidate): number {
  const [x, y] = [a.manifest, b.manifest]
  if (x.scheme !== y.scheme) return versionSchemes.indexOf(y.scheme) - versionSchemes.indexOf(x.scheme)
  return -compareVersions(x.scheme, x.version, y.version)
}

/** `bash 5.2-1`, as messages name a package. */
export const titleOf = ({ manifest }: Candidate): string => `${manifest.name} ${manifest.version}`
