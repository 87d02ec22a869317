// Keeps assets on this machine, whole and by name, and finds the chunks inside them: the same bytes serve as file,
// as chunk and as base. Reading needs only this file; what enters comes through an import.
// S1: what bears an asset's name has its content and attributes.
import type { AssetId, ContentDigest } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import { type ChunkList, emptyContent, listOfOne } from '../delta/chunk-list.ts'
import type { ChunkReader } from '../delta/chunk-reader.ts'
import type { Database } from '../host/database.ts'
import type { Disk } from '../host/disk.ts'
import { inlinePool, type Pool } from '../host/pool.ts'
import { adopt } from './adopt.ts'
import { ChunkSource, isShortContent, readChunk } from './read-chunk.ts'
import type { AssetDescription } from './asset.ts'
import { checkStore, type StoreCheck, type StoreFinding } from './check.ts'
import { collect, type CollectPlan, discard, planCollect } from './collect.ts'
import { beginImport, type StoreImport } from './import.ts'
import { assetPath, type StoreParts } from './parts.ts'
import { recut } from './recut.ts'
import {
  allAssetIds,
  allContentSizes,
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
  /** For many chunks in a row. */
  openChunks(): ChunkSource
  /** Until it is disposed, or something is committed, questions are quicker. */
  reading(): Disposable
  /** `label` is a plain name; an import of the same label that a crash left is dropped. */
  beginImport(label: string): StoreImport
  /** Of every asset and every stray file, unless `how` says less. */
  check(report: Report, how?: StoreCheck): Promise<readonly StoreFinding[]>
  /** Cuts contents anew whose chunks are not what an import was told; how many. Reads every body. */
  recut(report: Report): Promise<number>
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
    contentSizes: contentSizesOf(database),
    contentPlace: (content) => contentPlace(parts, content),
    assetPath: (id) => assetPath(folder, id),
    chunkList: (content) =>
      content === emptyContent ? listOfOne(content, 0) : findChunkList(database, content),
    assets: () => eachAsset(database),
    contents: () => eachContent(database),
    totals: () => countAssets(database),
    has: (id) => isShortContent(database, id) || hasChunkRow(database, id),
    get: async (id) => readChunk(parts, id),
    openChunks: () => new ChunkSource(parts),
    reading: () => database.reading(),
    beginImport: (label) => beginImport(parts, label),
    check: (report, how) => checkStore(parts, report, how),
    recut: (report) => recut(parts, report),
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

/** Asked several times while nothing changes, and there are many. */
function contentSizesOf(database: Database): Store['contentSizes'] {
  let known: { readonly changes: unknown; readonly sizes: ReturnType<Store['contentSizes']> } | undefined
  return () => {
    const changes = database.get('SELECT total_changes() AS changes')?.['changes']
    if (known === undefined || known.changes !== changes)
      known = { changes, sizes: allContentSizes(database) }
    return known.sizes
  }
}
