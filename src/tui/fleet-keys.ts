// Keys of Fleet: choose hosts and make a bundle for them; enrol one that is not known, once its words were compared.
import { bind, type Binding, bindMoves } from './binding.ts'
import { type Step, step } from './events.ts'
import { type FleetLine, fleetRows, newsOf, stateOf, wantedHosts } from './fleet-rows.ts'
import { leave, quiet, toDoctor, toExport, toFleet, toOverview } from './go.ts'
import { type Key, typeFilter } from './keys.ts'
import type { FleetView, ScreensState } from './state.ts'

const withFleet = (state: ScreensState, change: Partial<FleetView>): ScreensState => ({
  ...quiet(state),
  fleet: { ...state.fleet, ...change },
})

export function fleetBindings(state: ScreensState): readonly Binding[] {
  const { cursor, filter, hosts } = state.fleet
  const rows = fleetRows(state.fleet)
  const news = newsOf(state.fleet)
  return [
    ...bindMoves({ state, cursor, count: rows.length, to: (to) => withFleet(state, { cursor: to }) }),
    ...forRow(state, rows[cursor]),
    ...(hosts.kind === 'ready' && hosts.value.length > 1
      ? [
          bind('a', 'all', () => step(withFleet(state, { chosen: allOrNone(state) }))),
          bind('/', 'filter', () => step(withFleet(state, { isTyping: true }))),
        ]
      : []),
    ...(news.length === 0
      ? []
      : [bind('t', 'take states in', () => step(quiet(state), { kind: 'receive', states: news }))]),
    bind('o', 'path', () => step({ ...quiet(state), prompt: { kind: 'path', text: '' } })),
    bind('r', 'reread', () => toFleet(state)),
    bind('d', 'doctor', () => toDoctor(state)),
    ...(filter !== ''
      ? [bind('Esc', 'clear', () => step(withFleet(state, { filter: '', cursor: 0 })))]
      : state.isHost
        ? [bind('Esc', 'back', () => toOverview(state))]
        : []),
    bind('q', 'quit', () => leave(state)),
  ]
}

function forRow(state: ScreensState, row: FleetLine | undefined): readonly Binding[] {
  if (row === undefined) return []
  const { chosen } = state.fleet
  const wanted = wantedHosts(state.fleet)
  const exports =
    wanted.length === 0
      ? []
      : [
          bind(row.kind === 'host' ? 'Enter' : 'x', 'make a bundle', () =>
            toExport(state, wanted.map(stateOf)),
          ),
        ]
  if (row.kind === 'stranger') return [bind('Enter', 'enrol', () => askToEnrol(state, row)), ...exports]
  const { host } = row.row
  const toggled = chosen.has(host) ? [...chosen].filter((each) => each !== host) : [...chosen, host]
  return [
    { ...bind('Space', 'choose', () => step(withFleet(state, { chosen: new Set(toggled) }))), keys: [' '] },
    ...exports,
  ]
}

/** All that the filter shows; none where all of them are chosen already. */
function allOrNone({ fleet }: ScreensState): ReadonlySet<string> {
  const shown = fleetRows(fleet).flatMap((line) => (line.kind === 'host' ? [line.row.host] : []))
  return shown.every((host) => fleet.chosen.has(host)) ? new Set() : new Set([...fleet.chosen, ...shown])
}

function askToEnrol(state: ScreensState, { state: sent }: Extract<FleetLine, { kind: 'stranger' }>): Step {
  const { file, fingerprint, name, words } = sent
  return step({
    ...quiet(state),
    question: {
      kind: 'enrol',
      file,
      fingerprint,
      text: `answer ${name} from now on? moss trust show there must say: ${words}`,
    },
  })
}

/** Keys while the filter is typed. */
export function typeFleetFilter(state: ScreensState, key: Key): Step {
  const { filter, cursor } = state.fleet
  const typed = typeFilter(filter, key)
  return step(
    typed === undefined
      ? state
      : withFleet(state, { ...typed, cursor: typed.filter === filter ? cursor : 0 }),
  )
}
