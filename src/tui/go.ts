// The ways from screen to screen, and what each has to read when it is entered.
import type { ApplyPlan } from '../ops/changes.ts'
import { type Effect, type Step, step } from './events.ts'
import { noApply, noDoctor, noExport, noPlan, noTrust, readyValue, type ScreensState } from './state.ts'
import { startWork } from './work.ts'

/** Without what the last key had to say. */
export function quiet(state: ScreensState): ScreensState {
  const { notice: _notice, question: _question, prompt: _prompt, ...rest } = state
  return rest
}

/** Of a station alone the fleet is where one comes from. */
export const toOverview = (state: ScreensState): Step =>
  state.isHost ? toHostOverview(state) : toFleet(state)

const toHostOverview = (state: ScreensState): Step =>
  step({ ...quiet(state), screen: 'overview' }, { kind: 'read-status' }, { kind: 'scan', named: state.named })

export function toPlan(state: ScreensState): Step {
  const next: ScreensState = { ...quiet(state), screen: 'plan' }
  const isKnown =
    state.plan.from === undefined && (state.plan.plan.kind === 'ready' || state.plan.plan.kind === 'reading')
  if (isKnown) return step(next)
  return step({ ...next, plan: { ...noPlan, plan: { kind: 'reading' } } }, { kind: 'plan' })
}

/** The plan of a bundle that is not taken in. */
export const toPreview = (state: ScreensState, from: string, plan: ApplyPlan): Step =>
  step({ ...quiet(state), screen: 'plan', plan: { ...noPlan, from, plan: { kind: 'ready', value: plan } } })

export const toBundle = (state: ScreensState, path: string): Step =>
  step(
    {
      ...quiet(state),
      screen: 'import',
      bundle: {
        path,
        about: { kind: 'reading' },
        judged: { kind: 'reading' },
        verified: { kind: 'none' },
        imported: { kind: 'none' },
        offset: 0,
      },
    },
    { kind: 'inspect', path },
    { kind: 'judge', path },
  )

export const toImport = (state: ScreensState): Step => step({ ...quiet(state), screen: 'import' })

/** Shows the plan that waits, or the last outcome. */
export function toApply(state: ScreensState): Step {
  const next: ScreensState = { ...quiet(state), screen: 'apply' }
  if (state.apply.outcome.kind !== 'none') return step(next)
  const plan = state.plan.from === undefined ? readyValue(state.plan.plan) : undefined
  if (plan !== undefined)
    return step({ ...next, apply: { ...noApply, plan: { kind: 'ready', value: plan } } })
  return step({ ...next, apply: { ...noApply, plan: { kind: 'reading' } } }, { kind: 'plan' })
}

/** Shows it and asks at once. */
export const toDecision = (state: ScreensState, plan: ApplyPlan): Step =>
  step(
    askAbout({
      ...quiet(state),
      screen: 'apply',
      apply: { ...noApply, plan: { kind: 'ready', value: plan } },
    }),
  )

export const toHistory = (state: ScreensState): Step =>
  step(
    {
      ...quiet(state),
      screen: 'history',
      history: {
        ...state.history,
        states: state.history.states.kind === 'ready' ? state.history.states : { kind: 'reading' },
      },
    },
    { kind: 'read-states' },
  )

export const toCatalogue = (state: ScreensState): Step => {
  const found =
    state.catalogue.found.kind === 'ready' ? state.catalogue.found : ({ kind: 'reading' } as const)
  const { words } = state.catalogue
  return step(
    { ...quiet(state), screen: 'catalogue', catalogue: { ...state.catalogue, found, isTyping: false } },
    { kind: 'seek', words, isFresh: true },
  )
}

export const toTrust = (state: ScreensState): Step =>
  step(
    { ...quiet(state), screen: 'trust', trust: { ...noTrust, shown: { kind: 'reading' } } },
    { kind: 'read-trust' },
  )

export const toDoctor = (state: ScreensState): Step =>
  step(
    { ...quiet(state), screen: 'doctor', doctor: { ...noDoctor, diagnosis: { kind: 'reading' } } },
    { kind: 'diagnose' },
  )

/** What was read before stays until the answers come; what was chosen stays chosen. */
export const toFleet = (state: ScreensState): Step =>
  step(
    {
      ...quiet(state),
      screen: 'fleet',
      fleet: {
        ...state.fleet,
        hosts: state.fleet.hosts.kind === 'ready' ? state.fleet.hosts : { kind: 'reading' },
        isTyping: false,
      },
    },
    { kind: 'read-fleet' },
    { kind: 'read-carried', named: state.named },
  )

/** Plans one bundle for these, to the medium that their states came on. */
export function toExport(state: ScreensState, states: readonly string[], effort?: string): Step {
  const media = readyValue(state.fleet.carried)?.media.map(({ path }) => path) ?? []
  const medium =
    state.export.medium ??
    media.find((path) => states.some((each) => each.startsWith(`${path}/`))) ??
    media[0]
  return step(
    {
      ...quiet(state),
      screen: 'export',
      export: {
        ...noExport,
        states,
        ...(effort !== undefined && { effort }),
        plan: { kind: 'reading' },
        ...(medium !== undefined && { medium }),
      },
    },
    { kind: 'plan-export', states, ...(effort !== undefined && { effort }) },
  )
}

export function askAbout(state: ScreensState): ScreensState {
  const plan = readyValue(state.apply.plan)
  if (plan === undefined || plan.isNothing) return state
  const text =
    plan.kind === 'apply'
      ? `apply? state ${plan.from} stays kept, and History takes you back`
      : `roll back from state ${plan.from} to state ${plan.to}? state ${plan.from} stays kept`
  return { ...state, question: { kind: plan.kind, text } }
}

/** After yes. */
export function execute(state: ScreensState): Step {
  const { question } = state
  if (question?.kind === 'enrol')
    return step(quiet(state), { kind: 'enrol', file: question.file, fingerprint: question.fingerprint })
  const plan = readyValue(state.apply.plan)
  if (plan === undefined) return step(quiet(state))
  const effect: Effect = { kind: plan.kind, plan }
  return step({ ...quiet(state), screen: 'apply', work: startWork(plan.kind, state.nowMs) }, effect)
}

/** What the first screen shows. */
export const firstReads = (state: ScreensState): readonly Effect[] => toOverview(state).effects

export const leave = (state: ScreensState): Step => step(state, { kind: 'leave', isInterrupted: false })
