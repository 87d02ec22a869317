// How much room a state's tree takes: its folders and links. Where files can be linked they cost nothing more; where
// they are reflinked each has an inode of its own; where neither is possible they are copied.
import type { Disk } from '../host/disk.ts'
import { blockBytes, inBlocks, journalBytes, type Room } from '../host/room.ts'
import type { MergedEntry } from '../manifest/merged-layout.ts'

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
