// split: cuts a container into volumes, for anybody: no key is needed, and none of the signatures is judged. A volume that is
// there already and is the right one stays.
import type { ContainerId } from '../base/ids.ts'
import { type WrittenVolume, writeVolumes } from '../container/cut.ts'
import { openContainer } from '../container/read.ts'
import { fileSource } from '../host/byte-source.ts'
import type { Outside } from '../host/outside.ts'
import { assertMedium } from '../medium/medium.ts'
import { checkIsFile } from './named-file.ts'
import type { ReportEvent } from './types.ts'

export interface Split {
  readonly file: string
  readonly id: ContainerId
  /** None where the whole is no longer than one volume may be. */
  readonly volumes: readonly WrittenVolume[]
}

/**
 * Into `folder`. Throws VOLUME_TOO_SMALL, and ALREADY_EXISTS before anything is written; VOLUME_NEXT where the room has ended, when
 * what was written stays.
 */
export async function splitContainer(
  outside: Outside,
  request: {
    readonly file: string
    readonly folder: string
    readonly limitBytes: number
    readonly from?: number | undefined
  },
  report: ReportEvent,
): Promise<Split> {
  const { file, folder, limitBytes } = request
  checkIsFile(outside, file)
  assertMedium(outside.disk, folder)
  using source = fileSource(outside.disk, file)
  const whole = openContainer(source)
  const path = `${folder}/${file.slice(file.lastIndexOf('/') + 1)}`
  const how = { path, limitBytes, from: request.from, isReadBack: true, report }
  const { volumes, next } = await writeVolumes(outside, whole, how)
  if (next !== undefined) throw next
  return { file, id: whole.id, volumes }
}
