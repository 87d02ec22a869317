// Builds a state's tree below `staging/`, from a plan and the store alone: folders, then files placed the cheapest
// way, then symlinks. Folders get their attributes last, because a read-only one takes no entries. Nothing here is
// durable: barrier B follows, and readBack checks what came out.
import type { Disk } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import type { Report } from '../base/progress.ts'
import type { LayoutFolder } from '../manifest/manifest.ts'
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

/** Folders, files and symlinks; folders are still open to writing. Which files are links to their assets. */
export async function buildTree(
  site: TreeSite,
  plan: TreePlan,
  report: Report,
): Promise<ReadonlySet<PlannedFile>> {
  const { disk } = site.outside
  for (const { path } of plan.folders) {
    disk.makeFolder(`${site.folder}/${path}`, 0o700)
  }
  const totalItems = plan.files.length + plan.symlinks.length
  let doneItems = 0
  const count = async (): Promise<void> => {
    if (++doneItems % 256 !== 0) return
    report({ phase: 'stage', doneItems, totalItems })
    await site.outside.turn()
  }
  const linked = new Set<PlannedFile>()
  for (const file of plan.files) {
    if (placeFile(site, file) === 'link') linked.add(file)
    await count()
  }
  for (const { path, target } of plan.symlinks) {
    disk.makeSymlink(target, `${site.folder}/${path}`)
    await count()
  }
  report({ phase: 'stage', doneItems, totalItems })
  return linked
}

/** Empty files are made: linked ones would soon meet the limit of links, and share nothing worth sharing. */
export function placeFile(
  { outside, store, folder }: TreeSite,
  { path, asset, description }: PlannedFile,
): 'link' | 'own' {
  const { disk, userId } = outside
  const target = `${folder}/${path}`
  if (description.sizeBytes === 0) disk.open(target, 'create')[Symbol.dispose]()
  else if (disk.placeCopy(store.assetPath(asset), target) === 'link') return 'link'
  applyAttributes(disk, target, { description, userId })
  return 'own'
}

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
