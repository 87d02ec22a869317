// Steps 3 to 6 of the transaction: assemble the whole tree under staging/, run its triggers, make it durable
// (barrier B), read it back, and only then give it its place among the states. Until publish() the system is
// untouched; a staged state that is never published is garbage, and recovery removes it.
import { MossError, assertTrue } from '../base/error.ts'
import type { StateNumber } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import { moveTree, syncAll } from '../host/durable.ts'
import { measureManifest } from '../manifest/codec.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { buildTree, finishFolders, type TreeSite, writeOwnFile } from './build-tree.ts'
import { freePlace } from './garbage.ts'
import { assertNothingMounted } from './mounts.ts'
import { type StateParts, currentRecord, keptNumbers } from './parts.ts'
import { keptFolder, keptTree, parentFolder, recordPath } from './places.ts'
import { readBack } from './read-back.ts'
import {
  decodeRecord,
  encodeRecord,
  type PackageReason,
  type RecordedChannel,
  type RecordedPackage,
  type StateRecord,
} from './record.ts'
import { recycleTree } from './recycle.ts'
import { type Seal, sealOf, writeSeal } from './seal.ts'
import { supplyAssets } from './supply.ts'
import {
  highestPublished,
  openJournal,
  setJournalPhase,
  writeRecordCopy,
  writeTriggerRuns,
} from './tables.ts'
import { planTree, type PlannedFile, type PlannedPackage, type TreePlan, withMade } from './tree-plan.ts'
import { runTriggers } from './triggers.ts'

/** What a new state shall be. Nothing in it is chosen here. */
export interface StageRequest {
  readonly packages: readonly StagePackage[]
  readonly model: string
  readonly channel?: RecordedChannel
  /** Seconds since 1970: the snapshot's date, so that the same request gives the same tree everywhere. */
  readonly created: number
}

export interface StagePackage {
  readonly id: RecordedPackage['id']
  readonly manifest: Manifest
  readonly reason: PackageReason
}

/** A whole, durable state that is not current. Only publish() makes it so. */
export interface StagedState {
  readonly number: StateNumber
  readonly record: StateRecord
  readonly entries: number
}

/** The number that the next staged state gets: above every state that is or was. */
export function nextNumber(parts: StateParts): StateNumber {
  const { outside, places, database } = parts
  const known = [
    currentRecord(parts).number,
    highestPublished(database),
    ...keptNumbers(outside.disk, places),
  ]
  return (Math.max(...known) + 1) as StateNumber
}

/** Throws STATE_MOUNTED, LAYOUT_CONFLICT, CONTENT_MISSING, TRIGGER_FAILED, HOST_IO, HOST_NO_SPACE; the system is then unchanged. */
export async function stageState(
  parts: StateParts,
  request: StageRequest,
  report: Report,
): Promise<StagedState> {
  const { outside, places, database, store } = parts
  const { disk } = outside
  assertNothingMounted(parts)
  const packages = plannedPackages(request)
  const plan = planTree(packages)
  const number = nextNumber(parts)
  const from = currentRecord(parts).number
  database.transaction((transaction) =>
    openJournal(transaction, { kind: 'apply', from, to: number, phase: 'staging', withModel: false }),
  )
  const site: TreeSite = { outside, store, folder: freePlace(parts, `${number}`) }
  const recycled = await recycleTree(parts, { number, plan, packages, site })
  const linked = recycled === undefined ? await assembleTree(site, { plan, packages, report }) : undefined
  // Before triggers, which see dates and modes: what they make must not tell how the tree was made.
  finishFolders(site, recycled === undefined ? plan : foldersOf(plan, recycled.touched), request.created)
  const { record, whole } = await completeTree(site, plan, { parts, request, number, report })
  const late = openedBy(record)
  finishFolders(site, foldersOf(whole, late), request.created)
  const only = recycled?.touched.union(late)
  report({ phase: 'sync' })
  syncAll(disk, site.folder) // barrier B
  const { looks } = await readBack(site, whole, { ...(linked && { linked }), ...(only && { only }) })
  writeSeal(parts, { number, current: from, seal: sealAfter(whole, sealOf(looks), recycled?.seal) })
  moveTree(disk, site.folder, keptFolder(places, number))
  database.transaction((transaction) => {
    writeRecordCopy(transaction, number, encodeRecord(record))
    setJournalPhase(transaction, 'staged')
  })
  assertTrue(disk.lstat(keptTree(places, number))?.kind === 'folder', 'a staged state has its tree')
  return { number, record, entries: whole.folders.length + whole.files.length + whole.symlinks.length + 1 }
}

/** From nothing. Which files are links to their assets. */
async function assembleTree(
  site: TreeSite,
  { plan, packages, report }: { plan: TreePlan; packages: readonly PlannedPackage[]; report: Report },
): Promise<ReadonlySet<PlannedFile>> {
  await supplyAssets(site, plan, packages)
  site.outside.disk.makeFolder(site.folder, 0o700)
  return buildTree(site, plan, report)
}

/** Folders in which something was made since they were finished. */
const openedBy = ({ made }: StateRecord): ReadonlySet<string> =>
  new Set([
    parentFolder(`usr/${recordPath}`),
    ...made.flatMap(({ path, kind }) => [parentFolder(path), ...(kind === 'folder' ? [path] : [])]),
  ])

const foldersOf = (plan: TreePlan, only: ReadonlySet<string>): TreePlan => ({
  ...plan,
  folders: plan.folders.filter(({ path }) => only.has(path)),
})

/** Folders that were not looked at are as they were sealed. */
const sealAfter = (plan: TreePlan, seen: Seal, before?: Seal): Seal =>
  new Map(plan.folders.map(({ path }) => [path, seen.get(path) ?? before?.get(path) ?? '']))

/** Triggers, and the record that tells of them. */
async function completeTree(
  site: TreeSite,
  plan: TreePlan,
  {
    parts: { database },
    request,
    number,
    report,
  }: {
    readonly parts: StateParts
    readonly request: StageRequest
    readonly number: StateNumber
    readonly report: Report
  },
): Promise<{ readonly record: StateRecord; readonly whole: TreePlan }> {
  const { created } = request
  const { results, made } = await runTriggers({
    site,
    plan,
    created,
    report,
    keep: (kept) =>
      database.transaction((transaction) =>
        writeTriggerRuns(transaction, { state: number, scope: 'transaction', runs: kept }),
      ),
  })
  const whole = withMade(plan, made)
  const record: StateRecord = {
    number,
    created,
    model: request.model,
    ...(request.channel === undefined ? {} : { channel: request.channel }),
    packages: recordedPackages(request.packages),
    triggers: results,
    made,
  }
  const path = `${site.folder}/usr/${recordPath}`
  const encoded = encodeRecord(record)
  // Once it is current, everything depends on its being read.
  decodeRecord(encoded, path)
  writeOwnFile(site.outside.disk, path, encoded)
  return { record, whole }
}

function plannedPackages({ packages }: StageRequest): readonly PlannedPackage[] {
  return packages.map(({ id, manifest }) => {
    const measured = measureManifest(manifest)
    if (measured.id !== id)
      throw new MossError('MANIFEST_INVALID', {
        package: manifest.name,
        problem: 'its id names another manifest',
      })
    return { id, manifest, manifestBytes: measured.sizeBytes }
  })
}

const recordedPackages = (packages: readonly StagePackage[]): readonly RecordedPackage[] =>
  packages
    .map(({ id, manifest: { name, version }, reason }) => ({ id, name, version, reason }))
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
