// Keeps assets on this machine, whole and by name, and finds the chunks inside them: the same bytes serve as file,
// as chunk and as base. Reading needs only this file; what enters comes through an import.
// S1: what bears an asset's name has its content and attributes.
import { digestOf } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { AssetId, ChunkId, ContentDigest } from '../base/ids.ts'
import { chunkSizes } from '../base/limits.ts'
import type { Report } from '../base/progress.ts'
import { type ChunkList, contentOfChunk, emptyContent, listOfOne } from '../delta/chunk-list.ts'
import type { ChunkReader } from '../delta/chunk-reader.ts'
import type { Database } from '../host/database.ts'
import type { Disk } from '../host/disk.ts'
import { inlinePool, type Pool } from '../host/pool.ts'
import { adopt } from './adopt.ts'
import type { AssetDescription } from './asset.ts'
import { checkStore, type StoreCheck, type StoreFinding } from './check.ts'
import { collect, type CollectPlan, discard, planCollect } from './collect.ts'
import { beginImport, type StoreImport } from './import.ts'
import { assetPath, type StoreParts } from './parts.ts'
import {
  allAssetIds,
  allContentSizes,
  assetsOfContent,
  type ChunkPlace,
  countAssets,
  createTables,
  eachAsset,
  eachContent,
  findAsset,
  findChunkList,
  findContent,
  findHolder,
  hasAssetRow,
  hasChunkRow,
  placesOfChunk,
} from './tables.ts'

export interface StoreOptions {
  readonly disk: Disk
  readonly database: Database
  /** ROOT/.moss; it must exist. */
  readonly folder: string
  /** Who owns the root; 0 may set every attribute. */
  readonly userId: number
  /** Without it the work is done in this thread. */
  readonly pool?: Pool
  readonly turn?: () => Promise<void>
}

export interface ContentPlace {
  readonly asset: AssetId
  readonly path: string
  readonly sizeBytes: number
}

export interface Store extends ChunkReader {
  hasAsset(id: AssetId): boolean
  /** The empty content is always there. */
  hasContent(content: ContentDigest): boolean
  describeAsset(id: AssetId): AssetDescription | undefined
  /** What is there now, for whoever asks about every file of a state. */
  assetIds(): ReadonlySet<AssetId>
  contentSizes(): ReadonlyMap<ContentDigest, number>
  /** An asset that holds the content. Its bytes are checked by whoever uses them. */
  contentPlace(content: ContentDigest): ContentPlace | undefined
  /** Where an asset of this id is, or would be. */
  assetPath(id: AssetId): string
  chunkList(content: ContentDigest): ChunkList | undefined
  /** Every asset, in the order of ids. */
  assets(): Iterable<{ readonly id: AssetId; readonly description: AssetDescription }>
  /** Every content, in the order of digests: what a host can offer as bases. */
  contents(): Iterable<{ readonly content: ContentDigest; readonly sizeBytes: number }>
  totals(): { readonly assets: number; readonly bytes: number }
  /** Until it is disposed, or something is committed, questions are quicker. */
  reading(): Disposable
  /** `label` is a plain name; an import of the same label that a crash left is dropped. */
  beginImport(label: string): StoreImport
  /** Of every asset and every stray file, unless `how` says less. */
  check(report: Report, how?: StoreCheck): Promise<readonly StoreFinding[]>
  planCollect(keep: ReadonlySet<AssetId>): CollectPlan
  collect(plan: CollectPlan): void
  /** Records what is there without a row; how many. For whoever has lost the database. */
  adopt(descriptions: readonly AssetDescription[], report: Report): Promise<number>
  /** Forgets assets that a check found damaged: they count as lacking, and the next bundle brings them again. */
  discard(damaged: readonly AssetId[]): void
}

export function openStore(options: StoreOptions): Store {
  const { database, folder } = options
  const parts: StoreParts = {
    disk: options.disk,
    database,
    folder,
    userId: options.userId,
    pool: options.pool ?? inlinePool,
    turn: options.turn ?? (() => Promise.resolve()),
    pins: new Map(),
    openFolders: new Set(),
  }
  createTables(database)
  return {
    hasAsset: (id) => hasAssetRow(database, id),
    hasContent: (content) => content === emptyContent || findContent(database, content) !== undefined,
    describeAsset: (id) => findAsset(database, id),
    assetIds: () => allAssetIds(database),
    contentSizes: () => allContentSizes(database),
    contentPlace: (content) => contentPlace(parts, content),
    assetPath: (id) => assetPath(folder, id),
    chunkList: (content) =>
      content === emptyContent ? listOfOne(content, 0) : findChunkList(database, content),
    assets: () => eachAsset(database),
    contents: () => eachContent(database),
    totals: () => countAssets(database),
    has: (id) => isShortContent(database, id) || hasChunkRow(database, id),
    get: async (id) => readChunk(parts, id),
    reading: () => database.reading(),
    beginImport: (label) => beginImport(parts, label),
    check: (report, how) => checkStore(parts, report, how),
    planCollect: (keep) => planCollect(parts, keep),
    collect: (plan) => collect(parts, plan),
    adopt: (descriptions, report) => adopt(parts, descriptions, report),
    discard: (damaged) => discard(parts, damaged),
  }
}

function contentPlace({ database, folder }: StoreParts, content: ContentDigest): ContentPlace | undefined {
  const found = findHolder(database, content)
  return found && { ...found, path: assetPath(folder, found.asset) }
}

/** True for a content that may itself serve as a chunk. */
function isShortContent(database: Database, id: ChunkId): boolean {
  const sizeBytes = findContent(database, contentOfChunk(id))?.sizeBytes ?? 0
  return sizeBytes > 0 && sizeBytes <= chunkSizes.max
}

function* placesToRead({ database }: StoreParts, id: ChunkId): Generator<ChunkPlace> {
  const content = contentOfChunk(id)
  if (isShortContent(database, id))
    yield { content, start: 0, sizeBytes: findContent(database, content)?.sizeBytes ?? 0 }
  yield* placesOfChunk(database, id)
}

/** Tries every place: a damaged asset is passed over as long as another has the bytes. */
function readChunk(parts: StoreParts, id: ChunkId): Uint8Array {
  let damaged: string | undefined
  for (const { content, start, sizeBytes } of placesToRead(parts, id))
    for (const asset of assetsOfContent(parts.database, content)) {
      const path = assetPath(parts.folder, asset)
      const bytes = readRange(parts.disk, path, { start, sizeBytes })
      if (bytes !== undefined && digestOf(bytes) === id) return bytes
      damaged = path
    }
  if (damaged === undefined) throw new MossError('CONTENT_MISSING', { what: `chunk ${id}` })
  throw new MossError('STORE_DAMAGED', { path: damaged, problem: `chunk ${id} is not what it was` })
}

function readRange(
  disk: Disk,
  path: string,
  { start, sizeBytes }: { start: number; sizeBytes: number },
): Uint8Array | undefined {
  if (disk.lstat(path)?.kind !== 'file') return undefined
  using file = disk.open(path, 'read')
  const bytes = new Uint8Array(sizeBytes)
  return file.read(bytes, start) === sizeBytes ? bytes : undefined
}
