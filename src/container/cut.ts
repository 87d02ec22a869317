// Cuts a container into files beside each other: volumes that are there already and right stay, and where one is something
// else nothing is written.
import type { Report } from '../base/progress.ts'
import { volumeName } from '../base/volume-names.ts'
import type { Outside } from '../host/outside.ts'
import { assertRoom } from '../host/room.ts'
import { claimedFrames } from './claimed-frames.ts'
import { planCut } from './plan-cut.ts'
import type { OpenedContainer } from './read.ts'
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

/**
 * `path` is that of the whole, and of its first volume. None where the whole is no longer than the limit: then nothing is written.
 * Throws VOLUME_TOO_SMALL, ALREADY_EXISTS, HOST_NO_SPACE.
 */
export async function writeVolumes(
  outside: Outside,
  whole: OpenedContainer,
  to: {
    readonly path: string
    readonly limitBytes: number
    readonly isReadBack: boolean
    readonly report: Report
  },
): Promise<readonly WrittenVolume[]> {
  const frames = claimedFrames(whole)
  const planned = planCut({
    frontBytes: whole.framesOffset,
    frames: Array.from({ length: frames.count }, (_, n) => frames.entry(n).storedBytes),
    limitBytes: to.limitBytes,
  })
  const found = planned.map((volume) => {
    const path = volumeName(to.path, volume.number)
    const file = volumeOf(whole, { frames, volume })
    return { path, volume, file, isNew: !isWritten(outside, path, file) }
  })
  const fresh = found.filter(({ isNew }) => isNew)
  if (fresh.length > 0)
    assertRoom(outside.disk, to.path.slice(0, Math.max(1, to.path.lastIndexOf('/'))), {
      sizeBytes: fresh.reduce((sum, { file }) => sum + file.sizeBytes, 0),
      inodes: fresh.length,
    })
  for (const { path, file } of fresh) await writeVolume(outside, path, { file, ...to })
  return found.map(({ path, volume, file, isNew }) => ({
    path,
    number: volume.number,
    frames: [volume.firstFrame, volume.endFrame - 1],
    fileBytes: file.sizeBytes,
    isNew,
  }))
}
