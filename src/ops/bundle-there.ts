// Whether a bundle lies where its name says: by its head, which must be genuine and of this very bundle, and by its length.
// Whether each byte of it is as it was is for `moss verify`.
import { unlessRefused } from '../base/error.ts'
import type { ContainerId } from '../base/ids.ts'
import { volumeName } from '../base/volume-names.ts'
import { openVolume } from '../container/read.ts'
import { verifyContainer } from '../container/verify.ts'
import { fileSource } from '../host/byte-source.ts'
import { type Station, stationRoot } from './station.ts'

/** With all its volumes, if it is cut into some; made by an exporter that still counts. */
export function isBundleThere(
  station: Station,
  { id, path }: { readonly id: ContainerId; readonly path: string },
): boolean {
  const { disk } = station.outside
  const stat = disk.lstat(path)
  if (stat?.kind !== 'file') return false
  const isGenuine = unlessRefused(() => {
    using source = fileSource(disk, path)
    const opened = openVolume(source)
    verifyContainer(opened, { role: 'exporter', root: stationRoot(station) })
    const { volume } = opened.prelude
    if (opened.id !== id) return false
    if (volume === undefined) return stat.sizeBytes === opened.endOffset
    const others = Array.from({ length: volume.count - 1 }, (_, n) => volumeName(path, n + 2))
    return others.every((other) => disk.lstat(other)?.kind === 'file')
  })
  return isGenuine === true
}
