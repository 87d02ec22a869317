// A file that a person named, before anything is read from it: absent, or a folder, is told in their words.
import { MossError } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'

/** Throws MEDIUM_ABSENT, CLI_USAGE. */
export function checkIsFile({ disk }: Outside, path: string): void {
  const kind = disk.lstat(path)?.kind
  if (kind === undefined) throw new MossError('MEDIUM_ABSENT', { path })
  if (kind === 'folder')
    throw new MossError('CLI_USAGE', {
      problem: `${path} is a folder: name the file in it; bundles lie in moss/bundles on a medium`,
    })
}
