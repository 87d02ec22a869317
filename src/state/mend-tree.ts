// A damaged tree is never mended in place: a sound one of the same state is assembled from the store, as for apply, and
// takes its place in one exchange (T1). The damaged one, with whatever somebody put into it, is what lies in `lost/` then.
// It is there before the exchange, so no crash can have it swept away; what a crash leaves there is of no use, and gc
// gives it back.
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { Report } from '../base/progress.ts'
import type { Disk } from '../host/disk.ts'
import { exchangeTrees, moveTree, syncAll } from '../host/durable.ts'
import { buildTree, finishFolders, type TreeSite, writeOwnFile } from './build-tree.ts'
import { assertNothingMounted } from './mounts.ts'
import { ownedTree } from './owned-tree.ts'
import { bootOf, readRecord, type StateParts, treeOf } from './parts.ts'
import { type Places, recordPath } from './places.ts'
import { readBack } from './read-back.ts'
import { decodeRecord, encodeRecord, type StateRecord } from './record.ts'
import { supplyAssets } from './supply.ts'
import { readRecordCopy } from './tables.ts'

/** Beside the tree: the boot in which it was replaced. */
const bootFile = 'boot'

/** What may go: in a tree replaced since this boot processes may still live. */
export function lostTrees(disk: Disk, { root, lost }: Places): readonly string[] {
  if (disk.lstat(lost) === undefined) return []
  const boot = root === '/' ? bootOf(disk) : ''
  return disk
    .list(lost)
    .map(({ name }) => `${lost}/${name}`)
    .filter((folder) => boot === '' || replacedIn(disk, folder) !== boot)
}

function replacedIn(disk: Disk, folder: string): string {
  const path = `${folder}/${bootFile}`
  return disk.lstat(path)?.kind === 'file' ? (decodeUtf8(disk.readFile(path, 64)) ?? '') : ''
}

/** Gives the folder of the damaged tree. Throws CONTENT_MISSING where the store lacks something of it; nothing is changed then. */
export async function mendTree(parts: StateParts, number: number, report: Report): Promise<string> {
  const { outside, places, store } = parts
  const { disk } = outside
  const tree = treeOf(parts, number)
  if (tree === places.usr) assertNothingMounted(parts)
  const record = recordOf(parts, number, tree)
  if (record.adopted !== undefined)
    throw new MossError('STATE_BROKEN', {
      path: tree,
      problem: 'it was taken over and not made by moss, which cannot make it anew',
    })
  const { plan, packages } = ownedTree(parts, record)
  await supplyAssets({ outside, store }, plan, packages)
  const site: TreeSite = { outside, store, folder: `${places.staging}/mend-${number}` }
  disk.removeTree(site.folder)
  disk.makeFolder(site.folder, 0o700)
  const linked = await buildTree(site, plan, report)
  writeOwnFile(disk, `${site.folder}/usr/${recordPath}`, encodeRecord(record))
  finishFolders(site, plan, record.created)
  writeOwnFile(disk, `${site.folder}/${bootFile}`, encodeUtf8(bootOf(disk)))
  report({ phase: 'sync' })
  syncAll(disk, site.folder)
  await readBack(site, plan, { linked })
  const aside = placeAside(parts, `${number}`)
  moveTree(disk, site.folder, aside)
  exchangeTrees(disk, tree, `${aside}/usr`)
  return aside
}

/** What was recorded when it was made, rather than what stands in a tree that somebody changed. */
function recordOf(parts: StateParts, number: number, tree: string): StateRecord {
  const copy = readRecordCopy(parts.database, number)
  return copy === undefined ? readRecord(parts, tree) : decodeRecord(copy, recordPath)
}

/** `lost/WANTED`, or `lost/WANTED.1` and so on where that is taken. */
export function placeAside(
  { outside: { disk }, places }: Pick<StateParts, 'outside' | 'places'>,
  wanted: string,
): string {
  if (disk.lstat(places.lost) === undefined) {
    disk.makeFolder(places.lost, 0o700)
    disk.syncFolder(places.own)
  }
  const taken = new Set(disk.list(places.lost).map(({ name }) => name))
  let name = wanted
  for (let again = 1; taken.has(name); again++) name = `${wanted}.${again}`
  return `${places.lost}/${name}`
}
