// What moss asks of a disk, in one interface: the real one is in linux-disk.ts, a simulated one that forgets
// what was not synced is in test/sim. Calls are synchronous: a link or lstat costs microseconds, a promise more.
// Paths are absolute. Failures are MossError: HOST_IO, HOST_NO_SPACE, or as said. Nothing here is durable until
// a sync; only durable.ts renames.
import type { FolderLook } from './folder-look.ts'

export type FileKind = 'file' | 'folder' | 'symlink' | 'other'

export interface FileStat {
  readonly kind: FileKind
  readonly sizeBytes: number
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtimeMs: number
  /** Equal inode and device: the same file. */
  readonly inode: number
  readonly device: number
  readonly links: number
}

export interface FolderEntry {
  readonly name: string
  readonly kind: FileKind
}

export interface OpenFile extends Disposable {
  readonly path: string
  /** Reads at `at`; returns fewer than asked only at the end of the file. */
  read(into: Uint8Array, at: number): number
  /** Writes all bytes or throws. */
  write(bytes: Uint8Array, at: number): void
  truncate(sizeBytes: number): void
  /** A failure is final: it is reported once and must not be retried. */
  sync(): void
  stat(): FileStat
}

export type Xattrs = Readonly<Record<string, Uint8Array>>

/** `from` is an asset. */
export interface Placement {
  readonly from: string
  readonly to: string
}

export type PlacedBy = 'reflink' | 'link' | 'copy'

/** So begins what `features` makes, and takes away again unless the program is killed. */
export const probePrefix = '.moss-probe-'

export interface Disk {
  /** Undefined where there is nothing. Never follows a symlink in the last component. */
  lstat(path: string): FileStat | undefined
  /** Sorted bytewise, without . and .. */
  list(path: string): readonly FolderEntry[]
  readLink(path: string): string
  /** The whole file; longer than `limitBytes` is refused. */
  readFile(path: string, limitBytes: number): Uint8Array
  /** `create` is exclusive; no way follows a symlink in the last component. Mode is for `create` (default 0o600). */
  open(path: string, how: 'read' | 'create' | 'update', mode?: number): OpenFile
  makeFolder(path: string, mode?: number): void
  makeSymlink(target: string, path: string): void
  /** The cheapest copy that shares nothing changeable: says which way was taken. Falls back per file. */
  placeCopy(from: string, to: string): PlacedBy
  /** So many copies come next: what starts for them may start now. */
  expectCopies(count: number): void
  /** Many such copies, with every processor; each folder's together. The first that fails is told, and others may be there. */
  placeCopies(placements: readonly Placement[]): Promise<readonly PlacedBy[]>
  /** What each folder holds, with every processor; undefined where no folder is. */
  lookAtFolders(folders: readonly string[]): Promise<readonly (FolderLook | undefined)[]>
  setMode(path: string, mode: number): void
  /** Of the link itself where `path` is one. */
  setOwner(path: string, uid: number, gid: number): void
  setModified(path: string, mtimeMs: number): void
  getXattrs(path: string): Xattrs
  setXattrs(path: string, xattrs: Xattrs): void
  remove(path: string): void
  removeFolder(path: string): void
  /** Everything below too; absent is fine. Never follows symlinks nor goes into what is mounted there, makes folders writable as it needs. */
  removeTree(path: string): void
  rename(from: string, to: string, how: 'replace' | 'exclusive' | 'exchange'): void
  syncFolder(path: string): void
  /** Everything written to the filesystem that holds `path`. A failure is final. */
  syncFilesystem(path: string): void
  /** What was synced of this file comes from the device when it is read next, and not from memory, where the system can do that. */
  dropCached(path: string): void
  freeBytes(path: string): number
  /** How long a file should become at most on the filesystem of `path`; undefined where that is no question. */
  longestFile(path: string): number | undefined
  /** How many more files, folders and symlinks; undefined where the filesystem has no limit of its own. */
  freeInodes(path: string): number | undefined
  /** What is mounted inside the folder, by whole paths. */
  mountsBelow(folder: string): readonly string[]
  /** The kind of filesystem that is mounted at this folder itself; undefined where none is, or nobody can tell. */
  mountedAt(folder: string): string | undefined
  /** Why a root cannot be on the filesystem of `path`; undefined where nothing is known against it. */
  unfitness(path: string): string | undefined
  /** Held until disposed or the process ends. Throws STATE_LOCKED. The file is made if absent. */
  lock(path: string): Disposable
  /** Which ways this filesystem offers at `folder`; tried out there, leaving nothing behind. */
  features(folder: string): {
    readonly exchange: boolean
    readonly reflink: boolean
    readonly hardLinks: boolean
    /** A link takes an inode too: so it is on tmpfs. */
    readonly countsLinks: boolean
    /** Modes, symlinks, and names that differ in case alone. */
    readonly attributes: boolean
  }
}
