// What must cross the gap: given what each host shall have and what it has, which manifests, chunk lists and
// chunks go, in which order, and what that costs. One plan may serve many hosts; what several of them lack goes
// once. Contents that a host has under any path or attributes cost nothing. A plan is a plain value, the same
// for the same question, and writes nothing.
import { compareText } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { ChunkId, ContentDigest, HostId, PackageId } from '../base/ids.ts'
import type { ChunkList } from '../delta/chunk-list.ts'
import type { SimilarContents } from '../delta/sketch.ts'
import type { LayoutFile, Manifest } from '../manifest/manifest.ts'
import { orderAlike } from './order.ts'
import { type CarriedDelta, type ChangedFile, type DeltaBase, planDeltas } from './plan-deltas.ts'

/** One host: the whole package set it shall have, and what it is known to have. */
export interface HostWish {
  readonly host: HostId
  readonly wants: readonly PackageId[]
  readonly has: readonly PackageId[]
  /** Contents, manifests included, that its packages name but that the host says are missing or damaged. */
  readonly lacking?: readonly ContentDigest[]
}

/** What the planner must be able to look up. Packages that a host has may be unknown here; wanted ones not. */
export interface Catalogue {
  manifest(id: PackageId): Manifest | undefined
  /** The chunks of a file of that package; asked for non-empty files only. */
  chunkList(id: PackageId, file: LayoutFile): ChunkList
}

export interface CarryRequest {
  readonly hosts: readonly HostWish[]
  readonly catalogue: Catalogue
  /** What names do not find. */
  readonly similar?: SimilarContents
}

/** Plain sizes, each content and each chunk counted once. */
export interface CarryTotals {
  /** Everything that is wanted. */
  readonly allBytes: number
  readonly allContents: number
  /** The part of it that the host does not have as whole contents: what carrying in full would cost. */
  readonly changedBytes: number
  readonly changedContents: number
  /** The part of the changed bytes that need not be carried: chunks that are there, or repeat. */
  readonly sharedBytes: number
  /** What is carried: chunks before compression. */
  readonly chunkBytes: number
  readonly chunks: number
}

export interface CarriedHost {
  readonly host: HostId
  /** Its whole set, sorted. */
  readonly packages: readonly PackageId[]
  readonly totals: CarryTotals
}

export interface CarriedChunk {
  readonly id: ChunkId
  readonly sizeBytes: number
  /** A package whose container has it. */
  readonly from: PackageId
}

export interface CarryPlan {
  /** Sorted by id. */
  readonly hosts: readonly CarriedHost[]
  /** Manifests that some host lacks, sorted. */
  readonly manifests: readonly PackageId[]
  /** Chunk lists of changed contents that have more than one chunk, sorted by content. */
  readonly lists: readonly ChunkList[]
  /** Chunks that some host lacks, in the order in which they travel. */
  readonly chunks: readonly CarriedChunk[]
  /** Files whose chunks may travel as deltas instead, in the order of the chunks. */
  readonly deltas: readonly CarriedDelta[]
  /** Of all hosts together: the union, not the sum. */
  readonly totals: CarryTotals
}

interface CountedWish extends Pick<HostWish, 'has'> {
  readonly lacking: HostWish['lacking'] | undefined
  readonly carried: CarriedHost
}

/** Throws NOT_FOUND for a wanted package that the catalogue does not know. */
export function planCarry(request: CarryRequest): CarryPlan {
  const look = new Look(request.catalogue)
  const hosts = [...request.hosts].sort((a, b) => compareText(a.host, b.host))
  const union = new Tally()
  const manifests = new Set<PackageId>()
  const carriedHosts: CarriedHost[] = []
  /** Hosts of one state, which are most of a fleet, are counted once; the same arrays are not even compared. */
  const tallies = new Map<string, Tally>()
  const same = new Map<readonly PackageId[], CountedWish>()
  for (const wish of hosts) {
    const counted = same.get(wish.wants)
    if (counted !== undefined && counted.has === wish.has && counted.lacking === wish.lacking) {
      carriedHosts.push({ ...counted.carried, host: wish.host })
      continue
    }
    const key = JSON.stringify([wish.wants, wish.has, wish.lacking])
    const tally = tallies.get(key) ?? tallyHost(wish, look)
    tallies.set(key, tally)
    const has = new Set(wish.has)
    const lacking = new Set<string>(wish.lacking)
    for (const id of wish.wants) if (!has.has(id) || lacking.has(id)) manifests.add(id)
    union.add(tally)
    const carried = {
      host: wish.host,
      packages: [...new Set(wish.wants)].sort(compareText),
      totals: tally.totals(look),
    }
    carriedHosts.push(carried)
    same.set(wish.wants, { has: wish.has, lacking: wish.lacking, carried })
  }
  const travelling = orderContents(union.changed, hosts, look)
  const { chunks, files } = orderChunks(travelling, union.chunks)
  return {
    hosts: carriedHosts,
    manifests: [...manifests].sort(compareText),
    lists: travelling
      .map(({ list }) => list)
      .filter((list) => list.chunks.length > 1)
      .sort((a, b) => compareText(a.content, b.content)),
    chunks,
    deltas: planDeltas(files, {
      hosts: [...tallies.values()],
      had: filesHad(hosts, look),
      chunks,
      similar: request.similar,
    }),
    totals: union.totals(look),
  }
}

/** Remembers lookups, so that each manifest and chunk list is asked for once. */
class Look {
  readonly #catalogue: Catalogue
  readonly #manifests = new Map<PackageId, Manifest | undefined>()
  readonly #lists = new Map<ContentDigest, ChunkList>()

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue
  }

  manifest(id: PackageId): Manifest | undefined {
    if (!this.#manifests.has(id)) this.#manifests.set(id, this.#catalogue.manifest(id))
    return this.#manifests.get(id)
  }

  wanted(id: PackageId): Manifest {
    const manifest = this.manifest(id)
    if (manifest === undefined) throw new MossError('NOT_FOUND', { what: 'package', name: id })
    return manifest
  }

  list(id: PackageId, file: LayoutFile): ChunkList {
    const known = this.#lists.get(file.content)
    if (known !== undefined) return known
    const list = this.#catalogue.chunkList(id, file)
    this.#lists.set(file.content, list)
    return list
  }

  listed(content: ContentDigest): ChunkList {
    const list = this.#lists.get(content)
    if (list === undefined) throw new Error(`broken promise: the chunks of ${content} were looked up`)
    return list
  }
}

/** Files with bytes: empty ones need no carrying. */
const filesOf = (manifest: Manifest): readonly LayoutFile[] =>
  manifest.layout.filter((entry) => entry.kind === 'file').filter((file) => file.sizeBytes > 0)

/** What one host, or all together, want, lack, and must be brought. */
class Tally {
  readonly wanted = new Map<ContentDigest, number>()
  readonly changed = new Set<ContentDigest>()
  readonly held = new Set<ContentDigest>()
  readonly chunks = new Map<ChunkId, number>()

  add(other: Tally): void {
    for (const [content, sizeBytes] of other.wanted) this.wanted.set(content, sizeBytes)
    for (const content of other.changed) this.changed.add(content)
    for (const [chunk, sizeBytes] of other.chunks) this.chunks.set(chunk, sizeBytes)
  }

  totals(look: Look): CarryTotals {
    let changedBytes = 0
    for (const content of this.changed) changedBytes += look.listed(content).sizeBytes
    const chunkBytes = sum(this.chunks.values())
    return {
      allBytes: sum(this.wanted.values()),
      allContents: this.wanted.size,
      changedBytes,
      changedContents: this.changed.size,
      sharedBytes: changedBytes - chunkBytes,
      chunkBytes,
      chunks: this.chunks.size,
    }
  }
}

const sum = (sizes: Iterable<number>): number => {
  let total = 0
  for (const size of sizes) total += size
  return total
}

function tallyHost(wish: HostWish, look: Look): Tally {
  const tally = new Tally()
  const lacking = new Set(wish.lacking)
  const { held } = tally
  const heldChunks = new Set<ChunkId>()
  for (const id of wish.has) {
    const manifest = look.manifest(id)
    if (manifest === undefined) continue
    for (const file of filesOf(manifest)) {
      if (lacking.has(file.content) || held.has(file.content)) continue
      held.add(file.content)
      for (const chunk of look.list(id, file).chunks) heldChunks.add(chunk.id)
    }
  }
  for (const id of wish.wants)
    for (const file of filesOf(look.wanted(id))) {
      if (tally.wanted.has(file.content)) continue
      tally.wanted.set(file.content, file.sizeBytes)
      if (held.has(file.content)) continue
      tally.changed.add(file.content)
      for (const chunk of look.list(id, file).chunks)
        if (!heldChunks.has(chunk.id)) tally.chunks.set(chunk.id, chunk.sizeBytes)
    }
  return tally
}

/** Every file of the packages that some host has, as far as they are known here. */
const filesHad = (hosts: readonly HostWish[], look: Look): readonly DeltaBase[] =>
  [...new Set(hosts.flatMap((wish) => wish.has))].flatMap((from) => {
    const manifest = look.manifest(from)
    if (manifest === undefined) return []
    return filesOf(manifest).map(({ path, content, sizeBytes }) => ({ path, content, sizeBytes, from }))
  })

interface Travelling {
  readonly path: string
  readonly list: ChunkList
  readonly from: PackageId
}

/** Each changed content once, under the first package that has it. */
function orderContents(
  changed: ReadonlySet<ContentDigest>,
  hosts: readonly HostWish[],
  look: Look,
): readonly Travelling[] {
  const packages = [...new Set(hosts.flatMap((wish) => wish.wants))]
    .map((id) => ({ id, manifest: look.wanted(id) }))
    .sort((a, b) => compareText(a.manifest.name, b.manifest.name) || compareText(a.id, b.id))
  const seen = new Set<ContentDigest>()
  const out: Travelling[] = []
  for (const { id, manifest } of packages) {
    const files = filesOf(manifest).filter((file) => changed.has(file.content) && !seen.has(file.content))
    for (const file of orderAlike(files)) {
      if (seen.has(file.content)) continue
      seen.add(file.content)
      out.push({ path: file.path, list: look.list(id, file), from: id })
    }
  }
  return out
}

function orderChunks(
  travelling: readonly Travelling[],
  carried: ReadonlyMap<ChunkId, number>,
): { readonly chunks: readonly CarriedChunk[]; readonly files: readonly ChangedFile[] } {
  const left = new Map(carried)
  const chunks: CarriedChunk[] = []
  const files = travelling.map(({ path, list, from }): ChangedFile => {
    const firstChunk = chunks.length
    let sizeBytes = 0
    for (const chunk of list.chunks) {
      if (!left.delete(chunk.id)) continue
      chunks.push({ id: chunk.id, sizeBytes: chunk.sizeBytes, from })
      sizeBytes += chunk.sizeBytes
    }
    const count = chunks.length - firstChunk
    return { content: list.content, path, contentBytes: list.sizeBytes, firstChunk, chunks: count, sizeBytes }
  })
  return { chunks, files }
}
