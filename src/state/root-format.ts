// Is a root managed, and by a layout that this program knows? Asked by every verb, so it loads nothing else.
import { MossError } from '../base/error.ts'
import type { Disk } from '../host/disk.ts'
import { placesOf, rootFormat } from './places.ts'

export const isInitialised = (disk: Disk, root: string): boolean =>
  disk.lstat(placesOf(root).format)?.kind === 'file'

/** Throws NOT_INITIALISED, or HOST_UNSUPPORTED where a newer program made this root. */
export function assertInitialised(disk: Disk, root: string): void {
  const { format } = placesOf(root)
  if (!isInitialised(disk, root)) throw new MossError('NOT_INITIALISED', { path: root })
  const found = new TextDecoder().decode(disk.readFile(format, 4096))
  if (found !== rootFormat)
    throw new MossError('HOST_UNSUPPORTED', {
      path: root,
      problem: `its format is ${found.trim()}, not known here`,
    })
}
