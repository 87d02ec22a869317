// A file of any length onto a medium: flushed, and read back from it. One that lies there already with these bytes stays.
import { MossError } from '../base/error.ts'
import type { Digest } from '../base/ids.ts'
import type { Disk } from '../host/disk.ts'
import { createPart, dropPart, placePart } from '../host/durable.ts'
import { copyWhole, digestOfFile } from '../host/whole-files.ts'

export interface FileToCopy {
  readonly from: string
  readonly to: string
  readonly sizeBytes: number
  readonly digest: Digest
}

/** True where it was written. The folders are there. Throws HOST_IO where either disk gives other bytes than it should. */
export function copyToMedium(
  disk: Disk,
  { from, to, sizeBytes, digest }: FileToCopy,
  onBytes: (count: number) => void,
): boolean {
  const there = disk.lstat(to)
  if (there?.kind === 'file' && there.sizeBytes === sizeBytes && digestOfFile(disk, to) === digest)
    return false
  {
    using source = disk.open(from, 'read')
    using part = createPart(disk, to)
    if (copyWhole(source, part, onBytes) !== digest) {
      dropPart(disk, to)
      throw new MossError('HOST_IO', {
        action: 'copy',
        path: from,
        problem: 'it is another file than its package says',
      })
    }
    placePart(disk, part, to, { replace: true })
  }
  disk.dropCached(to)
  if (digestOfFile(disk, to) !== digest)
    throw new MossError('HOST_IO', {
      action: 'read back',
      path: to,
      problem: 'the medium gives other bytes than were written: use another one',
    })
  return true
}
