// Does what the reducer asks for: one operation after the other, since a root has one lock, each answered by an event.
// Progress is thinned out so that a slow line is not flooded. Errors are answers too; a bug is one with the code BUG.
import type { HostOperations } from '../ops/host-operations.ts'
import type { NextVolume, StationOperations } from '../ops/station-operations.ts'
import type { OpEvent } from '../ops/types.ts'
import type { Effect, ScreenEvent } from './events.ts'
import type { Problem, Result } from './state.ts'

export interface EffectRunner {
  run(effect: Effect): void
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
}

interface Ways {
  readonly operations: HostOperations
  /** Absent where this machine is no station. */
  readonly station: StationOperations | undefined
  readonly dispatch: (event: ScreenEvent) => void
  readonly leave: (isInterrupted: boolean) => void
}

const progressMs = 125

export function effectRunner(ways: Ways): EffectRunner {
  let queue: Promise<void> = Promise.resolve()
  const wanted = new Map<Effect['kind'], Effect>()
  const runAfter = async (before: Promise<void>, effect: Doing): Promise<void> => {
    await before
    // Somebody paging through a list asks faster than it can be answered: the last one counts.
    if (isReplaceable(effect) && wanted.get(effect.kind) !== effect) return
    wanted.delete(effect.kind)
    ways.dispatch(await perform(effect, ways))
  }
  return {
    run(asked) {
      if (asked.kind === 'leave') return ways.leave(asked.isInterrupted)
      const effect = asked.kind === 'seek' ? asFreshAs(asked, wanted.get('seek')) : asked
      if (isReplaceable(effect)) wanted.set(effect.kind, effect)
      queue = runAfter(queue, effect)
    },
    idle: () => queue,
  }
}

const isReplaceable = ({ kind }: Effect): boolean =>
  ['compare', 'seek', 'explain', 'read-carried', 'plan-export'].includes(kind)

/** What takes the place of one that was to read anew does so too. */
const asFreshAs = (effect: Extract<Effect, { kind: 'seek' }>, replaced: Effect | undefined): Doing =>
  replaced?.kind === 'seek' && replaced.isFresh === true ? { ...effect, isFresh: true } : effect

type Doing = Exclude<Effect, { readonly kind: 'leave' }>

async function perform(effect: Doing, { operations, station, dispatch }: Ways): Promise<ScreenEvent> {
  const report = thinned(operations, dispatch)
  let answer: ScreenEvent
  switch (effect.kind) {
    case 'read-status':
      answer = { kind: 'status', result: await settle(operations.status()) }
      break
    case 'scan':
      answer = { kind: 'scanned', result: await settle(operations.scan(effect.named)) }
      break
    case 'inspect':
      answer = { kind: 'inspected', path: effect.path, result: await settle(operations.inspect(effect.path)) }
      break
    case 'judge':
      answer = { kind: 'judged', path: effect.path, result: await settle(operations.plan(effect.path)) }
      break
    case 'verify':
      answer = {
        kind: 'verified',
        path: effect.path,
        result: await settle(operations.verify(effect.path, report)),
      }
      break
    case 'import':
      answer = {
        kind: 'imported',
        path: effect.path,
        result: await settle(operations.import(effect.path, report)),
      }
      break
    case 'plan':
      answer = { kind: 'planned', result: await settle(operations.plan(undefined)) }
      break
    case 'plan-rollback':
      answer = {
        kind: 'rollback-planned',
        state: effect.state,
        result: await settle(operations.planRollback(effect.state)),
      }
      break
    case 'apply':
      answer = { kind: 'applied', result: await settle(operations.apply(effect.plan, report)) }
      break
    case 'rollback':
      answer = { kind: 'applied', result: await settle(operations.rollback(effect.plan, report)) }
      break
    case 'read-states':
      answer = { kind: 'states', result: await settle(operations.states()) }
      break
    case 'compare':
      answer = {
        kind: 'compared',
        wanted: effect.wanted,
        result: await settle(operations.diff(effect.wanted)),
      }
      break
    case 'recover':
      answer = { kind: 'recovered', result: await settle(operations.recover()) }
      break
    case 'seek': {
      const { words, isFresh = false } = effect
      answer = { kind: 'sought', words, result: await settle(operations.seek(words, isFresh)) }
      break
    }
    case 'explain':
      answer = { kind: 'explained', name: effect.name, result: await settle(operations.explain(effect.name)) }
      break
    case 'wish': {
      const { name, isWanted } = effect
      answer = { kind: 'wished', name, isWanted, result: await settle(operations.wish(name, isWanted)) }
      break
    }
    case 'diagnose':
      answer = { kind: 'diagnosed', result: await settle(operations.diagnose()) }
      break
    case 'read-trust': {
      const { typed } = effect
      const result = await settle(operations.trust(typed))
      answer = { kind: 'trusted', ...(typed !== undefined && { typed }), result }
      break
    }
    case 'read-fleet':
      answer = { kind: 'fleet', result: await settle(ofStation(station).fleet()) }
      break
    case 'read-carried':
      answer = { kind: 'carried', result: await settle(ofStation(station).carried(effect.named)) }
      break
    case 'enrol':
      answer = {
        kind: 'enrolled',
        result: await settle(ofStation(station).enrol(effect.file, effect.fingerprint)),
      }
      break
    case 'receive':
      answer = { kind: 'received', result: await settle(ofStation(station).receive(effect.states)) }
      break
    case 'plan-export': {
      const { states, effort } = effect
      const wanted = { states, ...(effort !== undefined && { effort }) }
      answer = { kind: 'export-planned', wanted, result: await settle(ofStation(station).planExport(wanted)) }
      break
    }
    case 'export': {
      const { plan, medium, passphrase, next } = effect
      const result = await settle(ofStation(station).export({ plan, medium, passphrase, next }, report))
      answer = { kind: 'exported', result }
      break
    }
    case 'export-state':
      answer = { kind: 'state-exported', result: await settle(operations.exportState(effect.to)) }
      break
  }
  return answer
}

function ofStation(station: StationOperations | undefined): StationOperations {
  if (station === undefined) throw new Error('broken promise: screens of a station are for a station')
  return station
}

async function settle<T>(working: Promise<T>): Promise<Result<T>> {
  try {
    return { kind: 'ready', value: await working }
  } catch (error) {
    return { kind: 'failed', problem: problemOf(error) }
  }
}

/** By its shape: the screens are a program file of their own, with a class of their own. */
function problemOf(error: unknown): Problem {
  const { code, message, hint, details } = error as {
    code?: unknown
    message?: unknown
    hint?: unknown
    details?: NextVolume
  }
  return {
    code: typeof code === 'string' && error instanceof Error && error.name === 'MossError' ? code : 'BUG',
    message: typeof message === 'string' ? message : String(error),
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(code === 'VOLUME_NEXT' && details !== undefined ? { next: details } : {}),
  }
}

/** A new phase and a warning are always told; of the rest at most eight a second. */
function thinned(operations: HostOperations, dispatch: Ways['dispatch']): (progress: OpEvent) => void {
  const phases = new Set<string>()
  let toldMs = 0
  return (progress) => {
    const nowMs = operations.nowMs()
    const isNews = !phases.has(progress.phase) || progress.warning !== undefined
    if (!isNews && nowMs - toldMs < progressMs) return
    phases.add(progress.phase)
    toldMs = nowMs
    dispatch({ kind: 'progress', progress, nowMs })
  }
}
