// One digest for a whole tree: what is where, its kind, mode, owner, content or target, and extended attributes. Two
// trees with one digest are the same to whoever runs from them. Dates are left out, as are inodes and link counts.
// The text that is digested has one line per entry: a folder before what is in it, names in bytewise order.
import { compareText, encodeUtf8 } from '../base/bytes.ts'
import { startDigest } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { Digest } from '../base/ids.ts'
import type { Disk, FolderEntry, Xattrs } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import { digestOfFile } from '../host/whole-files.ts'

/** The digest of the tree at `folder`, whatever is in it. */
export async function treeDigest(outside: Pick<Outside, 'disk' | 'turn'>, folder: string): Promise<Digest> {
  const { disk } = outside
  const running = startDigest()
  let seen = 0
  for (const name of walkTree(disk, folder)) {
    running.add(encodeUtf8(`${describeEntry(disk, { folder, name })}\n`))
    if (++seen % 256 === 0) await outside.turn()
  }
  return running.finish()
}

/**
 * Every path below `folder`, each with a leading slash, sorted bytewise per folder; the folder itself is ''. A folder that
 * vanishes meanwhile is told by whoever looks at it.
 */
export function* walkTree(disk: Disk, folder: string): Generator<string> {
  yield ''
  if (disk.lstat(folder)?.kind !== 'folder') return
  const open = [below(disk, folder, '')]
  for (let deepest = open.at(-1); deepest !== undefined; deepest = open.at(-1)) {
    const entry = deepest.entries[deepest.next++]
    if (entry === undefined) {
      open.pop()
      continue
    }
    const path = `${deepest.path}/${entry.name}`
    yield path
    if (entry.kind === 'folder') open.push(below(disk, folder, path))
  }
}

interface OpenFolder {
  readonly path: string
  readonly entries: readonly FolderEntry[]
  next: number
}

const below = (disk: Disk, folder: string, path: string): OpenFolder => ({
  path,
  entries: disk.list(`${folder}${path}`),
  next: 0,
})

function describeEntry(
  disk: Disk,
  { folder, name }: { readonly folder: string; readonly name: string },
): string {
  const path = `${folder}${name}`
  const stat = disk.lstat(path)
  if (stat === undefined)
    throw new MossError('STATE_BROKEN', { path, problem: 'it vanished while being read' })
  const owner = `${stat.uid}:${stat.gid}`
  const where = JSON.stringify(name)
  if (stat.kind === 'symlink') return `symlink ${where} ${JSON.stringify(disk.readLink(path))}`
  const attributes = `${stat.mode.toString(8)} ${owner}${formatXattrs(disk.getXattrs(path))}`
  if (stat.kind === 'folder') return `folder ${where} ${attributes}`
  if (stat.kind === 'other') return `other ${where} ${attributes}`
  return `file ${where} ${attributes} ${stat.sizeBytes} ${digestOfFile(disk, path)}`
}

const formatXattrs = (xattrs: Xattrs): string =>
  Object.entries(xattrs)
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([name, value]) => ` ${JSON.stringify(name)}=${value.toHex()}`)
    .join('')
