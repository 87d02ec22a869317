// Keys of Apply. Enter only asks; what runs is decided by `y` alone.
import { bind, type Binding, bindMoves } from './binding.ts'
import { step } from './events.ts'
import { askAbout, leave, quiet, toHistory, toOverview, toPlan } from './go.ts'
import { noApply, readyValue, type ScreensState } from './state.ts'

export function applyBindings(state: ScreensState): readonly Binding[] {
  const { apply } = state
  const plan = readyValue(apply.plan)
  const quit = bind('q', 'quit', () => leave(state))
  const forget: ScreensState = { ...state, apply: noApply }
  if (apply.outcome.kind === 'ready' || apply.outcome.kind === 'failed')
    return [
      ...bindMoves({
        state,
        cursor: apply.offset,
        count: outcomeLines(state),
        label: 'scroll',
        to: (offset) => ({ ...state, apply: { ...apply, offset } }),
      }),
      bind('Enter', 'overview', () => toOverview(forget)),
      bind('h', 'history', () => toHistory(forget)),
      quit,
    ]
  return [
    ...(plan === undefined || plan.isNothing
      ? []
      : [bind('Enter', plan.kind === 'apply' ? 'apply' : 'roll back', () => step(askAbout(quiet(state))))]),
    bind('Esc', 'back', () => (plan?.kind === 'rollback' ? toHistory(forget) : toPlan(forget))),
    bind('h', 'history', () => toHistory(forget)),
    quit,
  ]
}

/** What stands above and below the outcome's deliveries and notes. */
const otherLines = 18

/** How far they can be scrolled: not at all where they fit. */
function outcomeLines({ apply, size }: ScreensState): number {
  const done = readyValue(apply.outcome)
  const lines = done === undefined ? 0 : done.deliveries.length + done.notes.length + done.triggers.length
  return Math.max(0, lines - Math.max(1, size.rows - otherLines) + 1)
}
