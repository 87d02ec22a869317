// Steps 7 and 8: raise the counters, exchange ROOT/usr with the state's tree (the commit point), and finish. Everything
// after the exchange can be interrupted and done again, in any number of pieces: recovery calls the same finish(). It ends
// with the checks: until they are decided on, the transaction is open.
import { MossError } from '../base/error.ts'
import type { StateNumber } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import { exchangeTrees, moveTree } from '../host/durable.ts'
import type { Counters } from '../trust/counters.ts'
import { raiseCounters } from './counters-file.ts'
import { changedPackages } from './changed-packages.ts'
import { deliverState, writeModel } from './deliver-state.ts'
import type { Delivery } from './deliveries.ts'
import { judgeHealth, markConfirmed, markFailed } from './health.ts'
import type { Health } from './health-rule.ts'
import { assertNothingMounted } from './mounts.ts'
import { bootOf, currentRecord, readRecord, type StateParts } from './parts.ts'
import { keptFolder, keptTree } from './places.ts'
import { prunableStates, removeState } from './prune.ts'
import type { StateRecord } from './record.ts'
import { servicesToRestart } from './restart.ts'
import type { StagedState } from './stage.ts'
import { runSystemTriggers } from './system-triggers.ts'
import {
  addHistory,
  closeJournal,
  type JournalEntry,
  openJournal,
  readHealth,
  readJournal,
  setJournalPhase,
  type TriggerRun,
  writeMarks,
  writeUndelivered,
} from './tables.ts'

export interface Published {
  readonly record: StateRecord
  readonly from: StateNumber
  /** What changed in /etc and /var. */
  readonly deliveries: readonly Delivery[]
  /** False where the machine did not let all of it be written: the next opening tries again. */
  readonly isDelivered: boolean
  /** How the triggers of the system went. */
  readonly triggers: readonly TriggerRun[]
  /** Services of systemd that still run from the state before. */
  readonly restart: readonly string[]
  /** What of sysusers.d, tmpfiles.d and the factory was left out, a sentence each. */
  readonly problems: readonly string[]
  /** States that were let go. */
  readonly pruned: readonly StateNumber[]
  /** Undefined where nothing was published. */
  readonly health: Health | undefined
}

/** Makes a staged state current. `counters` are those of the snapshot it came from; they rise first. */
export async function publishStaged(
  parts: StateParts,
  { staged, counters }: { readonly staged: StagedState; readonly counters?: Counters },
  report: Report,
): Promise<Published> {
  const { outside, places, database } = parts
  const journal = readJournal(database)
  if (journal?.kind !== 'apply' || journal.phase !== 'staged' || journal.to !== staged.number)
    throw new MossError('PLAN_STALE', { what: `the staged state ${staged.number}` })
  if (currentRecord(parts).number !== journal.from)
    throw new MossError('PLAN_STALE', { what: `the current state of ${places.root}` })
  assertNothingMounted(parts)
  report({ phase: 'publish', item: String(staged.number) })
  if (counters !== undefined) raiseCounters(outside.disk, places, counters)
  exchangeTrees(outside.disk, places.usr, keptTree(places, staged.number))
  return finish(parts, journal, report)
}

/** Rollback: the counters stay as they are, and so does the machine's model unless `withModel`. */
export async function publishKept(
  parts: StateParts,
  { number, withModel }: { readonly number: number; readonly withModel: boolean },
  report: Report,
): Promise<Published> {
  const { outside, places, database } = parts
  const current = currentRecord(parts)
  const tree = keptTree(places, number)
  if (current.number === number) {
    if (withModel) writeModel(parts, current.model)
    return {
      record: current,
      from: current.number,
      deliveries: [],
      isDelivered: true,
      problems: [],
      triggers: [],
      restart: [],
      pruned: [],
      health: undefined,
    }
  }
  if (outside.disk.lstat(tree)?.kind !== 'folder')
    throw new MossError('NOT_FOUND', { what: 'state', name: String(number) })
  if (readRecord(parts, tree).number !== number)
    throw new MossError('STATE_BROKEN', { path: tree, problem: `it is not state ${number}` })
  assertNothingMounted(parts)
  const journal: JournalEntry = {
    kind: 'rollback',
    from: current.number,
    to: number,
    phase: 'staged',
    withModel,
  }
  database.transaction((transaction) => openJournal(transaction, journal))
  report({ phase: 'publish', item: String(number) })
  exchangeTrees(outside.disk, places.usr, tree)
  return finish(parts, journal, report)
}

/**
 * Away from a current state that is not well. From the moment that this is written down it is carried through, by
 * recovery where need be: the machine never decides on the same state twice.
 */
export async function goBack(
  parts: StateParts,
  { to, why }: Extract<Health, { readonly kind: 'back' }>,
  report: Report,
): Promise<Published> {
  const { outside, places, database } = parts
  const failed = currentRecord(parts)
  const journal: JournalEntry = {
    kind: 'back',
    from: failed.number,
    to,
    phase: 'staged',
    withModel: false,
  }
  database.transaction((transaction) => {
    markFailed(transaction, failed, why)
    closeJournal(transaction)
    openJournal(transaction, journal)
  })
  report({ phase: 'back', item: String(to) })
  exchangeTrees(outside.disk, places.usr, keptTree(places, to))
  return finish(parts, journal, report)
}

/** After the exchange, each step only if it is still to be done. */
export async function finish(parts: StateParts, journal: JournalEntry, report: Report): Promise<Published> {
  const { outside, database } = parts
  giveOldTreeItsNumber(parts, journal.to)
  const record = currentRecord(parts)
  if (journal.phase !== 'published')
    database.transaction((transaction) => {
      const { kind, from, to } = journal
      const boot = bootOf(outside.disk)
      addHistory(transaction, { atMs: outside.nowMs(), kind, from, to })
      for (const number of [from, to]) writeMarks(transaction, number, { boot })
      setJournalPhase(transaction, 'published')
    })
  const { left, ...delivered } = await deliverState(parts, { record, withModel: journal.withModel }, report)
  const from = journal.from as StateNumber
  const changed = changedPackages(parts, { from, to: record })
  const triggers = await runSystemTriggers(parts, { from, record, changed, report })
  const pruned = prunableStates(parts)
  for (const number of pruned) removeState(parts, number, report)
  const health = await judgeHealth(parts, 'published', report)
  if (health.kind === 'back') {
    const back = await goBack(parts, health, report)
    return { ...back, pruned: [...pruned, ...back.pruned] }
  }
  database.transaction((transaction) => {
    if (health.kind === 'confirmed') markConfirmed(transaction, record)
    writeUndelivered(transaction, left)
    closeJournal(transaction)
  })
  return {
    record,
    from,
    ...delivered,
    isDelivered: left === undefined,
    problems: [...delivered.problems, ...changed.problems],
    triggers,
    restart: servicesToRestart(changed),
    pruned,
    health: journal.kind === 'back' ? wentBack(parts, journal) : health,
  }
}

const wentBack = ({ database }: StateParts, { from, to }: JournalEntry): Health => ({
  kind: 'back',
  to: to as StateNumber,
  why: readHealth(database, from).failed,
})

/** After an exchange the old tree lies in the folder of the new one's number. */
export function giveOldTreeItsNumber(where: Pick<StateParts, 'outside' | 'places'>, published: number): void {
  const { disk } = where.outside
  const { places } = where
  if (disk.lstat(keptTree(places, published)) === undefined) return
  const own = readRecord(where, keptTree(places, published)).number
  if (own !== published) moveTree(disk, keptFolder(places, published), keptFolder(places, own))
}
