// The states of one root, as ops see them: ask, stage, publish, roll back, recover. Whoever opens it for writing holds
// the root's lock. What changes anything first brings an interrupted transaction to its end.
import type { AssetId, Digest, PackageId, StateNumber } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { Counters } from '../trust/counters.ts'
import { settleHealth } from './confirm.ts'
import { readCounters } from './counters-file.ts'
import { failedBefore } from './health.ts'
import type { Health } from './health-rule.ts'
import { currentRecord, keptNumbers, readManifest, readRecord, type StateParts, treeOf } from './parts.ts'
import { placesOf } from './places.ts'
import { prunableStates, removeState } from './prune.ts'
import { compareTree, type TreeDifference } from './read-back.ts'
import { publishKept, type Published, publishStaged } from './publish.ts'
import type { StateRecord } from './record.ts'
import { type Recovery, recoverStates } from './recover.ts'
import { nextNumber, type StagedState, type StageRequest, stageState } from './stage.ts'
import {
  type HistoryEntry,
  makeStateTables,
  readHealth,
  readHistory,
  readJournal,
  readMarks,
  readTriggerRuns,
  type TriggerRun,
  writeMarks,
} from './tables.ts'
import { treeDigest } from './tree-digest.ts'
import { planTree, type TreePlan, withMade } from './tree-plan.ts'

export interface KnownState {
  readonly record: StateRecord
  readonly isCurrent: boolean
  readonly isPinned: boolean
  readonly isConfirmed: boolean
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
  /** In what `/usr` departs from the state that it says it is. Contents are the store's to check. */
  differences(): Promise<readonly TreeDifference[]>
  /** Every asset that a current or kept state is made of: what collection must leave. */
  neededAssets(): ReadonlySet<AssetId>
  nextNumber(): StateNumber
  counters(): Counters
  history(): readonly HistoryEntry[]
  /** How the triggers of a state went, in the order in which they last ran. */
  triggerRuns(number: number): readonly TriggerRun[]
  /** True while a transaction is open that recover() must end. */
  isInterrupted(): boolean
  recover(report: Report): Promise<Recovery>
  stage(request: StageRequest, report: Report): Promise<StagedState>
  publish(staged: StagedState, how: { readonly counters?: Counters }, report: Report): Promise<Published>
  publishKept(number: number, how: { readonly withModel: boolean }, report: Report): Promise<Published>
  setPinned(number: number, isPinned: boolean): void
  /** `failed` says why it was gone back from, also when it is no longer kept; empty if it was not. */
  health(number: number): { readonly isConfirmed: boolean; readonly failed: string }
  /** Early in a boot, which is counted, or when the machine is up: confirms the current state, or goes back. */
  settleHealth(moment: 'booting' | 'up', report: Report): Promise<Health>
  /** A state of exactly these packages that was gone back from, and why. */
  failedBefore(packages: readonly PackageId[]): { readonly state: number; readonly why: string } | undefined
  /** What the keep rule would let go now; removing is the caller's choice. */
  prunable(): readonly StateNumber[]
  prune(numbers: readonly StateNumber[]): void
}

export interface OpenStates extends Omit<StateParts, 'places'> {
  readonly root: string
}

export function openStates({ root, ...given }: OpenStates): States {
  const parts: StateParts = { ...given, places: placesOf(root) }
  const { outside, database, store } = parts
  makeStateTables(database)
  const read = (number: number): StateRecord => readRecord(outside.disk, treeOf(parts, number))
  const numbers = (): readonly StateNumber[] =>
    [...keptNumbers(outside.disk, parts.places), currentRecord(parts).number].toSorted((a, b) => a - b)
  return {
    current: () => currentRecord(parts),
    list: () => numbers().map((number) => describe(parts, number)),
    read,
    manifests: (number) => manifestsOf(parts, read(number)).map(({ manifest }) => manifest),
    tree: (number) => treeOf(parts, number),
    digest: (number) => treeDigest(outside, number === undefined ? parts.places.usr : treeOf(parts, number)),
    differences: async () => {
      const site = { outside, store, folder: parts.places.root === '/' ? '' : parts.places.root }
      return (await compareTree(site, planOf(parts, currentRecord(parts)))).differences
    },
    neededAssets: () => new Set(numbers().flatMap((number) => assetsOf(parts, read(number)))),
    nextNumber: () => nextNumber(parts),
    counters: () => readCounters(outside.disk, parts.places),
    history: () => readHistory(database),
    triggerRuns: (number) => readTriggerRuns(database, number),
    isInterrupted: () => readJournal(database) !== undefined,
    recover: (report) => recoverStates(parts, report),
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
    prune: (chosen) => chosen.forEach((number) => removeState(parts, number)),
  }
}

function describe(parts: StateParts, number: number): KnownState {
  const { isPinned, isConfirmed } = readMarks(parts.database, number)
  return {
    record: readRecord(parts.outside.disk, treeOf(parts, number)),
    isCurrent: currentRecord(parts).number === number,
    isPinned,
    isConfirmed,
  }
}

function manifestsOf(
  parts: StateParts,
  record: StateRecord,
): readonly { readonly manifest: Manifest; readonly sizeBytes: number }[] {
  const tree = treeOf(parts, record.number)
  return record.packages.map((one) => readManifest(parts.outside.disk, tree, one))
}

function planOf(parts: StateParts, record: StateRecord): TreePlan {
  const manifests = manifestsOf(parts, record)
  const plan = planTree(
    record.packages.map(({ id }, index) => {
      const found = manifests[index] as (typeof manifests)[number]
      return { id, manifest: found.manifest, manifestBytes: found.sizeBytes }
    }),
  )
  return withMade(plan, record.made)
}

const assetsOf = (parts: StateParts, record: StateRecord): readonly AssetId[] =>
  planOf(parts, record).files.map(({ asset }) => asset)
