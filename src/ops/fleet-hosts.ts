// fleet list, show, group and forget: the hosts that a station answers, how far each is behind what its channel offers, and
// what is under way to it. Lists read no host's state.
import { MossError, unlessRefused } from '../base/error.ts'
import type { HostId } from '../base/ids.ts'
import { isChannelName, isHostId } from '../base/names.ts'
import {
  allGroups,
  allHosts,
  findHost,
  hostsOfName,
  type KnownHost,
  lastSent,
  putInGroup,
  removeHost,
  type SentBundle,
  sentTo,
  takeFromGroup,
} from '../fleet/tables.ts'
import type { DatabaseReader } from '../host/database.ts'
import type { Outside } from '../host/outside.ts'
import { formatRelation } from '../manifest/capability.ts'
import { findStates } from '../medium/medium.ts'
import { parseModel } from '../solve/model.ts'
import { spellingsOf } from '../trust/fingerprint.ts'
import { stationChannel } from './channels.ts'
import { keptState, openFleet, readingFleet } from './fleet.ts'
import { openStation, type Station } from './station.ts'

export interface FleetRow extends KnownHost {
  readonly fingerprint: string
  readonly words: string
  readonly groups: readonly string[]
  /** The newest serial of the channel that it follows; absent where this station has published none. */
  readonly newest?: number
  /** Serials of that channel that it has not; all of them before its first bundle. */
  readonly behind?: number
  /** Days between the dates of the serial that it has and of the newest. */
  readonly behindDays?: number
  /** The newest bundle that is under way to it. */
  readonly underWay?: SentBundle
}

/** By name, then by id. */
export async function listFleet(
  outside: Outside,
  { home }: { readonly home: string },
): Promise<readonly FleetRow[]> {
  using station = openStation(outside, { home, how: 'read' })
  return (
    readingFleet(station, (fleet) => {
      const describe = describing(station, fleet)
      return allHosts(fleet).map(describe)
    }) ?? []
  )
}

function describing(station: Station, fleet: DatabaseReader): (host: KnownHost) => FleetRow {
  const groups = allGroups(fleet)
  const sent = lastSent(fleet)
  const groupsOf = new Map<HostId, string[]>()
  for (const [name, hosts] of groups) for (const host of hosts) groupsOf.getOrInsert(host, []).push(name)
  const lagOf = lags(station)
  return (known) => {
    const underWay = sent.get(known.host)
    return {
      ...known,
      ...spellingsOf(known.key),
      groups: groupsOf.get(known.host) ?? [],
      ...lagOf(known),
      ...(underWay !== undefined && { underWay }),
    }
  }
}

const daySeconds = 24 * 60 * 60

type Lag = Pick<FleetRow, 'newest' | 'behind' | 'behindDays'>

/** Each channel is opened once, and of each of its serials the date is read once. */
function lags(station: Station): (host: KnownHost) => Lag {
  const known = new Map<string, (serial: number | undefined) => Lag>()
  return ({ follows, channel, serial }) =>
    known.getOrInsertComputed(follows, () => lagIn(station, follows))(
      channel === follows ? serial : undefined,
    )
}

/** A channel that is not here, or cannot be read, has nothing that one could be behind of. */
function lagIn(station: Station, name: string): (serial: number | undefined) => Lag {
  const none = (): Lag => ({})
  const channel = unlessRefused(() => stationChannel(station, name))
  const newest = channel?.snapshots.serials().at(-1)
  if (channel === undefined || newest === undefined) return none
  const dates = new Map<number, number | undefined>()
  const dateOf = (serial: number): number | undefined =>
    dates.getOrInsertComputed(serial, () => unlessRefused(() => channel.snapshots.dateOf(serial)))
  return (serial) => {
    const [from, to] = [serial === undefined ? undefined : dateOf(serial), dateOf(newest)]
    return {
      newest,
      behind: Math.max(0, newest - (serial ?? 0)),
      ...(from !== undefined &&
        to !== undefined && { behindDays: Math.max(0, Math.floor((to - from) / daySeconds)) }),
    }
  }
}

export interface ShownHost extends FleetRow {
  /** The newest first. */
  readonly sent: readonly SentBundle[]
  readonly subscriptions: readonly string[]
  readonly packages: number
}

/** By id or name. Throws NOT_FOUND, CLI_USAGE where several have the name. */
export async function showFleetHost(
  outside: Outside,
  { home, host: named }: { readonly home: string; readonly host: string },
): Promise<ShownHost> {
  using station = openStation(outside, { home, how: 'read' })
  const shown = readingFleet(station, (fleet) => {
    const host = hostNamed(fleet, named, 'fleet show')
    const known = findHost(fleet, host)
    const state = keptState(fleet, host)?.state
    if (known === undefined || state === undefined) return undefined
    const current = state.states.find(({ number }) => number === state.current)
    return {
      ...describing(station, fleet)(known),
      sent: sentTo(fleet, host),
      subscriptions: parseModel(state.model, `the model of ${state.name}`).subscriptions.map(formatRelation),
      packages: current?.packages.length ?? 0,
    }
  })
  return shown ?? notEnrolled(named)
}

/** By id, whatever is kept of it, or by name. Throws NOT_FOUND, CLI_USAGE where several have the name. */
export async function forgetHost(
  outside: Outside,
  { home, host: named }: { readonly home: string; readonly host: string },
): Promise<{ readonly host: HostId }> {
  using station = openStation(outside, { home, how: 'write' })
  using database = openFleet(station)
  const host = hostNamed(database, named, 'fleet forget')
  database.transaction((fleet) => removeHost(fleet, host))
  return { host }
}

export interface GroupedHosts {
  readonly group: string
  readonly hosts: readonly { readonly host: HostId; readonly name: string }[]
}

/** Puts hosts into a group, which is there as long as it has any, or takes them out. Throws NOT_FOUND, CLI_USAGE. */
export async function groupHosts(
  outside: Outside,
  request: {
    readonly home: string
    readonly group: string
    readonly hosts: readonly string[]
    readonly isRemoval: boolean
  },
): Promise<GroupedHosts> {
  const { group } = request
  if (!isChannelName(group) || isHostId(group))
    throw new MossError('CLI_USAGE', {
      problem: `${group} is not a group’s name: small letters, digits and . _ + -, and not a host’s id`,
      see: 'fleet group',
    })
  using station = openStation(outside, { home: request.home, how: 'write' })
  using database = openFleet(station)
  const named = request.hosts.map((host) => hostNamed(database, host, 'fleet group'))
  if (!request.isRemoval && hostsOfName(database, group).length > 0)
    throw new MossError('CLI_USAGE', { problem: `a host goes by the name ${group}`, see: 'fleet group' })
  database.transaction((fleet) => {
    for (const host of named) (request.isRemoval ? takeFromGroup : putInGroup)(fleet, group, host)
  })
  const hosts = allGroups(database).get(group) ?? []
  return { group, hosts: hosts.map((host) => ({ host, name: findHost(database, host)?.name ?? '' })) }
}

/** What a person said, and the file that it may be. */
export interface SaidHost {
  readonly said: string
  readonly path: string
}

/**
 * State files and ids of hosts, for planning: what was said is the id or name of a host, a group, or else a state file or a
 * medium with states. Each once. Throws NOT_FOUND.
 */
export async function namedStates(
  outside: Outside,
  { home, hosts }: { readonly home: string; readonly hosts: readonly SaidHost[] },
): Promise<readonly string[]> {
  using station = openStation(outside, { home, how: 'read' })
  const { disk } = outside
  const inFleet = (said: string): readonly HostId[] =>
    said.includes('/') ? [] : (readingFleet(station, (fleet) => membersOf(fleet, said)) ?? [])
  const found = hosts.flatMap(({ said, path }): readonly string[] => {
    const known = inFleet(said)
    if (known.length > 0) return known
    if (!said.includes('/') && disk.lstat(path) === undefined)
      throw new MossError('NOT_FOUND', { what: 'enrolled host, group or state file', name: said })
    if (disk.lstat(path)?.kind !== 'folder') return [path]
    const states = findStates(disk, path)
    if (states.length === 0) throw new MossError('NOT_FOUND', { what: 'state of a host on', name: path })
    return states.map((state) => state.path)
  })
  return [...new Set(found)]
}

const membersOf = (fleet: DatabaseReader, said: string): readonly HostId[] =>
  allGroups(fleet).get(said) ?? hostsCalled(fleet, said)

/** A name that several have says none of them. */
function hostsCalled(fleet: DatabaseReader, said: string): readonly HostId[] {
  const found = candidates(fleet, said)
  return found.length === 0 ? [] : [hostNamed(fleet, said, 'export')]
}

const candidates = (fleet: DatabaseReader, named: string): readonly HostId[] =>
  isHostId(named) && findHost(fleet, named) !== undefined ? [named] : hostsOfName(fleet, named)

function hostNamed(fleet: DatabaseReader, named: string, see: string): HostId {
  const [found, ...others] = candidates(fleet, named)
  if (found === undefined) return notEnrolled(named)
  if (others.length > 0)
    throw new MossError('CLI_USAGE', {
      problem: `several hosts go by the name ${named}: say which by its id`,
      see,
    })
  return found
}

function notEnrolled(name: string): never {
  throw new MossError('NOT_FOUND', { what: 'enrolled host', name })
}
