// split: cuts a container into volumes, for anybody: no key is needed, and none of the signatures is judged. A volume that is
// there already and is the right one stays.
import type { ContainerId } from '../base/ids.ts'
import { volumeName } from '../base/volume-names.ts'
import { claimedFrames } from '../container/claimed-frames.ts'
import { planCut } from '../container/plan-cut.ts'
import { openContainer } from '../container/read.ts'
import { volumeOf } from '../container/volume-file.ts'
import { isWritten, writeVolume } from '../container/write-volume.ts'
import { fileSource } from '../host/byte-source.ts'
import type { Outside } from '../host/outside.ts'
import { assertRoom } from '../host/room.ts'
import { assertMedium } from '../medium/medium.ts'
import { checkIsFile } from './named-file.ts'
import type { ReportEvent } from './types.ts'

export interface WrittenVolume {
  readonly path: string
  readonly number: number
  /** From the first to the last. */
  readonly frames: readonly [number, number]
  readonly fileBytes: number
  /** False if it was there. */
  readonly isNew: boolean
}

export interface Split {
  readonly file: string
  readonly id: ContainerId
  /** None where the whole is no longer than one volume may be. */
  readonly volumes: readonly WrittenVolume[]
}

/** Into `folder`. Throws VOLUME_TOO_SMALL, and ALREADY_EXISTS before anything is written. */
export async function splitContainer(
  outside: Outside,
  request: { readonly file: string; readonly folder: string; readonly limitBytes: number },
  report: ReportEvent,
): Promise<Split> {
  const { file, folder, limitBytes } = request
  checkIsFile(outside, file)
  assertMedium(outside.disk, folder)
  using source = fileSource(outside.disk, file)
  const whole = openContainer(source)
  const frames = claimedFrames(whole)
  const planned = planCut({
    frontBytes: whole.framesOffset,
    frames: Array.from({ length: frames.count }, (_, n) => frames.entry(n).storedBytes),
    limitBytes,
  })
  const name = file.slice(file.lastIndexOf('/') + 1)
  const found = planned.map((volume) => {
    const path = `${folder}/${volumeName(name, volume.number)}`
    const made = volumeOf(whole, { frames, volume })
    return { path, volume, made, isNew: !isWritten(outside, path, made) }
  })
  const fresh = found.filter(({ isNew }) => isNew)
  assertRoom(outside.disk, folder, {
    sizeBytes: fresh.reduce((sum, { made }) => sum + made.sizeBytes, 0),
    inodes: fresh.length,
  })
  for (const { path, made } of fresh) await writeVolume(outside, path, { file: made, report })
  return {
    file,
    id: whole.id,
    volumes: found.map(({ path, volume, made, isNew }) => ({
      path,
      number: volume.number,
      frames: [volume.firstFrame, volume.endFrame - 1],
      fileBytes: made.sizeBytes,
      isNew,
    })),
  }
}
