// Checks a built tree against its plan after barrier B: the same entries and no others, each of its kind, with its
// size, mode and owner, and linked files being the asset's own inode. Contents were checked when they entered the
// store, and a link cannot differ from what it links.
import { MossError } from '../base/error.ts'
import type { FileStat } from '../host/disk.ts'
import { attributeProblem } from '../store/attributes.ts'
import { type TreeSite, folderMode } from './build-tree.ts'
import { recordPath } from './places.ts'
import { digestOfFile, walkTree } from './tree-digest.ts'
import type { PlannedFile, TreePlan } from './tree-plan.ts'

/** How many entries the tree has. Throws STATE_BROKEN with the first difference. */
export async function readBack(site: TreeSite, plan: TreePlan): Promise<number> {
  const { entries, differences } = await compareTree(site, plan, 'trusted')
  const [first] = differences
  if (first === undefined) return entries
  throw new MossError('STATE_BROKEN', { path: `${site.folder}/${first.path}`, problem: first.problem })
}

export interface TreeDifference {
  readonly path: string
  readonly problem: string
}

/**
 * Everything in which a tree departs from its plan, in the order of paths; what is missing comes last. `contents`
 * reads files that are not the asset itself: a link cannot differ from what it links, and the store answers for that.
 */
export async function compareTree(
  site: TreeSite,
  plan: TreePlan,
  contents: 'trusted' | 'read',
): Promise<{ readonly entries: number; readonly differences: readonly TreeDifference[] }> {
  const checks = new Map(checksOf(site, plan, contents))
  const { disk } = site.outside
  const differences: TreeDifference[] = []
  let entries = 0
  for (const below of walkTree(disk, `${site.folder}/usr`)) {
    const path = `usr${below}`
    const stat = disk.lstat(`${site.folder}/${path}`)
    const check = checks.get(path)
    checks.delete(path)
    const problem =
      stat === undefined
        ? 'vanished'
        : check === undefined
          ? `is a ${stat.kind} that no package owns`
          : check(stat)
    if (problem !== undefined) differences.push({ path, problem })
    if (++entries % 256 === 0) await site.outside.turn()
  }
  for (const path of checks.keys()) differences.push({ path, problem: 'is missing' })
  return { entries, differences }
}

type Check = (stat: FileStat) => string | undefined

function checksOf(site: TreeSite, plan: TreePlan, contents: 'trusted' | 'read'): ReadonlyMap<string, Check> {
  const { disk, userId } = site.outside
  const checks = new Map<string, Check>()
  for (const folder of plan.folders)
    checks.set(folder.path, (stat) =>
      stat.kind !== 'folder'
        ? `is a ${stat.kind}`
        : stat.mode !== folderMode(folder, userId)
          ? 'has another mode'
          : userId === 0 && (stat.uid !== folder.uid || stat.gid !== folder.gid)
            ? 'has another owner'
            : undefined,
    )
  for (const file of plan.files) checks.set(file.path, (stat) => fileProblem(site, file, { stat, contents }))
  for (const { path, target } of plan.symlinks)
    checks.set(path, (stat) =>
      stat.kind === 'symlink' && disk.readLink(`${site.folder}/${path}`) === target
        ? undefined
        : 'is not the symlink it should be',
    )
  checks.set(`usr/${recordPath}`, (stat) => (stat.kind === 'file' ? undefined : `is a ${stat.kind}`))
  return checks
}

function fileProblem(
  site: TreeSite,
  file: PlannedFile,
  { stat, contents }: { readonly stat: FileStat; readonly contents: 'trusted' | 'read' },
): string | undefined {
  const { disk, userId } = site.outside
  const { description, asset, path } = file
  if (stat.kind !== 'file') return `is a ${stat.kind}`
  if (stat.sizeBytes !== description.sizeBytes)
    return `has ${stat.sizeBytes} bytes, not ${description.sizeBytes}`
  const original = description.sizeBytes === 0 ? undefined : disk.lstat(site.store.assetPath(asset))
  // A link is the asset itself: what holds of one holds of the other, and the store answers for it.
  if (original !== undefined && original.inode === stat.inode && original.device === stat.device)
    return stat.mode === original.mode && hasMode(stat, description.mode, userId)
      ? undefined
      : 'has another mode'
  const full = `${site.folder}/${path}`
  const problem = attributeProblem(disk, full, { description, userId, stat })
  if (problem !== undefined || contents === 'trusted') return problem
  return digestOfFile(disk, full) === description.content ? undefined : 'has been changed'
}

const hasMode = (stat: FileStat, mode: number, userId: number): boolean =>
  stat.mode === mode || (userId !== 0 && stat.mode === (mode | 0o400))
