// The real disk. Node's own synchronous calls where they do what is meant, node:ffi where they do not. Symlinks in
// the last component are never followed, modes are exact whatever the umask, every failure is a MossError.
import {
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  statfsSync,
  symlinkSync,
  unlinkSync,
  type Dirent,
} from 'node:fs'
import { compareText, decodeUtf8 } from '../base/bytes.ts'
import {
  type Disk,
  type FileKind,
  type FolderEntry,
  type PlacedBy,
  type Placement,
  probePrefix,
} from './disk.ts'
import { longestFileOn, unfitFilesystem } from './filesystems.ts'
import type { FolderLook } from './folder-look.ts'
import { getXattrs, setXattrs } from './linux-attributes.ts'
import { attempt, lstat, openFile, readFile } from './linux-file.ts'
import { linuxLocks } from './linux-locks.ts'
import { filePlacer, tryCopy } from './linux-place.ts'
import { mountedAt, mountsBelow } from './mounts.ts'
import { inSlices, type Slicing, startThreads } from './slices.ts'
import { joinTexts, lookJob, placeFilesJob } from './jobs.ts'
import { inlinePool, type Pool } from './pool.ts'
import { ioError, ioErrorFrom, problemOf } from './problem.ts'
import { removeItem } from './remove-tree.ts'
import { currentFolder, pathBytes, systemCalls } from './system-calls.ts'

const { O_RDONLY, O_NOFOLLOW, O_DIRECTORY } = constants

function list(path: string): readonly FolderEntry[] {
  const entries = attempt('list', path, () => readdirSync(path, { withFileTypes: true }))
  const listed = entries.map((entry) => ({ name: entry.name, kind: kindOfEntry(entry) }))
  if (listed.some((entry) => entry.name.includes('\ufffd'))) refuseForeignNames(path)
  return listed.sort((a, b) => compareText(a.name, b.name))
}

function kindOfEntry(entry: Dirent): FileKind {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  return entry.isSymbolicLink() ? 'symlink' : 'other'
}

/** A replacement character may be a name's own; bytes that are no UTF-8 are refused, not guessed at. */
function refuseForeignNames(path: string): void {
  const names = attempt('list', path, () => readdirSync(path, { encoding: 'buffer' }))
  const foreign = names.find((name) => decodeUtf8(name) === undefined)
  if (foreign !== undefined)
    throw ioError('list', path, `it holds a name that is not UTF-8: ${foreign.toString('latin1')}`)
}

function readLink(path: string): string {
  const bytes = attempt('read the link', path, () => readlinkSync(path, { encoding: 'buffer' }))
  const target = decodeUtf8(bytes)
  if (target === undefined) throw ioError('read the link', path, 'its target is not UTF-8')
  return target
}

function setMode(path: string, mode: number): void {
  if (lstat(path)?.kind === 'symlink') throw ioError('set the mode of', path, 'ELOOP')
  attempt('set the mode of', path, () => chmodSync(path, mode))
}

function removeTree(path: string): void {
  const found = lstat(path)
  if (found === undefined) return
  removeItem(currentFolder, { name: pathBytes(path), isFolder: found.kind === 'folder' }, path)
}

function rename(from: string, to: string, how: 'replace' | 'exclusive' | 'exchange'): void {
  if (how === 'replace') return attempt('rename', from, () => renameSync(from, to))
  const calls = systemCalls()
  if (calls.rename(from, to, how === 'exclusive' ? 1 : 2) === 0) return
  const problem = calls.problem()
  if (lstat(from) === undefined) throw ioError('rename', from, 'ENOENT')
  const target = lstat(to)
  if (how === 'exchange') throw ioError('exchange', to, target === undefined ? 'ENOENT' : problem)
  if (target !== undefined) throw ioError('rename', to, 'EEXIST')
  // Some filesystems of media know no exclusive rename. Nobody else writes there: it was looked at just now.
  if (problem === 'EINVAL' || problem === 'ENOSYS') return attempt('rename', from, () => renameSync(from, to))
  throw ioError('rename', from, problem)
}

function syncFolder(path: string): void {
  const descriptor = attempt('flush', path, () => openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
  try {
    fsyncSync(descriptor)
  } catch (error) {
    const problem = ioErrorFrom('flush', path, error)
    // The filesystem says that it has no such notion (some media), not that it failed.
    if (problemOf(problem) !== 'EINVAL') throw problem
  } finally {
    closeSync(descriptor)
  }
}

/** Advice: what does not take it reads from memory, as before. */
function dropCached(path: string): void {
  const descriptor = attempt('read', path, () => openSync(path, O_RDONLY | O_NOFOLLOW))
  try {
    systemCalls().dropCached(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

const isDone = (call: () => void): boolean => {
  try {
    call()
    return true
  } catch {
    return false
  }
}

const unusualMode = 0o751

const keepsAttributes = (place: string): boolean =>
  isDone(() => {
    symlinkSync('file', `${place}/symlink`)
    chmodSync(`${place}/file`, unusualMode)
  }) &&
  lstat(`${place}/file`)?.mode === unusualMode &&
  lstat(`${place}/FILE`) === undefined

function features(folder: string): ReturnType<Disk['features']> {
  const place = `${folder}/${probePrefix}${process.pid}-${process.hrtime.bigint()}`
  attempt('try out', folder, () => mkdirSync(place, { mode: 0o700 }))
  try {
    attempt('try out', folder, () => {
      for (const name of ['a', 'b']) mkdirSync(`${place}/${name}`)
      closeSync(openSync(`${place}/file`, 'wx'))
    })
    const { ffree } = statfsSync(place)
    const hardLinks = isDone(() => linkSync(`${place}/file`, `${place}/link`))
    return {
      hardLinks,
      countsLinks: statfsSync(place).ffree < ffree,
      exchange: systemCalls().rename(`${place}/a`, `${place}/b`, 2) === 0,
      reflink: tryCopy(`${place}/file`, `${place}/reflink`, constants.COPYFILE_FICLONE_FORCE) === undefined,
      attributes: keepsAttributes(place),
    }
  } finally {
    removeTree(place)
  }
}

const placing: Slicing<Placement, string, PlacedBy> = {
  job: placeFilesJob,
  encode: (placements) => joinTexts(placements.flatMap(({ from, to }) => [from, to])),
  few: 16_000,
  sliceItems: 500,
}

const looking: Slicing<string, string, FolderLook | undefined> = {
  job: lookJob,
  encode: joinTexts,
  few: 2000,
  sliceItems: 50,
}

/** Work on many files is done by `pool`. */
export const linuxDisk = (pool: Pool = inlinePool): Disk => ({
  lstat,
  list,
  readLink,
  readFile,
  open: openFile,
  makeFolder: (path, mode = 0o755) =>
    attempt('make', path, () => {
      mkdirSync(path, { mode: 0o700 })
      if (mode !== 0o700) chmodSync(path, mode)
    }),
  makeSymlink: (target, path) => attempt('make the link', path, () => symlinkSync(target, path)),
  placeCopy: filePlacer(),
  expectCopies: (count) => startThreads(pool, placing, count),
  placeCopies: (placements) => inSlices(pool, placing, placements),
  lookAtFolders: (folders) => inSlices(pool, looking, folders),
  setMode,
  setOwner: (path, uid, gid) => attempt('set the owner of', path, () => lchownSync(path, uid, gid)),
  setModified: (path, mtimeMs) =>
    attempt('set the date of', path, () => lutimesSync(path, mtimeMs / 1000, mtimeMs / 1000)),
  getXattrs,
  setXattrs,
  remove: (path) => attempt('remove', path, () => unlinkSync(path)),
  removeFolder: (path) => attempt('remove', path, () => rmdirSync(path)),
  removeTree,
  rename,
  syncFolder,
  dropCached,
  freeBytes: (path) =>
    attempt('look at', path, () => {
      const { bavail, bsize } = statfsSync(path)
      return bavail * bsize
    }),
  freeInodes: (path) =>
    attempt('look at', path, () => {
      const { files, ffree } = statfsSync(path)
      return files === 0 ? undefined : ffree
    }),
  longestFile: (path) => longestFileOn(attempt('look at', path, () => statfsSync(path).type)),
  mountsBelow,
  mountedAt,
  unfitness: (path) => unfitFilesystem(attempt('look at', path, () => statfsSync(path).type)),
  features,
  ...linuxLocks(),
})
