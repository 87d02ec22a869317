// In what a state's tree departs from its plan: edited in place, other mode, owner or attributes, missing, added. It walks
// the plan, never the tree alone, and never through a link that somebody put in a folder's place. Changes nothing.
import { compareText, equalBytes } from '../base/bytes.ts'
import { emptyDigest } from '../base/digest.ts'
import { isMossError } from '../base/error.ts'
import type { AssetId } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import type { FileStat } from '../host/disk.ts'
import type { LayoutFolder } from '../manifest/manifest.ts'
import { attributeProblem, dateProblem } from '../store/attributes.ts'
import { digestInTurns } from '../store/body.ts'
import { folderMode } from './build-tree.ts'
import { ownedTree } from './owned-tree.ts'
import type { StateParts } from './parts.ts'
import { parentFolder, recordPath } from './places.ts'
import type { StateRecord } from './record.ts'
import { readRecordCopy } from './tables.ts'
import { walkTree } from './tree-digest.ts'
import type { PlannedFile, TreePlan } from './tree-plan.ts'

export interface TreeFinding {
  readonly kind: 'missing' | 'extra' | 'differs'
  /** Starts with `usr`. */
  readonly path: string
  /** `package tide`, `trigger ldconfig`; undefined for what is nobody's, or moss's own. */
  readonly owner?: string
  readonly problem: string
}

export interface TreeCheck {
  /** Looks at attributes, sizes and dates only. */
  readonly isQuick: boolean
  /** What is wrong with assets: a file that links one shares it. */
  readonly damaged: ReadonlyMap<AssetId, string>
}

interface Checking extends TreeCheck {
  readonly parts: StateParts
  /** The folder that holds `usr`. */
  readonly folder: string
  readonly assets: ReadonlySet<AssetId>
  /** Of the state. */
  readonly number: number
}

/** Sorted by path. `tree` is its `usr`. Throws STATE_BROKEN where a manifest is lost. */
export async function checkTree(
  parts: StateParts,
  { tree, record }: { readonly tree: string; readonly record: StateRecord },
  { how, report }: { readonly how: TreeCheck; readonly report: Report },
): Promise<readonly TreeFinding[]> {
  const { plan, ownerOf } = ownedTree(parts, record)
  const checking: Checking = {
    ...how,
    parts,
    folder: tree.slice(0, -'/usr'.length),
    assets: parts.store.assetIds(),
    number: record.number,
  }
  const findings: TreeFinding[] = []
  const sound = new Set<string>()
  const totalItems = plan.folders.length + plan.files.length + plan.symlinks.length
  let doneItems = 0
  const look = async (path: string, problem: (stat: FileStat) => Promise<string | undefined>) => {
    // What is not below a folder is not there, wherever a link may lead.
    const isReachable = path === 'usr' || sound.has(parentFolder(path))
    const stat = isReachable ? parts.outside.disk.lstat(`${checking.folder}/${path}`) : undefined
    const found = stat === undefined ? 'is missing' : await unlessUnreadable(() => problem(stat))
    const owner = ownerOf(path)
    const kind = stat === undefined ? 'missing' : 'differs'
    if (found !== undefined)
      findings.push({ kind, path, ...(owner === undefined ? {} : { owner }), problem: found })
    if (++doneItems % 256 === 0) {
      report({ phase: 'check state', item: `${record.number}`, doneItems, totalItems })
      await parts.outside.turn()
    }
    return stat
  }
  for (const folder of plan.folders) {
    const stat = await look(folder.path, async (found) => folderProblem(checking, folder, found))
    if (stat?.kind === 'folder') sound.add(folder.path)
  }
  for (const file of plan.files) await look(file.path, (stat) => fileProblem(checking, file, stat))
  for (const { path, target } of plan.symlinks)
    await look(path, async (stat) => symlinkProblem(checking, { path, target }, stat))
  await look(`usr/${recordPath}`, async (stat) => recordProblem(checking, stat))
  findings.push(...extrasIn(checking, plan, sound))
  return findings.sort((a, b) => compareText(a.path, b.path))
}

/** One thing that cannot be read is a finding, not the end of the check. */
async function unlessUnreadable(problem: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await problem()
  } catch (error) {
    if (isMossError(error, 'HOST_IO')) return `cannot be read: ${error.details.problem}`
    throw error
  }
}

const pathIn = ({ folder }: Checking, path: string): string => `${folder}/${path}`

function folderProblem(checking: Checking, folder: LayoutFolder, stat: FileStat): string | undefined {
  const { disk, userId } = checking.parts.outside
  if (stat.kind !== 'folder') return `is a ${stat.kind}, not a folder`
  const { uid, gid } = folder
  const description = { mode: folderMode(folder, userId), uid, gid }
  return attributeProblem(disk, pathIn(checking, folder.path), { description, userId, stat })
}

function symlinkProblem(
  checking: Checking,
  { path, target }: { readonly path: string; readonly target: string },
  stat: FileStat,
): string | undefined {
  if (stat.kind !== 'symlink') return `is a ${stat.kind}, not a symlink`
  const found = checking.parts.outside.disk.readLink(pathIn(checking, path))
  return found === target ? undefined : `leads to ${found}, not to ${target}`
}

async function fileProblem(
  checking: Checking,
  file: PlannedFile,
  stat: FileStat,
): Promise<string | undefined> {
  const { outside } = checking.parts
  const { disk, userId } = outside
  const { asset, description } = file
  if (stat.kind !== 'file') return `is a ${stat.kind}, not a file`
  if (isAsset(checking, file, stat)) return checking.damaged.get(asset)
  if (stat.sizeBytes !== description.sizeBytes)
    return `has ${stat.sizeBytes} bytes, not ${description.sizeBytes}`
  const path = pathIn(checking, file.path)
  const problem = attributeProblem(disk, path, { description, userId, stat })
  if (problem !== undefined) return problem
  if (checking.isQuick) return dateProblem(stat)
  if (description.content === emptyDigest) return undefined
  const digest = await digestInTurns(path, { disk, turn: () => outside.turn() })
  return digest === description.content ? undefined : 'content differs'
}

/** The store answers for what it has recorded. */
function isAsset({ parts, assets }: Checking, { asset, description }: PlannedFile, stat: FileStat): boolean {
  if (description.sizeBytes === 0 || !assets.has(asset)) return false
  const original = parts.outside.disk.lstat(parts.store.assetPath(asset))
  return original !== undefined && original.inode === stat.inode && original.device === stat.device
}

/** What it says is not planned: it is the plan. */
function recordProblem(checking: Checking, stat: FileStat): string | undefined {
  const { disk, userId } = checking.parts.outside
  if (stat.kind !== 'file') return `is a ${stat.kind}, not a file`
  const description = { mode: 0o644, uid: 0, gid: 0 }
  return (
    attributeProblem(disk, pathIn(checking, `usr/${recordPath}`), { description, userId, stat }) ??
    (checking.isQuick ? dateProblem(stat) : otherRecord(checking))
  )
}

/** It is the plan of what is checked, so it is compared with what was recorded when the state was made. */
function otherRecord(checking: Checking): string | undefined {
  const { outside, database } = checking.parts
  const copy = readRecordCopy(database, checking.number)
  if (copy === undefined) return undefined
  const bytes = outside.disk.readFile(pathIn(checking, `usr/${recordPath}`), copy.length + 1)
  return equalBytes(bytes, copy) ? undefined : 'is not what was recorded of this state'
}

/** A folder that nobody owns is told once, with how much is in it. */
function extrasIn(checking: Checking, plan: TreePlan, sound: ReadonlySet<string>): readonly TreeFinding[] {
  const { disk } = checking.parts.outside
  const planned = new Set([`usr/${recordPath}`])
  for (const entries of [plan.folders, plan.files, plan.symlinks])
    for (const { path } of entries) planned.add(path)
  const findings: TreeFinding[] = []
  for (const folder of sound)
    try {
      for (const { name, kind } of disk.list(pathIn(checking, folder))) {
        const path = `${folder}/${name}`
        if (planned.has(path)) continue
        const below = kind === 'folder' ? [...walkTree(disk, pathIn(checking, path))].length - 1 : 0
        const more = below === 0 ? '' : `, with ${below} more in it`
        findings.push({ kind: 'extra', path, problem: `is a ${kind} that no package owns${more}` })
      }
    } catch (error) {
      if (!isMossError(error, 'HOST_IO')) throw error
      const problem = `cannot be listed: ${error.details.problem}`
      findings.push({ kind: 'differs', path: folder, problem })
    }
  return findings
}
