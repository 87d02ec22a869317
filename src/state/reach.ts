// Which paths of the machine moss may use as root: those whose every folder above is a real folder that only root can
// change. A place below a symlink could lead out of the root, and below a folder of somebody else's a symlink could be
// put in the way between a look and the next step.
import type { FileStat } from '../host/disk.ts'
import type { StateParts } from './parts.ts'
import { parentFolder } from './places.ts'

export type Reach = Pick<StateParts, 'outside' | 'places'>

/** Where a path relative to the root lies. */
export const inRoot = ({ places }: Reach, path: string): string =>
  `${parentFolder(places.etc)}/${path}`.replace('//', '/')

/** Every folder above is a real folder that only root, or whose own root this is, can change; or not there at all. */
export function isReachable(reach: Reach, path: string): boolean {
  for (const stat of foldersAbove(reach, path)) {
    if (stat === undefined) return true
    if (stat.kind !== 'folder' || isForeign(reach, stat)) return false
  }
  return true
}

/** A link is the machine's own wish, and no such folder. */
export const isBelowForeign = (reach: Reach, path: string): boolean =>
  [...foldersAbove(reach, path)].some((stat) => stat?.kind === 'folder' && isForeign(reach, stat))

function* foldersAbove(reach: Reach, path: string): Generator<FileStat | undefined> {
  const components = path.split('/')
  for (let i = 1; i < components.length; i++)
    yield reach.outside.disk.lstat(inRoot(reach, components.slice(0, i).join('/')))
}

/** Whether somebody else could exchange what is in the folder, or write the file, between a look and the next step. */
export const isForeign = ({ outside: { userId } }: Reach, { uid, mode }: FileStat): boolean =>
  userId === 0 && (uid !== 0 || ((mode & 0o022) !== 0 && (mode & 0o1000) === 0))
