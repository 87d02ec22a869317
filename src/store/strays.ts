// Files below the store's folder that no row and no open import accounts for: what a crash between moving and
// recording, or between forgetting and removing, leaves behind. They may be removed at any time.
import { type AssetId, isDigest } from '../base/ids.ts'
import { assetsFolder, stagingFolder, type StoreParts } from './parts.ts'
import { hasAssetRow } from './tables.ts'

function* listed(
  { disk }: StoreParts,
  folder: string,
): Generator<{ name: string; path: string; kind: string }> {
  if (disk.lstat(folder)?.kind !== 'folder') return
  for (const { name, kind } of disk.list(folder)) yield { name, kind, path: `${folder}/${name}` }
}

function isRecorded({ database }: StoreParts, name: string, folderName: string): boolean {
  return isDigest(name) && name.startsWith(folderName) && hasAssetRow(database, name as AssetId)
}

/**
 * Paths of files and folders, each to be removed with everything below. What is needed is none, recorded or not: the rows
 * may be what was lost.
 */
export function* findStrays(parts: StoreParts, needed: ReadonlySet<string> = new Set()): Generator<string> {
  for (const folder of listed(parts, assetsFolder(parts.folder))) {
    if (folder.kind !== 'folder' || !/^[0-9a-f]{2}$/.test(folder.name)) yield folder.path
    else
      for (const { name, path } of listed(parts, folder.path))
        if (!needed.has(name) && !isRecorded(parts, name, folder.name)) yield path
  }
  for (const { name, path } of listed(parts, stagingFolder(parts.folder)))
    if (name.startsWith('import-') && !parts.openFolders.has(path)) yield path
}
