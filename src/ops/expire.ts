// channel expire: what a channel shall offer no more. The packages stay with the station, for deltas of those who have
// them, until gc; the next serial does not name them. Says first, then does.
import { isMossError, MossError } from '../base/error.ts'
import type { ContainerId, HostId } from '../base/ids.ts'
import { planExpire, type UncoveredPackage, uncoveredWithout } from '../channel/plan-publish.ts'
import type { OfferedPackage } from '../channel/snapshot.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import type { HostState } from '../fleet/host-state.ts'
import { allHosts } from '../fleet/tables.ts'
import type { Outside } from '../host/outside.ts'
import { compareAge, comparePackages } from '../manifest/compare-packages.ts'
import { parseModel } from '../solve/model.ts'
import { type OfChannel, stationChannel } from './channels.ts'
import { keptState, readingFleet } from './fleet.ts'
import { publishNext } from './next-serial.ts'
import { type AskPassphrase, openStation, type Station } from './station.ts'

export interface ExpirePlan {
  readonly kind: 'expire'
  readonly home: string
  readonly channel: string
  /** The snapshot that it changes. */
  readonly latest: ContainerId
  readonly serial: number
  /** By name, the newest version of each first. */
  readonly packages: readonly OfferedPackage[]
  /** Packages that it goes on to offer. */
  readonly left: number
  /** Of channels below, under names of which no version of its own is left: the next publishing offers it instead. */
  readonly uncovered: readonly UncoveredPackage[]
  /** Names of which no version is left, and the hosts that have one or ask for one. */
  readonly gone: readonly {
    readonly name: string
    readonly hosts: readonly { readonly host: HostId; readonly name: string }[]
  }[]
}

export interface PlanExpireChannel extends OfChannel {
  /** `NAME` for each version of it, or `NAME=VERSION`; all names where none is said. */
  readonly packages: readonly string[]
  /** All but so many newest versions of each name. */
  readonly keep: number | undefined
}

/** Writes nothing. Throws NOT_FOUND for what is not offered, CLI_USAGE. */
export async function planExpireChannel(outside: Outside, request: PlanExpireChannel): Promise<ExpirePlan> {
  using station = openStation(outside, { home: request.home, how: 'read' })
  const channel = stationChannel(station, request.channel)
  const latest = channel.snapshots.latest()
  if (latest === undefined)
    throw new MossError('NOT_FOUND', { what: 'published snapshot of channel', name: channel.name })
  if (!latest.isUnderRoot)
    refuse(
      `serial ${latest.snapshot.serial} is signed under an older trust root: moss channel publish ${channel.name} first`,
    )
  const { packages: offered } = latest.snapshot
  const said = saidPackages(channel, { offered, said: request.packages })
  const packages = inOrder(
    channel,
    request.keep === undefined ? said : olderThanNewest(channel, said, request.keep),
  )
  const ids = new Set(packages.map(({ id }) => id))
  const left = offered.filter(({ id }) => !ids.has(id))
  return {
    kind: 'expire',
    home: request.home,
    channel: request.channel,
    latest: latest.id,
    serial: latest.snapshot.serial + 1,
    packages,
    left: left.length,
    uncovered: inOrder(channel, uncoveredWithout(channel, ids)),
    gone: goneNames(station, { packages, left }),
  }
}

/** Throws PLAN_STALE where another serial was published since. */
export async function executeExpireChannel(
  outside: Outside,
  { plan, ask }: { readonly plan: ExpirePlan; readonly ask: AskPassphrase },
) {
  using station = openStation(outside, { home: plan.home, how: 'write' })
  const channel = stationChannel(station, plan.channel)
  if (channel.snapshots.latest()?.id !== plan.latest)
    throw new MossError('PLAN_STALE', { what: `channel ${channel.name}` })
  const ids = new Set(plan.packages.map(({ id }) => id))
  const { snapshot } = await publishNext(station, { channel, plan: planExpire(channel, ids), ask })
  return {
    channel: channel.name,
    serial: snapshot.serial,
    packages: snapshot.packages.length,
    expired: ids.size,
    uncovered: plan.uncovered,
  }
}

function saidPackages(
  channel: StationChannel,
  { offered, said }: { readonly offered: readonly OfferedPackage[]; readonly said: readonly string[] },
): readonly OfferedPackage[] {
  const here = new Set(channel.isLaidOver ? channel.packages().map(({ id }) => id) : [])
  const isOwn = ({ id }: OfferedPackage): boolean => !channel.isLaidOver || here.has(id)
  if (said.length === 0) return offered.filter(isOwn)
  const found = said.flatMap((text) => {
    const at = text.indexOf('=')
    const [name, version] = at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
    const these = offered.filter(
      (each) => each.name === name && (version === undefined || each.version === version),
    )
    if (these.length === 0)
      throw new MossError('NOT_FOUND', { what: `package of channel ${channel.name}`, name: text })
    const lower = these.find((each) => !isOwn(each))
    if (lower !== undefined)
      refuse(
        `${name} is of channel ${channel.lowerWith(lower.id)?.name ?? 'below'}: expire it there, and publish ${channel.name} again`,
      )
    return these
  })
  return [...new Map(found.map((each) => [each.id, each])).values()]
}

/** Of one that is lost here the scheme is not known: one serves for an order. */
const inOrder = <P extends OfferedPackage>(channel: StationChannel, packages: readonly P[]): readonly P[] =>
  packages
    .map((offered) => {
      const { id } = offered
      return {
        offered,
        id,
        manifest: channel.package(id)?.manifest ?? { ...offered, scheme: 'moss' as const },
      }
    })
    .toSorted(comparePackages)
    .map(({ offered }) => offered)

/** One that is lost here cannot be compared, and stays. */
function olderThanNewest(
  channel: StationChannel,
  packages: readonly OfferedPackage[],
  keep: number,
): readonly OfferedPackage[] {
  const known = packages.flatMap((offered) => {
    const file = channel.package(offered.id)
    return file === undefined ? [] : [{ offered, id: offered.id, manifest: file.manifest }]
  })
  const names = Map.groupBy(known, ({ offered }) => `${offered.name}:${offered.architecture}`)
  return [...names.values()].flatMap((versions) =>
    versions
      .toSorted(compareAge)
      .slice(keep)
      .map(({ offered }) => offered),
  )
}

function goneNames(
  station: Station,
  {
    packages,
    left,
  }: { readonly packages: readonly OfferedPackage[]; readonly left: readonly OfferedPackage[] },
): ExpirePlan['gone'] {
  const leftNames = new Set(left.map(({ name }) => name))
  const nameOf = new Map(
    packages.filter(({ name }) => !leftNames.has(name)).map(({ id, name }) => [id, name]),
  )
  const hosts = new Map([...new Set(nameOf.values())].map((name) => [name, new Map<HostId, string>()]))
  if (hosts.size > 0)
    readingFleet(station, (fleet) => {
      for (const { host } of allHosts(fleet)) {
        const state = keptState(fleet, host)?.state
        if (state === undefined) continue
        const current = state.states.find(({ number }) => number === state.current)
        const had = current?.packages.map((id) => nameOf.get(id) ?? '') ?? []
        for (const name of [...had, ...subscribedNames(state)]) hosts.get(name)?.set(host, state.name)
      }
    })
  return [...hosts].map(([name, having]) => ({
    name,
    hosts: [...having].map(([host, hostName]) => ({ host, name: hostName })),
  }))
}

/** Of packages that its model asks for by name; none of a model that cannot be read here. */
function subscribedNames({ model, name }: HostState): readonly string[] {
  try {
    return parseModel(model, `the model of ${name}`)
      .subscriptions.filter(({ kind }) => kind === 'name')
      .map((wish) => wish.name)
  } catch (error) {
    if (isMossError(error, 'MODEL_INVALID')) return []
    throw error
  }
}

function refuse(problem: string): never {
  throw new MossError('CLI_USAGE', { problem, see: 'channel expire' })
}
