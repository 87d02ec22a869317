// How much room there is more, at least, when some paths go: the bytes of every file that loses its last name with them.
// Where trees are reflinks nothing tells what they share with what stays: there only what is no tree counts.
import { isMossError } from '../base/error.ts'
import type { Disk } from '../host/disk.ts'
import type { Places } from '../state/places.ts'
import { walkTree } from '../state/tree-digest.ts'

export interface Going {
  /** Of no state. Each with everything below it; none is named twice. */
  readonly paths: readonly string[]
  readonly trees: readonly string[]
}

export function freedBytes(disk: Disk, { own }: Places, { paths, trees }: Going): number {
  const isShared = trees.length > 0 && mayShareBytes(disk, own)
  let freed = 0
  const left = new Map<string, number>()
  for (const path of [...paths, ...(isShared ? [] : trees)])
    for (const below of walkTree(disk, path)) {
      const stat = disk.lstat(`${path}${below}`)
      if (stat?.kind !== 'file') continue
      const file = `${stat.device} ${stat.inode}`
      const names = (left.get(file) ?? stat.links) - 1
      if (names === 0) freed += stat.sizeBytes
      else left.set(file, names)
    }
  return freed
}

/** A disk that is too full to try it out may do so. */
function mayShareBytes(disk: Disk, folder: string): boolean {
  try {
    return disk.features(folder).reflink
  } catch (error) {
    if (isMossError(error, 'HOST_NO_SPACE')) return true
    throw error
  }
}
