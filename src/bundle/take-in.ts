// Takes a bundle from a medium into incoming/ID: judged first, then copied frame by frame, each checked against
// its signed digest while it passes. The medium is read once and may be pulled when this returns. A copy that
// was cut short goes on: whole frames that are there already are found by hashing them, so no record of progress
// has to be trusted. Frames that are damaged on the medium are passed over and told when the others are kept. Volumes grow
// one copy, each where the whole has its frames. A refusal leaves nothing behind.
import { digestOf } from '../base/digest.ts'
import { assertTrue, MossError } from '../base/error.ts'
import type { ContainerId } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import { asWhole, checkVolumeEnd, framesHere, placeInFile, sizeOfFile } from '../container/frame-place.ts'
import { encodePrelude } from '../container/prelude.ts'
import { readStored } from '../container/read.ts'
import { checkFrameBytes, framePlaces } from '../container/read-frames.ts'
import { readTables, type Tables } from '../container/tables.ts'
import type { VerifiedContainer } from '../container/verify.ts'
import { sayVolume, type Volume } from '../container/volume.ts'
import { isEveryFrame } from '../container/volume-set.ts'
import { volumesWanted } from '../container/wanted-volumes.ts'
import type { ByteSource } from '../host/byte-source.ts'
import type { Disk, OpenFile } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import { assertRoom, type Room } from '../host/room.ts'
import { DamagedFrames } from './damaged-frames.ts'
import { ReadOnceSource } from './read-once.ts'
import { readBundle, type Judge, type ReadBundle } from './read-bundle.ts'
import {
  rangesOf,
  readVolumesHere,
  type VolumesHere,
  withoutFrames,
  withVolume,
  writeVolumesHere,
} from './volumes-here.ts'

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

/**
 * Of a volume: when it brings what was missing, the whole. Until then what it has is kept, and VOLUME_WANTED is thrown, which
 * says what is missing.
 */
export async function takeIn(outside: Outside, request: TakeInRequest): Promise<TakenBundle> {
  const { incomingFolder, judge, report } = request
  const { disk } = outside
  const source = new ReadOnceSource(request.source)
  const bundle = readBundle(source, judge, (opened) => source.keepTo(opened.framesOffset))
  const { container } = bundle
  const tables = readTables(container)
  // Some are read only later, or by nobody here.
  for (const entry of container.head.sections) readStored(container, entry)
  checkVolumeEnd(framePlaces(container), container)
  const folder = `${incomingFolder}/${bundle.id}`
  const path = `${folder}/${copyName}`
  const before = readVolumesHere(disk, folder)
  const copyBytes = bundle.sizeBytes - heldBytes(disk, { path, container, tables, before })
  const copy = openCopy(disk, { folder, path, copyBytes, more: request.room?.(bundle) })
  try {
    for (const piece of source.kept()) copy.write(piece.bytes, piece.at)
    const keptBytes = await copyFrames(outside, { source, container, tables, copy, report })
    if (container.prelude.volume !== undefined)
      await keepVolume(outside, {
        ...request,
        volume: container.prelude.volume,
        before,
        container,
        tables,
        copy,
        folder,
      })
    copy.truncate(bundle.sizeBytes)
    copy.sync()
    disk.syncFolder(folder)
    disk.syncFolder(incomingFolder)
    source.turnTo(copy)
    const whole = asWhole(container)
    return {
      ...bundle,
      container: whole,
      tables: readTables(whole),
      path,
      keptBytes,
      [Symbol.dispose]: () => source[Symbol.dispose](),
    }
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

interface UnderWay {
  readonly container: VerifiedContainer
  readonly tables: Tables
  readonly copy: OpenFile
}

/** How much room the copy has taken. What volumes have brought may stand apart, with holes between. */
function heldBytes(
  disk: Disk,
  at: { readonly path: string; readonly before: VolumesHere } & Omit<UnderWay, 'copy'>,
): number {
  const ranges = rangesOf(at.before)
  if (ranges.length === 0)
    return at.container.prelude.volume === undefined ? (disk.lstat(at.path)?.sizeBytes ?? 0) : 0
  let sizeBytes = 0
  for (let n = 0; n < at.tables.frameCount; n++)
    if (ranges.some(({ firstFrame, endFrame }) => n >= firstFrame && n < endFrame))
      sizeBytes += at.tables.frame(n).storedBytes
  return sizeBytes
}

function openCopy(
  disk: Disk,
  at: { folder: string; path: string; copyBytes: number; more: Room | undefined },
): OpenFile {
  const { sizeBytes, inodes } = at.more ?? { sizeBytes: 0, inodes: 0 }
  const parent = at.folder.slice(0, at.folder.lastIndexOf('/'))
  assertRoom(disk, parent, { sizeBytes: Math.max(0, at.copyBytes) + sizeBytes, inodes: inodes + 2 })
  if (disk.lstat(at.folder) === undefined) disk.makeFolder(at.folder, 0o700)
  return disk.open(at.path, disk.lstat(at.path) === undefined ? 'create' : 'update', 0o600)
}

/** Those that the medium's file holds. Gives how many bytes of them were there already. */
async function copyFrames(
  outside: Outside,
  job: UnderWay & { readonly source: ReadOnceSource; readonly report: Report },
): Promise<number> {
  const { container, tables, copy, report } = job
  const places = framePlaces(container)
  const { firstFrame, endFrame } = framesHere(container)
  const totalBytes = sizeOfFile(places, container)
  let keptBytes = 0
  const buffer = new Uint8Array(longestFrame(tables))
  const damage = new DamagedFrames()
  for (let n = firstFrame; n < endFrame; n++) {
    const at = placeInFile(places, container, n)
    const bytes = buffer.subarray(0, tables.frame(n).storedBytes)
    if (isInCopy(job, n, bytes)) keptBytes += bytes.length
    else if (damage.isFound(() => readFrameOnce(job, { n, bytes, at, totalBytes })))
      copy.write(bytes, container.framesOffset + tables.frame(n).offset)
    report({ phase: 'copy', doneBytes: at + bytes.length, totalBytes })
    await outside.turn()
  }
  damage.assertNone()
  return keptBytes
}

/** Throws CONTAINER_TRUNCATED, CONTAINER_DAMAGED, and what the medium says. */
function readFrameOnce(
  { source, container }: UnderWay & { readonly source: ReadOnceSource },
  frame: { readonly n: number; readonly bytes: Uint8Array; readonly at: number; readonly totalBytes: number },
): void {
  const { n, bytes, at, totalBytes } = frame
  const presentBytes = source.readOn(bytes, at)
  if (presentBytes < bytes.length)
    throw new MossError('CONTAINER_TRUNCATED', {
      part: `frame ${n}`,
      presentBytes: at + presentBytes,
      wantedBytes: totalBytes,
    })
  checkFrameBytes(container, n, bytes)
}

function longestFrame(tables: Tables): number {
  let longest = 0
  for (let n = 0; n < tables.frameCount; n++) longest = Math.max(longest, tables.frame(n).storedBytes)
  return longest
}

/** `bytes` are what is there, if it is. */
function isInCopy({ container, tables, copy }: UnderWay, n: number, bytes: Uint8Array): boolean {
  const { offset, digest } = tables.frame(n)
  return copy.read(bytes, container.framesOffset + offset) === bytes.length && digestOf(bytes) === digest
}

/** Records what a volume has brought once that is durable. Throws VOLUME_WANTED unless every frame is here now. */
async function keepVolume(
  outside: Outside,
  job: UnderWay &
    TakeInRequest & { readonly volume: Volume; readonly before: VolumesHere; readonly folder: string },
): Promise<void> {
  const { source, volume, before, tables, copy, folder, report } = job
  const { disk } = outside
  copy.write(encodePrelude(asWhole(job.container).prelude), 0)
  copy.sync()
  disk.syncFolder(folder)
  disk.syncFolder(job.incomingFolder)
  const here = withVolume(before, volume)
  if (here.others.length > before.others.length)
    report({
      phase: 'copy',
      warning: `${sayVolume(volume)}, is of another cut than what came before; what came stays`,
    })
  const isWhole = (found: VolumesHere): boolean => isEveryFrame(rangesOf(found), tables.frameCount)
  const sound = isWhole(here) ? withoutFrames(here, await spoiledFrames(outside, job)) : here
  writeVolumesHere(disk, folder, sound)
  if (isWhole(sound)) return
  const wanted = volumesWanted(
    { id: job.container.id, path: source.name, one: volume, others: sound.volumes },
    { isKept: true },
  )
  assertTrue(wanted !== undefined, 'where frames are missing, a volume is')
  throw wanted
}

/** Of frames that came before, in other volumes: those that are not any more what they were. */
async function spoiledFrames(
  outside: Outside,
  job: UnderWay & { readonly volume: Volume },
): Promise<readonly number[]> {
  const { tables, volume } = job
  const buffer = new Uint8Array(longestFrame(tables))
  const spoiled: number[] = []
  for (let n = 0; n < tables.frameCount; n++) {
    if (n >= volume.firstFrame && n < volume.endFrame) continue
    if (!isInCopy(job, n, buffer.subarray(0, tables.frame(n).storedBytes))) spoiled.push(n)
    await outside.turn()
  }
  return spoiled
}
