// Cuts a container into files beside each other: volumes that are there already and right stay, and where one is something
// else nothing is written. Where the room ends, the next medium goes on: nothing has to be remembered, since the same
// container and limit give the same volumes.
import { isMossError, MossError } from '../base/error.ts'
import type { ContainerId } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import { volumeName } from '../base/volume-names.ts'
import type { Outside } from '../host/outside.ts'
import { assertRoom, lackOfRoom, roomForFile } from '../host/room.ts'
import { claimedFrames } from './claimed-frames.ts'
import { planCut } from './plan-cut.ts'
import type { OpenedContainer } from './read.ts'
import type { Volume } from './volume.ts'
import { type VolumeFile, volumeOf } from './volume-file.ts'
import { isWritten, writeVolume } from './write-volume.ts'

export interface WrittenVolume {
  readonly path: string
  readonly number: number
  /** The first and the last. */
  readonly frames: readonly [number, number]
  readonly fileBytes: number
  /** False if it was there. */
  readonly isNew: boolean
}

/** Something that is written beside each file of a container. */
export interface Beside {
  readonly sizeOf: (fileBytes: number) => number
  readonly write: (path: string, id: ContainerId) => Promise<unknown>
}

/** How each file is laid down that is not written as it is: sealed. It is other bytes each time, so none that is there can be the same. */
export interface Wrapping {
  /** What lies there under the same name. */
  readonly replaces: boolean
  readonly sizeOf: (fileBytes: number) => number
  /** How long what is wrapped may be for that to be no longer than this. */
  readonly mostInside: (fileBytes: number) => number
  /** Throws ALREADY_EXISTS. */
  readonly write: (path: string, file: VolumeFile) => Promise<unknown>
}

/** How long a file may be. */
export interface CutLimits {
  readonly limitBytes?: number | undefined
  /** Then as long as there is room, if that is less. */
  readonly isToFit: boolean
  /** The first volume to write. */
  readonly from?: number | undefined
}

export interface Cut {
  /** None where the whole is no longer than the limit: then nothing is written. */
  readonly volumes: readonly WrittenVolume[]
  /** To be thrown, where the others have no room any more: which volume comes next. */
  readonly next?: MossError<'VOLUME_NEXT'>
}

/**
 * As many volumes as there is room for, one at least, from `from` on. `path` is that of the whole, and of its first volume.
 * Throws VOLUME_TOO_SMALL, NOT_FOUND, ALREADY_EXISTS, HOST_NO_SPACE.
 */
export async function writeVolumes(
  outside: Outside,
  whole: OpenedContainer,
  to: {
    readonly path: string
    readonly limitBytes: number
    readonly from?: number | undefined
    readonly isReadBack: boolean
    readonly beside?: Beside | undefined
    readonly wrapping?: Wrapping | undefined
    readonly report: Report
  },
): Promise<Cut> {
  const { from = 1, path: wholePath, limitBytes, wrapping } = to
  const frames = claimedFrames(whole)
  const planned = planWrapped(limitBytes, wrapping, (insideBytes) =>
    planCut({
      frontBytes: whole.framesOffset,
      frames: Array.from({ length: frames.count }, (_, n) => frames.entry(n).storedBytes),
      limitBytes: insideBytes,
    }),
  )
  const found = planned
    .filter(({ number }) => number >= from)
    .map((volume) => {
      const path = volumeName(wholePath, volume.number)
      const file = volumeOf(whole, { frames, volume })
      if (wrapping?.replaces === false && outside.disk.lstat(path) !== undefined)
        throw new MossError('ALREADY_EXISTS', { what: path })
      const fileBytes = wrapping?.sizeOf(file.sizeBytes) ?? file.sizeBytes
      return {
        path,
        volume,
        file,
        fileBytes,
        isNew: wrapping !== undefined || !isWritten(outside, path, file),
      }
    })
  if (found.length === 0 && from > 1) throw new MossError('NOT_FOUND', { what: 'volume', name: `${from}` })
  const volumes: WrittenVolume[] = []
  for (const { path, volume, file, fileBytes, isNew } of found) {
    const folder = wholePath.slice(0, Math.max(1, wholePath.lastIndexOf('/')))
    const sizeBytes = fileBytes + (to.beside?.sizeOf(fileBytes) ?? 0)
    const inodes = to.beside === undefined ? 1 : 2
    const lack = isNew ? lackOfRoom(outside.disk, folder, { sizeBytes, inodes }) : undefined
    if (lack !== undefined && volumes.length === 0) throw lack
    if (lack !== undefined) return { volumes, next: nextOf(volume, { wholePath, volumes, limitBytes }) }
    if (wrapping !== undefined) await wrapping.write(path, file)
    else if (isNew) await writeVolume(outside, path, { file, ...to })
    await to.beside?.write(path, whole.id)
    const { number, firstFrame, endFrame } = volume
    volumes.push({ path, number, frames: [firstFrame, endFrame - 1], fileBytes, isNew })
  }
  return { volumes }
}

/** Limits are those of files as they lie there. */
function planWrapped<T>(
  limitBytes: number,
  wrapping: Wrapping | undefined,
  plan: (insideBytes: number) => T,
): T {
  if (wrapping === undefined) return plan(limitBytes)
  try {
    return plan(wrapping.mostInside(limitBytes))
  } catch (error) {
    if (!isMossError(error, 'VOLUME_TOO_SMALL')) throw error
    throw new MossError('VOLUME_TOO_SMALL', {
      limitBytes,
      leastBytes: wrapping.sizeOf(error.details.leastBytes),
    })
  }
}

/**
 * As `writeVolumes`, if the whole may not be one file there; then nothing was written. Throws HOST_NO_SPACE besides.
 */
export async function cutToFit(
  outside: Outside,
  whole: OpenedContainer,
  to: CutLimits & Omit<Parameters<typeof writeVolumes>[2], 'limitBytes'>,
): Promise<Cut> {
  const { disk } = outside
  const { path, limitBytes = Infinity, isToFit, beside, wrapping } = to
  const folder = path.slice(0, Math.max(1, path.lastIndexOf('/')))
  const roomBytes = isToFit ? roomForFile(disk, folder) : Infinity
  const besideBytes = (fileBytes: number): number => beside?.sizeOf(fileBytes) ?? 0
  const fileBytes = wrapping?.sizeOf(whole.endOffset) ?? whole.endOffset
  const hasRoom = fileBytes + besideBytes(fileBytes) <= roomBytes
  const mostBytes = Math.min(limitBytes, hasRoom ? Infinity : roomBytes - besideBytes(roomBytes))
  if (fileBytes <= mostBytes) return { volumes: [] }
  try {
    return await writeVolumes(outside, whole, { ...to, limitBytes: mostBytes })
  } catch (error) {
    // Nobody asked for volumes of this size: there is no room for any.
    if (isToFit && isMossError(error, 'VOLUME_TOO_SMALL'))
      assertRoom(disk, folder, { sizeBytes: error.details.leastBytes, inodes: 1 })
    throw error
  }
}

function nextOf(
  { number, count }: Volume,
  done: {
    readonly wholePath: string
    readonly volumes: readonly WrittenVolume[]
    readonly limitBytes: number
  },
): MossError<'VOLUME_NEXT'> {
  const name = done.wholePath.slice(done.wholePath.lastIndexOf('/') + 1)
  return new MossError('VOLUME_NEXT', {
    name,
    here: done.volumes.map((volume) => volume.number),
    count,
    next: volumeName(name, number),
    number,
    limitBytes: done.limitBytes,
  })
}
