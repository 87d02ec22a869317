// How a failed call on the outside becomes a MossError. The kernel's word for it (EEXIST, ENOENT …) stays on the
// error for the code that may go on after one, through `problemOf`; people read a sentence.
import { MossError } from '../base/error.ts'

const sentences: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EEXIST: 'it already exists',
  ENOTDIR: 'part of the path is not a folder',
  EISDIR: 'it is a folder',
  ENOTEMPTY: 'the folder is not empty',
  EACCES: 'permission denied',
  EPERM: 'not permitted for this user, or immutable (lsattr tells)',
  EROFS: 'the filesystem is read-only',
  EIO: 'the device reported an error',
  ENODEV: 'the device is gone',
  ELOOP: 'it is a symbolic link, or goes through too many',
  EXDEV: 'that is another filesystem',
  EMLINK: 'the file has too many links',
  EBUSY: 'it is in use or a mount point',
  EMFILE: 'too many open files',
  EINTR: 'it was interrupted',
  ENAMETOOLONG: 'the name is too long',
  EINVAL: 'the filesystem cannot do this',
  EOPNOTSUPP: 'the filesystem cannot do this',
  ENOTSUP: 'the filesystem cannot do this',
  EFBIG: 'the file is too large',
}

class KernelProblem extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/** `action` reads after "cannot": open, read, list, link … `problem` is the kernel's word, or a sentence. */
export function ioError(action: string, path: string, problem: string): MossError {
  const cause = new KernelProblem(problem)
  if (problem === 'ENOSPC' || problem === 'EDQUOT') return new MossError('HOST_NO_SPACE', { path }, cause)
  const sentence = sentences[problem]
  return new MossError(
    'HOST_IO',
    { action, path, problem: sentence === undefined ? problem : `${sentence} (${problem})` },
    cause,
  )
}

/** Of an error thrown by Node. What is no failure of a call is ours: rethrown. */
export function ioErrorFrom(action: string, path: string, error: unknown): MossError {
  const word = error instanceof Error ? wordOf(error) : undefined
  if (word === undefined) throw error
  return ioError(action, path, word)
}

/** Node's code is one, where libuv knows the kernel's number; EDQUOT it does not. */
function wordOf({ code, errno }: NodeJS.ErrnoException): string | undefined {
  if (typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)) return code
  if (typeof errno !== 'number' || errno >= 0) return undefined
  const numbers = Object.entries(process.getBuiltinModule('node:os').constants.errno)
  return numbers.find(([, number]) => number === -errno)?.[0] ?? 'EUNKNOWN'
}

/** The kernel's word for why a call of Disk failed, such as EEXIST; undefined for every other error. */
export function problemOf(error: unknown): string | undefined {
  if (!(error instanceof MossError)) return undefined
  return error.cause instanceof KernelProblem ? error.cause.code : undefined
}
