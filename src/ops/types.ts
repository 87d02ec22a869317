// What the faces need of the rooms below, in one place: they import ops/ alone.
import type { Progress } from '../base/progress.ts'

export type { Outside } from '../host/outside.ts'
export type { Departure } from '../state/departures.ts'
export type { EtcDiff } from './states.ts'
export type { Environment } from '../host/environment.ts'

/** What an operation is doing now; the same stream feeds text, JSON lines and the screens. */
export type OpEvent = Progress

export type ReportEvent = (event: OpEvent) => void
