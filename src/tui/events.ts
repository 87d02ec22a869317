// What happens to the screens, and what they ask to be done: a key pressed, an answer of an operation, its progress;
// and the effects, which name one operation each. Both are plain values, so that tests can say them.
import type { CarriedStates } from '../ops/carried-states.ts'
import type { Applied, ApplyPlan, ImportedBundle } from '../ops/changes.ts'
import type { EnrolPlan } from '../ops/enrol.ts'
import type { Exported } from '../ops/export.ts'
import type { FleetRow } from '../ops/fleet-hosts.ts'
import type {
  ChangedModel,
  ExportedState,
  HostStatus,
  Inspection,
  ShownTrust,
  StateDiff,
  StateRow,
} from '../ops/host-operations.ts'
import type { Diagnosis } from '../ops/doctor.ts'
import type { MediumScan } from '../ops/medium-scan.ts'
import type { ExportPlan } from '../ops/plan-export.ts'
import type { ReceivedStates } from '../ops/receive.ts'
import type { SearchResult } from '../ops/search.ts'
import type { ExportWanted, NextVolume } from '../ops/station-operations.ts'
import type { OpEvent } from '../ops/types.ts'
import type { WhyNot } from '../ops/why-not.ts'
import type { Key } from './keys.ts'
import type { Result, ScreensState, Size } from './state.ts'

export interface DiffWanted {
  readonly from: number
  readonly to: number
  readonly files: boolean
}

export type ScreenEvent =
  | { readonly kind: 'key'; readonly key: Key }
  | { readonly kind: 'resized'; readonly size: Size }
  | { readonly kind: 'tick'; readonly nowMs: number }
  | { readonly kind: 'status'; readonly result: Result<HostStatus> }
  | { readonly kind: 'scanned'; readonly result: Result<MediumScan> }
  | { readonly kind: 'inspected'; readonly path: string; readonly result: Result<Inspection> }
  | { readonly kind: 'judged'; readonly path: string; readonly result: Result<ApplyPlan> }
  | { readonly kind: 'verified'; readonly path: string; readonly result: Result<readonly string[]> }
  | { readonly kind: 'imported'; readonly path: string; readonly result: Result<ImportedBundle> }
  | { readonly kind: 'planned'; readonly result: Result<ApplyPlan> }
  | { readonly kind: 'rollback-planned'; readonly state: number; readonly result: Result<ApplyPlan> }
  | { readonly kind: 'applied'; readonly result: Result<Applied> }
  | { readonly kind: 'states'; readonly result: Result<readonly StateRow[]> }
  | { readonly kind: 'compared'; readonly wanted: DiffWanted; readonly result: Result<StateDiff> }
  | { readonly kind: 'recovered'; readonly result: Result<readonly string[]> }
  | { readonly kind: 'state-exported'; readonly result: Result<ExportedState> }
  | { readonly kind: 'sought'; readonly words: string; readonly result: Result<SearchResult> }
  | { readonly kind: 'explained'; readonly name: string; readonly result: Result<WhyNot> }
  | {
      readonly kind: 'wished'
      readonly name: string
      readonly isWanted: boolean
      readonly result: Result<ChangedModel>
    }
  | { readonly kind: 'diagnosed'; readonly result: Result<Diagnosis> }
  /** `typed`: a fingerprint that was to be that of the root. */
  | { readonly kind: 'trusted'; readonly typed?: string; readonly result: Result<ShownTrust> }
  | { readonly kind: 'fleet'; readonly result: Result<readonly FleetRow[]> }
  | { readonly kind: 'carried'; readonly result: Result<CarriedStates> }
  | { readonly kind: 'received'; readonly result: Result<ReceivedStates> }
  | { readonly kind: 'enrolled'; readonly result: Result<EnrolPlan> }
  | { readonly kind: 'export-planned'; readonly wanted: ExportWanted; readonly result: Result<ExportPlan> }
  | { readonly kind: 'exported'; readonly result: Result<Exported> }
  | { readonly kind: 'progress'; readonly progress: OpEvent; readonly nowMs: number }

export type Effect =
  | { readonly kind: 'read-status' }
  | { readonly kind: 'scan'; readonly named: readonly string[] }
  | { readonly kind: 'inspect'; readonly path: string }
  | { readonly kind: 'judge'; readonly path: string }
  | { readonly kind: 'verify'; readonly path: string }
  | { readonly kind: 'import'; readonly path: string }
  | { readonly kind: 'plan' }
  | { readonly kind: 'plan-rollback'; readonly state: number }
  | { readonly kind: 'apply'; readonly plan: ApplyPlan }
  | { readonly kind: 'rollback'; readonly plan: ApplyPlan }
  | { readonly kind: 'read-states' }
  | { readonly kind: 'compare'; readonly wanted: DiffWanted }
  | { readonly kind: 'recover' }
  | { readonly kind: 'export-state'; readonly to: string }
  /** `isFresh`: the catalogue is read anew. */
  | { readonly kind: 'seek'; readonly words: string; readonly isFresh?: boolean }
  | { readonly kind: 'explain'; readonly name: string }
  | { readonly kind: 'wish'; readonly name: string; readonly isWanted: boolean }
  | { readonly kind: 'diagnose' }
  /** Compared with what was typed, if anything was. */
  | { readonly kind: 'read-trust'; readonly typed?: string }
  | { readonly kind: 'read-fleet' }
  | { readonly kind: 'read-carried'; readonly named: readonly string[] }
  | { readonly kind: 'receive'; readonly states: readonly string[] }
  | { readonly kind: 'enrol'; readonly file: string; readonly fingerprint: string }
  | ({ readonly kind: 'plan-export' } & ExportWanted)
  | {
      readonly kind: 'export'
      readonly plan: ExportPlan
      readonly medium: { readonly path: string; readonly device: number }
      readonly passphrase?: string
      readonly next?: NextVolume
    }
  | { readonly kind: 'leave'; readonly isInterrupted: boolean }

/** The next state, and what is to be done; the reducer does nothing itself. */
export interface Step {
  readonly state: ScreensState
  readonly effects: readonly Effect[]
}

export const step = (state: ScreensState, ...effects: readonly Effect[]): Step => ({ state, effects })
