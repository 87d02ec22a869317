// The lines of the fleet's list: first those who ask to be known, then every host by name with what it has sent. Kept for one
// look and filter, since a fleet may be long and every frame asks for it.
import type { CarriedState, CarriedStates } from '../ops/carried-states.ts'
import type { FleetRow } from '../ops/fleet-hosts.ts'
import { type FleetView, readyValue } from './state.ts'

export type FleetLine =
  | { readonly kind: 'stranger'; readonly state: CarriedState }
  | {
      readonly kind: 'host'
      readonly row: FleetRow
      /** A state of it that lies on a medium, and is at least as new as what is kept. */
      readonly carried?: CarriedState
    }

interface Made {
  readonly hosts: readonly FleetRow[]
  readonly carried: CarriedStates | undefined
  readonly filter: string
  readonly lines: readonly FleetLine[]
}

let last: Made | undefined

export function fleetRows(view: FleetView): readonly FleetLine[] {
  const hosts = readyValue(view.hosts) ?? []
  const carried = readyValue(view.carried)
  const { filter } = view
  if (last?.hosts === hosts && last.carried === carried && last.filter === filter) return last.lines
  const lines = allLines(hosts, carried).filter((line) => isWanted(line, filter.toLowerCase()))
  last = { hosts, carried, filter, lines }
  return lines
}

function allLines(hosts: readonly FleetRow[], carried: CarriedStates | undefined): readonly FleetLine[] {
  const states = carried?.states ?? []
  const sent = new Map(states.filter(({ isEnrolled }) => isEnrolled).map((state) => [state.host, state]))
  return [
    ...states
      .filter(({ isEnrolled }) => !isEnrolled)
      .map((state): FleetLine => ({ kind: 'stranger', state })),
    ...hosts.map((row): FleetLine => {
      const state = sent.get(row.host)
      return state === undefined || state.counter < row.counter
        ? { kind: 'host', row }
        : { kind: 'host', row, carried: state }
    }),
  ]
}

const isWanted = (line: FleetLine, filter: string): boolean =>
  filter === '' ||
  (line.kind === 'host' ? [line.row.name, line.row.host, ...line.row.groups] : [line.state.name]).some(
    (text) => text.toLowerCase().includes(filter),
  )

export const isNews = (line: FleetLine): boolean =>
  line.kind === 'host' && line.carried !== undefined && line.carried.counter > line.row.counter

/** Files of states that are newer than what is kept of their hosts. */
export const newsOf = (view: FleetView): readonly string[] =>
  allLines(readyValue(view.hosts) ?? [], readyValue(view.carried)).flatMap((line) =>
    isNews(line) && line.kind === 'host' && line.carried !== undefined ? [line.carried.file] : [],
  )

/** For planning: its state on the medium, or the last that is kept. */
export const stateOf = ({ row, carried }: Extract<FleetLine, { kind: 'host' }>): string =>
  carried?.file ?? row.host

/** Those that are chosen, whatever the filter shows; else the one under the cursor. */
export function wantedHosts(view: FleetView): readonly Extract<FleetLine, { kind: 'host' }>[] {
  const hosts = allLines(readyValue(view.hosts) ?? [], readyValue(view.carried)).filter(
    (line) => line.kind === 'host',
  )
  if (view.chosen.size > 0) return hosts.filter(({ row }) => view.chosen.has(row.host))
  const under = fleetRows(view)[view.cursor]
  return under?.kind === 'host' ? [under] : []
}
