// How much room there is more when some paths go: the bytes of every file that loses its last name with them. What a
// reflink shares with something that stays is counted all the same: nothing tells.
import type { Disk } from '../host/disk.ts'
import { walkTree } from '../state/tree-digest.ts'

/** Each with everything below it; none is named twice. */
export function freedBytes(disk: Disk, paths: Iterable<string>): number {
  let freed = 0
  const linked = new Map<string, number>()
  for (const path of paths)
    for (const below of walkTree(disk, path)) {
      const stat = disk.lstat(`${path}${below}`)
      if (stat?.kind !== 'file') continue
      const file = `${stat.device} ${stat.inode}`
      const left = (linked.get(file) ?? stat.links) - 1
      if (left === 0) freed += stat.sizeBytes
      else linked.set(file, left)
    }
  return freed
}
