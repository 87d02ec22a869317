// Long work as the screens follow it: the phases that will come, the one under way, and whether the way back is still
// open. The same events that the command line prints.
import type { OpEvent } from '../ops/types.ts'
import type { Work, WorkKind, WorkStep } from './state.ts'

const phasesOf: Readonly<Record<WorkKind, readonly string[]>> = {
  verify: ['verify'],
  import: ['copy', 'import', 'commit'],
  apply: ['stage', 'triggers', 'sync', 'publish', 'deliver'],
  rollback: ['publish', 'deliver'],
  export: ['encode', 'write', 'read back'],
}

/** From here on the new state is current, whatever happens. */
export const decidingPhase = 'publish'

const meanings: Readonly<Record<string, string>> = {
  encode: 'find differences and compress',
  write: 'write it to the medium and flush it',
  'read back': 'compare what the medium gives with what was signed',
  verify: 'check every byte against its signed digest',
  copy: 'copy from the medium and verify',
  import: 'put the contents into the store',
  commit: 'write them to disk for good',
  recover: 'finish what was interrupted',
  stage: 'assemble the new state beside the current one',
  triggers: 'run its triggers',
  sync: 'write it to disk for good',
  publish: 'exchange the trees: it is current now',
  deliver: 'bring defaults to /etc and /var',
  check: 'ask the machine’s checks whether all is well',
  back: 'all is not well: the state before is published again',
}

export const meaningOf = (phase: string): string => meanings[phase] ?? phase

export const startWork = (kind: WorkKind, nowMs: number): Work => ({
  kind,
  startedMs: nowMs,
  steps: phasesOf[kind].map((phase) => ({ phase })),
  at: -1,
  warnings: [],
})

/** A phase that was not foreseen takes its place after the one under way. */
export function followWork(work: Work, event: OpEvent, nowMs: number): Work {
  const { warning, ...progress } = event
  const warnings = warning === undefined ? work.warnings : [...work.warnings, warning]
  const known = work.steps.findIndex((each) => each.phase === progress.phase)
  const place = known >= 0 ? known : work.at + 1
  const before = known >= 0 ? work.steps[place] : undefined
  const step: WorkStep = { ...progress, startedMs: before?.startedMs ?? nowMs, seenMs: nowMs }
  const steps = known >= 0 ? work.steps.with(place, step) : work.steps.toSpliced(place, 0, step)
  return { ...work, steps, at: Math.max(work.at, place), warnings }
}

/** True once the new state is, or may be, the current one. */
export function isPastReturn({ kind, steps, at }: Work): boolean {
  const deciding = steps.findIndex((each) => each.phase === decidingPhase)
  return (kind === 'apply' || kind === 'rollback') && deciding >= 0 && at >= deciding
}
