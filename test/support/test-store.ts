// A store in a folder of its own on the real disk, for tests.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '../../src/base/digest.ts'
import type { AssetId, ContentDigest } from '../../src/base/ids.ts'
import { openDatabase } from '../../src/host/database.ts'
import type { Disk } from '../../src/host/disk.ts'
import { linuxDisk } from '../../src/host/linux-disk.ts'
import type { AssetDescription } from '../../src/store/asset.ts'
import type { StoreImport } from '../../src/store/import.ts'
import { openStore, type Store } from '../../src/store/store.ts'

export interface TestStore extends Disposable {
  readonly folder: string
  readonly store: Store
  /** The same folder and database, opened again as another process would. */
  reopen(disk?: Disk): Store
}

export const isRoot = process.getuid?.() === 0

export function makeTestStore(options: { readonly disk?: Disk; readonly userId?: number } = {}): TestStore {
  const folder = mkdtempSync(join(tmpdir(), 'store-'))
  const database = openDatabase(`${folder}/moss.db`, 'write')
  const open = (disk = options.disk ?? linuxDisk()): Store =>
    openStore({ disk, database, folder, userId: options.userId ?? process.getuid?.() ?? 0 })
  return {
    folder,
    store: open(),
    reopen: open,
    [Symbol.dispose]: () => {
      database[Symbol.dispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export const describe0644 = (bytes: Uint8Array, more: Partial<AssetDescription> = {}): AssetDescription => ({
  content: digestOf<ContentDigest>(bytes),
  sizeBytes: bytes.length,
  mode: 0o644,
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  ...more,
})

/** Writes and finishes a body, and adds one asset of it. */
export async function addBody(
  opened: StoreImport,
  bytes: Uint8Array,
  more: Partial<AssetDescription> = {},
): Promise<AssetId> {
  const description = describe0644(bytes, more)
  opened.create(description.content, bytes.length).write(bytes, 0)
  await opened.finish(description.content)
  return opened.addAsset(description)
}

/** One import of one body. */
export async function importBody(
  store: Store,
  bytes: Uint8Array,
  more: Partial<AssetDescription> = {},
): Promise<AssetId> {
  using opened = store.beginImport('test')
  const id = await addBody(opened, bytes, more)
  opened.commit()
  return id
}
