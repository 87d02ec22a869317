// The states of one root, as ops see them: ask, stage, publish, roll back, recover. Whoever opens it for writing holds
// the root's lock. What changes anything first brings an interrupted transaction to its end.
import type { AssetId, Digest, PackageId, StateNumber } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { Counters } from '../trust/counters.ts'
import { checkAdopted } from './check-adopted.ts'
import { checkTree, type TreeCheck, type TreeFinding } from './check-tree.ts'
import { settleHealth } from './confirm.ts'
import { readCounters } from './counters-file.ts'
import { failedBefore, lastConfirmed } from './health.ts'
import type { Health } from './health-rule.ts'
import { mendTree } from './mend-tree.ts'
import { bootOf, currentRecord, keptNumbers, readRecord, type StateParts, treeOf } from './parts.ts'
import { type OwnedTree, ownedTree } from './owned-tree.ts'
import { placesOf } from './places.ts'
import { prunableStates, removeState } from './prune.ts'
import { publishKept, type Published, publishStaged } from './publish.ts'
import type { StateRecord } from './record.ts'
import { type Recovery, recoverRoot, recoverStates } from './recover.ts'
import { nextNumber, type StagedState, type StageRequest, stageState } from './stage.ts'
import {
  type HistoryEntry,
  makeStateTables,
  readHealth,
  readHistory,
  readJournal,
  readMarks,
  readTriggerRuns,
  readUndelivered,
  type TriggerRun,
  writeMarks,
} from './tables.ts'
import { treeDigest } from './tree-digest.ts'

export interface KnownState {
  readonly record: StateRecord
  readonly isCurrent: boolean
  readonly isPinned: boolean
  readonly isConfirmed: boolean
  /** Of all the one that going back would choose. */
  readonly isLastConfirmed: boolean
  /** Processes may still live in it. Known of the running system alone. */
  readonly wasCurrentThisBoot: boolean
}

export interface States {
  /** What `/usr` is. */
  current(): StateRecord
  /** Current and kept, rising. */
  list(): readonly KnownState[]
  /** Throws NOT_FOUND. */
  read(number: number): StateRecord
  /** The manifests of a state, in the order of its record's packages. */
  manifests(number: number): readonly Manifest[]
  /** The folder that holds a state's tree. */
  tree(number: number): string
  /** Of the whole tree; of the current state unless a number is given. */
  digest(number?: number): Promise<Digest>
  /** What a state's tree is made of, and whose each path is. Throws STATE_BROKEN where a manifest is lost. */
  owned(number: number): OwnedTree
  /** In what a state's tree departs from its record, by path. */
  check(number: number, how: TreeCheck, report: Report): Promise<readonly TreeFinding[]>
  /** Every asset that a current or kept state is made of: what collection must leave. */
  neededAssets(): ReadonlySet<AssetId>
  /** Replaces a damaged tree by a sound one of the same state. Gives where the damaged one lies now. */
  mend(number: number, report: Report): Promise<string>
  nextNumber(): StateNumber
  counters(): Counters
  history(): readonly HistoryEntry[]
  /** How the triggers of a state went, in the order in which they last ran. */
  triggerRuns(number: number): readonly TriggerRun[]
  /** True while a transaction is open that recover() must end. */
  isInterrupted(): boolean
  /** False while something of /etc and /var could not be written; each opening tries again. */
  isDelivered(): boolean
  recover(report: Report): Promise<Recovery>
  stage(request: StageRequest, report: Report): Promise<StagedState>
  publish(staged: StagedState, how: { readonly counters?: Counters }, report: Report): Promise<Published>
  publishKept(number: number, how: { readonly withModel: boolean }, report: Report): Promise<Published>
  setPinned(number: number, isPinned: boolean): void
  /** `failed` says why it was gone back from, also when it is no longer kept; empty if it was not. */
  health(number: number): { readonly isConfirmed: boolean; readonly failed: string }
  /** Early in a boot, which is counted; when the machine is up, or should be: confirms the current state, or goes back. */
  settleHealth(moment: 'booting' | 'up' | 'late', report: Report): Promise<Health>
  /** A state of exactly these packages that was gone back from, and why. */
  failedBefore(packages: readonly PackageId[]): { readonly state: number; readonly why: string } | undefined
  /** What the keep rule would let go now; removing is the caller's choice. */
  prunable(): readonly StateNumber[]
  prune(numbers: readonly StateNumber[], report: Report): void
}

export interface OpenStates extends Omit<StateParts, 'places'> {
  readonly root: string
}

export function openStates({ root, ...given }: OpenStates): States {
  const parts: StateParts = { ...given, places: placesOf(root) }
  const { outside, database } = parts
  makeStateTables(database)
  const read = (number: number): StateRecord => readRecord(parts, treeOf(parts, number))
  const numbers = (): readonly StateNumber[] =>
    [...keptNumbers(outside.disk, parts.places), currentRecord(parts).number].toSorted((a, b) => a - b)
  return {
    current: () => currentRecord(parts),
    list: () => numbers().map((number) => describe(parts, number)),
    read,
    manifests: (number) => ownedTree(parts, read(number)).packages.map(({ manifest }) => manifest),
    tree: (number) => treeOf(parts, number),
    digest: (number) => treeDigest(outside, number === undefined ? parts.places.usr : treeOf(parts, number)),
    owned: (number) => ownedTree(parts, read(number)),
    check: (number, how, report) => {
      const [tree, record] = [treeOf(parts, number), read(number)]
      const { adopted } = record
      return adopted === undefined
        ? checkTree(parts, { tree, record }, { how, report })
        : checkAdopted(parts, { tree, number, adopted }, { isQuick: how.isQuick, report })
    },
    neededAssets: () =>
      new Set(
        numbers().flatMap((number) => ownedTree(parts, read(number)).plan.files.map(({ asset }) => asset)),
      ),
    mend: async (number, report) => {
      await recoverStates(parts, report)
      return mendTree(parts, number, report)
    },
    nextNumber: () => nextNumber(parts),
    counters: () => readCounters(outside.disk, parts.places),
    history: () => readHistory(database),
    triggerRuns: (number) => readTriggerRuns(database, number),
    isInterrupted: () => readJournal(database) !== undefined,
    isDelivered: () => readUndelivered(database) === undefined,
    recover: (report) => recoverRoot(parts, report),
    stage: async (request, report) => {
      await recoverStates(parts, report)
      return stageState(parts, request, report)
    },
    publish: (staged, { counters }, report) =>
      publishStaged(parts, { staged, ...(counters === undefined ? {} : { counters }) }, report),
    publishKept: async (number, { withModel }, report) => {
      await recoverStates(parts, report)
      return publishKept(parts, { number, withModel }, report)
    },
    setPinned: (number, isPinned) => {
      read(number)
      database.transaction((transaction) => writeMarks(transaction, number, { isPinned }))
    },
    settleHealth: async (moment, report) => {
      await recoverStates(parts, report)
      return settleHealth(parts, moment, report)
    },
    health: (number) => ({
      isConfirmed: readMarks(database, number).isConfirmed,
      failed: readHealth(database, number).failed,
    }),
    failedBefore: (packages) => failedBefore(parts, packages),
    prunable: () => prunableStates(parts),
    prune: (chosen, report) => chosen.forEach((number) => removeState(parts, number, report)),
  }
}

function describe(parts: StateParts, number: number): KnownState {
  const { isPinned, isConfirmed, boot } = readMarks(parts.database, number)
  return {
    record: readRecord(parts, treeOf(parts, number)),
    isCurrent: currentRecord(parts).number === number,
    isPinned,
    isConfirmed,
    isLastConfirmed: number === lastConfirmed(parts),
    wasCurrentThisBoot: parts.places.root === '/' && boot !== '' && boot === bootOf(parts.outside.disk),
  }
}
