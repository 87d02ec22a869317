// Files of the real disk: looking at them, opening, reading and writing. Symlinks in the last component are never
// followed, only regular files are opened, modes are exact whatever the umask.
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  writeSync,
  type Stats,
} from 'node:fs'
import { MossError } from '../base/error.ts'
import type { FileKind, FileStat, OpenFile } from './disk.ts'
import { ioError, ioErrorFrom, problemOf } from './problem.ts'

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants

/** Runs one call, turning its failure into ours. */
export function attempt<T>(action: string, path: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw ioErrorFrom(action, path, error)
  }
}

function kindOf(mode: number): FileKind {
  switch (mode & constants.S_IFMT) {
    case constants.S_IFREG:
      return 'file'
    case constants.S_IFDIR:
      return 'folder'
    case constants.S_IFLNK:
      return 'symlink'
    default:
      return 'other'
  }
}

const statOf = (stats: Stats): FileStat => ({
  kind: kindOf(stats.mode),
  sizeBytes: stats.size,
  mode: stats.mode & 0o7777,
  uid: stats.uid,
  gid: stats.gid,
  mtimeMs: stats.mtimeMs,
  inode: stats.ino,
  device: stats.dev,
  links: stats.nlink,
})

export function lstat(path: string): FileStat | undefined {
  let stats: Stats | undefined
  try {
    stats = lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    const problem = ioErrorFrom('look at', path, error)
    if (problemOf(problem) === 'ENOTDIR') return undefined
    throw problem
  }
  return stats === undefined ? undefined : statOf(stats)
}

export function readFile(path: string, limitBytes: number): Uint8Array {
  using file = openFile(path, 'read')
  const { sizeBytes } = file.stat()
  if (sizeBytes > limitBytes) throw ioError('read', path, `it is longer than ${limitBytes} bytes`)
  const bytes = new Uint8Array(sizeBytes)
  const count = file.read(bytes, 0)
  if (count === sizeBytes && sizeBytes > 0) return bytes
  return count < sizeBytes ? bytes.subarray(0, count) : readUnsized(file, limitBytes)
}

/** Files of /proc say that they are empty. */
function readUnsized(file: OpenFile, limitBytes: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(limitBytes + 1, 65_536))
  const count = file.read(bytes, 0)
  if (count > limitBytes || count === 65_536)
    throw ioError('read', file.path, `it is longer than ${Math.min(limitBytes, 65_535)} bytes`)
  return bytes.slice(0, count)
}

export function openFile(path: string, how: 'read' | 'create' | 'update', mode = 0o600): OpenFile {
  const flags =
    how === 'create' ? O_RDWR | O_CREAT | O_EXCL : (how === 'update' ? O_RDWR : O_RDONLY) | O_NONBLOCK
  const action = how === 'create' ? 'create' : 'open'
  const descriptor = attempt(action, path, () => openSync(path, flags | O_NOFOLLOW, mode))
  try {
    if (how === 'create') {
      if (mode !== 0o600) fchmodSync(descriptor, mode)
    } else if (kindOf(fstatSync(descriptor).mode) !== 'file') {
      throw ioError('open', path, 'it is not a regular file')
    }
  } catch (error) {
    closeSync(descriptor)
    throw error instanceof MossError ? error : ioErrorFrom(action, path, error)
  }
  return new LinuxFile(path, descriptor, how !== 'read')
}

class LinuxFile implements OpenFile {
  readonly path: string
  readonly #isWritable: boolean
  #descriptor: number | undefined
  #syncFailure: MossError | undefined

  constructor(path: string, descriptor: number, isWritable: boolean) {
    this.path = path
    this.#descriptor = descriptor
    this.#isWritable = isWritable
  }

  #open(): number {
    if (this.#descriptor === undefined) throw new Error(`used after closing: ${this.path}`)
    return this.#descriptor
  }

  read(into: Uint8Array, at: number): number {
    const descriptor = this.#open()
    return attempt('read', this.path, () => {
      let done = 0
      while (done < into.length) {
        const count = readSync(descriptor, into, done, into.length - done, at + done)
        if (count === 0) break
        done += count
      }
      return done
    })
  }

  write(bytes: Uint8Array, at: number): void {
    const descriptor = this.#open()
    attempt('write', this.path, () => {
      for (let done = 0; done < bytes.length;)
        done += writeSync(descriptor, bytes, done, bytes.length - done, at + done)
    })
  }

  truncate(sizeBytes: number): void {
    const descriptor = this.#open()
    attempt('truncate', this.path, () => ftruncateSync(descriptor, sizeBytes))
  }

  sync(): void {
    if (this.#syncFailure !== undefined) throw this.#syncFailure
    const descriptor = this.#open()
    try {
      fsyncSync(descriptor)
    } catch (error) {
      this.#syncFailure = ioErrorFrom('flush', this.path, error)
      throw this.#syncFailure
    }
  }

  stat(): FileStat {
    const descriptor = this.#open()
    return attempt('look at', this.path, () => statOf(fstatSync(descriptor)))
  }

  [Symbol.dispose](): void {
    const descriptor = this.#descriptor
    this.#descriptor = undefined
    if (descriptor === undefined) return
    try {
      closeSync(descriptor)
    } catch (error) {
      // A stick that is gone fails here too, and would hide what went wrong before. Who only read has lost nothing.
      if (this.#isWritable) throw ioErrorFrom('close', this.path, error)
    }
  }
}
