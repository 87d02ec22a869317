// sync on a station: reads the states that lie on a medium, makes one bundle of each channel for the hosts that lack
// something, and leaves the trust roots there. A bundle that lies there for the very same states is not made again.
import { isMossError } from '../base/error.ts'
import type { HostId } from '../base/ids.ts'
import { sentTo } from '../fleet/tables.ts'
import type { Outside } from '../host/outside.ts'
import { formatBundleName, mediumFolders } from '../medium/layout.ts'
import { assertMedium, findStates, rootPathOn, writeToMedium } from '../medium/medium.ts'
import { parseModel } from '../solve/model.ts'
import { stationChannel } from './channels.ts'
import { executeExport, type Exported } from './export.ts'
import { keepStates, readAll, readingFleet, readSent, type SentState, type Stranger } from './fleet.ts'
import { namedStates, type SaidHost } from './fleet-hosts.ts'
import { type ExportPlan, planExport } from './plan-export.ts'
import { type AskPassphrase, openStation, type Station } from './station.ts'
import { stationRoots } from './station-roots.ts'
import type { ReportEvent } from './types.ts'

/**
 * `bundle`: one is made for it. `there`: one made for this state lies there. `nothing`: it has all that it shall have. `unmet`:
 * its wishes cannot be met, which says why, and the others get their bundle.
 */
export type HostFate = 'bundle' | 'there' | 'nothing' | 'unmet'

export interface SyncedHost {
  readonly host: HostId
  readonly name: string
  /** Counter of its state. */
  readonly state: number
  readonly fate: HostFate
  /** Why its wishes are unmet. */
  readonly why?: string
}

export interface StationSyncPlan {
  readonly side: 'station'
  readonly home: string
  readonly medium: string
  readonly hosts: readonly SyncedHost[]
  /** One for each channel. */
  readonly exports: readonly ExportPlan[]
  /** States that nobody enrolled here. */
  readonly strangers: readonly Stranger[]
  /** States that cannot be read. */
  readonly unreadable: readonly { readonly file: string; readonly message: string }[]
  /** Versions of trust roots that are left there. */
  readonly roots: readonly number[]
  readonly warnings: readonly string[]
}

export interface PlanStationSync {
  readonly home: string
  readonly medium: string
  /** For these alone, whether a state of theirs lies there or not; else for all whose states lie there. */
  readonly hosts?: readonly SaidHost[]
  readonly effort?: string | undefined
}

/** Writes nothing. Throws MEDIUM_ABSENT, NOT_FOUND, and what planning an export throws. */
export async function planStationSync(outside: Outside, request: PlanStationSync): Promise<StationSyncPlan> {
  const { home, medium } = request
  using station = openStation(outside, { home, how: 'read' })
  assertMedium(outside.disk, medium)
  const { named, unreadable } = await statesFor(station, request)
  const { sent, warnings, strangers } = await readAll(station, named, { countsKept: true })
  const fates = new Map<HostId, Pick<SyncedHost, 'fate' | 'why'>>()
  const exports: ExportPlan[] = []
  for (const [channel, states] of byChannel(sent)) {
    const [there, others] = parted(states, (state) => liesThere(station, { state, channel, medium }))
    for (const { state } of there) fates.set(state.host, { fate: 'there' })
    const { plan, leftOut } = await planForNeedy(outside, { ...request, channel, states: others })
    for (const { host } of plan?.hosts ?? []) fates.set(host, { fate: 'bundle' })
    for (const { host, message } of leftOut) fates.set(host, { fate: 'unmet', why: message })
    if (plan !== undefined) exports.push(plan)
  }
  return {
    side: 'station',
    home,
    medium,
    hosts: sent.map(({ state: { host, name, counter } }) => ({
      host,
      name,
      state: counter,
      ...(fates.get(host) ?? { fate: 'nothing' }),
    })),
    exports,
    strangers,
    unreadable,
    roots: stationRoots(station).map(({ root }) => root.version),
    warnings: [...new Set([...warnings, ...exports.flatMap((plan) => plan.warnings)])],
  }
}

/** On the medium; with `hosts` named, theirs alone, and what is kept of them. */
async function statesFor(
  station: Station,
  { home, medium, hosts }: PlanStationSync,
): Promise<{ readonly named: readonly string[] } & Pick<StationSyncPlan, 'unreadable'>> {
  const { outside } = station
  const wanted = hosts && (await namedStates(outside, { home, hosts }))
  const unreadable: { file: string; message: string }[] = []
  const named: string[] = []
  for (const { path, host } of findStates(outside.disk, medium)) {
    if (wanted !== undefined && !wanted.includes(host) && !wanted.includes(path)) continue
    try {
      await readSent(station, path)
      named.push(path)
    } catch (error) {
      if (!isMossError(error)) throw error
      unreadable.push({ file: path, message: error.message })
    }
  }
  return { named: [...new Set([...(wanted ?? []), ...named])], unreadable }
}

const byChannel = (sent: readonly SentState[]): ReadonlyMap<string, readonly SentState[]> =>
  Map.groupBy(sent, ({ state }) => parseModel(state.model, `the model of ${state.name}`).channel)

function parted<T>(all: readonly T[], isFirst: (each: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(isFirst), all.filter((each) => !isFirst(each))]
}

/** Made for this state from the newest serial, and not taken away since. */
function liesThere(
  station: Station,
  {
    state,
    channel,
    medium,
  }: { readonly state: SentState; readonly channel: string; readonly medium: string },
): boolean {
  const newest = stationChannel(station, channel).serials().at(-1)
  const { host, counter } = state.state
  const sent = readingFleet(station, (fleet) => sentTo(fleet, host)) ?? []
  return sent.some(
    ({ bundle, serial, counter: madeFor }) =>
      madeFor === counter &&
      serial === newest &&
      station.outside.disk.lstat(
        `${medium}/${mediumFolders.bundles}/${formatBundleName({ channel, serial, id: bundle })}`,
      ) !== undefined,
  )
}

interface ForNeedy extends PlanStationSync {
  readonly channel: string
  readonly states: readonly SentState[]
}

/** Without a plan where nobody lacks anything. */
async function planForNeedy(
  outside: Outside,
  { home, channel, states, effort }: ForNeedy,
): Promise<{ readonly plan?: ExportPlan; readonly leftOut: ExportPlan['leftOut'] }> {
  const planFor = (some: readonly SentState[]): Promise<ExportPlan> =>
    planExport(outside, {
      home,
      states: some.map(({ from }) => from),
      channel,
      effort,
      leavesOut: true,
    })
  if (states.length === 0) return { leftOut: [] }
  const plan = await planFor(states)
  const { leftOut } = plan
  const needy = states.filter((state) => lacksSomething(state, plan))
  if (needy.length === 0) return { leftOut }
  return { plan: needy.length === states.length ? plan : await planFor(needy), leftOut }
}

/** Serials rise without anything of this host changing: it follows them all the same, for they say what is newest. */
function lacksSomething({ state }: SentState, plan: ExportPlan): boolean {
  const planned = plan.hosts.find(({ host }) => host === state.host)
  return (
    planned !== undefined &&
    (planned.fromSerial !== plan.serial ||
      planned.changes.length > 0 ||
      planned.newBytes > 0 ||
      state.lacking.length > 0 ||
      state.rootVersion < plan.root)
  )
}

export interface StationSynced {
  readonly bundles: readonly Exported[]
}

/** Writes the bundles, flushes and reads them back; then the roots; then keeps what the hosts have sent. */
export async function executeStationSync(
  outside: Outside,
  { plan, ask }: { readonly plan: StationSyncPlan; readonly ask: AskPassphrase },
  report: ReportEvent,
): Promise<StationSynced> {
  const { home, medium } = plan
  const bundles: Exported[] = []
  for (const each of plan.exports)
    bundles.push(await executeExport(outside, { plan: each, output: medium, ask }, report))
  using station = openStation(outside, { home, how: 'write' })
  for (const { root, bytes } of stationRoots(station))
    if (plan.roots.includes(root.version))
      writeToMedium(outside.disk, rootPathOn(outside.disk, medium, root.version), bytes)
  const { named } = await statesFor(station, { home, medium })
  const { sent } = await readAll(station, named)
  keepStates(station, {
    sent: sent.filter(({ state }) => plan.hosts.some(({ host }) => host === state.host)),
  })
  return { bundles }
}
