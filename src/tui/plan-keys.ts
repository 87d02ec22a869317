// Keys of Plan: look through it, filter it, go on to Apply. While a filter is typed every character belongs to it.
import { bind, type Binding, bindMoves } from './binding.ts'
import { type Step, step } from './events.ts'
import { leave, quiet, toDecision, toHistory, toImport, toOverview } from './go.ts'
import { type Key, typeFilter } from './keys.ts'
import type { ApplyPlan } from '../ops/changes.ts'
import { type PlanRow, planRows, textOf } from './plan-rows.ts'
import { noPlan, readyValue, type PlanView, type ScreensState } from './state.ts'

const withPlan = (state: ScreensState, change: Partial<PlanView>): ScreensState => ({
  ...quiet(state),
  plan: { ...state.plan, ...change },
})

/** The same package stays chosen. */
function cursorBehind(view: PlanView, plan: ApplyPlan): number {
  const chosen = planRows(plan, view)[view.cursor]
  const rows = planRows(plan, { ...view, hasChangelogs: !view.hasChangelogs })
  const at = rows.findIndex((row) =>
    chosen?.kind === 'log' ? row.kind === 'change' && row.name === chosen.name : isSame(row, chosen),
  )
  return Math.max(0, at)
}

const isSame = (row: PlanRow, other: PlanRow | undefined): boolean =>
  row.kind === other?.kind &&
  (row.kind === 'change' && other.kind === 'change' ? row.name === other.name : textOf(row) === textOf(other))

export function planBindings(state: ScreensState): readonly Binding[] {
  const view = state.plan
  const plan = readyValue(view.plan)
  const count = plan === undefined ? 0 : planRows(plan, view).length
  const hasFilter = view.filter !== ''
  const { from } = view
  return [
    ...bindMoves({ state, cursor: view.cursor, count, to: (cursor) => withPlan(state, { cursor }) }),
    ...(plan === undefined || plan.isNothing
      ? []
      : from === undefined
        ? [bind('Enter', 'apply', () => toDecision(state, plan))]
        : [bind('Enter', 'to import', () => toImport({ ...state, plan: noPlan }))]),
    ...(plan === undefined || plan.isNothing
      ? []
      : [
          ...((plan.changelogs?.length ?? 0) > 0
            ? [
                bind('c', view.hasChangelogs ? 'less' : 'changelogs', () =>
                  step(
                    withPlan(state, { hasChangelogs: !view.hasChangelogs, cursor: cursorBehind(view, plan) }),
                  ),
                ),
              ]
            : []),
          bind('/', 'filter', () => step(withPlan(state, { isTyping: true }))),
        ]),
    ...(from === undefined
      ? [
          bind('h', 'history', () => toHistory(state)),
          bind('r', 'reread', () =>
            step({ ...quiet(state), plan: { ...noPlan, plan: { kind: 'reading' } } }, { kind: 'plan' }),
          ),
        ]
      : []),
    bind('Esc', hasFilter ? 'clear' : 'back', () => {
      if (hasFilter) return step(withPlan(state, { filter: '', cursor: 0 }))
      return from === undefined ? toOverview(state) : toImport({ ...state, plan: noPlan })
    }),
    bind('q', 'quit', () => leave(state)),
  ]
}

/** Keys while the filter is typed. */
export function typePlanFilter(state: ScreensState, key: Key): Step {
  const { filter, cursor } = state.plan
  const typed = typeFilter(filter, key)
  return step(
    typed === undefined ? state : withPlan(state, { ...typed, cursor: typed.filter === filter ? cursor : 0 }),
  )
}
