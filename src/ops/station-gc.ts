// gc on a station: what its channels keep and nobody needs any more. Needed is what the newest snapshots of each channel name
// and those that hosts have or are on their way to, and what a state of an enrolled host names: deltas are made against that.
// What was added and not published yet stays too. Says first, whose deltas it costs, too, then does.
import { isMossError, MossError } from '../base/error.ts'
import type { HostId, PackageId } from '../base/ids.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import { packagesHeld } from '../fleet/host-state.ts'
import { allHosts, sentTo } from '../fleet/tables.ts'
import type { Outside } from '../host/outside.ts'
import { homeChannels, isOfChannel, type OfSnapshot, stationChannel } from './channels.ts'
import { keptState, readingFleet } from './fleet.ts'
import { openStation, type Station } from './station.ts'

export interface StationGcPlan extends KeepRule {
  readonly kind: 'station-gc'
  readonly home: string
  readonly packages: readonly {
    readonly channel: string
    readonly id: PackageId
    readonly name: string
    readonly version: string
    readonly path: string
    readonly sizeBytes: number
  }[]
  readonly snapshots: readonly {
    readonly channel: string
    readonly serial: number
    /** In the order in which they go. */
    readonly paths: readonly string[]
    readonly sizeBytes: number
  }[]
  /** Silent hosts that have some of these packages: what they get next is carried whole, or in chunks. */
  readonly costs: readonly { readonly host: HostId; readonly name: string; readonly packages: number }[]
  readonly freedBytes: number
}

export interface KeepRule {
  /** So many newest snapshots of each channel. */
  readonly keep: number
  /** Hosts that have sent nothing, and were sent nothing, for longer do not count; without it all that are enrolled do. */
  readonly silentDays?: number | undefined
  /** Channels that lie elsewhere and are laid over some of the home: what they name stays, and nothing of them goes. */
  readonly beside?: readonly string[]
}

export interface StationCollected {
  readonly packages: number
  readonly snapshots: number
  readonly freedBytes: number
}

/** Writes nothing. Throws for a channel, or a state of a host, that cannot be read: what it needs is not known then. */
export async function planStationGc(
  outside: Outside,
  { home, ...rule }: { readonly home: string } & KeepRule,
): Promise<StationGcPlan> {
  using station = openStation(outside, { home, how: 'read' })
  return planFor(station, rule)
}

/** Throws PLAN_STALE if something of it is needed by then. */
export async function executeStationGc(outside: Outside, plan: StationGcPlan): Promise<StationCollected> {
  using station = openStation(outside, { home: plan.home, how: 'write' })
  const now = planFor(station, plan)
  const goes = new Set([
    ...now.packages.map(({ path }) => path),
    ...now.snapshots.flatMap(({ paths }) => paths),
  ])
  const paths = [...plan.packages.map(({ path }) => path), ...plan.snapshots.flatMap((each) => each.paths)]
  if (!paths.every((path) => goes.has(path)))
    throw new MossError('PLAN_STALE', { what: 'what hosts and channels need' })
  for (const path of paths) outside.disk.remove(path)
  return {
    packages: plan.packages.length,
    snapshots: plan.snapshots.length,
    freedBytes: plan.freedBytes,
  }
}

function planFor(station: Station, rule: KeepRule): StationGcPlan {
  const channels = homeChannels(station)
  const beside = (rule.beside ?? []).map((channel) => stationChannel(station, channel))
  const hosts = hostsOf(station, rule)
  const serials = new Map(
    [...channels, ...beside].map((channel) => [channel, neededSerials(channel, { hosts, rule })]),
  )
  const needed = new Set(hosts.filter(({ counts }) => counts).flatMap(({ packages }) => packages))
  for (const [channel, kept] of serials)
    for (const serial of kept) for (const id of namedBy(channel, serial)) needed.add(id)
  const packages = channels.flatMap((channel) =>
    channel
      .expired()
      .filter(({ id }) => !needed.has(id))
      .map(({ id, path, manifest: { name, version }, sizeBytes }) => ({
        channel: channel.name,
        id,
        name,
        version,
        path,
        sizeBytes,
      })),
  )
  const snapshots = channels.flatMap((channel) =>
    channel.snapshots
      .serials()
      .filter((serial) => serials.get(channel)?.has(serial) !== true)
      .map((serial) => ({ channel: channel.name, serial, ...channel.snapshots.filesOf(serial) })),
  )
  const lost = new Set(packages.map(({ id }) => id))
  return {
    ...rule,
    kind: 'station-gc',
    home: station.places.home,
    packages,
    snapshots,
    costs: hosts
      .map(({ host, name, packages: held }) => ({
        host,
        name,
        packages: held.filter((id) => lost.has(id)).length,
      }))
      .filter((each) => each.packages > 0),
    freedBytes: [...packages, ...snapshots].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  }
}

/** Throws CONTAINER_DAMAGED with the file's name: what it names is not known, so nothing may go. */
function namedBy(channel: StationChannel, serial: number): readonly PackageId[] {
  try {
    return channel.snapshots.read(serial).snapshot.packages.map(({ id }) => id)
  } catch (error) {
    if (!isMossError(error)) throw error
    const path = channel.snapshots.filesOf(serial).paths.at(-1) ?? channel.folder
    throw new MossError('CONTAINER_DAMAGED', { part: path, problem: error.message }, error)
  }
}

interface CountedHost {
  readonly host: HostId
  readonly name: string
  readonly counts: boolean
  readonly packages: readonly PackageId[]
  /** Of the channel that it has, and of what is under way to it. */
  readonly serials: readonly OfSnapshot[]
}

function hostsOf(station: Station, { silentDays }: KeepRule): readonly CountedHost[] {
  const now = station.outside.nowMs() / 1000
  const since = silentDays === undefined ? 0 : now - silentDays * 24 * 60 * 60
  const read = readingFleet(station, (fleet) =>
    allHosts(fleet).flatMap(({ host, name, seen }) => {
      const state = keptState(fleet, host)?.state
      if (state === undefined) return []
      const sent = sentTo(fleet, host)
      return [
        {
          host,
          name,
          counts: seen >= since || sent.some(({ made }) => made >= since),
          packages: packagesHeld(state),
          serials: [
            ...(state.channel === undefined ? [] : [{ ...state.channel, channel: state.channel.name }]),
            ...sent,
          ],
        },
      ]
    }),
  )
  return read ?? []
}

function neededSerials(
  channel: StationChannel,
  { hosts, rule }: { readonly hosts: readonly CountedHost[]; readonly rule: KeepRule },
): ReadonlySet<number> {
  const there = channel.snapshots.serials()
  const named = hosts
    .filter(({ counts }) => counts)
    .flatMap(({ serials }) => serials.filter((each) => isOfChannel(channel, each)))
    .map(({ serial }) => serial)
  return new Set([...there.slice(-rule.keep), ...named]).intersection(new Set(there))
}
