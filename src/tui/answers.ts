// What operations answered, taken into the state. An answer that nobody waits for any more (another bundle was opened,
// another comparison asked for) changes nothing.
import type { ApplyPlan } from '../ops/changes.ts'
import type { Effect, ScreenEvent, Step } from './events.ts'
import { step } from './events.ts'
import { askAbout, toBundle } from './go.ts'
import {
  type BundleView,
  type Notice,
  noPlan,
  noApply,
  type Problem,
  type Result,
  type ScreensState,
} from './state.ts'
import { isPastReturn } from './work.ts'

export type Answer = Exclude<ScreenEvent, { readonly kind: 'key' | 'resized' | 'tick' | 'progress' }>

/** One taker for each kind of answer. */
const takers: { readonly [Kind in Answer['kind']]: (state: ScreensState, answer: Of<Kind>) => Step } = {
  status: (state, { result }) => step({ ...state, status: result }),
  scanned: takeScan,
  inspected: (state, { path, result }) => step(changeBundle(state, path, { about: result })),
  judged: (state, { path, result }) => step(changeBundle(state, path, { judged: result })),
  verified: (state, { path, result }) => step(endWork(changeBundle(state, path, { verified: result }))),
  imported: takeImported,
  planned: (state, { result }) => step(takePlan(state, result)),
  'rollback-planned': (state, { result }) => step(takeRollbackPlan(state, result)),
  applied: takeApplied,
  states: (state, { result }) =>
    step({ ...state, history: { ...state.history, ...keepCursor(state, result) } }),
  compared: (state, { wanted, result }) =>
    step(
      state.history.compared === wanted ? { ...state, history: { ...state.history, diff: result } } : state,
    ),
  recovered: takeRecovered,
  sought: (state, { words, result }) =>
    step(
      state.catalogue.words === words
        ? { ...state, catalogue: { ...state.catalogue, found: result, cursor: cursorIn(result, state) } }
        : state,
    ),
  explained: takeExplained,
  wished: takeWished,
  trusted: takeTrusted,
  diagnosed: (state, { result }) => step({ ...state, doctor: { diagnosis: result, cursor: 0 } }),
  fleet: (state, { result }) => step({ ...state, fleet: { ...state.fleet, hosts: result } }),
  carried: takeCarried,
  received: takeReceived,
  enrolled: takeEnrolled,
  'export-planned': (state, { wanted, result }) =>
    step(
      state.export.states === wanted.states && state.export.effort === wanted.effort
        ? { ...state, export: { ...state.export, plan: result } }
        : state,
    ),
  exported: takeExported,
  'state-exported': (state, answer) => step({ ...state, notice: tellExported(answer) }),
}

export const takeAnswer = (state: ScreensState, answer: Answer): Step =>
  (takers[answer.kind] as (state: ScreensState, answer: Answer) => Step)(state, answer)

type Of<Kind extends Answer['kind']> = Extract<Answer, { readonly kind: Kind }>

export const tellProblem = ({ message, code, hint }: Problem): Notice => ({
  tone: 'bad',
  text: `${message} [${code}]`,
  ...(hint === undefined ? {} : { hint }),
})

function changeBundle(state: ScreensState, path: string, change: Partial<BundleView>): ScreensState {
  const { bundle } = state
  return bundle?.path === path ? { ...state, bundle: { ...bundle, ...change } } : state
}

export function endWork(state: ScreensState): ScreensState {
  const { work: _work, question, ...rest } = state
  return question === undefined || question.kind === 'leave'
    ? { ...withoutQuestion(rest) }
    : { ...rest, question }
}

function withoutQuestion(state: ScreensState): ScreensState {
  const { question: _question, ...rest } = state
  return rest
}

/** The cursor stays on its bundle where that is still there. */
function takeScan(state: ScreensState, { result }: Of<'scanned'>): Step {
  if (result.kind === 'failed') return step({ ...state, scan: result })
  const before = state.scan.kind === 'ready' ? state.scan.value.bundles[state.cursor]?.path : undefined
  const { bundles } = result.value
  const found = bundles.findIndex((bundle) => bundle.path === before)
  const cursor = found >= 0 ? found : Math.max(0, Math.min(state.cursor, bundles.length - 1))
  const next: ScreensState = { ...state, scan: result, cursor }
  if (state.opening !== undefined) return openNamed(next, state.opening)
  return step(state.sought === undefined ? next : findSought(next, state.sought))
}

/** Unless somebody went elsewhere meanwhile. A medium without bundles is as good: what it is for is written to it. */
function openNamed(state: ScreensState, path: string): Step {
  const { opening: _opening, ...rest } = state
  if (rest.scan.kind !== 'ready' || rest.screen !== 'overview') return step(rest)
  const { bundles, media } = rest.scan.value
  const bundle = bundles.find((each) => each.path === path || each.volumes?.files.includes(path) === true)
  if (bundle !== undefined) return toBundle(findSought(rest, bundle.path), bundle.path)
  const isBare = media.includes(path) && !bundles.some(({ medium }) => medium === path)
  return step(isBare ? rest : findSought(rest, path))
}

/** A path that was typed: the cursor goes there, or it is said that nothing is there. */
function findSought(state: ScreensState, path: string): ScreensState {
  const { sought: _sought, ...rest } = state
  const bundles = rest.scan.kind === 'ready' ? rest.scan.value.bundles : []
  const cursor = bundles.findIndex((bundle) => bundle.path === path || bundle.medium === path)
  if (cursor >= 0) return { ...rest, cursor }
  return {
    ...rest,
    notice: {
      tone: 'warning',
      text: `no bundle at ${path}`,
      hint: 'name a .moss file, or the folder where a stick is mounted',
    },
  }
}

function takeImported(state: ScreensState, { path, result }: Of<'imported'>): Step {
  const next = endWork(changeBundle(state, path, { imported: result }))
  if (result.kind === 'failed') return step({ ...next, notice: tellProblem(result.problem) })
  return step({ ...next, plan: noPlan, apply: noApply }, { kind: 'read-status' })
}

function takePlan(state: ScreensState, result: Result<ApplyPlan>): ScreensState {
  const plan =
    state.plan.plan.kind === 'reading' || state.screen === 'plan' ? { ...noPlan, plan: result } : state.plan
  const isAwaited = state.screen === 'apply' && state.apply.plan.kind === 'reading'
  return { ...state, plan, apply: isAwaited ? { ...noApply, plan: result } : state.apply }
}

function takeRollbackPlan(state: ScreensState, result: Result<ApplyPlan>): ScreensState {
  if (state.screen !== 'apply' || state.apply.plan.kind !== 'reading') return state
  return askAbout({ ...state, apply: { ...noApply, plan: result } })
}

function takeApplied(state: ScreensState, { result }: Of<'applied'>): Step {
  const { work } = state
  const steps = work?.steps ?? []
  const isPast = work !== undefined && isPastReturn(work)
  const next = endWork({ ...state, plan: noPlan, apply: { ...state.apply, outcome: result, steps } })
  const { bundle: _bundle, ...applied } = next
  const after: readonly Effect[] = [{ kind: 'read-status' }, { kind: 'read-states' }]
  if (result.kind === 'ready') return step(applied, ...after)
  const { message, code, hint } = result.problem
  const what = isPast
    ? 'the new state is current; open Overview to finish the rest'
    : 'nothing was changed: the state before it is still current'
  return step(
    {
      ...next,
      notice: { tone: 'bad', text: `${message} [${code}]; ${what}`, ...(hint === undefined ? {} : { hint }) },
    },
    ...after,
  )
}

/** Whenever another state is current, the cursor starts at the one before it: where one would go back to. */
function keepCursor(state: ScreensState, result: Of<'states'>['result']) {
  if (result.kind === 'failed') return { states: result }
  const rows = result.value
  const before = state.history.states.kind === 'ready' ? state.history.states.value : []
  const current = rows.findIndex((row) => row.isCurrent)
  const isFirst = before.find((row) => row.isCurrent)?.number !== rows[current]?.number
  const cursor = isFirst ? Math.max(0, current - 1) : Math.min(state.history.cursor, rows.length - 1)
  return { states: result, cursor: Math.max(0, cursor), diff: { kind: 'none' } as const, offset: 0 }
}

function takeRecovered(state: ScreensState, { result }: Of<'recovered'>): Step {
  const notice: Notice =
    result.kind === 'failed'
      ? tellProblem(result.problem)
      : { tone: 'good', text: result.value.join('; ') || 'nothing was left to finish' }
  const isAtDoctor = state.screen === 'doctor'
  return step(
    { ...state, notice },
    { kind: 'read-status' },
    ...(isAtDoctor ? [{ kind: 'diagnose' } as const] : []),
  )
}

const cursorIn = (result: Of<'sought'>['result'], { catalogue: { cursor } }: ScreensState): number =>
  result.kind === 'failed' ? 0 : Math.max(0, Math.min(cursor, result.value.packages.length - 1))

/** If its package is the chosen one still. */
function takeExplained(state: ScreensState, { name, result }: Of<'explained'>): Step {
  const { found, cursor, explained } = state.catalogue
  const chosen = found.kind === 'ready' ? found.value.packages[cursor]?.name : undefined
  if (chosen !== name || explained.kind !== 'reading') return step(state)
  return step({ ...state, catalogue: { ...state.catalogue, explained: result } })
}

function takeWished(state: ScreensState, { name, isWanted, result }: Of<'wished'>): Step {
  if (result.kind === 'failed') return step({ ...state, notice: tellProblem(result.problem) })
  const text = isWanted
    ? `the model asks for ${name} now: export the state (e in Overview); the bundle made from it brings or keeps it`
    : `the model does not ask for ${name} any more: unless something else needs it, it goes with the bundle made from the next state`
  return step({ ...state, notice: { tone: 'good', text } }, { kind: 'seek', words: state.catalogue.words })
}

/** What was typed and is another one's leaves on the screen what this host trusts. */
function takeTrusted(state: ScreensState, { typed, result }: Of<'trusted'>): Step {
  if (typed === undefined) return step({ ...state, trust: { ...state.trust, shown: result } })
  const notice: Notice =
    result.kind === 'failed'
      ? tellProblem(result.problem)
      : { tone: 'good', text: 'it is the same: this host trusts the root that you were told of' }
  return step({ ...state, notice })
}

/** A path that was typed and is no medium is told; a medium that comes while one is wanted is where the bundle goes. */
function takeCarried(state: ScreensState, { result }: Of<'carried'>): Step {
  const { sought, ...rest } = state
  const media = result.kind === 'ready' ? result.value.media.map(({ path }) => path) : []
  const states = result.kind === 'ready' ? result.value.states : []
  const medium = state.export.medium ?? (state.screen === 'export' ? media[0] : undefined)
  const next: ScreensState = {
    ...rest,
    fleet: { ...state.fleet, carried: result },
    ...(medium !== undefined && { export: { ...state.export, medium } }),
  }
  if (sought === undefined || media.includes(sought) || states.some(({ file }) => file === sought))
    return step(next)
  return step({
    ...next,
    notice: {
      tone: 'warning',
      text: `no state and no folder at ${sought}`,
      hint: 'name a .moss-state file, or the folder where a stick is mounted',
    },
  })
}

function takeEnrolled(state: ScreensState, { result }: Of<'enrolled'>): Step {
  if (result.kind === 'failed') return step({ ...state, notice: tellProblem(result.problem) })
  return step(
    {
      ...state,
      notice: { tone: 'good', text: `${result.value.name} is enrolled: this station answers it now` },
    },
    { kind: 'read-fleet' },
    { kind: 'read-carried', named: state.named },
  )
}

/** What a host is not as it was comes first. */
function takeReceived(state: ScreensState, { result }: Of<'received'>): Step {
  if (result.kind === 'failed') return step({ ...state, notice: tellProblem(result.problem) })
  const { hosts, warnings } = result.value
  const notice: Notice =
    warnings.length > 0
      ? { tone: 'warning', text: warnings.join('; ') }
      : { tone: 'good', text: `kept what ${hosts.map(({ name }) => name).join(', ')} sent` }
  return step({ ...state, notice }, { kind: 'read-fleet' })
}

/** A key with a passphrase asks for it, and says so when it was another one. */
function takeExported(state: ScreensState, { result }: Of<'exported'>): Step {
  const next = endWork({ ...state, export: { ...state.export, outcome: result } })
  if (result.kind === 'ready')
    return step({ ...next, fleet: { ...state.fleet, chosen: new Set() } }, { kind: 'read-fleet' })
  const { problem } = result
  const again: ScreensState = {
    ...next,
    export: { ...next.export, outcome: { kind: 'none' }, ...(problem.next && { next: problem.next }) },
  }
  if (problem.next !== undefined)
    return step({
      ...again,
      notice: {
        tone: 'warning',
        text: problem.message,
        hint: 'it may be pulled: put the next medium in, and press Enter when it stands under “to”',
      },
    })
  if (problem.code !== 'KEY_PASSPHRASE') return step({ ...again, notice: tellProblem(problem) })
  return step({
    ...again,
    notice: { tone: 'warning', text: problem.message },
    prompt: { kind: 'passphrase', text: '' },
  })
}

const tellExported = ({ result }: Of<'state-exported'>): Notice =>
  result.kind === 'failed'
    ? tellProblem(result.problem)
    : {
        tone: 'good',
        text: `this host’s state is on the medium, written and read back: ${result.value.path}`,
      }
