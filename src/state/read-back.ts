// Checks a built tree against its plan after barrier B: the same entries and no others, each of its kind, with its
// size, mode and owner. Contents were checked when they entered the store, and a link cannot differ from what it links.
import { MossError } from '../base/error.ts'
import type { FileStat } from '../host/disk.ts'
import type { LayoutFolder, LayoutSymlink } from '../manifest/manifest.ts'
import { attributeProblem, statProblem } from '../store/attributes.ts'
import { type TreeSite, folderMode } from './build-tree.ts'
import { recordPath } from './places.ts'
import { digestOfFile, walkTree } from './tree-digest.ts'
import type { PlannedFile, TreePlan } from './tree-plan.ts'

/** How many entries the tree has. `linked` were made as links to their assets. Throws STATE_BROKEN with the first difference. */
export async function readBack(
  site: TreeSite,
  plan: TreePlan,
  linked: ReadonlySet<PlannedFile>,
): Promise<number> {
  const { entries, differences } = await compareTree(site, plan, linked)
  const [first] = differences
  if (first === undefined) return entries
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
  linked?: ReadonlySet<PlannedFile>,
): Promise<{ readonly entries: number; readonly differences: readonly TreeDifference[] }> {
  const expected = expectedIn(plan)
  const { disk } = site.outside
  const differences: TreeDifference[] = []
  let entries = 0
  for (const below of walkTree(disk, `${site.folder}/usr`)) {
    const path = `usr${below}`
    const stat = disk.lstat(`${site.folder}/${path}`)
    const problem = stat === undefined ? 'vanished' : entryProblem(site, expected.get(path), { stat, linked })
    expected.delete(path)
    if (problem !== undefined) differences.push({ path, problem })
    if (++entries % 256 === 0) await site.outside.turn()
  }
  for (const path of expected.keys()) differences.push({ path, problem: 'is missing' })
  return { entries, differences }
}

type Expected = LayoutFolder | PlannedFile | LayoutSymlink | typeof ownRecord

/** The state's record: what it says is not planned. */
const ownRecord = { kind: 'record' } as const

function expectedIn(plan: TreePlan): Map<string, Expected> {
  const expected = new Map<string, Expected>()
  for (const entries of [plan.folders, plan.files, plan.symlinks])
    for (const entry of entries) expected.set(entry.path, entry)
  return expected.set(`usr/${recordPath}`, ownRecord)
}

interface Found {
  readonly stat: FileStat
  readonly linked: ReadonlySet<PlannedFile> | undefined
}

function entryProblem(site: TreeSite, expected: Expected | undefined, found: Found): string | undefined {
  const { stat } = found
  if (expected === undefined) return `is a ${stat.kind} that no package owns`
  if (!('kind' in expected)) return fileProblem(site, expected, found)
  if (expected.kind === 'folder') return folderProblem(site, expected, stat)
  if (expected.kind === 'symlink') return symlinkProblem(site, expected, stat)
  return stat.kind === 'file' ? undefined : `is a ${stat.kind}`
}

function folderProblem(
  { outside: { userId } }: TreeSite,
  folder: LayoutFolder,
  stat: FileStat,
): string | undefined {
  if (stat.kind !== 'folder') return `is a ${stat.kind}`
  if (stat.mode !== folderMode(folder, userId)) return 'has another mode'
  const isOwned = userId !== 0 || (stat.uid === folder.uid && stat.gid === folder.gid)
  return isOwned ? undefined : 'has another owner'
}

const symlinkProblem = (
  { outside: { disk }, folder }: TreeSite,
  { path, target }: LayoutSymlink,
  stat: FileStat,
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

function isAsset({ outside, store }: TreeSite, { asset, description }: PlannedFile, stat: FileStat): boolean {
  const original = description.sizeBytes === 0 ? undefined : outside.disk.lstat(store.assetPath(asset))
  return original !== undefined && original.inode === stat.inode && original.device === stat.device
}
