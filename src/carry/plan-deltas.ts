// Which changed files may travel as deltas, and against what: a base is a file of the packages the hosts have, found by
// its path, and every host that lacks the changed file has it. Whether a delta pays is known only when it is
// made, so these are offers; the same chunks stand in the plan to be carried whole otherwise.
import { compareText } from '../base/bytes.ts'
import type { ContentDigest, PackageId } from '../base/ids.ts'
import { type BaseCandidate, baseFinder } from '../delta/find-base.ts'
import type { SimilarContents } from '../delta/sketch.ts'

export interface DeltaBase extends BaseCandidate {
  /** A package whose container has it. */
  readonly from: PackageId
}

export interface CarriedDelta {
  readonly content: ContentDigest
  /** Of the plan's chunks, the first of this file, and how many they are; they follow each other. */
  readonly firstChunk: number
  readonly chunks: number
  readonly sizeBytes: number
  readonly base: DeltaBase
}

/** A changed file with those of its chunks that travel for it. */
export interface ChangedFile {
  readonly content: ContentDigest
  readonly path: string
  readonly contentBytes: number
  readonly firstChunk: number
  readonly chunks: number
  readonly sizeBytes: number
}

/** What one host has, and which contents it must be brought. */
export interface HostContents {
  readonly held: ReadonlySet<ContentDigest>
  readonly changed: ReadonlySet<ContentDigest>
}

/** Shorter files gain nothing: naming a base costs 48 bytes. */
const shortestBytes = 128

/** `had` may name a content twice. In the order of `files`. */
export function planDeltas(
  files: readonly ChangedFile[],
  {
    hosts,
    had,
    similar,
  }: {
    readonly hosts: readonly HostContents[]
    readonly had: readonly DeltaBase[]
    readonly similar?: SimilarContents | undefined
  },
): readonly CarriedDelta[] {
  const sorted = had.toSorted((a, b) => compareText(a.path, b.path) || compareText(a.from, b.from))
  const finder = baseFinder(sorted, similar)
  return files.flatMap((file) => {
    const { content, path, contentBytes, firstChunk, chunks, sizeBytes } = file
    if (chunks === 0 || sizeBytes < shortestBytes) return []
    const lacking = hosts.filter(({ changed }) => changed.has(content))
    const base = finder.find({ path, content, sizeBytes: contentBytes }, (candidate) =>
      lacking.every(({ held }) => held.has(candidate.content)),
    )
    return base === undefined ? [] : [{ content, firstChunk, chunks, sizeBytes, base }]
  })
}
