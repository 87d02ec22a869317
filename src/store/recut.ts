// Cuts contents anew whose bytes are right and whose chunks are not: of a content of several chunks an import checks the
// content alone, and what it writes down of the chunks is the exporter's word (note 0019). For whoever was given a chunk
// that it was not.
import { isMossError } from '../base/error.ts'
import type { ContentDigest } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import { chunkSizes } from '../base/limits.ts'
import { type ChunkList, isSameList } from '../delta/chunk-list.ts'
import { cutBody } from './body.ts'
import { assetPath, type StoreParts } from './parts.ts'
import { assetsOfContent, eachContent, findChunkList, replaceChunks } from './tables.ts'

/** Reads every body that may have several chunks. How many were not cut as they were said to be. */
export async function recut(parts: StoreParts, report: Report): Promise<number> {
  const { database } = parts
  const contents: { readonly content: ContentDigest; readonly sizeBytes: number }[] = []
  let totalBytes = 0
  for (const each of eachContent(database)) {
    if (each.sizeBytes <= chunkSizes.min) continue
    contents.push(each)
    totalBytes += each.sizeBytes
  }
  const found: ChunkList[] = []
  let doneBytes = 0
  for (const { content, sizeBytes } of contents) {
    const told = findChunkList(database, content)
    const list = told && (await listOfBody(parts, told))
    if (told !== undefined && list !== undefined && !isSameList(list, told)) found.push(list)
    doneBytes += sizeBytes
    report({ phase: 'check store', doneBytes, totalBytes })
    await parts.turn()
  }
  database.transaction((transaction) => {
    for (const list of found) replaceChunks(transaction, list)
  })
  return found.length
}

/** Undefined where no asset has the content's bytes: that is for a check to find. */
async function listOfBody(
  parts: StoreParts,
  { content, sizeBytes }: ChunkList,
): Promise<ChunkList | undefined> {
  const { disk, database, folder } = parts
  for (const asset of assetsOfContent(database, content))
    try {
      const path = assetPath(folder, asset)
      const stat = disk.lstat(path)
      if (stat?.kind !== 'file' || stat.sizeBytes !== sizeBytes) continue
      const list = await cutBody(path, parts)
      if (list.content === content) return list
    } catch (error) {
      if (!isMossError(error, 'HOST_IO')) throw error
    }
  return undefined
}
