// What the store's files hand to each other, and where things lie below its folder.
import type { AssetId } from '../base/ids.ts'
import type { Database } from '../host/database.ts'
import type { Disk } from '../host/disk.ts'
import type { Pool } from '../host/pool.ts'

export interface StoreParts {
  readonly disk: Disk
  readonly database: Database
  readonly pool: Pool
  /** ROOT/.moss */
  readonly folder: string
  readonly userId: number
  readonly turn: () => Promise<void>
  /** How many open imports count on an asset: collection leaves those alone. */
  readonly pins: Map<AssetId, number>
  /** Staging folders of the imports that are open. */
  readonly openFolders: Set<string>
}

export const assetsFolder = (folder: string): string => `${folder}/assets`
export const stagingFolder = (folder: string): string => `${folder}/staging`
/** What state/ knows its kept trees by, which holds as long as no asset is replaced. */
export const sealsFolder = (folder: string): string => `${folder}/seals`
export const importFolder = (folder: string, label: string): string =>
  `${stagingFolder(folder)}/import-${label}`

/** Assets are spread over 256 folders by the first two digits of their ids. */
export const assetFolder = (folder: string, id: AssetId): string =>
  `${assetsFolder(folder)}/${id.slice(0, 2)}`
export const assetPath = (folder: string, id: AssetId): string => `${assetFolder(folder, id)}/${id}`

/** Makes a folder unless it is there; the one above must be. */
export function ensureFolder(disk: Disk, path: string): void {
  if (disk.lstat(path) === undefined) disk.makeFolder(path, 0o700)
}

/** A tree that links what an asset's file was is not what assembly makes of the one that takes its place. */
export function voidSeals({ disk, folder }: Pick<StoreParts, 'disk' | 'folder'>): void {
  if (disk.lstat(sealsFolder(folder)) === undefined) return
  disk.removeTree(sealsFolder(folder))
  disk.syncFolder(folder)
}
