// The record in a tree is the truth of what state it is, and no verb goes on without it. Where somebody removed or spoiled
// it, the copy that the database keeps is put back, before anything is decided from it. What else was changed in such a
// tree is for a check to find. Only where no transaction is open: then it is known which tree is which state.
import { isMossError, MossError } from '../base/error.ts'
import type { Disk } from '../host/disk.ts'
import { writeDurably } from '../host/durable.ts'
import { assetModifiedMs } from '../store/asset.ts'
import { keptNumbers, readRecord, type StateParts } from './parts.ts'
import { adoptedRecord, keptTree, manifestsPath, parentFolder, type Places, recordPath } from './places.ts'
import { decodeRecord } from './record.ts'
import { readRecordCopy, recordCopies } from './tables.ts'

/** States whose records were put back. One of which there is no copy is left as it is. */
export function putRecordsBack(parts: StateParts): readonly number[] {
  const { outside, places, database } = parts
  const kept = keptNumbers(outside.disk, places)
  const trees = kept.map((number) => ({ number: Number(number), tree: keptTree(places, number) }))
  const [current, ...others] = recordCopies(database).filter(
    (number) => !kept.some((other) => other === number),
  )
  if (current !== undefined && others.length === 0) trees.unshift({ number: current, tree: places.usr })
  return trees
    .filter(({ number, tree }) => !hasRecord(parts, tree) && putBack(parts, number, tree))
    .map(({ number }) => number)
}

/** Of whatever state: a tree that says what it is, is that. */
function hasRecord(parts: StateParts, tree: string): boolean {
  try {
    readRecord(parts, tree)
    return true
  } catch (error) {
    if (!(error instanceof MossError) || isMossError(error, 'HOST_IO')) throw error
    return false
  }
}

function putBack({ outside: { disk }, places, database }: StateParts, number: number, tree: string): boolean {
  const copy = readRecordCopy(database, number)
  if (copy === undefined || !isTreeOf(disk, tree, copy)) return false
  if (decodeRecord(copy, recordPath).adopted !== undefined) return putAdoptedBack(disk, places, copy)
  const path = `${tree}/${recordPath}`
  for (const folder of [parentFolder(parentFolder(path)), parentFolder(path)])
    if (disk.lstat(folder) === undefined) disk.makeFolder(folder, 0o755)
  writeDurably(disk, path, copy, { mode: 0o644, replace: true })
  disk.setModified(path, assetModifiedMs)
  return true
}

/** Never into the tree. */
function putAdoptedBack(disk: Disk, places: Places, copy: Uint8Array): boolean {
  if (disk.lstat(places.adopted) === undefined) disk.makeFolder(places.adopted, 0o700)
  writeDurably(disk, adoptedRecord(places), copy, { mode: 0o644, replace: true })
  return true
}

/** It has no manifest of another state: somebody may have put another tree there. */
function isTreeOf(disk: Disk, tree: string, copy: Uint8Array): boolean {
  const manifests = `${tree}/${manifestsPath}`
  if (disk.lstat(manifests)?.kind !== 'folder') return disk.lstat(tree)?.kind === 'folder'
  const own = new Set<string>(decodeRecord(copy, recordPath).packages.map(({ id }) => id))
  return disk.list(manifests).every(({ name }) => own.has(name))
}
