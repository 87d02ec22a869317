// Keys of History: choose a state, compare it with the current one, down to files, and go back to it after a question.
import { bind, type Binding, bindMoves } from './binding.ts'
import { type DiffWanted, type Step, step } from './events.ts'
import { leave, quiet, toOverview } from './go.ts'
import { noApply, readyValue, type HistoryView, type ScreensState } from './state.ts'

const withHistory = (state: ScreensState, change: Partial<HistoryView>): ScreensState => ({
  ...quiet(state),
  history: { ...state.history, ...change },
})

const compare = (state: ScreensState, wanted: DiffWanted): Step =>
  step(withHistory(state, { compared: wanted, diff: { kind: 'reading' }, offset: 0 }), {
    kind: 'compare',
    wanted,
  })

export function historyBindings(state: ScreensState): readonly Binding[] {
  const view = state.history
  const states = readyValue(view.states) ?? []
  const chosen = states[view.cursor]
  const current = states.find((each) => each.isCurrent)
  const isOther = chosen !== undefined && current !== undefined && !chosen.isCurrent
  const wanted = isOther ? { from: current.number, to: chosen.number } : undefined
  const isShown = view.compared?.to === chosen?.number && view.compared?.from === current?.number
  return [
    ...bindMoves({
      state,
      cursor: view.cursor,
      count: states.length,
      to: (cursor) => withHistory(state, { cursor }),
    }),
    ...(wanted === undefined
      ? []
      : [
          ...(isShown && view.compared?.files === false
            ? [bind('Enter', 'files too', () => compare(state, { ...wanted, files: true }))]
            : [bind('Enter', 'compare', () => compare(state, { ...wanted, files: false }))]),
          bind('b', 'go back to it', () =>
            step(
              { ...quiet(state), screen: 'apply', apply: { ...noApply, plan: { kind: 'reading' } } },
              { kind: 'plan-rollback', state: wanted.to },
            ),
          ),
        ]),
    ...scrolling(state),
    bind('Esc', 'back', () => toOverview(state)),
    bind('q', 'quit', () => leave(state)),
  ]
}

/** Left and right page through a long comparison. */
function scrolling(state: ScreensState): readonly Binding[] {
  const view = state.history
  const diff = readyValue(view.diff)
  const count = diff === undefined ? 0 : diff.packages.length + (diff.files?.length ?? 0)
  const page = 8
  if (count <= page) return []
  const scroll = (by: number): Step =>
    step(withHistory(state, { offset: Math.max(0, Math.min(view.offset + by, count - 1)) }))
  return [
    {
      keys: ['Left', 'Right', '<', '>'],
      shown: '< >',
      label: 'page',
      act: (key) => scroll(key === 'Left' || key === '<' ? -page : page),
    },
  ]
}
