// Carries deliveries out. Intent first: one commit says what is about to stand where; then the files, a sync, and a
// commit that says so. After an interruption settlePending() makes the rows true again, and the plan is made anew.
// A place below a symlink is never used: it could lead out of the root. Nor is one below a folder where somebody else
// could put a symlink meanwhile.
import { encodeUtf8 } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { Report } from '../base/progress.ts'
import type { FileStat } from '../host/disk.ts'
import { exchangeTrees, moveIntoPlace, moveTree, syncAll } from '../host/durable.ts'
import { copyBody } from '../store/body.ts'
import { type Delivery, blocked, isFolder, nothing, planDeliveries, type Standing } from './deliveries.ts'
import type { StateParts } from './parts.ts'
import { factoryPath, parentFolder } from './places.ts'
import { readDeliveries, removeDelivery, writeDelivery } from './tables.ts'
import { digestOfFile, walkTree } from './tree-digest.ts'

/** Warnings about one delivery. */
const mostTold = 10

/** How a delivered file is called until all of them are durable. */
const partOf = (path: string): string => `${path}.moss-new`

/**
 * Brings /etc and /var in line with the factory of the current state. Durable when it returns. Gives the files and
 * links that changed.
 */
export async function deliver(
  parts: StateParts,
  state: number,
  report: Report,
): Promise<readonly Delivery[]> {
  settlePending(parts)
  const { database, outside } = parts
  const offered = await offeredBy(parts)
  tellForeign(parts, offered.keys(), report)
  const rows = readDeliveries(database)
  const plan = planDeliveries({ offered, rows, standingAt: (path) => standingAt(parts, path) })
  if (plan.deliveries.length === 0 && plan.forgotten.length === 0) return []
  database.transaction((transaction) => {
    for (const path of plan.forgotten) removeDelivery(transaction, path)
    for (const { path, before, after, kind } of plan.deliveries)
      writeDelivery(transaction, { path, digest: kind === 'place' ? nothing : before, state, pending: after })
  })
  await outside.turn()
  carryOut(parts, plan.deliveries, report)
  syncMachineFolders(parts)
  const settled = settleRows(parts)
  return plan.deliveries.filter(
    ({ path, before, after }) => settled.has(path) && !isFolder(before) && !isFolder(after),
  )
}

/** What nobody but root may choose is left to root, and root is told. */
function tellForeign(parts: StateParts, offered: Iterable<string>, report: Report): void {
  const left = [...offered].filter((path) =>
    foldersAbove(parts, path).some((stat) => stat !== undefined && isForeign(parts, stat)),
  )
  for (const path of left.slice(0, mostTold))
    report({
      phase: 'deliver',
      warning: `/${path} is not delivered: others than root can change a folder above it`,
    })
}

/** Makes the rows say what is true after an interruption; removes what it left half made. */
export function settlePending(parts: StateParts): void {
  const pending = readDeliveries(parts.database).filter((row) => row.pending !== undefined)
  if (pending.length === 0) return
  const { disk } = parts.outside
  for (const { path } of pending) {
    const part = partOf(inRoot(parts, path))
    const kind = isReachable(parts, path) ? disk.lstat(part)?.kind : undefined
    if (kind === 'folder') disk.removeFolder(part)
    else if (kind !== undefined) disk.remove(part)
  }
  syncMachineFolders(parts)
  settleRows(parts)
}

/**
 * One commit: each pending row becomes what stands there, if that is what it was or what it shall be. Gives the paths
 * that are as they shall be.
 */
function settleRows(parts: StateParts): ReadonlySet<string> {
  const settled = new Set<string>()
  parts.database.transaction((transaction) => {
    for (const row of readDeliveries(transaction)) {
      if (row.pending === undefined) continue
      const now = standingAt(parts, row.path)
      if (now === row.pending) settled.add(row.path)
      const digest = now === row.pending ? now : now === nothing ? nothing : row.digest
      if (digest === nothing) removeDelivery(transaction, row.path)
      else writeDelivery(transaction, { path: row.path, digest, state: row.state, pending: undefined })
    }
  })
  return settled
}

function syncMachineFolders({ outside: { disk }, places }: StateParts): void {
  for (const folder of [places.etc, places.var])
    if (disk.lstat(folder)?.kind === 'folder') syncAll(disk, folder)
}

const inRoot = ({ places }: StateParts, path: string): string =>
  `${parentFolder(places.etc)}/${path}`.replace('//', '/')

/** Where in the factory the path's default lies. */
const inFactory = ({ places }: StateParts, path: string): string => `${places.usr}/${factoryPath}/${path}`

async function offeredBy(parts: StateParts): Promise<ReadonlyMap<string, Standing>> {
  const { outside } = parts
  const offered = new Map<string, Standing>()
  // A link on the way to it would let whoever owns its end say what is delivered.
  const way = ['share', factoryPath].map((path) => outside.disk.lstat(`${parts.places.usr}/${path}`)?.kind)
  if (way.some((kind) => kind !== 'folder')) return offered
  for (const area of ['etc', 'var']) {
    const folder = inFactory(parts, area)
    if (outside.disk.lstat(folder)?.kind !== 'folder') continue
    for (const below of walkTree(outside.disk, folder)) {
      if (below === '') continue
      const standing = standingOf(parts, `${folder}${below}`, asDelivered(parts))
      if (standing !== nothing) offered.set(`${area}${below}`, standing)
      if (offered.size % 256 === 0) await outside.turn()
    }
  }
  return offered
}

/** An ordinary user's copies belong to that user. */
const asDelivered =
  ({ outside: { userId, groupId } }: StateParts) =>
  (stat: FileStat): { readonly uid: number; readonly gid: number } =>
    userId === 0 ? stat : { uid: userId, gid: groupId }

function standingAt(parts: StateParts, path: string): Standing {
  if (!isReachable(parts, path)) return blocked
  return standingOf(parts, inRoot(parts, path), (stat) => stat)
}

/** Folders are alike whatever their attributes: the machine may have its reasons. */
function standingOf(
  { outside: { disk } }: StateParts,
  path: string,
  ownerOf: (stat: FileStat) => { readonly uid: number; readonly gid: number },
): Standing {
  const stat = disk.lstat(path)
  if (stat === undefined) return nothing
  if (stat.kind === 'folder') return 'folder'
  if (stat.kind === 'symlink') return `symlink ${digestOf(encodeUtf8(disk.readLink(path)))}`
  if (stat.kind === 'other') return blocked
  const { uid, gid } = ownerOf(stat)
  return `file ${stat.mode.toString(8)} ${uid}:${gid} ${digestOfFile(disk, path)}`
}

/** Every folder above is a real folder that only root, or whose own root this is, can change; or not there at all. */
function isReachable(parts: StateParts, path: string): boolean {
  for (const stat of foldersAbove(parts, path)) {
    if (stat === undefined) return true
    if (stat.kind !== 'folder' || isForeign(parts, stat)) return false
  }
  return true
}

function* foldersAbove(parts: StateParts, path: string): Generator<FileStat | undefined> {
  const components = path.split('/')
  for (let i = 1; i < components.length; i++)
    yield parts.outside.disk.lstat(inRoot(parts, components.slice(0, i).join('/')))
}

/** Whether somebody else could exchange what is in the folder between a look and the next step. */
const isForeign = ({ outside: { userId } }: StateParts, { uid, mode }: FileStat): boolean =>
  userId === 0 && (uid !== 0 || ((mode & 0o022) !== 0 && (mode & 0o1000) === 0))

function carryOut(parts: StateParts, deliveries: readonly Delivery[], report: Report): void {
  const { disk } = parts.outside
  const ready = deliveries.filter((delivery) => {
    report({ phase: 'deliver', item: delivery.path })
    return prepare(parts, delivery)
  })
  if (ready.length > 0) syncMachineFolders(parts)
  const targetOf = ({ path }: Delivery): { readonly from: string; readonly to: string } => ({
    from: partOf(inRoot(parts, path)),
    to: inRoot(parts, path),
  })
  moveIntoPlace(disk, ready.filter(({ kind }) => kind === 'place').map(targetOf))
  for (const delivery of ready) {
    if (delivery.kind !== 'replace') continue
    const { from, to } = targetOf(delivery)
    if (standingAt(parts, delivery.path) === delivery.before) exchangeTrees(disk, from, to)
    disk.remove(from)
  }
  for (const delivery of deliveries) if (delivery.kind === 'remove') removeDefault(parts, delivery)
}

/** Makes a folder at once, a file or link beside its place; true where one is to be moved there. */
function prepare(parts: StateParts, delivery: Delivery): boolean {
  const { disk } = parts.outside
  if (delivery.kind === 'remove') return false
  const target = inRoot(parts, delivery.path)
  // A folder that the machine deleted stays deleted, and so does what was to be in it.
  if (disk.lstat(parentFolder(target))?.kind !== 'folder' || !isReachable(parts, delivery.path)) return false
  if (isFolder(delivery.after)) {
    makeFolder(parts, delivery.path)
    return false
  }
  if (disk.lstat(partOf(target)) !== undefined) return false
  placeDefault(parts, delivery, partOf(target))
  return true
}

/** With its attributes from the start: made beside its place and moved there, so that what is in it can follow. */
function makeFolder(parts: StateParts, path: string): void {
  const { disk, userId } = parts.outside
  const target = inRoot(parts, path)
  const stat = statOf(parts, path)
  if (disk.lstat(partOf(target)) !== undefined) return
  disk.makeFolder(partOf(target), 0o700)
  if (userId === 0) disk.setOwner(partOf(target), stat.uid, stat.gid)
  disk.setMode(partOf(target), userId === 0 ? stat.mode : stat.mode | 0o700)
  moveTree(disk, partOf(target), target)
}

/** A real copy: the machine may edit it in place, so it shares nothing with a tree. */
function placeDefault(parts: StateParts, { path, after }: Delivery, target: string): void {
  const { disk, userId } = parts.outside
  const from = inFactory(parts, path)
  if (after.startsWith('symlink')) return disk.makeSymlink(disk.readLink(from), target)
  const stat = statOf(parts, path)
  copyBody(disk, from, target)
  if (userId === 0) disk.setOwner(target, stat.uid, stat.gid)
  disk.setMode(target, stat.mode)
}

function removeDefault(parts: StateParts, { path, before }: Delivery): void {
  const { disk } = parts.outside
  const target = inRoot(parts, path)
  if (standingAt(parts, path) !== before) return
  if (!isFolder(before)) disk.remove(target)
  else if (disk.list(target).length === 0) disk.removeFolder(target)
}

function statOf(parts: StateParts, path: string): FileStat {
  const from = inFactory(parts, path)
  const stat = parts.outside.disk.lstat(from)
  if (stat === undefined) throw new MossError('STATE_BROKEN', { path: from, problem: 'it vanished' })
  return stat
}
