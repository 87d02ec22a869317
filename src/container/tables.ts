// All lookup tables of a verified container, read and checked once and kept as they are in memory: each lookup is a
// binary search. What they say of frames and chunks lets a copy be checked frame by frame while it streams.
import type { ChunkId, ContentDigest, Digest, PackageId } from '../base/ids.ts'
import { emptyContent, listOfOne, type ChunkList } from '../delta/chunk-list.ts'
import { BaseTable, type BaseRange } from './base-table.ts'
import { ContentTable } from './content-table.ts'
import { ChunkTable, FrameTable, type ChunkInFrame, type ChunkPlace, type FrameEntry } from './frame-table.ts'
import {
  CapabilityTable,
  cutManifests,
  decodeHosts,
  decodePackages,
  type HostSets,
  type PackageEntry,
} from './package-table.ts'
import { readSection } from './sections.ts'
import type { VerifiedContainer } from './verify.ts'

/** Which packages a container has and names: all that is wanted of one whose contents are in a store. */
export interface PackageTables {
  /** Of the packages whose manifests are here, sorted by id. */
  readonly packages: readonly PackageEntry[]
  readonly hosts: HostSets
}

export interface Tables extends PackageTables {
  readonly frameCount: number
  /** Records: a chunk counts in each of its frames. */
  readonly chunkCount: number
  frame(n: number): FrameEntry
  /** What a host must have to decode it, in the order of the frame's files; none unless its codec is 4. */
  frameBases(n: number): readonly BaseRange[]
  /** In the order of their bytes. */
  frameChunks(n: number): readonly ChunkInFrame[]
  /** The first of its places. */
  chunkPlace(id: ChunkId): ChunkPlace | undefined
  /** In the order of their frames; any one gives the chunk. */
  chunkPlaces(id: ChunkId): Iterable<ChunkPlace>
  /** Sorted. */
  chunkIds(): Iterable<ChunkId>
  /** Also of an empty content, and of one whose only chunk is here. */
  chunkList(content: ContentDigest): ChunkList | undefined
  /** Those of more than one chunk, sorted. */
  contents(): Iterable<ContentDigest>
  /** `capability` is the digest of its text. */
  providers(capability: Digest): readonly PackageId[]
}

/** Reads once for each container. */
function once<T extends object>(
  read: (container: VerifiedContainer) => T,
): (container: VerifiedContainer) => T {
  const known = new WeakMap<VerifiedContainer, T>()
  return (container) => {
    const found = known.get(container) ?? read(container)
    known.set(container, found)
    return found
  }
}

/** Throws CONTAINER_DAMAGED naming the table. */
export const readPackageTables = once((container): PackageTables => {
  const manifests = container.head.sections.find((section) => section.name === 'manifests')
  return {
    packages: decodePackages(readSection(container, 'packages'), manifests?.plainBytes ?? 0),
    hosts: decodeHosts(readSection(container, 'hosts')),
  }
})

/** Throws CONTAINER_DAMAGED naming the table. */
export const readTables = once(decodeTables)

function decodeTables(container: VerifiedContainer): Tables {
  const bases = new BaseTable(readSection(container, 'bases'))
  const frames = new FrameTable(readSection(container, 'frames'), container.head.frames, bases)
  const chunks = new ChunkTable(readSection(container, 'chunks'), frames)
  const contents = new ContentTable(readSection(container, 'contents'), readSection(container, 'links'))
  const { packages, hosts } = readPackageTables(container)
  const capabilities = new CapabilityTable(readSection(container, 'capabilities'), packages)
  return {
    frameCount: frames.count,
    chunkCount: chunks.count,
    packages,
    hosts,
    frame: (n) => frames.entry(n),
    frameBases: (n) => bases.ranges(frames.firstBase(n), frames.entry(n).bases ?? 0),
    frameChunks: (n) => chunks.ofFrame(n),
    chunkPlace: (id) => chunks.place(id),
    chunkPlaces: (id) => chunks.places(id),
    chunkIds: () => chunks.ids(),
    chunkList: (content) => {
      if (content === emptyContent) return listOfOne(content, 0)
      const only = chunks.place(content)
      return only === undefined ? contents.list(content) : listOfOne(content, only.sizeBytes)
    },
    contents: () => contents.digests(),
    providers: (capability) => capabilities.providers(capability),
  }
}

/** Where the stored bytes of frames are and what they must be: known even where nothing else can be read. */
export const readFrameTable = (container: VerifiedContainer): Pick<FrameTable, 'count' | 'entry'> =>
  new FrameTable(readSection(container, 'frames'), container.head.frames, 'unread')

/** The manifests that are here, each checked against its package's id. */
export const readManifests = (container: VerifiedContainer): ReadonlyMap<PackageId, Uint8Array> =>
  cutManifests(readSection(container, 'manifests'), readPackageTables(container).packages)
