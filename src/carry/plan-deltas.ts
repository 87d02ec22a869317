// Which changed files may travel as deltas, and against what: a base is a file of the packages the hosts have, found by
// its path. Hosts in different states may need different bases; then there are several ways to carry the file, and
// whether one of them pays is known only when they are priced. So these are offers; the same chunks stand in the plan
// to be carried whole otherwise. A frame needs all its bases, so deltas that different hosts take never share one.
import { compareText } from '../base/bytes.ts'
import type { ChunkId, ContentDigest, PackageId } from '../base/ids.ts'
import { type BaseCandidate, baseFinder, likelyBases } from '../delta/find-base.ts'
import type { SimilarContents } from '../delta/sketch.ts'

export interface DeltaBase extends BaseCandidate {
  /** A package whose container has it. */
  readonly from: PackageId
}

/** The file as a delta for some of the hosts that lack it. */
export interface DeltaPart {
  readonly base: DeltaBase
  /** Number of the set of hosts that take it: deltas of one set may share frames. */
  readonly takers: number
}

export interface CarriedDelta {
  readonly file: { readonly content: ContentDigest; readonly path: string; readonly sizeBytes: number }
  /** Of the plan's chunks, the first that travels for this file, how many follow each other, and their bytes. */
  readonly firstChunk: number
  readonly chunks: number
  readonly sizeBytes: number
  /** Each serves every host that lacks the file: by one base that all have, or by one for each group of them. */
  readonly ways: readonly (readonly DeltaPart[])[]
  /** Numbers of those of its chunks that other hosts lack too, for files of their own: these also travel whole. */
  readonly alsoWhole: readonly number[]
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

/** What a host has, and which contents and chunks it must be brought. Hosts that are alike may count as one. */
export interface HostContents {
  readonly held: ReadonlySet<ContentDigest>
  readonly changed: ReadonlySet<ContentDigest>
  readonly chunks: ReadonlyMap<ChunkId, number>
}

interface Known {
  readonly hosts: readonly HostContents[]
  /** May name a content twice. */
  readonly had: readonly DeltaBase[]
  /** Of the plan. */
  readonly chunks: readonly { readonly id: ChunkId }[]
  readonly similar?: SimilarContents | undefined
}

/** Shorter files gain nothing: naming a base costs 48 bytes. */
const shortestBytes = 128

/** In the order of `files`. */
export function planDeltas(files: readonly ChangedFile[], known: Known): readonly CarriedDelta[] {
  const likely = likelyBases(known.had, files, known.similar)
  const sorted = likely.toSorted((a, b) => compareText(a.path, b.path) || compareText(a.from, b.from))
  const finder = baseFinder(sorted, known.similar)
  const sets = new Map<string, number>()
  return files.flatMap((file): CarriedDelta[] => {
    const { content, firstChunk, chunks, sizeBytes } = file
    if (chunks === 0 || sizeBytes < shortestBytes) return []
    const { lackers, alsoWhole } = neededBy(file, known)
    const find = (numbers: readonly number[]): DeltaBase | undefined =>
      finder.find({ path: file.path, content, sizeBytes: file.contentBytes }, ({ content: base }) =>
        numbers.every((n) => known.hosts[n]?.held.has(base)),
      )
    const ways = waysFor(lackers, { find, hosts: known.hosts }).map((way) =>
      way.map(({ base, takers }): DeltaPart => ({ base, takers: numberOf(sets, takers.join()) })),
    )
    const whole = { content, path: file.path, sizeBytes: file.contentBytes }
    return ways.length === 0 ? [] : [{ file: whole, firstChunk, chunks, sizeBytes, ways, alsoWhole }]
  })
}

/** Numbers of the hosts that lack the file and something of what travels for it, and of chunks that others lack. */
function neededBy(
  { content, firstChunk, chunks }: ChangedFile,
  known: Known,
): { readonly lackers: readonly number[]; readonly alsoWhole: readonly number[] } {
  const travelling = known.chunks.slice(firstChunk, firstChunk + chunks)
  const lackers: number[] = []
  const alsoWhole = new Set<number>()
  known.hosts.forEach((host, n) => {
    const isLacked = ({ id }: { readonly id: ChunkId }): boolean => host.chunks.has(id)
    if (!host.changed.has(content))
      travelling.forEach((chunk, i) => isLacked(chunk) && alsoWhole.add(firstChunk + i))
    else if (travelling.some(isLacked)) lackers.push(n)
  })
  return { lackers, alsoWhole: [...alsoWhole].sort((a, b) => a - b) }
}

interface Serving {
  readonly base: DeltaBase
  readonly takers: readonly number[]
}

/** One base for all first, if there is one; then, where they differ, the best base of each. */
function waysFor(
  lackers: readonly number[],
  {
    find,
    hosts,
  }: {
    readonly find: (numbers: readonly number[]) => DeltaBase | undefined
    readonly hosts: readonly HostContents[]
  },
): readonly (readonly Serving[])[] {
  if (lackers.length === 0) return []
  const forAll = find(lackers)
  const ways = forAll === undefined ? [] : [[{ base: forAll, takers: lackers }]]
  if (lackers.length === 1) return ways
  const best = lackers.map((n) => find([n]))
  const bases = best.filter((base) => base !== undefined)
  if (bases.length < lackers.length) return ways
  const apart = coverHosts(lackers, { bases, hosts })
  return apart.length === 1 && apart[0]?.base.content === forAll?.content ? ways : [...ways, apart]
}

/** Each host takes one of `bases`, as few of them as is easily found: always the one that serves most of those left. */
function coverHosts(
  lackers: readonly number[],
  { bases, hosts }: { readonly bases: readonly DeltaBase[]; readonly hosts: readonly HostContents[] },
): readonly Serving[] {
  const distinct = new Map(bases.map((base) => [base.content, base]))
  const parts: Serving[] = []
  let left = lackers
  while (left.length > 0) {
    let most: Serving | undefined
    for (const base of distinct.values()) {
      const takers = left.filter((n) => hosts[n]?.held.has(base.content))
      if (takers.length > (most?.takers.length ?? 0)) most = { base, takers }
    }
    if (most === undefined) throw new Error('broken promise: each host has one of these bases')
    const served = new Set(most.takers)
    parts.push(most)
    left = left.filter((n) => !served.has(n))
  }
  return parts
}

function numberOf(sets: Map<string, number>, key: string): number {
  const number = sets.get(key) ?? sets.size
  sets.set(key, number)
  return number
}
