// How much room an import takes: each new file in whole blocks, and the rows about it. The database journals what it
// changes, in the worst case every page it has. Frames are decoded in memory.
import { chunkSizes } from '../base/limits.ts'
import { inBlocks, journalBytes, type Room } from '../host/room.ts'
import type { Store } from '../store/store.ts'
import type { BundlePackage } from './read-bundle.ts'

const assetRowBytes = 512
const chunkRowBytes = 128

const rowBytes = (assets: number, sizeBytes: number): number =>
  assets * assetRowBytes + Math.ceil(sizeBytes / chunkSizes.average) * chunkRowBytes

/** `sizes` of the assets that will be new. */
export function roomForAssets(store: Pick<Store, 'totals'>, sizes: Iterable<number>): Room {
  let inodes = 0
  let plainBytes = 0
  let sizeBytes = 0
  for (const size of sizes) {
    inodes++
    plainBytes += size
    sizeBytes += inBlocks(size)
  }
  const held = store.totals()
  const isNothing = inodes === 0
  const database = isNothing
    ? 0
    : journalBytes + rowBytes(held.assets, held.bytes) + 2 * rowBytes(inodes, plainBytes)
  return { sizeBytes: sizeBytes + database, inodes }
}

/** A first look, before anything of the bundle is copied: of contents that are new, each with its attributes. */
export function roomForPackages(
  store: Pick<Store, 'totals' | 'contentSizes'>,
  packages: readonly BundlePackage[],
): Room {
  const held = store.contentSizes()
  const sizes = new Map<string, number>()
  for (const { manifest } of packages)
    for (const entry of manifest.layout)
      if (entry.kind === 'file' && !held.has(entry.content))
        sizes.set(`${entry.content} ${entry.mode} ${entry.uid} ${entry.gid}`, entry.sizeBytes)
  return roomForAssets(store, sizes.values())
}
