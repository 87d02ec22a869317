// Records again what lies in the store and has no row, since the database was lost: an asset whose file is where its id
// says, with its content and attributes, is in the store. What is not so is left alone.
import { isMossError } from '../base/error.ts'
import type { AssetId } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import type { ChunkList } from '../delta/chunk-list.ts'
import { type AssetDescription, assetIdOf } from './asset.ts'
import { attributeProblem } from './attributes.ts'
import { cutBody } from './body.ts'
import { assetPath, type StoreParts } from './parts.ts'
import { hasAssetRow, insertAsset } from './tables.ts'

/** How many of them are in the store now and were not before. */
export async function adopt(
  parts: StoreParts,
  descriptions: readonly AssetDescription[],
  report: Report,
): Promise<number> {
  const found = new Map<AssetId, { readonly description: AssetDescription; readonly list: ChunkList }>()
  for (const [index, description] of descriptions.entries()) {
    const id = assetIdOf(description)
    if (found.has(id) || hasAssetRow(parts.database, id)) continue
    const list = await listIfSound(parts, id, description)
    if (list !== undefined) found.set(id, { description, list })
    if (index % 256 === 0) {
      report({ phase: 'check store', doneItems: index, totalItems: descriptions.length })
      await parts.turn()
    }
  }
  parts.database.transaction((transaction) => {
    for (const [id, { description, list }] of found) insertAsset(transaction, { id, description, list })
  })
  return found.size
}

/** What cannot be read is lacking, for repair to bring from elsewhere. */
async function listIfSound(...asked: Parameters<typeof soundList>): ReturnType<typeof soundList> {
  try {
    return await soundList(...asked)
  } catch (error) {
    if (isMossError(error, 'HOST_IO')) return undefined
    throw error
  }
}

/** Of the file that bears the id, if it is what it should be. */
async function soundList(
  { disk, folder, userId, pool }: StoreParts,
  id: AssetId,
  description: AssetDescription,
): Promise<ChunkList | undefined> {
  const path = assetPath(folder, id)
  const stat = disk.lstat(path)
  if (stat?.kind !== 'file' || stat.sizeBytes !== description.sizeBytes) return undefined
  if (attributeProblem(disk, path, { description, userId, stat }) !== undefined) return undefined
  const list = await cutBody(path, { disk, pool })
  return list.content === description.content ? list : undefined
}
