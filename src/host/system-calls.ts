// The system calls that Node does not offer, through node:ffi: renameat2, syncfs, flock, extended attributes and
// the at-family for removing trees. Symbols come from the process itself (`dlopen(null)`), so that a preloaded
// shim sees every call. Loaded at the first use. errno is advisory: Node may have spoilt it in between, so the
// callers look at the result again where it matters.

/** 0 or a size; below 0 the call failed and `problem()` says why, as far as can be known. */
type Result = number

export interface SystemCalls {
  /** How: 0 replaces, 1 refuses where `to` exists, 2 exchanges both. */
  rename(from: string, to: string, how: 0 | 1 | 2): Result
  syncFilesystem(descriptor: number): Result
  /** Advice, of the whole file: pages that are on the device need not stay in memory. */
  dropCached(descriptor: number): Result
  /**
   * Takes the exclusive lock of the open file without waiting: flock's, and the whole file's as lckpwdf(3) and the like
   * take it. Both are the descriptor's.
   */
  lockExclusive(descriptor: number): Result
  listXattrs(path: string, into: Uint8Array): Result
  getXattr(path: string, name: string, into: Uint8Array): Result
  setXattr(path: string, name: string, value: Uint8Array): Result
  /** Opens a folder inside an open one, never through a symlink. */
  openFolderAt(folder: number, name: Uint8Array): Result
  /** Raw `linux_dirent64` records. */
  readFolder(descriptor: number, into: Uint8Array): Result
  removeAt(folder: number, name: Uint8Array, isFolder: boolean): Result
  setModeAt(folder: number, name: Uint8Array, mode: number): Result
  /** A whole `struct statx` of what is in an open folder, or with an empty name of itself; never through a symlink. */
  lookAt(folder: number, name: Uint8Array, into: Uint8Array): Result
  /** The kernel's word for the last failure; `EUNKNOWN` where errno says nothing. */
  problem(): string
}

const signatures = {
  renameat2: { arguments: ['i32', 'buffer', 'i32', 'buffer', 'u32'], return: 'i32' },
  posix_fadvise: { arguments: ['i32', 'i64', 'i64', 'i32'], return: 'i32' },
  syncfs: { arguments: ['i32'], return: 'i32' },
  flock: { arguments: ['i32', 'i32'], return: 'i32' },
  fcntl: { arguments: ['i32', 'i32', 'buffer'], return: 'i32' },
  llistxattr: { arguments: ['buffer', 'buffer', 'u64'], return: 'i64' },
  lgetxattr: { arguments: ['buffer', 'buffer', 'buffer', 'u64'], return: 'i64' },
  lsetxattr: { arguments: ['buffer', 'buffer', 'buffer', 'u64', 'i32'], return: 'i32' },
  openat: { arguments: ['i32', 'buffer', 'i32'], return: 'i32' },
  unlinkat: { arguments: ['i32', 'buffer', 'i32'], return: 'i32' },
  fchmodat: { arguments: ['i32', 'buffer', 'u32', 'i32'], return: 'i32' },
  statx: { arguments: ['i32', 'buffer', 'i32', 'u32', 'buffer'], return: 'i32' },
  syscall: { arguments: ['i64', 'i64', 'buffer', 'u64'], return: 'i64' },
  __errno_location: { arguments: [], return: 'pointer' },
} as const

/** "From the working folder", for the at-family. */
export const currentFolder = -100
const lockExclusiveNow = 2 + 4
/** F_OFD_SETLK, with a `struct flock` that says F_WRLCK from the first byte to the last. */
const lockRecordsNow = 37
const allRecords = Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 1 : 0))
/** POSIX_FADV_DONTNEED */
const notNeeded = 4
const removeFolderFlag = 0x200
/** Not through a symlink, and the open folder itself where the name is empty. */
const lookFlags = 0x100 + 0x1000
const basicStats = 0x7ff
/** getdents64 has no wrapper in older C libraries. */
const readFolderNumber = process.arch === 'arm64' ? 61n : 217n

/** A path as the C library wants it. What would be cut short or altered on the way is our own bug. */
export function pathBytes(path: string): Uint8Array {
  if (!path.isWellFormed() || path.includes('\0')) throw new Error(`not a path: ${JSON.stringify(path)}`)
  return Buffer.from(`${path}\0`)
}

let loaded: SystemCalls | undefined

export const systemCalls = (): SystemCalls => (loaded ??= load())

function load(): SystemCalls {
  const ffi = process.getBuiltinModule('node:ffi')
  const { constants } = process.getBuiltinModule('node:os')
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = process.getBuiltinModule('node:fs').constants
  const closeOnExec = 0o2000000
  const { functions: c } = ffi.dlopen(null, signatures)
  const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]))
  names.set(constants.errno.EAGAIN, 'EAGAIN').set(constants.errno.EOPNOTSUPP, 'EOPNOTSUPP')
  return {
    rename: (from, to, how) => c.renameat2(currentFolder, pathBytes(from), currentFolder, pathBytes(to), how),
    syncFilesystem: (descriptor) => c.syncfs(descriptor),
    dropCached: (descriptor) => c.posix_fadvise(descriptor, 0n, 0n, notNeeded),
    lockExclusive: (descriptor) => {
      const result = c.flock(descriptor, lockExclusiveNow)
      return result < 0 ? result : c.fcntl(descriptor, lockRecordsNow, allRecords)
    },
    listXattrs: (path, into) => Number(c.llistxattr(pathBytes(path), into, BigInt(into.length))),
    getXattr: (path, name, into) =>
      Number(c.lgetxattr(pathBytes(path), pathBytes(name), into, BigInt(into.length))),
    setXattr: (path, name, value) =>
      c.lsetxattr(pathBytes(path), pathBytes(name), value, BigInt(value.length), 0),
    openFolderAt: (folder, name) => c.openat(folder, name, O_RDONLY + O_DIRECTORY + O_NOFOLLOW + closeOnExec),
    readFolder: (descriptor, into) =>
      Number(c.syscall(readFolderNumber, BigInt(descriptor), into, BigInt(into.length))),
    removeAt: (folder, name, isFolder) => c.unlinkat(folder, name, isFolder ? removeFolderFlag : 0),
    setModeAt: (folder, name, mode) => c.fchmodat(folder, name, mode, 0),
    lookAt: (folder, name, into) => c.statx(folder, name, lookFlags, basicStats, into),
    problem: () => names.get(ffi.getInt32(c.__errno_location(), 0)) ?? 'EUNKNOWN',
  }
}
