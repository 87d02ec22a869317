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
import { Failures } from './failures.ts'
import { type Attributes, type Offer, readOffers, standingOfOffer } from './offers.ts'
import { isAdopted, type StateParts } from './parts.ts'
import { parentFolder } from './places.ts'
import { inRoot, isBelowForeign, isReachable, type Reach } from './reach.ts'
import { makeAccounts } from './sysusers.ts'
import { readDeliveries, removeDelivery, writeDelivery } from './tables.ts'
import { digestOfFile } from '../host/whole-files.ts'

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
 * nothing else: what is pending there stays so.
 */
export async function deliver(
  parts: StateParts,
  { state, failures, report }: Delivering,
): Promise<Delivered> {
  const { database, outside } = parts
  settlePending(parts, failures)
  // The users of a system that was taken over are its own.
  const accountProblems = isAdopted(parts, parts.places.usr) ? [] : makeAccounts(parts)
  const { offered, remade, problems: lineProblems } = await readOffers(parts)
  const problems = [...accountProblems, ...lineProblems, ...outOfReach(parts, offered.keys())]
  const rows = readDeliveries(database).filter(({ pending }) => pending === undefined)
  const wanted = [...offered].filter(([path]) => !failures.stuck.has(path))
  const plan = planDeliveries({
    offered: new Map(wanted.map(([path, offer]) => [path, standingOfOffer(outside.disk, offer)])),
    remade,
    rows,
    standingAt: (path) => failures.at(path, () => standingAt(parts, path)) ?? blocked,
  })
  const forgotten = plan.forgotten.filter((path) => !failures.stuck.has(path))
  const planned = withoutStuck(plan.deliveries, failures.stuck)
  if (planned.length === 0 && forgotten.length === 0) return { deliveries: [], problems }
  database.transaction((transaction) => {
    for (const path of forgotten) removeDelivery(transaction, path)
    for (const { path, before, after, kind } of planned)
      writeDelivery(transaction, { path, digest: kind === 'place' ? nothing : before, state, pending: after })
  })
  await outside.turn()
  carryOut(parts, { offered, deliveries: planned, failures }, report)
  syncMachineFolders(parts)
  const settled = settleRows(parts, failures)
  const changed = planned.filter(
    ({ path, before, after }) => settled.has(path) && !isFolder(before) && !isFolder(after),
  )
  return { deliveries: changed, problems }
}

/** A new folder waits for all that is to be in it: afterwards it may belong to a service. */
function withoutStuck(deliveries: readonly Delivery[], stuck: ReadonlySet<string>): readonly Delivery[] {
  if (stuck.size === 0) return deliveries
  const isWithin = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`)
  const waiting = deliveries.filter(
    ({ kind, path, after }) =>
      kind === 'place' && isFolder(after) && [...stuck].some((one) => isWithin(path, one)),
  )
  return deliveries.filter(({ path }) => !waiting.some((folder) => isWithin(folder.path, path)))
}

/** What nobody but root may choose is left to root, and root is told. */
const outOfReach = (reach: Reach, offered: Iterable<string>): readonly string[] =>
  [...offered]
    .filter(
      (path) => isBelowForeign(reach, path) && reach.outside.disk.lstat(inRoot(reach, path)) === undefined,
    )
    .map((path) => `/${path} is not delivered: others than root can change a folder above it`)

/** Makes the rows say what is true after an interruption; removes what it left half made. */
export function settlePending(parts: StateParts, failures = new Failures()): void {
  const pending = readDeliveries(parts.database).filter((row) => row.pending !== undefined)
  if (pending.length === 0) return
  for (const { path } of pending)
    failures.at(path, () => {
      if (isReachable(parts, path)) parts.outside.disk.removeTree(partOf(inRoot(parts, path)))
    })
  syncMachineFolders(parts)
  settleRows(parts, failures)
}

/**
 * One commit: each pending row becomes what stands there, if that is what it was or what it shall be; not where something is
 * stuck. Gives the paths that are as they shall be.
 */
function settleRows(parts: StateParts, failures: Failures): ReadonlySet<string> {
  const settled = new Set<string>()
  parts.database.transaction((transaction) => {
    for (const row of readDeliveries(transaction)) {
      if (row.pending === undefined || failures.stuck.has(row.path)) continue
      const now = failures.at(row.path, () => standingAt(parts, row.path))
      if (now === undefined) continue
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
  const placed = ready.filter(({ kind }) => kind === 'place')
  placeFiles(
    parts,
    placed.filter(({ after }) => !isFolder(after)),
    failures,
  )
  for (const { path, after } of placed)
    if (isFolder(after))
      failures.at(path, () => {
        const { from, to } = moveOf(parts, path)
        moveTree(disk, from, to)
      })
  for (const delivery of ready)
    if (delivery.kind === 'replace') failures.at(delivery.path, () => replaceDefault(parts, delivery))
  for (const delivery of work.deliveries)
    if (delivery.kind === 'remove') failures.at(delivery.path, () => removeDefault(parts, delivery))
}

const moveOf = (parts: StateParts, path: string): Move => ({
  from: partOf(inRoot(parts, path)),
  to: inRoot(parts, path),
})

/** Together; where one of them cannot be, the others all the same. A sync that failed is for all of them. */
function placeFiles(parts: StateParts, files: readonly Delivery[], failures: Failures): void {
  const { disk } = parts.outside
  try {
    moveIntoPlace(
      disk,
      files.map(({ path }) => moveOf(parts, path)),
    )
  } catch (error) {
    const left = files.filter(({ path }) => disk.lstat(moveOf(parts, path).from) !== undefined)
    if (left.length === 0) throw error
    for (const { path } of left) failures.at(path, () => moveIntoPlace(disk, [moveOf(parts, path)]))
  }
}

function replaceDefault(parts: StateParts, { path, before }: Delivery): void {
  const { disk } = parts.outside
  const { from, to } = moveOf(parts, path)
  if (standingAt(parts, path) === before) {
    exchangeTrees(disk, from, to)
    // Somebody saved it in between: that is what has to stand there.
    if (standingAt(parts, partOf(path)) !== before) exchangeTrees(disk, from, to)
  }
  disk.remove(from)
}

/** A folder that is built beside its place, or what is in it. */
interface Building {
  readonly at: string
  /** The folder that will be moved. */
  readonly top: string
}

/** Makes everything beside its place. Gives what is to be moved: what is in a new folder moves with it, or not at all. */
function makeParts(
  parts: StateParts,
  { offered, deliveries, failures }: Work,
  report: Report,
): readonly Delivery[] {
  const { disk } = parts.outside
  const ready: Delivery[] = []
  const folders: (Building & { readonly attributes: Attributes })[] = []
  const building = new Map<string, Building>()
  for (const delivery of deliveries) {
    const { kind, path } = delivery
    report({ phase: 'deliver', item: path })
    if (kind === 'remove') continue
    const inside = building.get(parentFolder(path))
    const name = path.slice(path.lastIndexOf('/') + 1)
    const { at, top } =
      inside === undefined
        ? { at: partOf(inRoot(parts, path)), top: path }
        : { at: `${inside.at}/${name}`, top: inside.top }
    const offer = offered.get(path)
    assertTrue(offer !== undefined, `${path} is delivered because it is offered`)
    failures.at(top, () => {
      if (inside === undefined && !isReady(parts, path)) return
      if (offer.kind === 'folder') {
        disk.makeFolder(at, 0o700)
        building.set(path, { at, top })
        folders.push({ at, top, attributes: offer })
      } else makeDefault(parts, offer, at)
      if (inside === undefined) ready.push(delivery)
    })
  }
  // Last and deepest first: until then they are root's.
  for (const { at, top, attributes } of folders.toReversed())
    failures.at(top, () => setAttributes(parts, at, attributes))
  return ready.filter(({ path }) => !failures.stuck.has(path))
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
