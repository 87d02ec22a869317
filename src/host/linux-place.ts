// How a tree's files come to be: reflink, hard link or copy, whichever is cheapest here.
import { chmodSync, constants, copyFileSync, lchownSync, linkSync, lutimesSync, unlinkSync } from 'node:fs'
import { MossError } from '../base/error.ts'
import type { Disk } from './disk.ts'
import { getXattrs, setXattrs } from './linux-attributes.ts'
import { lstat } from './linux-file.ts'
import { ioError, ioErrorFrom, problemOf } from './problem.ts'

/** Remembers that a filesystem cannot reflink, so that it is asked only once. */
export function filePlacer(): Disk['placeCopy'] {
  let mayReflink = true
  return (from, to) => {
    if (mayReflink) {
      const problem = tryCopy(from, to, constants.COPYFILE_FICLONE_FORCE)
      if (problem === undefined) return 'reflink'
      if (problem === 'EEXIST' || problem === 'ENOENT') throw ioError('copy', to, problem)
      if (/^(ENOTSUP|EOPNOTSUPP|ENOTTY|ENOSYS)$/.test(problem)) mayReflink = false
    }
    try {
      linkSync(from, to)
      return 'link'
    } catch (error) {
      const problem = ioErrorFrom('link', to, error)
      if (!/^(EMLINK|EXDEV|EPERM|EOPNOTSUPP|ENOTSUP)$/.test(problemOf(problem) ?? '')) throw problem
    }
    const problem = tryCopy(from, to, 0)
    if (problem !== undefined) throw ioError('copy', to, problem)
    return 'copy'
  }
}

/** Copies body and attributes; leaves nothing behind where it fails. The kernel's word for the problem. */
export function tryCopy(from: string, to: string, how: number): string | undefined {
  const found = lstat(from)
  if (found === undefined) return 'ENOENT'
  if (found.kind !== 'file') return 'EINVAL'
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL | how)
  } catch (error) {
    return problemOf(ioErrorFrom('copy', to, error)) ?? 'EIO'
  }
  try {
    if (process.getuid?.() === 0) lchownSync(to, found.uid, found.gid)
    chmodSync(to, found.mode)
    setXattrs(to, getXattrs(from))
    lutimesSync(to, found.mtimeMs / 1000, found.mtimeMs / 1000)
  } catch (error) {
    unlinkSync(to)
    return problemOf(error instanceof MossError ? error : ioErrorFrom('copy', to, error)) ?? 'EIO'
  }
  return undefined
}
