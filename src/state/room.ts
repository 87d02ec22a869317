// How much room a new state takes: its tree, what its triggers make, what of it is copied to /etc and /var. Of a tree its folders and links. Where files can be linked they cost nothing more; where
// they are reflinked each has an inode of its own; where neither is possible they are copied.
import type { Disk } from '../host/disk.ts'
import { blockBytes, inBlocks, journalBytes, type Room } from '../host/room.ts'
import type { MergedEntry } from '../manifest/merged-layout.ts'
import type { LayoutEntry } from '../manifest/manifest.ts'
import { factoryPath } from './places.ts'
import type { MadeEntry } from './record.ts'

/** A name in its folder, with some room for the filesystem's own order. */
const nameBytes = 128
/** The state's own folder and record, and the folders of moss in a tree. */
const ownInodes = 6
/** Of a reflink. */
const inodeBytes = 512

export function roomForTree(
  entries: readonly MergedEntry[],
  { reflink, hardLinks, countsLinks }: ReturnType<Disk['features']>,
): Room {
  let inodes = ownInodes
  let sizeBytes = ownInodes * blockBytes + journalBytes
  for (const { entry } of entries) {
    sizeBytes += nameBytes
    const isLinked = entry.kind === 'file' && entry.sizeBytes > 0 && hardLinks && !reflink
    if (!isLinked || countsLinks) inodes++
    if (isLinked) continue
    if (entry.kind === 'folder') sizeBytes += blockBytes
    else if (entry.kind === 'file') sizeBytes += reflink ? inodeBytes : inBlocks(entry.sizeBytes)
  }
  return { sizeBytes, inodes }
}

/**
 * Triggers make everything anew, about as much as they made for the state before; `fresh` are the packages that it has not,
 * whose defaults are copied while the older ones are still there.
 */
export function roomBeside({
  made,
  fresh,
}: {
  readonly made: readonly MadeEntry[]
  readonly fresh: readonly { readonly layout: readonly LayoutEntry[] }[]
}): Room {
  const defaults = fresh.flatMap(({ layout }) =>
    layout.filter(({ path }) => path.startsWith(`usr/${factoryPath}/`)),
  )
  const entries = [...made, ...defaults]
  const bodies = entries.reduce(
    (sum, entry) => sum + (entry.kind === 'file' ? inBlocks(entry.sizeBytes) : blockBytes),
    0,
  )
  return { sizeBytes: bodies, inodes: entries.length }
}
