// Is there room? Asked before anything is written, so that what cannot end is not begun. A disk that fills up meanwhile is
// told by the call that fails.
import { MossError } from '../base/error.ts'
import type { Disk } from './disk.ts'

export interface Room {
  readonly sizeBytes: number
  /** Files, folders and symlinks. */
  readonly inodes: number
}

export const blockBytes = 4096

/** For what a filesystem and the database write about it: journals, trees, sums. */
const reserveBytes = 1024 * 1024

/** Of the database's journal, which keeps its place: a page or two of each table and index, however little changes. */
export const journalBytes = 64 * 1024

/** What a file of this size takes on most disks. */
export const inBlocks = (sizeBytes: number): number => Math.ceil(sizeBytes / blockBytes) * blockBytes

export const addRooms = (a: Room, b: Room): Room => ({
  sizeBytes: a.sizeBytes + b.sizeBytes,
  inodes: a.inodes + b.inodes,
})

/** Undefined if it fits on the filesystem of `path`; else what to throw, or to say. */
export function lackOfRoom(
  disk: Disk,
  path: string,
  { sizeBytes, inodes }: Room,
): MossError<'HOST_NO_SPACE'> | undefined {
  const freeBytes = disk.freeBytes(path)
  const neededBytes = sizeBytes + reserveBytes
  if (neededBytes > freeBytes) return new MossError('HOST_NO_SPACE', { path, neededBytes, freeBytes })
  const freeInodes = disk.freeInodes(path)
  return freeInodes !== undefined && inodes > freeInodes
    ? new MossError('HOST_NO_SPACE', { path, neededInodes: inodes, freeInodes })
    : undefined
}

/** How long one new file may be there. */
export const roomForFile = (disk: Disk, path: string): number =>
  Math.max(0, disk.freeBytes(path) - reserveBytes)

/** Throws HOST_NO_SPACE with the figures. */
export function assertRoom(disk: Disk, path: string, room: Room): void {
  const lack = lackOfRoom(disk, path, room)
  if (lack !== undefined) throw lack
}
