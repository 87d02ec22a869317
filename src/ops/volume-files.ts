// Volumes as files: those that a person named, and those that lie beside them and are called as the others would be. A name
// only says where to look; what is no volume of the same container is passed over, unless it was named.
import { isMossError, MossError } from '../base/error.ts'
import { volumeName, wholeName } from '../base/volume-names.ts'
import { openVolume, type OpenedContainer } from '../container/read.ts'
import type { Volume } from '../container/volume.ts'
import { missingNumbers } from '../container/volume-set.ts'
import { fileSource } from '../host/byte-source.ts'
import type { Outside } from '../host/outside.ts'
import { parentFolder } from '../state/places.ts'
import { checkIsFile } from './named-file.ts'

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** What the whole is called of which the file is a volume. */
export const wholeNameOf = (path: string, { number }: Volume): string => wholeName(nameOf(path), number)

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

function claimOf(
  outside: Outside,
  path: string,
): { readonly id: string; readonly volume: Volume | undefined } | undefined {
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

const mostNames = 8

/** VOLUME_WANTED, where any of these is missing beside those of one cut that are here. */
export function wantedBeside(
  whole: string,
  volumes: readonly Volume[],
  { isKept }: { readonly isKept: boolean },
): MossError | undefined {
  const missing = missingNumbers(volumes, mostNames)
  if (missing.length === 0) return undefined
  return new MossError('VOLUME_WANTED', {
    name: whole,
    here: [...new Set(volumes.map(({ number }) => number))].sort((a, b) => a - b),
    count: volumes[0]?.count ?? 0,
    wanted: missing.map((number) => volumeName(whole, number)),
    isKept,
  })
}
