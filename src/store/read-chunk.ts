// Chunks found inside the assets that have them.
import { digestOf } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { ChunkId } from '../base/ids.ts'
import { chunkSizes } from '../base/limits.ts'
import { contentOfChunk } from '../delta/chunk-list.ts'
import type { Database } from '../host/database.ts'
import type { Disk, OpenFile } from '../host/disk.ts'
import { assetPath, type StoreParts } from './parts.ts'
import { assetsOfContent, type ChunkPlace, findContent, placesOfChunk } from './tables.ts'

/** True for a content that may itself serve as a chunk. */
export function isShortContent(database: Database, id: ChunkId): boolean {
  const sizeBytes = findContent(database, contentOfChunk(id))?.sizeBytes ?? 0
  return sizeBytes > 0 && sizeBytes <= chunkSizes.max
}

function* placesToRead({ database }: StoreParts, id: ChunkId): Generator<ChunkPlace> {
  const content = contentOfChunk(id)
  if (isShortContent(database, id))
    yield { content, start: 0, sizeBytes: findContent(database, content)?.sizeBytes ?? 0 }
  yield* placesOfChunk(database, id)
}

/**
 * Checked against the id. Tries every place: a damaged asset is passed over as long as another has the bytes. Throws
 * CONTENT_MISSING, STORE_DAMAGED.
 */
export function readChunk(parts: StoreParts, id: ChunkId): Uint8Array {
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

/** Chunks that follow each other lie in one file as a rule: it stays open until another is needed. */
export class ChunkSource implements Disposable {
  readonly #parts: StoreParts
  #open: OpenFile | undefined

  constructor(parts: StoreParts) {
    this.#parts = parts
  }

  /**
   * What is at the first place, not checked: for whoever checks what the chunk becomes a part of, and asks `check` where the
   * fault lies. Throws as `readChunk`.
   */
  read(id: ChunkId): Uint8Array {
    const { database, folder } = this.#parts
    const [place] = placesToRead(this.#parts, id)
    const [asset] = place === undefined ? [] : assetsOfContent(database, place.content)
    if (place === undefined || asset === undefined) return readChunk(this.#parts, id)
    const bytes = new Uint8Array(place.sizeBytes)
    const file = this.#fileAt(assetPath(folder, asset))
    return file?.read(bytes, place.start) === place.sizeBytes ? bytes : readChunk(this.#parts, id)
  }

  /** Throws STORE_DAMAGED if `read` gave something else, though another place may have the chunk. */
  check(id: ChunkId): void {
    const bytes = this.read(id)
    if (digestOf(bytes) === id) return
    throw new MossError('STORE_DAMAGED', {
      path: this.#open?.path ?? this.#parts.folder,
      problem: `chunk ${id} is not what it was`,
    })
  }

  #fileAt(path: string): OpenFile | undefined {
    if (this.#open?.path === path) return this.#open
    this[Symbol.dispose]()
    if (this.#parts.disk.lstat(path)?.kind !== 'file') return undefined
    this.#open = this.#parts.disk.open(path, 'read')
    return this.#open
  }

  [Symbol.dispose](): void {
    this.#open?.[Symbol.dispose]()
    this.#open = undefined
  }
}
