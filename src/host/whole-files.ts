// Whole files digested and copied with bounded memory.
import { startDigest } from '../base/digest.ts'
import type { Digest } from '../base/ids.ts'
import type { Disk, OpenFile } from './disk.ts'
import { windowsOf } from './windows.ts'

/** The digest of the file at `path` as it is now, whatever its size. */
export function digestOfFile<D extends Digest>(disk: Disk, path: string): D {
  using file = disk.open(path, 'read')
  const running = startDigest()
  for (const window of windowsOf(file)) running.add(window)
  return running.finish<D>()
}

/** Writes all of `source` from the start of `target`, and gives the digest of what was written. Nothing is shared. */
export function copyWhole<D extends Digest>(
  source: OpenFile,
  target: OpenFile,
  onBytes: (count: number) => void = () => {},
): D {
  const running = startDigest()
  let at = 0
  for (const window of windowsOf(source)) {
    running.add(window)
    target.write(window, at)
    at += window.length
    onBytes(window.length)
  }
  return running.finish<D>()
}
