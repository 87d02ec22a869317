// Volumes as files: those that a person named, and those that lie beside them and are called as the others would be. A name
// only says where to look; what is no volume of the same container is passed over, unless it was named.
import { isMossError, MossError } from '../base/error.ts'
import { volumeName } from '../base/volume-names.ts'
import { openVolume, type OpenedContainer } from '../container/read.ts'
import type { Volume } from '../container/volume.ts'
import { wholeNameOf } from '../container/wanted-volumes.ts'
import { fileSource } from '../host/byte-source.ts'
import type { Outside } from '../host/outside.ts'
import { parentFolder } from '../state/places.ts'
import { checkIsFile } from './named-file.ts'

/** Files in the same folder that are called as its other volumes are, in their order. */
function pathsBeside({ disk }: Outside, path: string, volume: Volume): readonly string[] {
  const folder = parentFolder(path)
  const names = new Set(
    disk
      .list(folder)
      .filter(({ kind }) => kind === 'file')
      .map(({ name }) => name),
  )
  const whole = wholeNameOf(path, volume)
  return Array.from({ length: volume.count }, (_, index) => volumeName(whole, index + 1))
    .filter((name) => names.has(name))
    .map((name) => `${folder === '/' ? '' : folder}/${name}`)
}

/** The volumes beside the file; none where it is not one, or cannot be read: whoever reads it next says why. */
export function siblingsOf(outside: Outside, path: string): readonly string[] {
  const one = claimOf(outside, path)
  if (one?.volume === undefined) return []
  return pathsBeside(outside, path, one.volume).filter((beside) => {
    if (beside === path) return false
    const other = claimOf(outside, beside)
    return other?.volume !== undefined && other.id === one.id
  })
}

/** Files that are taken in as one: a whole container, or volumes of one. */
export interface FileGroup {
  readonly named: readonly string[]
  /** Volumes that lie beside those. */
  readonly beside: readonly string[]
}

/** In the order in which they are named first. */
export function groupVolumes(outside: Outside, files: readonly string[]): readonly FileGroup[] {
  const groups = new Map<string, string[]>()
  for (const file of new Set(files)) {
    const claim = claimOf(outside, file)
    const key = claim?.volume === undefined ? `file ${file}` : `volumes ${claim.id}`
    groups.set(key, [...(groups.get(key) ?? []), file])
  }
  return [...groups.values()].map((named) => {
    const beside = new Set(named.flatMap((file) => siblingsOf(outside, file)))
    return { named, beside: [...beside].filter((path) => !named.includes(path)) }
  })
}

interface Claim {
  readonly id: string
  readonly volume: Volume | undefined
}

function claimOf(outside: Outside, path: string): Claim | undefined {
  try {
    using source = fileSource(outside.disk, path)
    const { id, prelude } = openVolume(source)
    return { id, volume: prelude.volume }
  } catch (error) {
    if (isMossError(error)) return undefined
    throw error
  }
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
