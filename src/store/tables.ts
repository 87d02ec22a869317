// The store's tables: which assets are on the disk, which contents they hold, how those are cut. A content has a
// number, so that its chunks and assets point to it in few bytes. A content of one chunk has no rows in `chunks`:
// its digest is the chunk's id. Rows are written after files and removed before them.
import { decodeCbor, encodeCbor } from '../base/cbor.ts'
import { fromHex, toHex } from '../base/bytes.ts'
import type { AssetId, ChunkId, ContentDigest } from '../base/ids.ts'
import { bytes, dictionary } from '../base/shape.ts'
import type { ChunkList } from '../delta/chunk-list.ts'
import { listOfOne } from '../delta/chunk-list.ts'
import type { Database, DatabaseReader, SqlValue, Transaction } from '../host/database.ts'
import type { AssetDescription } from './asset.ts'

const statements = [
  `CREATE TABLE contents (
    number INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL
  ) STRICT`,
  `CREATE TABLE assets (
    id BLOB PRIMARY KEY,
    content INTEGER NOT NULL REFERENCES contents (number),
    mode INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    gid INTEGER NOT NULL,
    xattrs BLOB
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX assets_of_content ON assets (content)',
  `CREATE TABLE chunks (
    content INTEGER NOT NULL REFERENCES contents (number),
    start INTEGER NOT NULL,
    id BLOB NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (content, start)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX chunks_by_id ON chunks (id)',
]

/** Where a chunk's bytes stand inside a content. */
export interface ChunkPlace {
  readonly content: ContentDigest
  readonly start: number
  readonly sizeBytes: number
}

type Row = Readonly<Record<string, SqlValue>>

const digestIn = <T>(row: Row, column: string): T => toHex(row[column] as Uint8Array) as T
const numberIn = (row: Row, column: string): number => row[column] as number

const xattrsShape = dictionary(bytes(64 * 1024))

function descriptionIn(row: Row): AssetDescription {
  const description = {
    content: digestIn<ContentDigest>(row, 'digest'),
    sizeBytes: numberIn(row, 'size'),
    mode: numberIn(row, 'mode'),
    uid: numberIn(row, 'uid'),
    gid: numberIn(row, 'gid'),
  }
  const xattrs = row['xattrs']
  return xattrs instanceof Uint8Array
    ? { ...description, xattrs: xattrsShape(decodeCbor(xattrs, 'table assets'), 'xattrs') }
    : description
}

export const hasTables = (database: DatabaseReader): boolean =>
  database.get("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'assets'") !== undefined

export function createTables(database: Database): void {
  if (hasTables(database)) return
  database.transaction((transaction) => {
    for (const statement of statements) transaction.run(statement)
  })
}

export function findAsset(reader: DatabaseReader, id: AssetId): AssetDescription | undefined {
  const row = reader.get(
    'SELECT digest, size, mode, uid, gid, xattrs FROM assets JOIN contents ON content = number WHERE id = ?',
    fromHex(id),
  )
  return row === undefined ? undefined : descriptionIn(row)
}

export const hasAssetRow = (reader: DatabaseReader, id: AssetId): boolean =>
  reader.get('SELECT 1 FROM assets WHERE id = ?', fromHex(id)) !== undefined

const idDigits = 64
const rowsAtOnce = 50_000

/**
 * Of every asset. A question for each file of a tree takes many times as long, and so does a row for each asset: SQLite
 * writes the digits of many ids as one text.
 */
export function allAssetIds(reader: DatabaseReader): ReadonlySet<AssetId> {
  const ids = new Set<AssetId>()
  let last: SqlValue = new Uint8Array(0)
  for (;;) {
    const row = reader.get(
      `SELECT group_concat(hex(id), '') AS ids, max(id) AS last FROM
        (SELECT id FROM assets WHERE id > ? ORDER BY id LIMIT ${rowsAtOnce})`,
      last,
    )
    if (row === undefined || row['last'] === null) return ids
    for (const id of cutIds<AssetId>(row)) ids.add(id)
    last = row['last']!
  }
}

/** Of every content, in the order in which its rows lie: that of digests would be anywhere. */
export function allContentSizes(reader: DatabaseReader): ReadonlyMap<ContentDigest, number> {
  const sizes = new Map<ContentDigest, number>()
  let last = 0
  for (;;) {
    const row = reader.get(
      `SELECT group_concat(hex(digest), '') AS ids, json_group_array(size) AS sizes, max(number) AS last FROM
        (SELECT number, digest, size FROM contents WHERE number > ? ORDER BY number LIMIT ${rowsAtOnce})`,
      last,
    )
    if (row === undefined || row['last'] === null) return sizes
    const ofPage = JSON.parse(row['sizes'] as string) as readonly number[]
    for (const [i, id] of cutIds<ContentDigest>(row).entries()) sizes.set(id, ofPage[i]!)
    last = numberIn(row, 'last')
  }
}

function cutIds<T extends string>(row: Row): readonly T[] {
  const digits = (row['ids'] as string).toLowerCase()
  return Array.from(
    { length: digits.length / idDigits },
    (_, i) => digits.slice(i * idDigits, (i + 1) * idDigits) as T,
  )
}

/** Every asset, by id, a page at a time: rows may be removed between two steps. */
export function* eachAsset(
  reader: DatabaseReader,
): Generator<{ readonly id: AssetId; readonly description: AssetDescription }> {
  const pageRows = 1000
  let after = new Uint8Array(0)
  for (;;) {
    const rows = reader.all(
      `SELECT id, digest, size, mode, uid, gid, xattrs FROM assets JOIN contents ON content = number
        WHERE id > ? ORDER BY id LIMIT ${pageRows}`,
      after,
    )
    for (const row of rows) yield { id: digestIn<AssetId>(row, 'id'), description: descriptionIn(row) }
    const last = rows.at(-1)?.['id']
    if (rows.length < pageRows || !(last instanceof Uint8Array)) return
    after = new Uint8Array(last)
  }
}

export const countAssets = (reader: DatabaseReader): { readonly assets: number; readonly bytes: number } => {
  const row = reader.get(
    'SELECT count(*) AS assets, coalesce(sum(size), 0) AS bytes FROM assets JOIN contents ON content = number',
  )
  return row === undefined
    ? { assets: 0, bytes: 0 }
    : { assets: numberIn(row, 'assets'), bytes: numberIn(row, 'bytes') }
}

/** Assets that hold a content, in the order of their ids. */
export const assetsOfContent = (reader: DatabaseReader, content: ContentDigest): readonly AssetId[] =>
  reader
    .all(
      'SELECT id FROM assets JOIN contents ON content = number WHERE digest = ? ORDER BY id',
      fromHex(content),
    )
    .map((row) => digestIn<AssetId>(row, 'id'))

/** The first of the assets that hold a content, and its size. */
export function findHolder(
  reader: DatabaseReader,
  content: ContentDigest,
): { readonly asset: AssetId; readonly sizeBytes: number } | undefined {
  const row = reader.get(
    'SELECT id, size FROM assets JOIN contents ON content = number WHERE digest = ? ORDER BY id LIMIT 1',
    fromHex(content),
  )
  return row === undefined
    ? undefined
    : { asset: digestIn<AssetId>(row, 'id'), sizeBytes: numberIn(row, 'size') }
}

export function findContent(
  reader: DatabaseReader,
  content: ContentDigest,
): { readonly number: number; readonly sizeBytes: number } | undefined {
  const row = reader.get('SELECT number, size FROM contents WHERE digest = ?', fromHex(content))
  return row === undefined ? undefined : { number: numberIn(row, 'number'), sizeBytes: numberIn(row, 'size') }
}

export function* eachContent(
  reader: DatabaseReader,
): Generator<{ readonly content: ContentDigest; readonly sizeBytes: number }> {
  for (const row of reader.each('SELECT digest, size FROM contents ORDER BY digest'))
    yield { content: digestIn<ContentDigest>(row, 'digest'), sizeBytes: numberIn(row, 'size') }
}

export function findChunkList(reader: DatabaseReader, content: ContentDigest): ChunkList | undefined {
  const found = findContent(reader, content)
  if (found === undefined) return undefined
  const rows = reader.all('SELECT id, size FROM chunks WHERE content = ? ORDER BY start', found.number)
  if (rows.length === 0) return listOfOne(content, found.sizeBytes)
  const chunks = rows.map((row) => ({ id: digestIn<ChunkId>(row, 'id'), sizeBytes: numberIn(row, 'size') }))
  return { content, sizeBytes: found.sizeBytes, chunks }
}

/** Places inside contents of several chunks; a content that is the chunk itself is not among them. */
export const placesOfChunk = (reader: DatabaseReader, id: ChunkId): readonly ChunkPlace[] =>
  reader
    .all(
      `SELECT digest, start, chunks.size AS length FROM chunks JOIN contents ON content = number
        WHERE chunks.id = ? ORDER BY number, start LIMIT 16`,
      fromHex(id),
    )
    .map((row) => ({
      content: digestIn<ContentDigest>(row, 'digest'),
      start: numberIn(row, 'start'),
      sizeBytes: numberIn(row, 'length'),
    }))

export const hasChunkRow = (reader: DatabaseReader, id: ChunkId): boolean =>
  reader.get('SELECT 1 FROM chunks WHERE id = ? LIMIT 1', fromHex(id)) !== undefined

/** Adds a content with its chunks unless it is there; its number. */
function insertContent(transaction: Transaction, list: ChunkList): number {
  const inserted = transaction.get(
    'INSERT INTO contents (digest, size) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING number',
    fromHex(list.content),
    list.sizeBytes,
  )
  if (inserted === undefined) {
    const known = findContent(transaction, list.content)
    if (known === undefined) throw new Error('broken promise: a content that cannot be inserted is there')
    return known.number
  }
  const number = numberIn(inserted, 'number')
  insertChunks(transaction, number, list)
  return number
}

function insertChunks(transaction: Transaction, number: number, { chunks }: ChunkList): void {
  if (chunks.length < 2) return
  let start = 0
  for (const { id, sizeBytes } of chunks) {
    transaction.run(
      'INSERT INTO chunks (content, start, id, size) VALUES (?, ?, ?, ?)',
      number,
      start,
      fromHex(id),
      sizeBytes,
    )
    start += sizeBytes
  }
}

/** What is known of a content's chunks is wrong: it has these. */
export function replaceChunks(transaction: Transaction, list: ChunkList): void {
  const number = findContent(transaction, list.content)?.number
  if (number === undefined) return
  transaction.run('DELETE FROM chunks WHERE content = ?', number)
  insertChunks(transaction, number, list)
}

export function insertAsset(
  transaction: Transaction,
  asset: { readonly id: AssetId; readonly description: AssetDescription; readonly list: ChunkList },
): void {
  const { mode, uid, gid, xattrs } = asset.description
  transaction.run(
    'INSERT OR IGNORE INTO assets (id, content, mode, uid, gid, xattrs) VALUES (?, ?, ?, ?, ?, ?)',
    fromHex(asset.id),
    insertContent(transaction, asset.list),
    mode,
    uid,
    gid,
    xattrs === undefined || Object.keys(xattrs).length === 0 ? null : encodeCbor(xattrs),
  )
}

/** Removes an asset, and its content with the chunks if no other asset holds it. */
export function deleteAsset(transaction: Transaction, id: AssetId): void {
  const number = transaction.get('SELECT content FROM assets WHERE id = ?', fromHex(id))?.['content']
  if (typeof number !== 'number') return
  transaction.run('DELETE FROM assets WHERE id = ?', fromHex(id))
  if (transaction.get('SELECT 1 FROM assets WHERE content = ?', number) !== undefined) return
  transaction.run('DELETE FROM chunks WHERE content = ?', number)
  transaction.run('DELETE FROM contents WHERE number = ?', number)
}
