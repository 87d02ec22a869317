// sync on a station: reads the states that lie on a medium, makes one bundle of each channel for the hosts that lack
// something, and leaves the trust roots there. A bundle that lies there for the very same states is not made again.
import { isMossError } from '../base/error.ts'
import type { ContainerId, HostId } from '../base/ids.ts'
import { volumeName } from '../base/volume-names.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import { type SentBundle, sentTo } from '../fleet/tables.ts'
import type { DatabaseReader } from '../host/database.ts'
import type { Outside } from '../host/outside.ts'
import { formatBundleName, mediumFolders } from '../medium/layout.ts'
import { assertMedium, findStates, rootPathOn, writeToMedium } from '../medium/medium.ts'
import { isBundleThere } from './bundle-there.ts'
import { isOfChannel, stationChannel } from './channels.ts'
import { executeExport, type Exported } from './export.ts'
import {
  followedBy,
  keepStates,
  readAll,
  readingFleet,
  sayUnreadable,
  type SentState,
  type Stranger,
} from './fleet.ts'
import { namedStates, type SaidHost } from './fleet-hosts.ts'
import { type ExportPlan, type PlannedHost, planExport } from './plan-export.ts'
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
  /** Only it and the others for whom it is can read that bundle. */
  readonly isSealed?: boolean
  /** Why its wishes are unmet. */
  readonly why?: string
}

export interface StationSyncPlan {
  readonly side: 'station'
  readonly home: string
  readonly medium: string
  readonly device: number
  readonly hosts: readonly SyncedHost[]
  /** One for each channel, and one more where some of its hosts want theirs sealed. */
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
  /** All of them; by itself what answers a sealed state. */
  readonly isSealed?: boolean
  /** As for an export. */
  readonly isOneWay?: boolean
  readonly effort?: string | undefined
}

/** What a plan was made from: executing it in the same process reads no state again. */
const sentFor = new WeakMap<StationSyncPlan, readonly SentState[]>()

/** Writes nothing. What one host, or one channel, cannot have is told of it alone. Throws MEDIUM_ABSENT, NOT_FOUND. */
export async function planStationSync(outside: Outside, request: PlanStationSync): Promise<StationSyncPlan> {
  const { home, medium } = request
  using station = openStation(outside, { home, how: 'read' })
  assertMedium(outside.disk, medium)
  const { sent, warnings, strangers, unreadable } = await readAll(
    station,
    await statesFor(station, request),
    {
      countsKept: true,
    },
  )
  const fates = new Map<HostId, Pick<SyncedHost, 'fate' | 'why' | 'isSealed'>>()
  const exports: ExportPlan[] = []
  const isToSeal = ({ wasSealed }: SentState): boolean => request.isSealed === true || wasSealed === true
  for (const [channel, ofChannel] of Map.groupBy(sent, ({ state }) => followedBy(state)))
    for (const [isSealed, states] of Map.groupBy(ofChannel, isToSeal)) {
      const served = await serve(station, { ...request, channel, isSealed, states })
      for (const [host, fate] of served.fates) fates.set(host, fate)
      if (served.plan !== undefined) exports.push(served.plan)
    }
  const plan: StationSyncPlan = {
    side: 'station',
    home,
    medium,
    device: outside.disk.lstat(medium)?.device ?? -1,
    hosts: sent.map(({ state: { host, name, counter } }) => ({
      host,
      name,
      state: counter,
      ...(fates.get(host) ?? { fate: 'nothing' }),
    })),
    exports,
    strangers,
    unreadable: unreadable.map(sayUnreadable),
    roots: stationRoots(station).map(({ root }) => root.version),
    warnings: [...new Set([...warnings, ...exports.flatMap((each) => each.warnings)])],
  }
  sentFor.set(plan, sent)
  return plan
}

/** On the medium; with `hosts` named, theirs alone, and what is kept of them. */
async function statesFor(
  station: Station,
  { home, medium, hosts }: PlanStationSync,
): Promise<readonly string[]> {
  const { outside } = station
  const wanted = hosts && new Set(await namedStates(outside, { home, hosts }))
  const found = findStates(outside.disk, medium).filter(
    ({ path, host }) => wanted === undefined || wanted.has(host) || wanted.has(path),
  )
  return [...new Set([...(wanted ?? []), ...found.map(({ path }) => path)])]
}

interface Served {
  readonly plan?: ExportPlan
  readonly fates: readonly (readonly [HostId, Pick<SyncedHost, 'fate' | 'why' | 'isSealed'>])[]
}

interface ForChannel extends PlanStationSync {
  /** Undefined for hosts whose model cannot be read here. */
  readonly channel: string | undefined
  readonly states: readonly SentState[]
}

/** All hosts of one channel. What is wrong with the channel here is each of theirs, and no other's. */
async function serve(station: Station, request: ForChannel): Promise<Served> {
  const { channel: name, states, isSealed } = request
  const unmet = (why: string): Served => ({
    fates: states.map(({ state }) => [state.host, { fate: 'unmet', why }] as const),
  })
  if (name === undefined) return unmet('its model cannot be read here; it may be one of a newer moss')
  try {
    const channel = stationChannel(station, name)
    const there = new Set(
      readingFleet(station, (fleet) => lyingThere(fleet, { ...request, station, channel })),
    )
    const { plan, leftOut } = await planForNeedy(station.outside, {
      ...request,
      channel: name,
      states: states.filter((state) => !there.has(state)),
    })
    return {
      ...(plan !== undefined && { plan }),
      fates: [
        ...[...there].map(({ state }) => [state.host, { fate: 'there' }] as const),
        ...(plan?.hosts ?? []).map(
          ({ host }) => [host, { fate: 'bundle', ...(isSealed === true && { isSealed }) }] as const,
        ),
        ...leftOut.map(({ host, message }) => [host, { fate: 'unmet', why: message }] as const),
      ],
    }
  } catch (error) {
    if (isMossError(error, 'NOT_FOUND') || isMossError(error, 'CHANNEL_BEHIND_ROOT'))
      return unmet(error.message)
    throw error
  }
}

/** As long as they were made: more of them cannot be read here. */
const areSealedThere = ({ disk }: Outside, path: string, sizes: SentBundle['sealed'] | undefined): boolean =>
  sizes?.every((sizeBytes, at) => {
    const stat = disk.lstat(volumeName(path, at + 1))
    return stat?.kind === 'file' && stat.sizeBytes === sizeBytes
  }) === true

/**
 * Those for whose very state a bundle was made from the newest serial, and is there still, of its length and by an exporter that
 * counts: whether each byte of it is as it was is for `moss verify`.
 */
function lyingThere(
  fleet: DatabaseReader,
  place: {
    readonly station: Station
    readonly states: readonly SentState[]
    readonly channel: StationChannel
    readonly medium: string
    readonly isSealed?: boolean
  },
): readonly SentState[] {
  const { station, channel, medium, isSealed } = place
  const newest = channel.snapshots.serials().at(-1)
  /** One bundle is for many hosts. */
  const known = new Map<ContainerId, boolean>()
  const isThere = ({ bundle, serial, sealed }: SentBundle): boolean => {
    const name = formatBundleName({ channel: channel.name, serial, id: bundle })
    const path = `${medium}/${mediumFolders.bundles}/${name}`
    return known.getOrInsertComputed(
      bundle,
      () =>
        areSealedThere(station.outside, `${path}.age`, sealed) ||
        (isSealed !== true && isBundleThere(station, { id: bundle, path })),
    )
  }
  return place.states.filter(({ state: { host, counter } }) =>
    sentTo(fleet, host).some(
      (sent) =>
        sent.counter === counter && sent.serial === newest && isOfChannel(channel, sent) && isThere(sent),
    ),
  )
}

interface ForNeedy extends PlanStationSync {
  readonly channel: string
  readonly states: readonly SentState[]
}

/** Without a plan where nobody lacks anything. */
async function planForNeedy(
  outside: Outside,
  { home, channel, states, isOneWay, isSealed, effort }: ForNeedy,
): Promise<{ readonly plan?: ExportPlan; readonly leftOut: ExportPlan['leftOut'] }> {
  const planFor = (some: readonly SentState[]): Promise<ExportPlan> =>
    planExport(outside, {
      home,
      states: some.map(({ from }) => from),
      sent: some,
      channel,
      ...(isOneWay !== undefined && { isOneWay }),
      ...(isSealed !== undefined && { isSealed }),
      effort,
      leavesOut: true,
    })
  if (states.length === 0) return { leftOut: [] }
  const plan = await planFor(states)
  const { leftOut } = plan
  const planned = new Map(plan.hosts.map((each) => [each.host, each]))
  const needy = states.filter((each) => lacksSomething(each, plan, planned.get(each.state.host)))
  if (needy.length === 0) return { leftOut }
  return { plan: needy.length === states.length ? plan : await planFor(needy), leftOut }
}

/** Serials rise without anything of this host changing: it follows them all the same, for they say what is newest. */
function lacksSomething({ state }: SentState, plan: ExportPlan, planned: PlannedHost | undefined): boolean {
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

/**
 * Keeps what the hosts have sent, leaves the roots, then writes the bundles, flushes and reads them back. Throws MEDIUM_ABSENT where
 * it is another medium by now, and as `executeExport`.
 */
export async function executeStationSync(
  outside: Outside,
  {
    plan,
    ask,
    ...how
  }: {
    readonly plan: StationSyncPlan
    readonly ask: AskPassphrase
    readonly volumeBytes?: number | undefined
    readonly fromVolume?: number | undefined
    readonly parityPercent?: number | undefined
    readonly note?: string | undefined
  },
  report: ReportEvent,
): Promise<StationSynced> {
  const { home, medium, device } = plan
  {
    using station = openStation(outside, { home, how: 'write' })
    assertMedium(outside.disk, medium, device)
    keepStates(station, { sent: sentFor.get(plan) ?? [] })
    for (const { root, bytes } of stationRoots(station))
      if (plan.roots.includes(root.version))
        writeToMedium(outside.disk, rootPathOn(outside.disk, medium, root.version), bytes)
  }
  const bundles: Exported[] = []
  for (const each of plan.exports)
    try {
      const request = { plan: each, output: medium, medium: { device }, ask, ...how }
      bundles.push(await executeExport(outside, request, report))
    } catch (error) {
      // The states do not lie on the next medium, so it is an export that goes on there.
      if (isMossError(error, 'VOLUME_NEXT')) report({ phase: 'write', warning: sayNext(each) })
      throw error
    }
  return { bundles }
}

const sayNext = ({ hosts, effort }: ExportPlan): string =>
  `on the next medium it goes on with moss export ${hosts.map(({ host }) => `--for ${host}`).join(' ')} --effort ${effort} -o MEDIUM and what the hint below says`
