// What the solver chooses among, and what it answers. A candidate is a package as its relations see it; a chosen
// one carries the reason that brought it in, so that `why` can be answered later without solving again.
import type { PackageId } from '../base/ids.ts'
import type { Relation } from '../manifest/capability.ts'
import type { ListedManifest } from '../manifest/manifest.ts'

export interface Candidate {
  readonly id: PackageId
  readonly manifest: ListedManifest
  /** Of its files, where somebody knows: of two that serve as well the smaller is chosen. */
  readonly sizeBytes?: number
}

export type Reason =
  | { readonly kind: 'subscription'; readonly subscription: Relation }
  | {
      readonly kind: 'requirement' | 'recommendation'
      /** The package that says so, by id and name. */
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

/** `bash 5.2-1`, as messages name a package. */
export const titleOf = ({ manifest }: Candidate): string => `${manifest.name} ${manifest.version}`
