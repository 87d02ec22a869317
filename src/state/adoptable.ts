// May the tree that stands at ROOT/usr become state 0 as it is? What cannot work is refused by name before anything is
// made. Reads names and the table of mounts alone.
import { MossError } from '../base/error.ts'
import type { Disk } from '../host/disk.ts'
import { assertNothingMounted } from './mounts.ts'
import type { StateParts } from './parts.ts'
import { parentFolder, type Places, placesOf, recordPath } from './places.ts'
import { isInitialised } from './root-format.ts'

/** Names at the top of a root that are links into a merged /usr. */
export const topLinks = ['bin', 'sbin', 'lib', 'lib64'] as const

export interface TopName {
  readonly name: (typeof topLinks)[number]
  /** A folder of its own stays as it is: it is no part of any state. */
  readonly is: 'merged' | 'folder' | 'absent'
}

/** How the top of the root leads into usr. Throws ALREADY_EXISTS, HOST_UNSUPPORTED, STATE_MOUNTED. */
export function checkAdoptable({ outside }: Pick<StateParts, 'outside'>, root: string): readonly TopName[] {
  const { disk } = outside
  const places = placesOf(root)
  if (isInitialised(disk, root)) throw new MossError('ALREADY_EXISTS', { what: `the managed root ${root}` })
  const refuse = (path: string, problem: string, remedy: string): never => {
    throw new MossError('HOST_UNSUPPORTED', { path, problem, remedy })
  }
  const unfit = disk.lstat(places.root) && disk.unfitness(places.root)
  if (unfit !== undefined) throw new MossError('HOST_UNSUPPORTED', { path: places.root, problem: unfit })
  const top = disk.lstat(places.root)
  if (top?.kind !== 'folder')
    return refuse(places.root, top === undefined ? 'it does not exist' : `it is a ${top.kind}`, elsewhere)
  const usr = disk.lstat(places.usr)
  if (usr === undefined) return refuse(places.usr, 'there is none to adopt', plain)
  if (usr.kind !== 'folder')
    refuse(places.usr, `it is a ${usr.kind}, not a folder`, 'usr itself must be a folder in the root')
  if (usr.device !== top.device)
    refuse(
      places.usr,
      'it is on another filesystem than the root, so no tree of .moss can take its place in one step',
      'a root that keeps usr on its own filesystem can be adopted: copy usr there first, or leave this machine as it is',
    )
  if (isMounted(disk, places))
    refuse(
      places.usr,
      'it is a mount point, so no tree can take its place',
      'adopt the root with usr as a folder of its own, not mounted',
    )
  // Of a folder in an overlay nobody can tell; the apply that cannot exchange it says so before anything is changed.
  if (disk.mountedAt(places.root) === 'overlay')
    refuse(
      places.usr,
      'the root is an overlay, and usr may lie in a lower layer, which cannot be exchanged',
      'adopt the root that lies below the overlay, or make a root of its own in a folder',
    )
  checkTaken(disk, places, refuse)
  assertNothingMounted({ outside, places })
  return topLinks.map((name) => ({ name, is: topAt(disk, places, name) }))
}

type Refuse = (path: string, problem: string, remedy: string) => never

const plain = 'an empty root needs nothing adopted: moss init without --adopt makes one'
const elsewhere = 'say which root with --root'

/** What moss keeps for itself in a tree must be free: whose tree it is, is told by that. */
function checkTaken(disk: Disk, { usr }: Places, refuse: Refuse): void {
  const own = `${usr}/${parentFolder(recordPath)}`
  if (disk.lstat(`${usr}/${recordPath}`) !== undefined)
    refuse(
      usr,
      'moss made it: there is nothing to adopt',
      'moss init without --adopt goes on with its own tree',
    )
  if (disk.lstat(own) !== undefined)
    refuse(own, 'moss keeps that name for itself', 'move it elsewhere, then run the same command again')
  if (disk.list(usr).length === 0) refuse(usr, 'it is empty: there is nothing to adopt', plain)
}

function topAt(disk: Disk, { root }: Places, name: string): TopName['is'] {
  const path = `${root === '/' ? '' : root}/${name}`
  const stat = disk.lstat(path)
  if (stat === undefined) return 'absent'
  if (stat.kind === 'folder') return 'folder'
  if (stat.kind === 'symlink' && [`usr/${name}`, `/usr/${name}`].includes(disk.readLink(path)))
    return 'merged'
  const problem =
    stat.kind === 'symlink'
      ? `it leads to ${disk.readLink(path)}, not to usr/${name}, where packages put what belongs there`
      : `it is a ${stat.kind}`
  throw new MossError('HOST_UNSUPPORTED', {
    path,
    problem,
    remedy: `make it a link to usr/${name} that holds the same files, or a folder of its own, then run the same command again`,
  })
}

/** Of one filesystem with the root, too. A name for it that leads over links is told by what it is. */
function isMounted(disk: Disk, { root, usr }: Places): boolean {
  const stat = disk.lstat(usr)
  return disk
    .mountsBelow(root)
    .filter((path) => path.endsWith('/usr'))
    .some((path) => path === usr || disk.lstat(path)?.inode === stat?.inode)
}
