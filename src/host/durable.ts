// The one recipe for what must survive a power cut, and the only caller of rename. Order, always: bytes to the
// device, then the name, then the folders that hold the name. A failed sync is final: it is passed on, never retried.
import { dirname } from 'node:path'
import { MossError } from '../base/error.ts'
import type { Disk, OpenFile } from './disk.ts'
import { problemOf } from './problem.ts'

export interface WriteOptions {
  /** Default 0o644. */
  readonly mode?: number
  /** Replaces what is there in one step. Otherwise an existing target is refused with ALREADY_EXISTS. */
  readonly replace?: boolean
}

/** Writes a whole file. Absent or whole at every instant; there for good on return. */
export function writeDurably(disk: Disk, path: string, bytes: Uint8Array, options: WriteOptions = {}): void {
  using part = createPart(disk, path, options.mode)
  part.write(bytes, 0)
  placePart(disk, part, path, options)
}

/** Starts the file that will become `path`: what an earlier attempt left under its name goes first. */
export function createPart(disk: Disk, path: string, mode = 0o644): OpenFile {
  dropPart(disk, path)
  return disk.open(`${path}.part`, 'create', mode)
}

/** What an attempt that was cut short left of the file that would have become `path`. */
export function dropPart(disk: Disk, path: string): void {
  if (disk.lstat(`${path}.part`) !== undefined) disk.remove(`${path}.part`)
}

/** Finishes what `createPart` began, when all bytes are written. */
export function placePart(disk: Disk, part: OpenFile, path: string, options: WriteOptions = {}): void {
  part.sync()
  if (options.replace === true) disk.rename(part.path, path, 'replace')
  else renameToNew(disk, part.path, path)
  disk.syncFolder(dirname(path))
}

function renameToNew(disk: Disk, from: string, to: string): void {
  try {
    disk.rename(from, to, 'exclusive')
  } catch (error) {
    if (problemOf(error) !== 'EEXIST') throw error
    throw new MossError('ALREADY_EXISTS', { what: to }, error)
  }
}

export interface Move {
  readonly from: string
  readonly to: string
  /** A file that is there is another one, and goes in the same step. */
  readonly replaces?: boolean
}

/** Folders that are synced one by one: each is a commit of the filesystem's journal, as the sync of everything is. */
const fewFolders = 8

/**
 * Gives many files their final names. Their bytes must be durable already (syncAll). Where a target exists it is
 * the same file by its name: it stays and the source goes, unless it is to be replaced. Every folder touched is synced
 * once, at the end; where they are many and all on the filesystem of `within`, with that filesystem.
 */
export function moveIntoPlace(disk: Disk, moves: Iterable<Move>, within?: string): void {
  const targets = new Set<string>()
  const sources = new Set<string>()
  for (const { from, to, replaces } of moves) {
    targets.add(dirname(to))
    sources.add(dirname(from))
    try {
      disk.rename(from, to, replaces === true ? 'replace' : 'exclusive')
    } catch (error) {
      if (problemOf(error) !== 'EEXIST') throw error
      disk.remove(from)
    }
  }
  const folders = targets.union(sources)
  if (within !== undefined && folders.size > fewFolders) disk.syncFilesystem(within)
  else for (const folder of folders) disk.syncFolder(folder)
}

/** Gives a whole tree its final name; nothing may be there. Its content must be durable already (syncAll). */
export function moveTree(disk: Disk, from: string, to: string): void {
  renameToNew(disk, from, to)
  disk.syncFolder(dirname(to))
  if (dirname(from) !== dirname(to)) disk.syncFolder(dirname(from))
}

/** Two trees take each other's place in one step: at every instant both names are there. */
export function exchangeTrees(disk: Disk, a: string, b: string): void {
  disk.rename(a, b, 'exchange')
  disk.syncFolder(dirname(a))
  if (dirname(a) !== dirname(b)) disk.syncFolder(dirname(b))
}

/** The barrier: everything written to the filesystem of `path` is on the device. */
export const syncAll = (disk: Disk, path: string): void => disk.syncFilesystem(path)
