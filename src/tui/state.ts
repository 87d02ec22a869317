// Everything the screens know, as one plain value. The reducer makes the next one from an event; a frame is a function
// of it. Nothing here reads a clock, a disk or a terminal.
import type { CarriedStates } from '../ops/carried-states.ts'
import type { Applied, ApplyPlan, ImportedBundle } from '../ops/changes.ts'
import type { Diagnosis } from '../ops/doctor.ts'
import type { Exported } from '../ops/export.ts'
import type { FleetRow } from '../ops/fleet-hosts.ts'
import type { HostStatus, Inspection, ShownTrust, StateDiff, StateRow } from '../ops/host-operations.ts'
import type { MediumScan } from '../ops/medium-scan.ts'
import type { ExportPlan } from '../ops/plan-export.ts'
import type { SearchResult } from '../ops/search.ts'
import type { NextVolume } from '../ops/station-operations.ts'
import type { WhyNot } from '../ops/why-not.ts'

/** Of a host, and of a station; a machine may be both. */
export const hostScreens = [
  'overview',
  'plan',
  'import',
  'apply',
  'history',
  'catalogue',
  'trust',
  'doctor',
] as const
export const stationScreens = ['fleet', 'export'] as const
export type ScreenName = (typeof hostScreens)[number] | (typeof stationScreens)[number]

export interface Problem {
  readonly code: string
  readonly message: string
  readonly hint?: string
  /** Of VOLUME_NEXT: what the next medium gets. */
  readonly next?: NextVolume
}

export type Result<T> =
  { readonly kind: 'ready'; readonly value: T } | { readonly kind: 'failed'; readonly problem: Problem }

export type Loaded<T> = { readonly kind: 'none' } | { readonly kind: 'reading' } | Result<T>

export interface Size {
  readonly columns: number
  readonly rows: number
}

export interface Look {
  readonly isAscii: boolean
  readonly isColour: boolean
}

/** One phase of long work, in the order in which they came or will come. */
export interface WorkStep {
  readonly phase: string
  readonly item?: string
  readonly doneBytes?: number
  readonly totalBytes?: number
  readonly doneItems?: number
  readonly totalItems?: number
  readonly startedMs?: number
  readonly seenMs?: number
}

export type WorkKind = 'verify' | 'import' | 'apply' | 'rollback' | 'export'

export interface Work {
  readonly kind: WorkKind
  readonly startedMs: number
  readonly steps: readonly WorkStep[]
  /** Index of the step under way; -1 before the first event. */
  readonly at: number
  readonly warnings: readonly string[]
}

/** Asked on the last line; only `y` says yes. */
export type Question = { readonly text: string } & (
  | { readonly kind: 'apply' | 'rollback' | 'leave' }
  | { readonly kind: 'enrol'; readonly file: string; readonly fingerprint: string }
)

/** What is typed on the last line; a passphrase is not shown. */
export interface Prompt {
  readonly kind: 'path' | 'passphrase'
  readonly text: string
}

export interface Notice {
  readonly tone: 'good' | 'warning' | 'bad'
  readonly text: string
  readonly hint?: string
}

export interface BundleView {
  readonly path: string
  readonly about: Loaded<Inspection>
  /** Whether this host would take it, and what it would change. */
  readonly judged: Loaded<ApplyPlan>
  readonly verified: Loaded<readonly string[]>
  readonly imported: Loaded<ImportedBundle>
  readonly offset: number
}

export interface PlanView {
  /** Set for a bundle that is not taken in. */
  readonly from?: string
  readonly plan: Loaded<ApplyPlan>
  readonly cursor: number
  readonly filter: string
  readonly isTyping: boolean
  readonly hasChangelogs: boolean
}

export interface ApplyView {
  readonly plan: Loaded<ApplyPlan>
  readonly outcome: Loaded<Applied>
  /** What the last run went through. */
  readonly steps: readonly WorkStep[]
  readonly offset: number
}

export interface HistoryView {
  readonly states: Loaded<readonly StateRow[]>
  readonly cursor: number
  readonly compared?: { readonly from: number; readonly to: number; readonly files: boolean }
  readonly diff: Loaded<StateDiff>
  readonly offset: number
}

export interface CatalogueView {
  readonly found: Loaded<SearchResult>
  /** As they are typed; without any all is found. */
  readonly words: string
  readonly isTyping: boolean
  readonly cursor: number
  /** Of the chosen package. */
  readonly explained: Loaded<WhyNot>
}

export interface TrustView {
  readonly shown: Loaded<ShownTrust>
  /** A fingerprint while it is typed. */
  readonly typed: string
  readonly isTyping: boolean
  readonly offset: number
}

export interface DoctorView {
  readonly diagnosis: Loaded<Diagnosis>
  readonly cursor: number
}

export interface FleetView {
  readonly hosts: Loaded<readonly FleetRow[]>
  readonly carried: Loaded<CarriedStates>
  readonly cursor: number
  readonly filter: string
  readonly isTyping: boolean
  /** Ids of hosts that a bundle is to be made for. */
  readonly chosen: ReadonlySet<string>
}

export interface ExportView {
  /** Files and ids, as planning names them. */
  readonly states: readonly string[]
  /** The usual one unless somebody chose another. */
  readonly effort?: string
  readonly plan: Loaded<ExportPlan>
  readonly outcome: Loaded<Exported>
  /** Where it goes; absent as long as no medium is known. */
  readonly medium?: string
  /** A medium was full: the next one gets this. */
  readonly next?: NextVolume
  readonly offset: number
}

export interface ScreensState {
  readonly root: string
  /** Of this machine's station; absent where there is none. */
  readonly home?: string
  /** False where this machine is a station alone. */
  readonly isHost: boolean
  readonly size: Size
  readonly look: Look
  readonly nowMs: number
  readonly screen: ScreenName
  readonly status: Loaded<HostStatus>
  readonly scan: Loaded<MediumScan>
  /** Paths that the person named. */
  readonly named: readonly string[]
  readonly cursor: number
  readonly bundle?: BundleView
  readonly plan: PlanView
  readonly apply: ApplyView
  readonly history: HistoryView
  readonly catalogue: CatalogueView
  readonly trust: TrustView
  readonly doctor: DoctorView
  readonly fleet: FleetView
  readonly export: ExportView
  readonly work?: Work
  readonly question?: Question
  readonly prompt?: Prompt
  /** A path that was typed and is being looked at. */
  readonly sought?: string
  /** The one path that the screens were started with: a bundle is opened as soon as it is found. */
  readonly opening?: string
  readonly notice?: Notice
}

export interface StartState {
  readonly root: string
  readonly home?: string
  readonly isHost: boolean
  readonly size: Size
  readonly look: Look
  readonly nowMs: number
  readonly named: readonly string[]
}

export const noPlan: PlanView = {
  plan: { kind: 'none' },
  cursor: 0,
  filter: '',
  isTyping: false,
  hasChangelogs: false,
}
export const noApply: ApplyView = { plan: { kind: 'none' }, outcome: { kind: 'none' }, steps: [], offset: 0 }
export const noHistory: HistoryView = {
  states: { kind: 'none' },
  cursor: 0,
  diff: { kind: 'none' },
  offset: 0,
}

export const noCatalogue: CatalogueView = {
  found: { kind: 'none' },
  words: '',
  isTyping: false,
  cursor: 0,
  explained: { kind: 'none' },
}

export const noTrust: TrustView = { shown: { kind: 'none' }, typed: '', isTyping: false, offset: 0 }
export const noDoctor: DoctorView = { diagnosis: { kind: 'none' }, cursor: 0 }

export const noFleet: FleetView = {
  hosts: { kind: 'none' },
  carried: { kind: 'none' },
  cursor: 0,
  filter: '',
  isTyping: false,
  chosen: new Set(),
}

export const noExport: ExportView = {
  states: [],
  plan: { kind: 'none' },
  outcome: { kind: 'none' },
  offset: 0,
}

const openingOf = ({ isHost, named }: StartState): Pick<ScreensState, 'opening'> => {
  const [only, ...others] = named
  return isHost && only !== undefined && others.length === 0 ? { opening: only } : {}
}

export const startState = (start: StartState): ScreensState => ({
  ...start,
  ...openingOf(start),
  screen: start.isHost ? 'overview' : 'fleet',
  status: { kind: 'reading' },
  scan: { kind: 'reading' },
  cursor: 0,
  plan: noPlan,
  apply: noApply,
  history: noHistory,
  catalogue: noCatalogue,
  trust: noTrust,
  doctor: noDoctor,
  fleet: noFleet,
  export: noExport,
})

/** The value of a bundle, a plan … that is there. */
export const readyValue = <T>(loaded: Loaded<T> | undefined): T | undefined =>
  loaded?.kind === 'ready' ? loaded.value : undefined
