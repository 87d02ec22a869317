// A file of any length onto a medium: flushed, and read back from it. One that lies there already with these bytes stays.
import { type RunningDigest, startDigest } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { Digest } from '../base/ids.ts'
import type { Disk } from '../host/disk.ts'
import { createPart, dropPart, placePart } from '../host/durable.ts'

const stepBytes = 4 * 1024 * 1024

/** Calls `each` with every stretch of the file; the bytes are good until the next call. */
function readThrough(disk: Disk, path: string, each: (bytes: Uint8Array, at: number) => void): void {
  using file = disk.open(path, 'read')
  const buffer = new Uint8Array(stepBytes)
  for (let at = 0; ;) {
    const bytes = buffer.subarray(0, file.read(buffer, at))
    if (bytes.length === 0) return
    each(bytes, at)
    at += bytes.length
  }
}

export function digestOfFile(disk: Disk, path: string): Digest {
  const digest: RunningDigest = startDigest()
  readThrough(disk, path, (bytes) => digest.add(bytes))
  return digest.finish()
}

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
  const copied = startDigest()
  {
    using part = createPart(disk, to)
    readThrough(disk, from, (bytes, at) => {
      part.write(bytes, at)
      copied.add(bytes)
      onBytes(bytes.length)
    })
    if (copied.finish() !== digest) {
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
