// Which files must be put together to take a bundle's packages in, and from what: each content once, each of its
// chunks from a frame or from the store. Computed before anything is written, so that a missing piece is told
// first. Contents that the store has under any attributes need no assembling.
import { emptyDigest } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { AssetId, ChunkId, ContentDigest } from '../base/ids.ts'
import { chunkSizes } from '../base/limits.ts'
import type { BaseRange } from '../container/base-table.ts'
import type { ChunkPlace } from '../container/frame-table.ts'
import type { Tables } from '../container/tables.ts'
import { listOfOne, type ChunkList } from '../delta/chunk-list.ts'
import type { LayoutFile } from '../manifest/manifest.ts'
import { assetIdOf, type AssetDescription } from '../store/asset.ts'
import type { Store } from '../store/store.ts'
import type { HeldChunk } from './held-chunks.ts'
import { hasBase, type NameContent, nameOfBase } from './store-bases.ts'
import { manifestContent, type BundlePackage } from './read-bundle.ts'

/** A chunk's place in a content. */
export interface Destination {
  readonly content: ContentDigest
  readonly at: number
  /** As the content's chunk list has it. */
  readonly sizeBytes: number
}

/** Throws CONTAINER_DAMAGED where a file's chunk list and what carries the chunk differ. */
export function assertChunkSize(listedBytes: number, carriedBytes: number): void {
  if (listedBytes !== carriedBytes)
    throw new MossError('CONTAINER_DAMAGED', {
      part: 'table links',
      problem: `a chunk of ${listedBytes} bytes has ${carriedBytes}`,
    })
}

export interface Assembly {
  /** Assets that the store lacks, each with a path that names it. */
  readonly assets: readonly { readonly description: AssetDescription; readonly path: string }[]
  /** Contents to put together, by digest. */
  readonly lists: ReadonlyMap<ContentDigest, ChunkList>
  /** Where carried chunks go, frame by frame. Frames that nobody here needs are absent. */
  readonly frames: ReadonlyMap<number, ReadonlyMap<ChunkId, readonly Destination[]>>
  /** Chunks from the store, by the content they are for, in its order. */
  readonly held: ReadonlyMap<ContentDigest, readonly HeldChunk[]>
  /** A path for each content to put together. */
  readonly paths: ReadonlyMap<ContentDigest, string>
  /** Of the contents to put together. */
  readonly contentBytes: number
}

/** Manifests belong to root and are readable by all, as files of a state. */
export const manifestAsset = ({ id, manifestBytes }: BundlePackage): AssetDescription => ({
  content: manifestContent(id),
  sizeBytes: manifestBytes.length,
  mode: 0o644,
  uid: 0,
  gid: 0,
})

export const fileAsset = ({ content, sizeBytes, mode, uid, gid, xattrs }: LayoutFile): AssetDescription => ({
  content,
  sizeBytes,
  mode,
  uid,
  gid,
  ...(xattrs !== undefined && { xattrs }),
})

type StoreToAsk = Pick<Store, 'assetIds' | 'contentSizes' | 'has'>

/** Throws BUNDLE_BASE_MISSING naming every file whose bytes are neither carried nor here, MANIFEST_INVALID for a wrong size. */
export function planAssembly(
  packages: readonly BundlePackage[],
  from: {
    readonly tables: Tables
    readonly store: StoreToAsk
    readonly nameContent?: NameContent | undefined
  },
): Assembly {
  const plan = new AssemblyPlan(from)
  for (const each of packages)
    for (const entry of each.manifest.layout)
      if (entry.kind === 'file') plan.addFile(entry, each.manifest.name)
  return plan.finish()
}

class AssemblyPlan {
  readonly #tables: Tables
  readonly #store: StoreToAsk
  /** What the store has. */
  readonly #heldAssets: ReadonlySet<AssetId>
  readonly #heldContents: ReadonlyMap<ContentDigest, number>
  readonly #nameContent: NameContent | undefined
  readonly #assets = new Map<AssetId, { readonly description: AssetDescription; readonly path: string }>()
  readonly #lists = new Map<ContentDigest, ChunkList>()
  readonly #frames = new Map<number, Map<ChunkId, Destination[]>>()
  readonly #held = new Map<ContentDigest, HeldChunk[]>()
  readonly #paths = new Map<ContentDigest, string>()
  readonly #missing: string[] = []
  /** Of the chunks that have several. */
  readonly #chosen = new Map<ChunkId, ChunkPlace>()
  /** Bases that this host lacks, by frame. */
  readonly #missingOf = new Map<number, readonly BaseRange[]>()
  #contentBytes = 0

  constructor({ tables, store, nameContent }: Parameters<typeof planAssembly>[1]) {
    this.#tables = tables
    this.#store = store
    this.#heldAssets = store.assetIds()
    this.#heldContents = store.contentSizes()
    this.#nameContent = nameContent
  }

  addFile(file: LayoutFile, packageName: string): void {
    const id = assetIdOf(file)
    const knownBytes = this.#sizeOf(file.content)
    // What is not put together here is not weighed here: its size is compared with the one that was.
    if (knownBytes !== undefined && knownBytes !== file.sizeBytes)
      throw new MossError('MANIFEST_INVALID', {
        package: packageName,
        problem: `/${file.path} has ${knownBytes} bytes, not ${file.sizeBytes}`,
      })
    if (this.#assets.has(id) || this.#heldAssets.has(id)) return
    this.#assets.set(id, { description: fileAsset(file), path: `/${file.path}` })
    if (knownBytes !== undefined) return
    const list = this.#listOf(file)
    if (list === undefined) {
      this.#missing.push(`/${file.path}`)
      return
    }
    this.#lists.set(file.content, list)
    this.#paths.set(file.content, `/${file.path}`)
    this.#contentBytes += list.sizeBytes
    this.#placeChunks(file, list)
  }

  finish(): Assembly {
    for (const [frame, chunks] of this.#frames) this.#checkBases(frame, chunks)
    if (this.#missing.length > 0) throw new MossError('BUNDLE_BASE_MISSING', { names: this.#missing })
    return {
      assets: [...this.#assets.values()],
      lists: this.#lists,
      frames: this.#frames,
      held: this.#held,
      paths: this.#paths,
      contentBytes: this.#contentBytes,
    }
  }

  /** Of a content that is put together already, or that the store has; undefined of any other. */
  #sizeOf(content: ContentDigest): number | undefined {
    return content === emptyDigest
      ? 0
      : (this.#lists.get(content)?.sizeBytes ?? this.#heldContents.get(content))
  }

  /** A short content may be a chunk of something that the host has. */
  #listOf(file: LayoutFile): ChunkList | undefined {
    const list =
      this.#tables.chunkList(file.content) ??
      (file.sizeBytes <= chunkSizes.max ? listOfOne(file.content, file.sizeBytes) : undefined)
    if (list === undefined || list.sizeBytes === file.sizeBytes) return list
    throw new MossError('CONTAINER_DAMAGED', {
      part: 'table contents',
      problem: `/${file.path} has ${file.sizeBytes} bytes, its chunks ${list.sizeBytes}`,
    })
  }

  /** Names each base that the host lacks. */
  #checkBases(frame: number, chunks: ReadonlyMap<ChunkId, readonly Destination[]>): void {
    const missing = this.#missingBases(frame)
    if (missing.length === 0) return
    const path = pathOfFrame(this.#paths, chunks)
    const nameContent = this.#nameContent
    for (const { content } of missing) this.#missing.push(nameOfBase(content, { path, nameContent }))
  }

  #missingBases(frame: number): readonly BaseRange[] {
    let missing = this.#missingOf.get(frame)
    if (missing === undefined) {
      missing = this.#tables.frameBases(frame).filter((base) => !hasBase(this.#heldContents, base))
      this.#missingOf.set(frame, missing)
    }
    return missing
  }

  /** A frame whose bases are here; one without only where the store does not have the chunk, as it may of other hosts' frames. */
  #placeOf(id: ChunkId): ChunkPlace | undefined {
    const known = this.#chosen.get(id)
    if (known !== undefined) return known
    const places = [...this.#tables.chunkPlaces(id)]
    const decodable = places.find(({ frame }) => this.#missingBases(frame).length === 0)
    const place = decodable ?? (this.#store.has(id) ? undefined : places[0])
    if (place !== undefined && places.length > 1) this.#chosen.set(id, place)
    return place
  }

  #placeChunks(file: LayoutFile, list: ChunkList): void {
    let at = 0
    for (const { id, sizeBytes } of list.chunks) {
      const place = this.#placeOf(id)
      if (place !== undefined) this.#place(id, place, { content: file.content, at, sizeBytes })
      else if (this.#store.has(id)) entryOf(this.#held, file.content).push({ id, at, sizeBytes })
      else {
        this.#missing.push(`/${file.path}`)
        return
      }
      at += sizeBytes
    }
  }

  #place(id: ChunkId, place: ChunkPlace, destination: Destination): void {
    if (place.sizeBytes !== destination.sizeBytes)
      throw new MossError('CONTAINER_DAMAGED', {
        part: 'table links',
        problem: `chunk ${id.slice(0, 16)} has two sizes`,
      })
    let frame = this.#frames.get(place.frame)
    if (frame === undefined) this.#frames.set(place.frame, (frame = new Map()))
    entryOf(frame, id).push(destination)
  }
}

/** A file that needs something of the frame. */
export function pathOfFrame(
  paths: ReadonlyMap<ContentDigest, string>,
  chunks: ReadonlyMap<ChunkId, readonly Destination[]> | undefined,
): string {
  const [destinations] = chunks?.values() ?? []
  const content = destinations?.[0]?.content
  return (content && paths.get(content)) ?? 'a file'
}

function entryOf<K, T>(map: Map<K, T[]>, key: K): T[] {
  let entry = map.get(key)
  if (entry === undefined) map.set(key, (entry = []))
  return entry
}
