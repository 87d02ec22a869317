// The whole interface as one pure function: a state and an event give the next state and what is to be done. Keys go
// to the question, the prompt or the filter that is open, else to what the screen binds; nothing else works.
import { takeAnswer } from './answers.ts'
import { applyBindings } from './apply-keys.ts'
import type { Binding } from './binding.ts'
import { catalogueBindings, typeWords } from './catalogue-keys.ts'
import { type ScreenEvent, type Step, step } from './events.ts'
import { execute, quiet } from './go.ts'
import { doctorBindings } from './doctor-keys.ts'
import { exportBindings, startExport } from './export-keys.ts'
import { fleetBindings, typeFleetFilter } from './fleet-keys.ts'
import { historyBindings } from './history-keys.ts'
import { importBindings } from './import-keys.ts'
import { isCharacter, type Key, withoutLast } from './keys.ts'
import { overviewBindings } from './overview-keys.ts'
import { planBindings, typePlanFilter } from './plan-keys.ts'
import { type Prompt, type ScreenName, type ScreensState, stationScreens } from './state.ts'
import { trustBindings, typeFingerprint } from './trust-keys.ts'
import { followWork, isPastReturn } from './work.ts'

export function reduce(state: ScreensState, event: ScreenEvent): Step {
  if (event.kind === 'key') return takeKey(state, event.key)
  if (event.kind === 'resized') return step({ ...state, size: event.size })
  if (event.kind === 'tick') return takeTick({ ...state, nowMs: event.nowMs })
  if (event.kind !== 'progress') return takeAnswer(state, event)
  const { work } = state
  if (work === undefined) return step(state)
  return step({ ...state, nowMs: event.nowMs, work: followWork(work, event.progress, event.nowMs) })
}

/**
 * A medium that comes or goes is noticed, and on Overview what the command line did meanwhile, while somebody looks where media
 * are shown.
 */
function takeTick(state: ScreensState): Step {
  const isIdle = state.work === undefined && state.question === undefined && state.prompt === undefined
  if (!isIdle) return step(state)
  const { named } = state
  if (state.screen === 'overview' && state.scan.kind !== 'reading')
    return step(state, { kind: 'read-status' }, { kind: 'scan', named })
  return stationScreens.some((each) => each === state.screen)
    ? step(state, { kind: 'read-carried', named })
    : step(state)
}

const bindingsOf: Readonly<Record<ScreenName, (state: ScreensState) => readonly Binding[]>> = {
  overview: overviewBindings,
  plan: planBindings,
  import: importBindings,
  apply: applyBindings,
  history: historyBindings,
  catalogue: catalogueBindings,
  trust: trustBindings,
  doctor: doctorBindings,
  fleet: fleetBindings,
  export: exportBindings,
}

/** What works now, and what the last line shows. */
export function bindingsNow(state: ScreensState): readonly Binding[] {
  if (state.work !== undefined)
    return [{ keys: ['q', 'Escape'], shown: 'q', label: 'stop', act: () => step(askToLeave(state)) }]
  return bindingsOf[state.screen](state)
}

function takeKey(state: ScreensState, key: Key): Step {
  if (state.question !== undefined) return answerQuestion(state, key)
  if (key === 'Stop')
    return state.work === undefined
      ? step(state, { kind: 'leave', isInterrupted: false })
      : step(askToLeave(state))
  if (state.work === undefined && state.prompt !== undefined) return typePrompt(state, state.prompt, key)
  if (state.work === undefined && state.screen === 'plan' && state.plan.isTyping)
    return typePlanFilter(state, key)
  if (state.work === undefined && state.screen === 'fleet' && state.fleet.isTyping)
    return typeFleetFilter(state, key)
  if (state.work === undefined && state.screen === 'catalogue' && state.catalogue.isTyping)
    return typeWords(state, key)
  if (state.work === undefined && state.screen === 'trust' && state.trust.isTyping)
    return typeFingerprint(state, key)
  const binding = bindingsNow(state).find((each) => each.keys.includes(key))
  return binding === undefined ? step(state) : binding.act(key)
}

function askToLeave(state: ScreensState): ScreensState {
  const { work } = state
  const text =
    work?.kind === 'export'
      ? 'stop here? what is on the medium so far is no bundle yet; the same export goes on from it'
      : work !== undefined && isPastReturn(work)
        ? 'stop here? the new state is current already; the rest is finished at the next start'
        : 'stop here? the current state stays as it is; nothing is lost'
  return { ...state, question: { kind: 'leave', text } }
}

/** Only `y` says yes: Enter, like everything else, is no. */
function answerQuestion(state: ScreensState, key: Key): Step {
  const { question } = state
  if (key === 'y' || key === 'Y')
    return question?.kind === 'leave' ? step(state, { kind: 'leave', isInterrupted: true }) : execute(state)
  const isNo = ['n', 'N', 'Enter', 'Escape', 'q', 'Stop'].includes(key)
  if (!isNo) return step(state)
  const next = quiet(state)
  return step(
    question?.kind === 'leave' ? next : { ...next, notice: { tone: 'warning', text: 'nothing was changed' } },
  )
}

function typePrompt(state: ScreensState, prompt: Prompt, key: Key): Step {
  const { text } = prompt
  if (key === 'Escape') return step(quiet(state))
  if (key === 'Backspace') return step({ ...state, prompt: { ...prompt, text: withoutLast(text) } })
  if (key !== 'Enter')
    return step(isCharacter(key) ? { ...state, prompt: { ...prompt, text: text + key } } : state)
  return prompt.kind === 'passphrase' ? startExport(quiet(state), text) : lookAt(state, text)
}

/** What it is for depends on where it was typed: a bundle, a medium with states, or the medium to write to. */
function lookAt(state: ScreensState, text: string): Step {
  const path = text.trim().replace(/(?<=.)\/+$/, '')
  if (path === '') return step(quiet(state))
  const named = [path, ...state.named.filter((each) => each !== path)]
  const next = { ...quiet(state), named }
  if (state.screen === 'export')
    return step({ ...next, export: { ...state.export, medium: path } }, { kind: 'read-carried', named })
  if (state.screen === 'fleet') return step({ ...next, sought: path }, { kind: 'read-carried', named })
  return step({ ...next, sought: path, scan: { kind: 'reading' } }, { kind: 'scan', named })
}
