// Cuts a container into files beside each other: volumes that are there already and right stay, and where one is something
// else nothing is written. Where the room ends, the next medium goes on: nothing has to be remembered, since the same
// container and limit give the same volumes.
import { MossError } from '../base/error.ts'
import type { ContainerId } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import { volumeName } from '../base/volume-names.ts'
import type { Outside } from '../host/outside.ts'
import { lackOfRoom } from '../host/room.ts'
import { claimedFrames } from './claimed-frames.ts'
import { planCut } from './plan-cut.ts'
import type { OpenedContainer } from './read.ts'
import type { Volume } from './volume.ts'
import { volumeOf } from './volume-file.ts'
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
    readonly report: Report
  },
): Promise<Cut> {
  const { from = 1, path: wholePath, limitBytes } = to
  const frames = claimedFrames(whole)
  const planned = planCut({
    frontBytes: whole.framesOffset,
    frames: Array.from({ length: frames.count }, (_, n) => frames.entry(n).storedBytes),
    limitBytes,
  })
  const found = planned
    .filter(({ number }) => number >= from)
    .map((volume) => {
      const path = volumeName(wholePath, volume.number)
      const file = volumeOf(whole, { frames, volume })
      return { path, volume, file, isNew: !isWritten(outside, path, file) }
    })
  if (found.length === 0 && from > 1) throw new MossError('NOT_FOUND', { what: 'volume', name: `${from}` })
  const volumes: WrittenVolume[] = []
  for (const { path, volume, file, isNew } of found) {
    const folder = wholePath.slice(0, Math.max(1, wholePath.lastIndexOf('/')))
    const sizeBytes = file.sizeBytes + (to.beside?.sizeOf(file.sizeBytes) ?? 0)
    const inodes = to.beside === undefined ? 1 : 2
    const lack = isNew ? lackOfRoom(outside.disk, folder, { sizeBytes, inodes }) : undefined
    if (lack !== undefined && volumes.length === 0) throw lack
    if (lack !== undefined) return { volumes, next: nextOf(volume, { wholePath, volumes, limitBytes }) }
    if (isNew) await writeVolume(outside, path, { file, ...to })
    await to.beside?.write(path, whole.id)
    const { number, firstFrame, endFrame } = volume
    volumes.push({ path, number, frames: [firstFrame, endFrame - 1], fileBytes: file.sizeBytes, isNew })
  }
  return { volumes }
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
