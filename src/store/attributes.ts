// Attributes of assets on the disk. As root every attribute is set. An ordinary user cannot give files away or
// set file capabilities: those stay recorded, and only what the file can hold is set and checked.
import { equalBytes } from '../base/bytes.ts'
import type { Disk, FileStat, Xattrs } from '../host/disk.ts'
import { type AssetDescription, assetModifiedMs } from './asset.ts'

/** Given to every file by the kernel's own policy; no package declares them. */
export const policyXattrs: ReadonlySet<string> = new Set(['security.selinux', 'security.ima', 'security.evm'])

const isHeld = (name: string, userId: number): boolean => userId === 0 || name.startsWith('user.')

/** An ordinary user must be able to read back what they own, or it could never be checked or linked. */
const heldMode = (mode: number, userId: number): number => (userId === 0 ? mode : mode | 0o400)

/** What may differ between two assets of one content. */
export type Attributes = Pick<AssetDescription, 'mode' | 'uid' | 'gid' | 'xattrs'>

function heldXattrs(xattrs: Xattrs | undefined, userId: number): Xattrs {
  return Object.fromEntries(Object.entries(xattrs ?? {}).filter(([name]) => isHeld(name, userId)))
}

/** Order matters: a change of owner clears setuid and capabilities, and a read-only file takes no user xattrs. */
export function applyAttributes(
  disk: Disk,
  path: string,
  { description, userId }: { description: Attributes; userId: number },
): void {
  const xattrs = heldXattrs(description.xattrs, userId)
  if (userId === 0) disk.setOwner(path, description.uid, description.gid)
  if (Object.keys(xattrs).length > 0) disk.setXattrs(path, xattrs)
  disk.setMode(path, heldMode(description.mode, userId))
  disk.setModified(path, assetModifiedMs)
}

type Held = Pick<FileStat, 'mode' | 'uid' | 'gid'>

/** What differs from the description, in words; undefined when nothing that can be held does. */
export function attributeProblem(
  disk: Disk,
  path: string,
  { description, userId, stat }: { description: Attributes; userId: number; stat: Held },
): string | undefined {
  return (
    statProblem(stat, description, userId) ??
    xattrProblem(disk.getXattrs(path), heldXattrs(description.xattrs, userId), userId)
  )
}

/** The same as far as a look at the file tells. */
export function statProblem(stat: Held, description: Attributes, userId: number): string | undefined {
  const mode = heldMode(description.mode, userId)
  if (stat.mode !== mode) return `mode is ${stat.mode.toString(8)}, not ${mode.toString(8)}`
  if (userId === 0 && (stat.uid !== description.uid || stat.gid !== description.gid))
    return `owner is ${stat.uid}:${stat.gid}, not ${description.uid}:${description.gid}`
  return undefined
}

/** A hint for whoever does not read: nobody who edits a file keeps its date, unless to hide that. */
export const dateProblem = ({ mtimeMs }: FileStat): string | undefined =>
  mtimeMs === assetModifiedMs ? undefined : 'has another date: it may have been edited'

function xattrProblem(actual: Xattrs, wanted: Xattrs, userId: number): string | undefined {
  for (const [name, value] of Object.entries(wanted)) {
    const held = actual[name]
    if (held === undefined || !equalBytes(held, value)) return `extended attribute ${name} differs`
  }
  const extra = Object.keys(actual).find(
    (name) => !(name in wanted) && !policyXattrs.has(name) && isHeld(name, userId),
  )
  return extra === undefined ? undefined : `has extended attribute ${extra}`
}
