// Keys of Export: look through the shares, choose effort and medium, and write.
import type { Medium } from '../ops/carried-states.ts'
import { bind, type Binding, pageOf } from './binding.ts'
import { type Step, step } from './events.ts'
import { exportRows } from './export-view.ts'
import { leave, quiet, toExport, toFleet } from './go.ts'
import type { Key } from './keys.ts'
import { type ExportView, readyValue, type ScreensState } from './state.ts'
import { arrow } from './widgets.ts'
import { startWork } from './work.ts'

const withExport = (state: ScreensState, change: Partial<ExportView>): ScreensState => ({
  ...quiet(state),
  export: { ...state.export, ...change },
})

/** Undefined as soon as it is pulled. */
export const chosenMedium = ({ export: { medium }, fleet }: ScreensState): Medium | undefined =>
  readyValue(fleet.carried)?.media.find(({ path }) => path === medium)

const efforts = [undefined, 'small', 'fast'] as const

export function exportBindings(state: ScreensState): readonly Binding[] {
  const { outcome, effort, states, next } = state.export
  const plan = readyValue(state.export.plan)
  const back = [bind('Esc', 'back', () => toFleet(state)), bind('q', 'quit', () => leave(state))]
  if (outcome.kind === 'ready') return [bind('Enter', 'to the fleet', () => toFleet(state)), ...back]
  if (plan === undefined)
    return state.export.plan.kind === 'failed'
      ? [bind('r', 'plan again', () => toExport(state, states, effort)), ...back]
      : back
  const effortNext = efforts[(efforts.findIndex((each) => each === effort) + 1) % efforts.length]
  return [
    ...scrolling(state, exportRows(plan, state.size, arrow(state.look)).length),
    ...(chosenMedium(state) === undefined
      ? []
      : [bind('Enter', next === undefined ? 'write' : 'write the next volume', () => startExport(state))]),
    bind('e', `effort ${effortNext ?? 'usual'}`, () => toExport(state, states, effortNext)),
    ...nextMedium(state),
    bind('o', 'path', () => step({ ...quiet(state), prompt: { kind: 'path', text: '' } })),
    ...back,
  ]
}

function scrolling(state: ScreensState, count: number): readonly Binding[] {
  const last = Math.max(0, count - pageOf(state))
  if (last === 0) return []
  const act = (key: Key): Step => {
    const page = pageOf(state)
    const by = { Up: -1, Down: 1, k: -1, j: 1, PageUp: -page, PageDown: page }[key] ?? 0
    return step(withExport(state, { offset: Math.max(0, Math.min(state.export.offset + by, last)) }))
  }
  return [{ keys: ['Up', 'Down', 'k', 'j', 'PageUp', 'PageDown'], shown: 'Arrows', label: 'scroll', act }]
}

function nextMedium(state: ScreensState): readonly Binding[] {
  const media = readyValue(state.fleet.carried)?.media.map(({ path }) => path) ?? []
  const { medium } = state.export
  const next = media[(media.indexOf(medium ?? '') + 1) % media.length]
  if (next === undefined || next === medium) return []
  return [bind('m', 'other medium', () => step(withExport(state, { medium: next })))]
}

/** Again with a passphrase where a key turned out to have one. */
export function startExport(state: ScreensState, passphrase?: string): Step {
  const plan = readyValue(state.export.plan)
  const medium = chosenMedium(state)
  const { next } = state.export
  if (plan === undefined || medium === undefined) return step(quiet(state))
  const { path, device } = medium
  return step(
    { ...withExport(state, { outcome: { kind: 'reading' } }), work: startWork('export', state.nowMs) },
    {
      kind: 'export',
      plan,
      medium: { path, device },
      ...(passphrase !== undefined && { passphrase }),
      ...(next !== undefined && { next }),
    },
  )
}
