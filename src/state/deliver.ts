// Carries deliveries out. Intent first: one commit says what is about to stand where; then the files, a sync, and a
// commit that says so. After an interruption settlePending() makes the rows true again, and the plan is made anew.
// A place that is not reachable (reach.ts) is never used. A new folder is built beside its place with all that is to be in
// it and moved there whole: from then on it may belong to a service, and what is in it is the service's.
import { encodeUtf8 } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import { assertTrue } from '../base/error.ts'
import type { Report } from '../base/progress.ts'
import type { Disk } from '../host/disk.ts'
import { exchangeTrees, type Move, moveIntoPlace, moveTree, syncAll } from '../host/durable.ts'
import { copyBody } from '../store/body.ts'
import { type Delivery, blocked, isFolder, nothing, planDeliveries, type Standing } from './deliveries.ts'
import type { Failures } from './failures.ts'
import { type Attributes, type Offer, readOffers, standingOfOffer } from './offers.ts'
import type { StateParts } from './parts.ts'
import { parentFolder } from './places.ts'
import { inRoot, isBelowForeign, isReachable, type Reach } from './reach.ts'
import { makeAccounts } from './sysusers.ts'
import { readDeliveries, removeDelivery, writeDelivery } from './tables.ts'
import { digestOfFile } from '../store/body.ts'

/** How a delivered file is called until all of them are durable. */
const partOf = (path: string): string => `${path}.moss-new`

export interface Delivered {
  /** The files and links that changed. */
  readonly deliveries: readonly Delivery[]
  /** What was left out and why, a sentence each. */
  readonly problems: readonly string[]
}

interface Delivering {
  readonly state: number
  readonly failures: Failures
  readonly report: Report
}

/**
 * Brings the machine's own files in line with the current state: users and groups first, who may own the rest, then
 * the defaults of /etc and /var. Durable when it returns. What stands in its way at one path is kept in `failures`, and stops
 * nothing else.
 */
export async function deliver(
  parts: StateParts,
  { state, failures, report }: Delivering,
): Promise<Delivered> {
  settlePending(parts)
  const { database, outside } = parts
  const accountProblems = failures.of('users and groups', () => makeAccounts(parts))
  const { offered, remade, problems: lineProblems } = await readOffers(parts)
  const problems = [...(accountProblems ?? []), ...lineProblems, ...outOfReach(parts, offered.keys())]
  const plan = planDeliveries({
    offered: new Map([...offered].map(([path, offer]) => [path, standingOfOffer(outside.disk, offer)])),
    remade,
    rows: readDeliveries(database),
    standingAt: (path) => standingAt(parts, path),
  })
  if (plan.deliveries.length === 0 && plan.forgotten.length === 0) return { deliveries: [], problems }
  database.transaction((transaction) => {
    for (const path of plan.forgotten) removeDelivery(transaction, path)
    for (const { path, before, after, kind } of plan.deliveries)
      writeDelivery(transaction, { path, digest: kind === 'place' ? nothing : before, state, pending: after })
  })
  await outside.turn()
  carryOut(parts, { offered, deliveries: plan.deliveries, failures }, report)
  syncMachineFolders(parts)
  const settled = settleRows(parts)
  const changed = plan.deliveries.filter(
    ({ path, before, after }) => settled.has(path) && !isFolder(before) && !isFolder(after),
  )
  return { deliveries: changed, problems }
}

/** What nobody but root may choose is left to root, and root is told. */
const outOfReach = (reach: Reach, offered: Iterable<string>): readonly string[] =>
  [...offered]
    .filter(
      (path) => isBelowForeign(reach, path) && reach.outside.disk.lstat(inRoot(reach, path)) === undefined,
    )
    .map((path) => `/${path} is not delivered: others than root can change a folder above it`)

/** Makes the rows say what is true after an interruption; removes what it left half made. */
export function settlePending(parts: StateParts): void {
  const pending = readDeliveries(parts.database).filter((row) => row.pending !== undefined)
  if (pending.length === 0) return
  for (const { path } of pending)
    if (isReachable(parts, path)) parts.outside.disk.removeTree(partOf(inRoot(parts, path)))
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

/** What stands at a path of the machine, as far as it can be told. */
export function standingAt(reach: Reach, path: string): Standing {
  if (!isReachable(reach, path)) return blocked
  const { disk } = reach.outside
  const at = inRoot(reach, path)
  const stat = disk.lstat(at)
  if (stat === undefined) return nothing
  if (stat.kind === 'folder') return 'folder'
  if (stat.kind === 'symlink') return `symlink ${digestOf(encodeUtf8(disk.readLink(at)))}`
  if (stat.kind === 'other') return blocked
  return `file ${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${digestOfFile(disk, at)}`
}

interface Work {
  readonly offered: ReadonlyMap<string, Offer>
  readonly deliveries: readonly Delivery[]
  readonly failures: Failures
}

function carryOut(parts: StateParts, work: Work, report: Report): void {
  const { disk } = parts.outside
  const { failures } = work
  const ready = makeParts(parts, work, report)
  if (ready.length > 0) syncMachineFolders(parts)
  const moveOf = ({ path }: Delivery): Move => ({
    from: partOf(inRoot(parts, path)),
    to: inRoot(parts, path),
  })
  const placed = ready.filter(({ kind }) => kind === 'place')
  placeFiles(parts, placed.filter(({ after }) => !isFolder(after)).map(moveOf), failures)
  for (const { from, to } of placed.filter(({ after }) => isFolder(after)).map(moveOf))
    failures.of(to, () => moveTree(disk, from, to))
  for (const delivery of ready)
    if (delivery.kind === 'replace')
      failures.of(moveOf(delivery).to, () => replaceDefault(parts, delivery, moveOf(delivery)))
  for (const delivery of work.deliveries)
    if (delivery.kind === 'remove')
      failures.of(inRoot(parts, delivery.path), () => removeDefault(parts, delivery))
}

/** Together; where one of them cannot be, the others all the same. A sync that failed is for all of them. */
function placeFiles({ outside: { disk } }: StateParts, moves: readonly Move[], failures: Failures): void {
  try {
    moveIntoPlace(disk, moves)
  } catch (error) {
    const left = moves.filter(({ from }) => disk.lstat(from) !== undefined)
    if (left.length === 0) throw error
    for (const move of left) failures.of(move.to, () => moveIntoPlace(disk, [move]))
  }
}

function replaceDefault(parts: StateParts, { path, before }: Delivery, { from, to }: Move): void {
  const { disk } = parts.outside
  if (standingAt(parts, path) === before) {
    exchangeTrees(disk, from, to)
    // Somebody saved it in between: that is what has to stand there.
    if (standingAt(parts, partOf(path)) !== before) exchangeTrees(disk, from, to)
  }
  disk.remove(from)
}

/** Makes everything beside its place. Gives what is to be moved: what is in a new folder moves with it. */
function makeParts(
  parts: StateParts,
  { offered, deliveries, failures }: Work,
  report: Report,
): readonly Delivery[] {
  const { disk } = parts.outside
  const ready: Delivery[] = []
  const folders: { readonly at: string; readonly attributes: Attributes }[] = []
  const building = new Map<string, string>()
  for (const delivery of deliveries) {
    const { kind, path } = delivery
    report({ phase: 'deliver', item: path })
    if (kind === 'remove') continue
    const inside = building.get(parentFolder(path))
    const at =
      inside === undefined
        ? partOf(inRoot(parts, path))
        : `${inside}/${path.slice(path.lastIndexOf('/') + 1)}`
    if (inside === undefined && !isReady(parts, path)) continue
    const offer = offered.get(path)
    assertTrue(offer !== undefined, `${path} is delivered because it is offered`)
    const isMade = failures.of(inRoot(parts, path), () => {
      if (offer.kind === 'folder') disk.makeFolder(at, 0o700)
      else makeDefault(parts, offer, at)
      return true
    })
    if (isMade && offer.kind === 'folder') {
      building.set(path, at)
      folders.push({ at, attributes: offer })
    }
    if (isMade && inside === undefined) ready.push(delivery)
  }
  // Last and deepest first: until then they are root's.
  for (const { at, attributes } of folders.toReversed()) setAttributes(parts, at, attributes)
  return ready
}

/** A folder that the machine deleted stays deleted, and so does what was to be in it. */
function isReady(parts: StateParts, path: string): boolean {
  const { disk } = parts.outside
  const at = inRoot(parts, path)
  if (disk.lstat(parentFolder(at))?.kind !== 'folder' || !isReachable(parts, path)) return false
  return disk.lstat(partOf(at)) === undefined
}

/** A real copy: the machine may edit it in place, so it shares nothing with a tree. */
function makeDefault(parts: StateParts, offer: Exclude<Offer, { kind: 'folder' }>, at: string): void {
  const { disk } = parts.outside
  if (offer.kind === 'symlink') return disk.makeSymlink(offer.target, at)
  if (offer.body instanceof Uint8Array) writeNew(disk, at, offer.body)
  else copyBody(disk, offer.body.from, at)
  setAttributes(parts, at, offer)
}

function writeNew(disk: Disk, at: string, bytes: Uint8Array): void {
  using file = disk.open(at, 'create', 0o600)
  file.write(bytes, 0)
}

function setAttributes({ outside }: StateParts, at: string, { mode, uid, gid }: Attributes): void {
  if (outside.userId === 0) outside.disk.setOwner(at, uid, gid)
  outside.disk.setMode(at, mode)
}

function removeDefault(parts: StateParts, { path, before }: Delivery): void {
  const { disk } = parts.outside
  const target = inRoot(parts, path)
  if (standingAt(parts, path) !== before) return
  if (!isFolder(before)) disk.remove(target)
  else if (disk.list(target).length === 0) disk.removeFolder(target)
}
