// Two trees compared by content: which files of B a way must carry, how many bytes lie below a folder, and whether
// a tree that was made is the tree that was meant. Never by size and date: published packages all bear one date.
import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

export interface ChangedFile {
  readonly path: string
  /** Whether A has a regular file at the same path. */
  readonly hasBase: boolean
  readonly sizeBytes: number
}

export interface TreeEntry {
  readonly path: string
  readonly entry: Dirent
}

/** Every entry below `top`, in the order of its paths. Links are entries, never ways: Node's own walk follows them. */
export function entriesBelow(top: string): readonly TreeEntry[] {
  const found: TreeEntry[] = []
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(top, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name)
      found.push({ path, entry })
      if (entry.isDirectory()) walk(path)
    }
  }
  walk('')
  return found.sort((a, b) => (a.path < b.path ? -1 : 1))
}

export function sizeBelow(top: string): number {
  let sum = 0
  for (const { path, entry } of entriesBelow(top)) if (entry.isFile()) sum += lstatSync(join(top, path)).size
  return sum
}

const isFile = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true

/** New files, and files whose bytes are not those of the same path in A. */
export function changedFiles(a: string, b: string): readonly ChangedFile[] {
  const changed: ChangedFile[] = []
  for (const { path, entry } of entriesBelow(b)) {
    if (!entry.isFile()) continue
    const [before, after] = [join(a, path), join(b, path)]
    const hasBase = isFile(before)
    const { size } = lstatSync(after)
    const isSame =
      hasBase && lstatSync(before).size === size && readFileSync(before).equals(readFileSync(after))
    if (!isSame) changed.push({ path, hasBase, sizeBytes: size })
  }
  return changed
}

export interface SameOptions {
  /** Where a path of the tree that was meant lies in the one that was made. */
  readonly placed?: (path: string, isFolder: boolean) => string | undefined
  /** What a link's target is there. */
  readonly target?: (link: { from: string; to: string; target: string }) => string
  readonly modes?: boolean
  /** The tree that was made may hold more. */
  readonly others?: boolean
}

/** Differences, a sentence each, the first few: kinds, contents, link targets and modes. */
export function differences(meant: string, made: string, options: SameOptions = {}): readonly string[] {
  const {
    placed = (path: string) => path,
    target = (link) => link.target,
    modes = false,
    others = false,
  } = options
  const found: string[] = []
  const seen = new Set<string>()
  for (const { path, entry } of entriesBelow(meant)) {
    const place = placed(path, entry.isDirectory())
    if (place === undefined) continue
    seen.add(place)
    const leads = (wanted: string): string => target({ from: path, to: place, target: wanted })
    const problem = differenceOf(join(meant, path), join(made, place), { modes, leads })
    if (problem !== undefined) found.push(`${place}: ${problem}`)
  }
  if (!others)
    for (const { path, entry } of entriesBelow(made))
      if (!seen.has(path) && !entry.isDirectory()) found.push(`${path}: is not in B`)
  return found
}

function differenceOf(
  meant: string,
  made: string,
  { modes, leads }: { readonly modes: boolean; readonly leads: (target: string) => string },
): string | undefined {
  const wanted = lstatSync(meant)
  const stat = lstatSync(made, { throwIfNoEntry: false })
  if (stat === undefined) return 'is missing'
  if ((wanted.mode & 0o170000) !== (stat.mode & 0o170000)) return 'is of another kind'
  if (wanted.isFile() && !(wanted.size === stat.size && readFileSync(meant).equals(readFileSync(made))))
    return 'has other content'
  if (wanted.isSymbolicLink() && leads(readlinkSync(meant)) !== readlinkSync(made)) return 'leads elsewhere'
  const isModeTold = modes && !wanted.isSymbolicLink()
  return isModeTold && (wanted.mode & 0o7777) !== (stat.mode & 0o7777)
    ? `has mode ${(stat.mode & 0o7777).toString(8)}, not ${(wanted.mode & 0o7777).toString(8)}`
    : undefined
}
