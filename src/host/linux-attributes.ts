// Extended attributes of the real disk, those of a symlink itself included.
import { compareText } from '../base/bytes.ts'
import type { Xattrs } from './disk.ts'
import { lstat } from './linux-file.ts'
import { ioError } from './problem.ts'
import { systemCalls } from './system-calls.ts'

/** The longest list of names and the longest value that Linux knows. */
const xattrBytes = Buffer.allocUnsafeSlow(65_536)
const noXattrs: Xattrs = Object.freeze({})

export function getXattrs(path: string): Xattrs {
  const calls = systemCalls()
  const size = calls.listXattrs(path, xattrBytes)
  if (size === 0) return noXattrs
  if (size < 0) {
    const problem = calls.problem()
    if (lstat(path) === undefined) throw ioError('read the attributes of', path, 'ENOENT')
    if (problem === 'EOPNOTSUPP' || problem === 'ENOTSUP') return noXattrs
    throw ioError('read the attributes of', path, problem)
  }
  const names = xattrBytes
    .toString('utf8', 0, size - 1)
    .split('\0')
    .sort(compareText)
  const found: Record<string, Uint8Array> = {}
  for (const name of names) {
    const length = calls.getXattr(path, name, xattrBytes)
    if (length < 0) throw ioError('read the attributes of', path, calls.problem())
    found[name] = Uint8Array.from(xattrBytes.subarray(0, length))
  }
  return found
}

export function setXattrs(path: string, xattrs: Xattrs): void {
  const calls = systemCalls()
  for (const [name, value] of Object.entries(xattrs))
    if (calls.setXattr(path, name, value) < 0)
      throw ioError(`set the attribute ${name} of`, path, calls.problem())
}
