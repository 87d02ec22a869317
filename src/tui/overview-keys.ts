// Keys of Overview: choose a bundle, point at a file or folder, jump anywhere.
import { bind, type Binding, bindMoves } from './binding.ts'
import { step } from './events.ts'
import {
  leave,
  quiet,
  toApply,
  toBundle,
  toCatalogue,
  toDoctor,
  toFleet,
  toHistory,
  toPlan,
  toTrust,
} from './go.ts'
import { readyValue, type ScreensState } from './state.ts'

export function overviewBindings(state: ScreensState): readonly Binding[] {
  const status = readyValue(state.status)
  const scan = readyValue(state.scan)
  const bundles = scan?.bundles ?? []
  const chosen = bundles[state.cursor]
  const medium = chosen?.medium ?? scan?.media[0]
  const again = bind('r', 'reread', () =>
    step(
      { ...quiet(state), status: { kind: 'reading' } },
      { kind: 'read-status' },
      { kind: 'scan', named: state.named },
    ),
  )
  const doctor = bind('d', 'doctor', () => toDoctor(state))
  const fleet = state.home === undefined ? [] : [bind('s', 'station', () => toFleet(state))]
  const quit = bind('q', 'quit', () => leave(state))
  if (status === undefined) return [again, ...fleet, doctor, quit]
  return [
    ...bindMoves({
      state,
      cursor: state.cursor,
      count: bundles.length,
      to: (cursor) => ({ ...quiet(state), cursor }),
    }),
    ...(chosen === undefined ? [] : [bind('Enter', 'open', () => toBundle(state, chosen.path))]),
    ...(status.interrupted ? [bind('f', 'finish', () => step(quiet(state), { kind: 'recover' }))] : []),
    bind('p', 'plan', () => toPlan(state)),
    ...(status.interrupted ? [] : [bind('a', 'apply', () => toApply(state))]),
    bind('h', 'history', () => toHistory(state)),
    bind('c', 'catalogue', () => toCatalogue(state)),
    bind('t', 'trust', () => toTrust(state)),
    doctor,
    bind('o', 'path', () => step({ ...quiet(state), prompt: { kind: 'path', text: '' } })),
    ...(medium === undefined || status.interrupted
      ? []
      : [bind('e', 'export', () => step(quiet(state), { kind: 'export-state', to: medium }))]),
    ...fleet,
    quit,
  ]
}
