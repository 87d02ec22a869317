// Brings assets into the store. Bodies are written to a staging folder of the import, checked against their content
// digest, given their attributes, made durable together (barrier A), moved into place, and only then recorded in
// one transaction. Before `commit` nothing can be seen; dropping the import leaves nothing but garbage.
// S1: what bears an asset's name has its content and attributes. S3: no body outgrows its signed size.
import { assertTrue, MossError } from '../base/error.ts'
import type { AssetId, ContentDigest } from '../base/ids.ts'
import { type ChunkList, checkChunkList, emptyContent, listOfOne } from '../delta/chunk-list.ts'
import { cutContent } from '../delta/cut-file.ts'
import { type Move, moveIntoPlace } from '../host/durable.ts'
import { windowsOf } from '../host/windows.ts'
import { type AssetDescription, assetIdOf } from './asset.ts'
import { applyAttributes } from './attributes.ts'
import { copyBody, digestInTurns } from './body.ts'
import {
  assetFolder,
  assetPath,
  assetsFolder,
  ensureFolder,
  importFolder,
  stagingFolder,
  type StoreParts,
  voidSeals,
} from './parts.ts'
import { type BodyWriter, type EndedBody, StagedBodies } from './staged-bodies.ts'
import { assetsOfContent, findChunkList, hasAssetRow, insertAsset } from './tables.ts'

export interface StoreImport extends Disposable {
  /** Begins a body of exactly `sizeBytes`; its bytes may be written in any order. */
  create(content: ContentDigest, sizeBytes: number): BodyWriter
  /** Checks the body against its digest, or throws CHUNK_DIGEST_MISMATCH and drops it. Without `list` it is cut here. */
  finish(content: ContentDigest, list?: ChunkList): Promise<void>
  /** A whole body at once. The caller checked these very bytes against the digest of the list's content. */
  put(bytes: Uint8Array, list: ChunkList): void
  /** True if the content is stored or was finished in this import: an asset can be made of it. */
  hasContent(content: ContentDigest): boolean
  /**
   * Makes an asset of a finished or stored body; doing so again is nothing new, unless `anew`: then a new file takes the
   * place of what is there. CONTENT_MISSING without a body, STORE_DAMAGED without a sound one.
   */
  addAsset(description: AssetDescription, how?: 'anew'): AssetId
  /** After it, all added assets are in the store and survive a power cut. Nothing else may follow. */
  commit(): void
}

interface FinishedBody {
  readonly path: string
  readonly list: ChunkList
  /** The asset that the staged file itself has become. */
  takenBy?: AssetId
}

interface NewAsset {
  readonly path: string
  readonly description: AssetDescription
  readonly list: ChunkList
}

class OpenImport implements StoreImport {
  readonly #parts: StoreParts
  readonly #folder: string
  readonly #bodies: StagedBodies
  readonly #finished = new Map<ContentDigest, FinishedBody>()
  readonly #added = new Map<AssetId, NewAsset>()
  readonly #pinned = new Set<AssetId>()
  readonly #reading: Disposable
  #isOpen = true

  constructor(parts: StoreParts, label: string) {
    assertTrue(/^[\w.-]{1,128}$/.test(label), 'an import’s label is a plain name')
    this.#parts = parts
    this.#folder = importFolder(parts.folder, label)
    assertTrue(!parts.openFolders.has(this.#folder), 'one import of a label is open at a time')
    this.#bodies = new StagedBodies(parts.disk, this.#folder)
    ensureFolder(parts.disk, assetsFolder(parts.folder))
    ensureFolder(parts.disk, stagingFolder(parts.folder))
    parts.disk.removeTree(this.#folder)
    parts.disk.makeFolder(this.#folder, 0o700)
    parts.openFolders.add(this.#folder)
    // Each asset is asked for: without it, every question locks the database anew.
    this.#reading = parts.database.reading()
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return
    this.#close()
    this.#parts.disk.removeTree(this.#folder)
  }

  create(content: ContentDigest, sizeBytes: number): BodyWriter {
    this.#assertOpen()
    assertTrue(!this.#finished.has(content), 'a content is finished once in an import')
    return this.#bodies.begin(content, sizeBytes)
  }

  async finish(content: ContentDigest, list?: ChunkList): Promise<void> {
    this.#assertOpen()
    const body = this.#bodies.end(content)
    const checked = await this.#checkedList(content, body, list)
    if (checked === undefined) {
      this.#parts.disk.remove(body.path)
      throw new MossError('CHUNK_DIGEST_MISMATCH', { part: `content ${content}` })
    }
    this.#finished.set(content, { path: body.path, list: checked })
  }

  put(bytes: Uint8Array, list: ChunkList): void {
    this.#assertOpen()
    const { content } = list
    assertTrue(!this.#finished.has(content), 'a content is finished once in an import')
    if (list.sizeBytes !== bytes.length || checkChunkList(list) !== undefined)
      throw new MossError('CHUNK_DIGEST_MISMATCH', { part: `content ${content}` })
    this.#finished.set(content, { path: this.#bodies.put(content, bytes), list })
  }

  /** The list of the staged file if it has the content and the size. Reads the file once, unless it was written in order. */
  async #checkedList(
    content: ContentDigest,
    { path, sizeBytes, digest }: EndedBody,
    list: ChunkList | undefined,
  ): Promise<ChunkList | undefined> {
    const { disk, pool } = this.#parts
    if (disk.lstat(path)?.sizeBytes !== sizeBytes) return undefined
    if (list === undefined) {
      using file = disk.open(path, 'read')
      const cut = await cutContent(pool, windowsOf(file))
      return cut.content === content ? cut : undefined
    }
    if (list.content !== content || list.sizeBytes !== sizeBytes || checkChunkList(list) !== undefined)
      return undefined
    return (digest ?? (await digestInTurns(path, this.#parts))) === content ? list : undefined
  }

  hasContent(content: ContentDigest): boolean {
    return (
      content === emptyContent ||
      this.#finished.has(content) ||
      assetsOfContent(this.#parts.database, content).length > 0
    )
  }

  addAsset(description: AssetDescription, how?: 'anew'): AssetId {
    this.#assertOpen()
    const id = assetIdOf(description)
    this.#pin(id)
    if (this.#added.has(id) || (how !== 'anew' && hasAssetRow(this.#parts.database, id))) return id
    const { path, list } = this.#bodyFor(id, description)
    assertTrue(list.sizeBytes === description.sizeBytes, 'an asset has the size of its content')
    applyAttributes(this.#parts.disk, path, { description, userId: this.#parts.userId })
    this.#added.set(id, { path, description, list })
    return id
  }

  /** A staged file of its own for the asset: the body itself if no other asset took it, else a copy. */
  #bodyFor(id: AssetId, { content }: AssetDescription): { readonly path: string; readonly list: ChunkList } {
    const finished = this.#finished.get(content)
    if (finished !== undefined && finished.takenBy === undefined) {
      finished.takenBy = id
      return finished
    }
    const copy = `${this.#folder}/asset-${id}`
    if (finished !== undefined) {
      copyBody(this.#parts.disk, finished.path, copy)
      return { path: copy, list: finished.list }
    }
    if (content === emptyContent) {
      this.#parts.disk.open(copy, 'create', 0o600)[Symbol.dispose]()
      return { path: copy, list: listOfOne(content, 0) }
    }
    return { path: copy, list: this.#copyStored(content, copy) }
  }

  /** Copies a stored body, passing over damaged ones: what is copied is checked on the way. */
  #copyStored(content: ContentDigest, copy: string): ChunkList {
    const { disk, database, folder } = this.#parts
    const list = findChunkList(database, content)
    const holders = assetsOfContent(database, content)
    for (const holder of holders) {
      const from = assetPath(folder, holder)
      if (list === undefined || disk.lstat(from)?.sizeBytes !== list.sizeBytes) continue
      if (copyBody(disk, from, copy) === content) return list
      disk.remove(copy)
    }
    const [damaged] = holders
    if (damaged === undefined) throw new MossError('CONTENT_MISSING', { what: `content ${content}` })
    throw new MossError('STORE_DAMAGED', {
      path: assetPath(folder, damaged),
      problem: 'it has not the bytes that its name says',
    })
  }

  commit(): void {
    this.#assertOpen()
    const { disk, database, folder } = this.#parts
    this.#bodies[Symbol.dispose]()
    if (this.#added.size > 0) {
      const moves = this.#planMoves()
      disk.syncFilesystem(folder)
      moveIntoPlace(disk, moves, folder)
      database.transaction((transaction) => {
        for (const [id, { description, list }] of this.#added)
          insertAsset(transaction, { id, description, list })
      })
    }
    this.#close()
    disk.removeTree(this.#folder)
  }

  /**
   * Makes the folders. What bears an asset's name already is garbage of a crash or is made anew: it is replaced when the
   * new one is durable, since it may be the only one.
   */
  #planMoves(): readonly Move[] {
    const { disk, folder } = this.#parts
    const folders = new Set([...this.#added.keys()].map((id) => assetFolder(folder, id)))
    for (const path of folders) ensureFolder(disk, path)
    const moves = [...this.#added].map(([id, { path }]) => ({ from: path, to: assetPath(folder, id) }))
    const kinds = moves.map(({ to }) => disk.lstat(to)?.kind)
    if (kinds.some((kind) => kind !== undefined)) voidSeals(this.#parts)
    moves.forEach(({ to }, index) => {
      if (kinds[index] === 'folder') disk.removeTree(to)
    })
    return moves.map((move, index) => ({ ...move, replaces: kinds[index] !== undefined }))
  }

  #pin(id: AssetId): void {
    if (this.#pinned.has(id)) return
    this.#pinned.add(id)
    this.#parts.pins.set(id, (this.#parts.pins.get(id) ?? 0) + 1)
  }

  #close(): void {
    this.#isOpen = false
    this.#reading[Symbol.dispose]()
    this.#bodies[Symbol.dispose]()
    this.#parts.openFolders.delete(this.#folder)
    for (const id of this.#pinned) {
      const others = (this.#parts.pins.get(id) ?? 1) - 1
      if (others === 0) this.#parts.pins.delete(id)
      else this.#parts.pins.set(id, others)
    }
    this.#pinned.clear()
  }

  #assertOpen(): void {
    assertTrue(this.#isOpen, 'an import is used before its commit')
  }
}

export const beginImport = (parts: StoreParts, label: string): StoreImport => new OpenImport(parts, label)
