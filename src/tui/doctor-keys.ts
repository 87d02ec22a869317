// Keys of Doctor: choose a finding, and do here what it needs where a screen can.
import { bind, type Binding, bindMoves } from './binding.ts'
import { step } from './events.ts'
import { leave, quiet, toDoctor, toOverview, toPlan } from './go.ts'
import { readyValue, type ScreensState } from './state.ts'

export function doctorBindings(state: ScreensState): readonly Binding[] {
  const { diagnosis, cursor } = state.doctor
  const findings = readyValue(diagnosis)?.findings ?? []
  const medium = readyValue(state.scan)?.media[0]
  const remedies: Readonly<Record<string, Binding | undefined>> = {
    transaction: bind('Enter', 'finish it', () => step(quiet(state), { kind: 'recover' })),
    bundle: bind('Enter', 'see the plan', () => toPlan(state)),
    ...(medium !== undefined && {
      model: bind('Enter', 'export the state', () =>
        step(quiet(state), { kind: 'export-state', to: medium }),
      ),
      age: bind('Enter', 'export the state', () => step(quiet(state), { kind: 'export-state', to: medium })),
    }),
  }
  // An interrupted transaction comes first: whatever changes something would end it on the side.
  const first = findings.some(({ about }) => about === 'transaction') ? 'transaction' : undefined
  const about = findings[cursor]?.about ?? ''
  const remedy = first === undefined || about === first ? remedies[about] : undefined
  return [
    ...bindMoves({
      state,
      cursor,
      count: findings.length,
      to: (to) => ({ ...quiet(state), doctor: { ...state.doctor, cursor: to } }),
    }),
    ...(remedy === undefined ? [] : [remedy]),
    bind('r', 'look again', () => toDoctor(state)),
    bind('Esc', 'back', () => toOverview(state)),
    bind('q', 'quit', () => leave(state)),
  ]
}
