// Checks a built tree against its plan after barrier B: the same entries and no others, each of its kind, with its
// size, mode and owner. Contents were checked when they entered the store, and a link cannot differ from what it links.
import { MossError } from '../base/error.ts'
import type { Disk } from '../host/disk.ts'
import { type FolderLook, type LookedEntry, lookedEntries } from '../host/folder-look.ts'
import type { LayoutFolder, LayoutSymlink } from '../manifest/manifest.ts'
import { comparePaths } from '../manifest/path.ts'
import { attributeProblem, statProblem } from '../store/attributes.ts'
import { type TreeSite, folderMode } from './build-tree.ts'
import { parentFolder, recordPath } from './places.ts'
import { digestOfFile } from '../host/whole-files.ts'
import type { PlannedFile, TreePlan } from './tree-plan.ts'

/** What it found, without a difference. Throws STATE_BROKEN with the first one. */
export async function readBack(site: TreeSite, plan: TreePlan, known: Known): Promise<TreeComparison> {
  const found = await compareTree(site, plan, known)
  const [first] = found.differences
  if (first === undefined) return found
  throw new MossError('STATE_BROKEN', { path: `${site.folder}/${first.path}`, problem: first.problem })
}

export interface TreeDifference {
  readonly path: string
  readonly problem: string
}

/**
 * Everything in which a tree departs from its plan, in the order of paths; what is missing comes last. Without `linked`
 * nothing is known of how the tree was made: files that are not the asset itself are read. A link cannot differ from
 * what it links, and the store answers for that.
 */
export async function compareTree(
  site: TreeSite,
  plan: TreePlan,
  { linked, only }: Known = {},
): Promise<TreeComparison> {
  const expected = expectedIn(plan, only)
  const folders = new Set(plan.folders.map(({ path }) => path))
  const looks = new Map<string, FolderLook>()
  const differences: TreeDifference[] = []
  let entries = 0
  const check = (path: string, stat: LookedEntry): void => {
    const problem = entryProblem(site, expected.get(path), { path, stat, linked })
    expected.delete(path)
    if (problem !== undefined) differences.push({ path, problem })
    entries += 1
  }
  for (let open = [...(only ?? folders)]; open.length > 0;) {
    const stray: string[] = []
    for await (const [folder, look] of looksAt(site, open)) {
      looks.set(folder, look)
      for (const entry of lookedEntries(look)) {
        const path = entry.name === '' ? folder : `${folder}/${entry.name}`
        // A folder is judged by its own look.
        if (entry.name === '' || entry.kind !== 'folder' || entry.links === 0) check(path, entry)
        else if (!folders.has(path)) stray.push(path)
        else if (only?.has(path) === false) expected.delete(path)
      }
    }
    open = stray
  }
  differences.sort((a, b) => comparePaths(a.path, b.path))
  for (const path of expected.keys()) differences.push({ path, problem: 'is missing' })
  return { entries, differences, looks }
}

/** As many as are under way while the ones before are judged. */
const batchFolders = 1000

/** Of the folders that are there. */
async function* looksAt(
  { outside: { disk }, folder }: TreeSite,
  paths: readonly string[],
): AsyncGenerator<readonly [string, FolderLook]> {
  const batchAt = (start: number): ReturnType<Disk['lookAtFolders']> =>
    disk.lookAtFolders(paths.slice(start, start + batchFolders).map((path) => `${folder}/${path}`))
  let next = batchAt(0)
  for (let start = 0; start < paths.length; start += batchFolders) {
    const looks = await next
    next = batchAt(start + batchFolders)
    next.catch(() => {}) // told when it is awaited
    for (const [index, look] of looks.entries())
      if (look !== undefined) yield [paths[start + index] as string, look]
  }
}

/** What is known of a tree beforehand. */
export interface Known {
  /** Made as links to their assets. Without it files that are not the asset itself are read. */
  readonly linked?: ReadonlySet<PlannedFile>
  /** Folders of the plan; the others are known to be as they should be. */
  readonly only?: ReadonlySet<string>
}

export interface TreeComparison {
  readonly entries: number
  readonly differences: readonly TreeDifference[]
  /** Of every folder that is there. */
  readonly looks: ReadonlyMap<string, FolderLook>
}

type Expected = LayoutFolder | PlannedFile | LayoutSymlink | typeof ownRecord

/** The state's record: what it says is not planned. */
const ownRecord = { kind: 'record' } as const

function expectedIn(plan: TreePlan, only?: ReadonlySet<string>): Map<string, Expected> {
  const expected = new Map<string, Expected>()
  for (const entries of [plan.folders, plan.files, plan.symlinks])
    for (const entry of entries)
      if (only === undefined || only.has(entry.path) || only.has(parentFolder(entry.path)))
        expected.set(entry.path, entry)
  return expected.set(`usr/${recordPath}`, ownRecord)
}

interface Found {
  readonly path: string
  readonly stat: LookedEntry
  readonly linked: ReadonlySet<PlannedFile> | undefined
}

function entryProblem(site: TreeSite, expected: Expected | undefined, found: Found): string | undefined {
  const { stat } = found
  if (stat.links === 0) return 'is where something is mounted'
  if (expected === undefined) return `is a ${stat.kind} that no package owns`
  if (!('kind' in expected)) return fileProblem(site, expected, found)
  if (expected.kind === 'folder') return folderProblem(site, expected, stat)
  if (expected.kind === 'symlink') return symlinkProblem(site, expected, stat)
  return stat.kind === 'file' ? undefined : `is a ${stat.kind}`
}

function folderProblem(
  { outside: { userId } }: TreeSite,
  folder: LayoutFolder,
  stat: LookedEntry,
): string | undefined {
  if (stat.kind !== 'folder') return `is a ${stat.kind}`
  if (stat.mode !== folderMode(folder, userId)) return 'has another mode'
  const isOwned = userId !== 0 || (stat.uid === folder.uid && stat.gid === folder.gid)
  return isOwned ? undefined : 'has another owner'
}

const symlinkProblem = (
  { outside: { disk }, folder }: TreeSite,
  { path, target }: LayoutSymlink,
  stat: LookedEntry,
): string | undefined =>
  stat.kind === 'symlink' && disk.readLink(`${folder}/${path}`) === target
    ? undefined
    : 'is not the symlink it should be'

function fileProblem(site: TreeSite, file: PlannedFile, { stat, linked }: Found): string | undefined {
  const { disk, userId } = site.outside
  const { description, path } = file
  if (stat.kind !== 'file') return `is a ${stat.kind}`
  if (stat.sizeBytes !== description.sizeBytes)
    return `has ${stat.sizeBytes} bytes, not ${description.sizeBytes}`
  if (linked?.has(file) ?? isAsset(site, file, stat)) return statProblem(stat, description, userId)
  const full = `${site.folder}/${path}`
  const problem = attributeProblem(disk, full, { description, userId, stat })
  if (problem !== undefined || linked !== undefined) return problem
  return digestOfFile(disk, full) === description.content ? undefined : 'has been changed'
}

function isAsset(
  { outside, store }: TreeSite,
  { asset, description }: PlannedFile,
  stat: LookedEntry,
): boolean {
  const original = description.sizeBytes === 0 ? undefined : outside.disk.lstat(store.assetPath(asset))
  return original !== undefined && original.inode === stat.inode
}
