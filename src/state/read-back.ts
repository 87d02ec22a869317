// Checks a built tree against its plan after barrier B: the same entries and no others, each of its kind, with its
// size, mode and owner, and linked files being the asset's own inode. Contents were checked when they entered the
// store, and a link cannot differ from what it links.
import { MossError } from '../base/error.ts'
import type { FileStat } from '../host/disk.ts'
import { attributeProblem } from '../store/attributes.ts'
import { type TreeSite, folderMode } from './build-tree.ts'
import { recordPath } from './places.ts'
import { walkTree } from './tree-digest.ts'
import type { PlannedFile, TreePlan } from './tree-plan.ts'

/** How many entries the tree has. Throws STATE_BROKEN with the first difference. */
export async function readBack(site: TreeSite, plan: TreePlan): Promise<number> {
  const checks = checksOf(site, plan)
  const { disk } = site.outside
  let seen = 0
  for (const below of walkTree(disk, `${site.folder}/usr`)) {
    const path = `usr${below}`
    const stat = disk.lstat(`${site.folder}/${path}`)
    const check = checks.get(path)
    const problem = stat === undefined ? 'vanished' : check === undefined ? 'was not planned' : check(stat)
    if (problem !== undefined) refuse(site, path, problem)
    if (++seen % 256 === 0) await site.outside.turn()
  }
  if (seen !== checks.size) refuse(site, 'usr', `has ${seen} entries, not ${checks.size}`)
  return seen
}

function refuse({ folder }: TreeSite, path: string, problem: string): never {
  throw new MossError('STATE_BROKEN', { path: `${folder}/${path}`, problem })
}

type Check = (stat: FileStat) => string | undefined

function checksOf(site: TreeSite, plan: TreePlan): ReadonlyMap<string, Check> {
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
  for (const file of plan.files) checks.set(file.path, (stat) => fileProblem(site, file, stat))
  for (const { path, target } of plan.symlinks)
    checks.set(path, (stat) =>
      stat.kind === 'symlink' && disk.readLink(`${site.folder}/${path}`) === target
        ? undefined
        : 'is not the symlink it should be',
    )
  checks.set(`usr/${recordPath}`, (stat) => (stat.kind === 'file' ? undefined : `is a ${stat.kind}`))
  return checks
}

function fileProblem(site: TreeSite, file: PlannedFile, stat: FileStat): string | undefined {
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
  return attributeProblem(disk, `${site.folder}/${path}`, { description, userId, stat })
}

const hasMode = (stat: FileStat, mode: number, userId: number): boolean =>
  stat.mode === mode || (userId !== 0 && stat.mode === (mode | 0o400))
