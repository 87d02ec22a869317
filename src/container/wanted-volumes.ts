// Which volumes are wanted next, told by the names that their files have as a rule: what a person looks for on a shelf of
// sticks.
import { MossError } from '../base/error.ts'
import type { ContainerId } from '../base/ids.ts'
import { volumeName, wholeName } from '../base/volume-names.ts'
import type { Volume } from './volume.ts'
import { missingNumbers } from './volume-set.ts'

const mostNames = 3

/** What the whole is called of which the file is a volume. */
export const wholeNameOf = (path: string, { number }: Volume): string =>
  wholeName(path.slice(path.lastIndexOf('/') + 1), number)

/**
 * VOLUME_WANTED where one of the volumes is missing that are of one cut with `one`, the file at `path`, and with `others`.
 */
export function volumesWanted(
  found: {
    readonly id: ContainerId
    readonly path: string
    readonly one: Volume
    readonly others: readonly Volume[]
  },
  { isKept }: { readonly isKept: boolean },
): MossError<'VOLUME_WANTED'> | undefined {
  const { id, path, one, others } = found
  const volumes = [one, ...others]
  const missing = missingNumbers(volumes, mostNames)
  if (missing.length === 0) return undefined
  const name = wholeNameOf(path, one)
  return new MossError('VOLUME_WANTED', {
    bundle: id,
    name,
    here: [...new Set(volumes.map(({ number }) => number))].sort((a, b) => a - b),
    count: one.count,
    wanted: missing.map((number) => volumeName(name, number)),
    isKept,
  })
}
