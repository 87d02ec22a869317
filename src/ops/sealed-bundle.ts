// A bundle on its way to a medium that only its hosts can read: as one file, or in volumes, each of them sealed for itself, so that
// it opens as a volume.
import { MossError } from '../base/error.ts'
import type { Report } from '../base/progress.ts'
import { claimedFrames } from '../container/claimed-frames.ts'
import { type Beside, type Cut, type CutLimits, cutToFit } from '../container/cut.ts'
import { openContainer } from '../container/read.ts'
import { wholeOf } from '../container/volume-file.ts'
import { fileSource } from '../host/byte-source.ts'
import type { Outside } from '../host/outside.ts'
import { sealingFor } from './sealing.ts'

/** The file `from`, which was read back. Throws ALREADY_EXISTS for what lies at `path` unless it is replaced, and as `cutToFit`. */
export async function writeSealed(
  outside: Outside,
  from: string,
  to: {
    readonly path: string
    readonly recipients: readonly string[]
    readonly replaces: boolean
    readonly limits: CutLimits
    readonly beside: Beside | undefined
    readonly report: Report
  },
): Promise<Cut & { readonly path: string; readonly sizeBytes: number }> {
  const { path, beside, report } = to
  using source = fileSource(outside.disk, from)
  const whole = openContainer(source)
  const wrapping = await sealingFor(outside, to)
  const how = { ...to.limits, path, isReadBack: true, beside, wrapping, report }
  const cut = await cutToFit(outside, whole, how)
  if (cut.volumes.length > 0)
    return { ...cut, path, sizeBytes: cut.volumes.reduce((sum, { fileBytes }) => sum + fileBytes, 0) }
  if (!to.replaces && outside.disk.lstat(path) !== undefined)
    throw new MossError('ALREADY_EXISTS', { what: path })
  const file = wholeOf([whole], claimedFrames(whole))
  await wrapping.write(path, file)
  await beside?.write(path, whole.id)
  return { ...cut, path, sizeBytes: wrapping.sizeOf(file.sizeBytes) }
}
