// Builds a state's tree below `staging/`, from a plan and the store alone: folders, then files placed the cheapest
// way, then symlinks. Folders get their attributes last, because a read-only one takes no entries. Nothing here is
// durable: barrier B follows, and readBack checks what came out.
import { MossError } from '../base/error.ts'
import type { Disk, PlacedBy, Placement } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import { problemOf } from '../host/problem.ts'
import type { Report } from '../base/progress.ts'
import type { LayoutFolder, LayoutSymlink } from '../manifest/manifest.ts'
import { assetModifiedMs } from '../store/asset.ts'
import { applyAttributes } from '../store/attributes.ts'
import type { Store } from '../store/store.ts'
import type { PlannedFile, TreePlan } from './tree-plan.ts'

export interface TreeSite {
  readonly outside: Outside
  readonly store: Store
  /** The folder that holds, or will hold, the tree's `usr`. */
  readonly folder: string
}

/** Enough for every processor; then it is said how far the work is. */
const batchFiles = 16_384

/** Folders, files and symlinks; folders are still open to writing. Which files are links to their assets. */
export async function buildTree(
  site: TreeSite,
  plan: TreePlan,
  report: Report,
): Promise<ReadonlySet<PlannedFile>> {
  const { disk } = site.outside
  disk.expectCopies(plan.files.length)
  for (const { path } of plan.folders) disk.makeFolder(`${site.folder}/${path}`, 0o700)
  const totalItems = plan.files.length + plan.symlinks.length
  const linked = new Set<PlannedFile>()
  for (let start = 0; start < plan.files.length; start += batchFiles) {
    report({ phase: 'stage', doneItems: start, totalItems })
    await placeFiles(site, plan.files.slice(start, start + batchFiles), linked)
    await site.outside.turn()
  }
  for (const symlink of plan.symlinks) placeSymlink(site, symlink)
  report({ phase: 'stage', doneItems: totalItems, totalItems })
  return linked
}

/** Adds to `linked` what became a link to its asset. */
export async function placeFiles(
  site: TreeSite,
  files: readonly PlannedFile[],
  linked: Set<PlannedFile>,
): Promise<void> {
  const { store, folder, outside } = site
  const whole = files.filter(({ description }) => description.sizeBytes > 0)
  const placements = whole.map(({ asset, path }) => ({
    from: store.assetPath(asset),
    to: `${folder}/${path}`,
  }))
  const ways = await placeAll(outside.disk, placements)
  whole.forEach((file, index) => {
    if (ways[index] === 'link') linked.add(file)
    else applyTo(site, file)
  })
  for (const file of files) if (file.description.sizeBytes === 0) placeFile(site, file)
}

/** Throws STORE_DAMAGED where an asset is gone: a place in staging/ would tell nobody what to do. */
async function placeAll(disk: Disk, placements: readonly Placement[]): Promise<readonly PlacedBy[]> {
  try {
    return await disk.placeCopies(placements)
  } catch (error) {
    const gone =
      problemOf(error) === 'ENOENT'
        ? placements.find(({ from }) => disk.lstat(from) === undefined)
        : undefined
    if (gone === undefined) throw error
    throw new MossError('STORE_DAMAGED', { path: gone.from, problem: 'it is gone' }, error)
  }
}

/** Empty files are made: linked ones would soon meet the limit of links, and share nothing worth sharing. */
export function placeFile(site: TreeSite, file: PlannedFile): void {
  const { disk } = site.outside
  const target = `${site.folder}/${file.path}`
  if (file.description.sizeBytes === 0) disk.open(target, 'create')[Symbol.dispose]()
  else if (disk.placeCopy(site.store.assetPath(file.asset), target) === 'link') return
  applyTo(site, file)
}

/** Dated like everything that is not the state's own. */
export function placeSymlink(
  { outside: { disk }, folder }: TreeSite,
  { path, target }: Pick<LayoutSymlink, 'path' | 'target'>,
): void {
  disk.makeSymlink(target, `${folder}/${path}`)
  disk.setModified(`${folder}/${path}`, assetModifiedMs)
}

const applyTo = ({ outside: { disk, userId }, folder }: TreeSite, file: PlannedFile): void =>
  applyAttributes(disk, `${folder}/${file.path}`, { description: file.description, userId })

/** Deepest first; `usr` itself carries the state's date, everything else the one fixed moment. */
export function finishFolders(
  site: Pick<TreeSite, 'outside' | 'folder'>,
  plan: TreePlan,
  createdSeconds: number,
): void {
  const { disk, userId } = site.outside
  for (const folder of plan.folders.toReversed()) {
    const path = `${site.folder}/${folder.path}`
    if (userId === 0) disk.setOwner(path, folder.uid, folder.gid)
    disk.setMode(path, folderMode(folder, userId))
    disk.setModified(path, folder.path === 'usr' ? createdSeconds * 1000 : assetModifiedMs)
  }
}

/** An ordinary user must be able to move and remove what they own. */
export const folderMode = ({ mode }: LayoutFolder, userId: number): number =>
  userId === 0 ? mode : mode | 0o700

/** Writes one of moss's own small files into a tree under construction. */
export function writeOwnFile(disk: Disk, path: string, bytes: Uint8Array): void {
  using file = disk.open(path, 'create', 0o644)
  file.write(bytes, 0)
  disk.setMode(path, 0o644)
  disk.setModified(path, assetModifiedMs)
}
