// Makes the next tree from that of a state that falls out of the kept ones, instead of removing the one and linking all
// of the other. Only from a tree that its seal proves unmodified, folder for folder; what does not fit or is not proven is
// left, and the tree is assembled from nothing. Nothing here is remembered by the result: it is the same to the byte.
// A tree that was taken and then not finished is lost. It was to be pruned; the two newest kept ones are never taken.
import { MossError } from '../base/error.ts'
import type { StateNumber } from '../base/ids.ts'
import { moveTree } from '../host/durable.ts'
import { placeFiles, placeSymlink, type TreeSite } from './build-tree.ts'
import { readManifest } from './manifests.ts'
import { readRecord, type StateParts } from './parts.ts'
import { keptFolder, keptTree } from './places.ts'
import { forgetState, prunableStates } from './prune.ts'
import { readSeal, type Seal, sealedDigest } from './seal.ts'
import { supplyAssets } from './supply.ts'
import { changeBetween, type TreeChange } from './tree-change.ts'
import type { PlannedPackage, TreePlan } from './tree-plan.ts'

/** What is to be made, as for assembling it from nothing. */
export interface RecycleRequest {
  readonly number: StateNumber
  readonly plan: TreePlan
  readonly packages: readonly PlannedPackage[]
  /** Nothing is there yet. */
  readonly site: TreeSite
}

export interface Recycled {
  /** Of the tree that was taken: folders that are not touched still have what it says. */
  readonly seal: Seal
  /** Folders whose attributes and content are to be finished and read back. */
  readonly touched: ReadonlySet<string>
}

/** The packages' tree in its place, folders still to be finished; or undefined, and nothing is there. */
export async function recycleTree(parts: StateParts, request: RecycleRequest): Promise<Recycled | undefined> {
  const found = await findProven(parts, request)
  if (found === undefined) return undefined
  const { number, seal, change } = found
  await supplyAssets(parts, { ...request.plan, files: addedIn(request.plan.files, change) }, request.packages)
  takeTree(parts, number, request.site)
  try {
    await applyChange(request, change, seal)
  } catch (error) {
    if (!(error instanceof MossError)) throw error
    parts.outside.disk.removeTree(request.site.folder)
    return undefined
  }
  return { seal, touched: change.touched }
}

interface Proven {
  readonly number: StateNumber
  readonly seal: Seal
  readonly change: TreeChange
}

/** What cannot be read is no reason to fail: there is another way. */
async function findProven(
  parts: StateParts,
  { number, plan, packages }: RecycleRequest,
): Promise<Proven | undefined> {
  try {
    const falling = prunableStates(parts, number).at(-1)
    if (falling === undefined) return undefined
    const seal = readSeal(parts, falling)
    const change = seal && changeTo(parts, falling, packages)
    if (seal === undefined || change === undefined) return undefined
    const proven = { number: falling, seal, change }
    return (await isProven(parts, plan, proven)) ? proven : undefined
  } catch (error) {
    if (error instanceof MossError) return undefined
    throw error
  }
}

function changeTo(
  parts: StateParts,
  number: StateNumber,
  packages: readonly PlannedPackage[],
): TreeChange | undefined {
  const tree = keptTree(parts.places, number)
  const record = readRecord(parts, tree)
  const known = new Map(packages.map((one) => [one.id, one]))
  const place = { disk: parts.outside.disk, places: parts.places }
  const old = record.packages.map((recorded) => {
    const kept = known.get(recorded.id)
    if (kept !== undefined) return kept
    const { manifest, sizeBytes } = readManifest(place, { tree, recorded })
    return { id: recorded.id, manifest, manifestBytes: sizeBytes }
  })
  return changeBetween({ packages: old, made: record.made }, packages)
}

/** Every folder that stays, is changed or goes is as it was sealed: no path below leads out of the tree. */
async function isProven(
  { outside: { disk }, places }: StateParts,
  plan: TreePlan,
  { number, seal, change }: Proven,
): Promise<boolean> {
  const tree = keptFolder(places, number)
  const stay = plan.folders
    .map(({ path }) => path)
    .filter((path) => !change.added.has(path) || seal.has(path))
  const folders = [...stay, ...change.removedFolders]
  const looks = await disk.lookAtFolders(folders.map((path) => `${tree}/${path}`))
  const isSealed = folders.every((folder, index) => {
    const look = looks[index]
    return look !== undefined && sealedDigest(folder, look) === seal.get(folder)
  })
  // The top folder's ctime tells nothing, as it is new after each move; attributes that a person gave it would stay.
  return isSealed && Object.keys(disk.getXattrs(`${tree}/usr`)).every((name) => name.startsWith('security.'))
}

/** As pruning does: the row goes first, then the whole tree leaves states/ in one move. */
function takeTree(parts: StateParts, number: StateNumber, { folder, outside }: TreeSite): void {
  forgetState(parts, number)
  outside.disk.removeTree(folder)
  moveTree(outside.disk, keptFolder(parts.places, number), folder)
}

async function applyChange({ site, plan }: RecycleRequest, change: TreeChange, seal: Seal): Promise<void> {
  const { disk } = site.outside
  const at = (path: string): string => `${site.folder}/${path}`
  for (const path of change.removed) disk.remove(at(path))
  for (const path of change.removedFolders) disk.removeFolder(at(path))
  const gone = new Set(change.removedFolders)
  for (const { path } of plan.folders)
    if (change.added.has(path) && (!seal.has(path) || gone.has(path))) disk.makeFolder(at(path), 0o700)
  await placeFiles(site, addedIn(plan.files, change), new Set())
  for (const symlink of addedIn(plan.symlinks, change)) placeSymlink(site, symlink)
}

const addedIn = <T extends { readonly path: string }>(
  entries: readonly T[],
  { added }: TreeChange,
): readonly T[] => entries.filter(({ path }) => added.has(path))
