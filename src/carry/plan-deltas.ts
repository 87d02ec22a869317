// Which changed files may travel as deltas, and against what: a base is a file of the packages the hosts have, found by
// its path, and every host that lacks the changed file has it. Whether a delta pays is known only when it is
// made, so these are offers; the same chunks stand in the plan to be carried whole otherwise.
import { compareText } from '../base/bytes.ts'
import type { ChunkId, ContentDigest, PackageId } from '../base/ids.ts'
import { type BaseCandidate, baseFinder } from '../delta/find-base.ts'

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
  /** Number of the set of hosts that take it: deltas of one set may share frames. */
  readonly takers: number
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

/** What one host has, and which chunks it must be brought. */
export interface HostContents {
  readonly held: ReadonlySet<ContentDigest>
  readonly chunks: ReadonlyMap<ChunkId, number>
}

interface Known {
  readonly hosts: readonly HostContents[]
  /** May name a content twice. */
  readonly had: readonly DeltaBase[]
  /** Of the plan. */
  readonly chunks: readonly { readonly id: ChunkId }[]
}

/** Shorter files gain nothing: naming a base costs 48 bytes. */
const shortestBytes = 128

/** Set by set in the order of their first files, and of a set in the order of `files`. */
export function planDeltas(files: readonly ChangedFile[], known: Known): readonly CarriedDelta[] {
  const sorted = known.had.toSorted((a, b) => compareText(a.path, b.path) || compareText(a.from, b.from))
  const finder = baseFinder(sorted)
  const sets = new Map<string, number>()
  const deltas = files.flatMap((file): CarriedDelta[] => {
    const { content, path, contentBytes, firstChunk, chunks, sizeBytes } = file
    if (chunks === 0 || sizeBytes < shortestBytes) return []
    const takers = takersOf(file, known)
    const base = finder.find({ path, sizeBytes: contentBytes }, (candidate) =>
      takers.every((n) => known.hosts[n]?.held.has(candidate.content)),
    )
    if (base === undefined) return []
    return [{ content, firstChunk, chunks, sizeBytes, base, takers: numberOf(sets, takers.join()) }]
  })
  return deltas.sort((a, b) => a.takers - b.takers)
}

/** Numbers of the hosts that lack a chunk which travels for this file, be it for another file. */
function takersOf({ firstChunk, chunks }: ChangedFile, known: Known): readonly number[] {
  const travelling = known.chunks.slice(firstChunk, firstChunk + chunks)
  return known.hosts.flatMap((host, n) => (travelling.some(({ id }) => host.chunks.has(id)) ? [n] : []))
}

function numberOf(sets: Map<string, number>, key: string): number {
  const number = sets.get(key) ?? sets.size
  sets.set(key, number)
  return number
}
