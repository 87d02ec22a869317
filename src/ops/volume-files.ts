// Volumes as files: those that a person named, and those that lie beside them and are called as the others would be. A name
// only says where to look; what is no volume of the same container is passed over, unless it was named.
import { MossError, unlessRefused } from '../base/error.ts'
import type { ContainerId } from '../base/ids.ts'
import { volumeName } from '../base/volume-names.ts'
import { decodePrelude, preludeBytes } from '../container/prelude.ts'
import { openVolume, type OpenedContainer } from '../container/read.ts'
import type { Volume } from '../container/volume.ts'
import { wholeNameOf } from '../container/wanted-volumes.ts'
import { fileSource, keepStart } from '../host/byte-source.ts'
import type { Outside } from '../host/outside.ts'
import { parentFolder } from '../state/places.ts'
import { checkIsFile } from './named-file.ts'

/** Files in the same folder that are called as its other volumes are, in their order. */
export function pathsBeside(outside: Outside, path: string, volume: Volume): readonly string[] {
  const folder = parentFolder(path)
  const names = new Set(filesIn(outside, folder))
  const whole = wholeNameOf(path, volume)
  return Array.from({ length: volume.count }, (_, index) => volumeName(whole, index + 1))
    .filter((name) => names.has(name))
    .map((name) => `${folder === '/' ? '' : folder}/${name}`)
    .filter((beside) => beside !== path)
}

/** Nothing where that cannot be told: the others are only looked for. */
const filesIn = ({ disk }: Outside, folder: string): readonly string[] =>
  (unlessRefused(() => disk.list(folder)) ?? []).filter(({ kind }) => kind === 'file').map(({ name }) => name)

export interface VolumeClaim {
  readonly id: ContainerId
  readonly volume: Volume
}

/** By the first bytes of the file. Undefined for what is no volume, or nothing that can be read. */
export function claimOf(start: Uint8Array, path: string): VolumeClaim | undefined {
  return unlessRefused(() => {
    const { id, volume } = decodePrelude(start, path)
    return volume && { id, volume }
  })
}

/** The volumes beside the file; none where it is not one, or cannot be read: whoever reads it next says why. */
export function siblingsOf(outside: Outside, path: string): readonly string[] {
  const one = claimAt(outside, path)
  if (one === undefined) return []
  return pathsBeside(outside, path, one.volume).filter((beside) => claimAt(outside, beside)?.id === one.id)
}

function claimAt({ disk }: Outside, path: string): VolumeClaim | undefined {
  if (disk.lstat(path)?.kind !== 'file') return undefined
  using source = fileSource(disk, path)
  return claimOf(keepStart(source, preludeBytes).start, path)
}

export interface NamedVolume {
  readonly path: string
  readonly opened: OpenedContainer
  readonly volume: Volume
}

/** Throws CONTAINER_NOT_ONE for what is no volume. Its source belongs to `open`. */
export function openNamedVolume(outside: Outside, path: string, open: DisposableStack): NamedVolume {
  checkIsFile(outside, path)
  const opened = openVolume(open.use(fileSource(outside.disk, path)))
  const { volume } = opened.prelude
  if (volume !== undefined) return { path, opened, volume }
  throw new MossError('CONTAINER_NOT_ONE', { path, problem: 'it is whole, not one of several volumes' })
}
