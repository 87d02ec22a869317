// What a tree held when it was taken over: one line for each entry, so that it can be told later in what it departs from
// that. Nobody else knows: no package of moss owns anything in it. A line is a list in JSON: path, kind, mode, owner, group,
// date, what is extended of its attributes, and then its target, or its size and the digest of its content, or the first
// name of the same file. Folders come before what is in them, names in bytewise order.
import { compareText, decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { ContentDigest } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import type { Disk, FileStat } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import { policyXattrs } from '../store/attributes.ts'
import { digestInTurns } from '../store/body.ts'
import type { Adopted } from './record.ts'
import { walkTree } from './tree-digest.ts'

export interface ListedEntry {
  /** Below the tree, with a leading slash; empty of the tree itself. */
  readonly path: string
  readonly kind: FileStat['kind']
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtimeMs: number
  /** `name=hex`, sorted; without those that the kernel's own policy gives. */
  readonly xattrs: string
  readonly target?: string
  readonly sizeBytes?: number
  readonly digest?: ContentDigest
  /** The first path of the same file. */
  readonly same?: string
}

export interface TreeList {
  readonly bytes: Uint8Array
  readonly adopted: Omit<Adopted, 'system'>
}

type Reading = Pick<Outside, 'disk' | 'turn'>

/** Reads every file of the tree. */
export async function listTree(outside: Reading, tree: string, report: Report): Promise<TreeList> {
  const lines: string[] = []
  const seen = new Map<string, string>()
  let sizeBytes = 0
  for (const path of walkTree(outside.disk, tree)) {
    const entry = await listEntry(outside, { tree, path, seen })
    if (entry === undefined) throw new MossError('PLAN_STALE', { what: `what is in ${tree}` })
    sizeBytes += entry.sizeBytes ?? 0
    if (lines.push(formatEntry(entry)) % 256 === 0) {
      report({ phase: 'list', doneItems: lines.length, doneBytes: sizeBytes })
      await outside.turn()
    }
  }
  const bytes = encodeUtf8(`${lines.join('\n')}\n`)
  return { bytes, adopted: { entries: lines.length, sizeBytes, list: digestOf(bytes) } }
}

/** One entry as it is now; undefined where there is none. `seen` is of the files before, by device and inode. */
export async function listEntry(
  { disk, turn }: Reading,
  {
    tree,
    path,
    seen,
    known,
  }: {
    readonly tree: string
    readonly path: string
    readonly seen: Map<string, string>
    /** Its content is not read where size and date are these. */
    readonly known?: ListedEntry | undefined
  },
): Promise<ListedEntry | undefined> {
  const at = `${tree}${path}`
  const stat = disk.lstat(at)
  if (stat === undefined) return undefined
  const { kind, mode, uid, gid, mtimeMs, sizeBytes } = stat
  const entry = { path, kind, mode, uid, gid, mtimeMs, xattrs: kind === 'symlink' ? '' : xattrsOf(disk, at) }
  if (kind === 'symlink') return { ...entry, target: disk.readLink(at) }
  if (kind !== 'file') return entry
  const same = seen.get(`${stat.device} ${stat.inode}`)
  if (same !== undefined) return { ...entry, same }
  if (stat.links > 1) seen.set(`${stat.device} ${stat.inode}`, path)
  const isKnown = known?.digest !== undefined && known.sizeBytes === sizeBytes && known.mtimeMs === mtimeMs
  const digest = isKnown ? known.digest : await digestInTurns(at, { disk, turn })
  return { ...entry, sizeBytes, digest }
}

const xattrsOf = (disk: Disk, path: string): string =>
  Object.entries(disk.getXattrs(path))
    .filter(([name]) => !policyXattrs.has(name))
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([name, value]) => `${name}=${value.toHex()}`)
    .join(' ')

const formatEntry = ({ path, kind, mode, uid, gid, mtimeMs, xattrs, ...rest }: ListedEntry): string =>
  JSON.stringify([path, kind, mode, uid, gid, mtimeMs, xattrs, rest])

const listBytes = 1024 * 1024 * 1024

/** By path. Throws STATE_BROKEN where it is not the list of that adoption. */
export function readList(disk: Disk, path: string, { list }: Adopted): ReadonlyMap<string, ListedEntry> {
  const refuse = (problem: string): never => {
    throw new MossError('STATE_BROKEN', { path, problem })
  }
  if (disk.lstat(path)?.kind !== 'file') return refuse('it is missing')
  const bytes = disk.readFile(path, listBytes)
  const text = decodeUtf8(bytes)
  if (digestOf(bytes) !== list || text === undefined) return refuse('it is not what was written at adoption')
  const lines = text.split('\n').slice(0, -1)
  return new Map(lines.map(parseLine).map((entry) => [entry.path, entry]))
}

/** The digest has proved that we wrote it. */
function parseLine(line: string): ListedEntry {
  const [path, kind, mode, uid, gid, mtimeMs, xattrs, rest] = JSON.parse(line) as [
    string,
    ListedEntry['kind'],
    number,
    number,
    number,
    number,
    string,
    Pick<ListedEntry, 'target' | 'sizeBytes' | 'digest' | 'same'>,
  ]
  return { path, kind, mode, uid, gid, mtimeMs, xattrs, ...rest }
}
