// Takes a bundle from a medium into incoming/ID: judged first, then copied frame by frame, each checked against
// its signed digest while it passes. The medium is read once and may be pulled when this returns. A copy that
// was cut short goes on: whole frames that are there already are found by hashing them, so no record of progress
// has to be kept or trusted. A refusal leaves nothing behind.
import { digestOf } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { ContainerId } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import { readStored } from '../container/read.ts'
import { checkFrameBytes } from '../container/read-frames.ts'
import { readTables, type Tables } from '../container/tables.ts'
import type { ByteSource } from '../host/byte-source.ts'
import type { Disk, OpenFile } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import { assertRoom, type Room } from '../host/room.ts'
import { ReadOnceSource } from './read-once.ts'
import { readBundle, type Judge, type ReadBundle } from './read-bundle.ts'

/** A bundle whose every byte is on this machine and checked. Holds its file open. */
export interface TakenBundle extends ReadBundle, Disposable {
  readonly tables: Tables
  /** The copy. */
  readonly path: string
  /** Bytes that were there already from an attempt before. */
  readonly keptBytes: number
}

export interface TakeInRequest {
  readonly source: ByteSource
  /** ROOT/.moss/incoming; it exists. */
  readonly incomingFolder: string
  readonly judge: Judge
  readonly report: Report
  /** What taking the bundle in needs beside the copy. */
  readonly room?: (bundle: ReadBundle) => Room
}

const copyName = 'bundle.moss'

export async function takeIn(outside: Outside, request: TakeInRequest): Promise<TakenBundle> {
  const { incomingFolder, judge, report } = request
  const { disk } = outside
  const source = new ReadOnceSource(request.source)
  const bundle = readBundle(source, judge, (opened) => source.keepTo(opened.framesOffset))
  const tables = readTables(bundle.container)
  // Some are read only later, or by nobody here.
  for (const entry of bundle.container.head.sections) readStored(bundle.container, entry)
  const folder = `${incomingFolder}/${bundle.id}`
  const path = `${folder}/${copyName}`
  const copy = openCopy(disk, { folder, path, sizeBytes: bundle.sizeBytes, more: request.room?.(bundle) })
  try {
    for (const piece of source.kept()) copy.write(piece.bytes, piece.at)
    const keptBytes = await copyFrames(outside, { source, bundle, tables, copy, report })
    copy.truncate(bundle.sizeBytes)
    copy.sync()
    disk.syncFolder(folder)
    disk.syncFolder(incomingFolder)
    source.turnTo(copy)
    return { ...bundle, tables, path, keptBytes, [Symbol.dispose]: () => source[Symbol.dispose]() }
  } catch (error) {
    copy[Symbol.dispose]()
    throw error
  }
}

/** Bundles in `incomingFolder`, whole or not, by id. */
export function listIncoming(disk: Disk, incomingFolder: string): readonly ContainerId[] {
  if (disk.lstat(incomingFolder) === undefined) return []
  return disk
    .list(incomingFolder)
    .filter((entry) => entry.kind === 'folder' && /^[0-9a-f]{64}$/.test(entry.name))
    .map((entry) => entry.name as ContainerId)
}

export function dropIncoming(disk: Disk, incomingFolder: string, id: ContainerId): void {
  disk.removeTree(`${incomingFolder}/${id}`)
}

function openCopy(
  disk: Disk,
  at: { folder: string; path: string; sizeBytes: number; more: Room | undefined },
): OpenFile {
  const present = disk.lstat(at.path)
  const copyBytes = Math.max(0, at.sizeBytes - (present?.sizeBytes ?? 0))
  const { sizeBytes, inodes } = at.more ?? { sizeBytes: 0, inodes: 0 }
  const parent = at.folder.slice(0, at.folder.lastIndexOf('/'))
  assertRoom(disk, parent, { sizeBytes: copyBytes + sizeBytes, inodes: inodes + 2 })
  if (disk.lstat(at.folder) === undefined) disk.makeFolder(at.folder, 0o700)
  return disk.open(at.path, present === undefined ? 'create' : 'update', 0o600)
}

/** Gives how many bytes of frames were there already. */
async function copyFrames(
  outside: Outside,
  job: { source: ReadOnceSource; bundle: ReadBundle; tables: Tables; copy: OpenFile; report: Report },
): Promise<number> {
  const { source, bundle, tables, copy, report } = job
  const { container } = bundle
  const totalBytes = bundle.sizeBytes
  let keptBytes = 0
  let longest = 0
  for (let n = 0; n < tables.frameCount; n++) longest = Math.max(longest, tables.frame(n).storedBytes)
  const buffer = new Uint8Array(longest)
  for (let n = 0; n < tables.frameCount; n++) {
    const entry = tables.frame(n)
    const at = container.framesOffset + entry.offset
    const bytes = buffer.subarray(0, entry.storedBytes)
    if (copy.read(bytes, at) === bytes.length && digestOf(bytes) === entry.digest) keptBytes += bytes.length
    else {
      const presentBytes = source.readOn(bytes, at)
      if (presentBytes < bytes.length)
        throw new MossError('CONTAINER_TRUNCATED', {
          part: `frame ${n}`,
          presentBytes: at + presentBytes,
          wantedBytes: totalBytes,
        })
      checkFrameBytes(container, n, bytes)
      copy.write(bytes, at)
    }
    report({ phase: 'copy', doneBytes: at + bytes.length, totalBytes })
    await outside.turn()
  }
  return keptBytes
}
