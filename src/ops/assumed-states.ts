// What hosts are that nothing comes back from: as they were heard of last, and since then as the bundles that were made for
// them leave them. Each of these was solved for when it was made, from the same state, and is solved again here in the same way.
import { compareText } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import { digestOf } from '../base/digest.ts'
import type { ContentDigest, HostId, PackageId, StateNumber } from '../base/ids.ts'
import type { PublishedSnapshot } from '../channel/snapshot-folder.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import type { HostState } from '../fleet/host-state.ts'
import { sentTo } from '../fleet/tables.ts'
import { isOfChannel } from './channels.ts'
import { readingFleet } from './fleet.ts'
import type { Station } from './station.ts'
import { type LeftOutHost, wishesOf } from './wishes.ts'

interface Assumed {
  readonly states: readonly HostState[]
  readonly leftOut: readonly LeftOutHost[]
}

/**
 * The same states, of those hosts that bundles below `serial` are under way to as these leave them. What was made for an earlier state
 * than the one that is known does not count: its wishes were others. Throws NOT_FOUND where the snapshot of one is gone, and as
 * `wishesOf`, unless such hosts are left out.
 */
export function assumedStates(
  station: Station,
  request: {
    readonly states: readonly HostState[]
    readonly channel: StationChannel
    readonly serial: number
    readonly leavesOut: boolean
  },
): Assumed {
  const { states, channel, leavesOut } = request
  const sent = serialsSent(station, request)
  const serials = [...new Set([...sent.values()].flat())].sort((a, b) => a - b)
  const there = new Set(channel.snapshots.serials())
  const now = new Map<HostId, HostState>(states.map((state) => [state.host, state]))
  const leftOut: LeftOutHost[] = []
  const leave = (gone: readonly LeftOutHost[]): void => {
    leftOut.push(...gone)
    for (const { host } of gone) now.delete(host)
  }
  for (const serial of serials) {
    const moved = [...now.values()].filter(({ host }) => sent.get(host)?.includes(serial) === true)
    if (!there.has(serial)) {
      const error = new MossError('NOT_FOUND', {
        what: `serial of channel ${channel.name}`,
        name: `${serial}, which these hosts are counted on to have`,
      })
      if (!leavesOut) throw error
      leave(moved.map(({ host, name }) => ({ host, name, code: error.code, message: error.message })))
      continue
    }
    const done = applied(moved, { channel, published: channel.snapshots.read(serial) }, leavesOut)
    for (const [host, state] of done.states) now.set(host, state)
    leave(done.leftOut)
  }
  return { states: states.flatMap(({ host }) => now.get(host) ?? []), leftOut }
}

const serialsSent = (
  station: Station,
  {
    states,
    channel,
    serial,
  }: { readonly states: readonly HostState[]; readonly channel: StationChannel; readonly serial: number },
): ReadonlyMap<HostId, readonly number[]> =>
  readingFleet(
    station,
    (fleet) =>
      new Map(
        states.map(({ host, counter }) => [
          host,
          sentTo(fleet, host)
            .filter((each) => each.serial < serial && each.counter === counter)
            .filter((each) => isOfChannel(channel, each))
            .map((each) => each.serial),
        ]),
      ),
  ) ?? new Map()

function applied(
  states: readonly HostState[],
  offer: { readonly channel: StationChannel; readonly published: PublishedSnapshot },
  leavesOut: boolean,
): {
  readonly states: readonly (readonly [HostId, HostState])[]
  readonly leftOut: readonly LeftOutHost[]
} {
  const { channel, published } = offer
  const { snapshot, id, bytes } = published
  /** Hosts of one state stay hosts of one: equal sets are one array. */
  const sorted = new Map<readonly PackageId[], HostState['states'][number]['packages']>()
  const { wishes, leftOut } = wishesOf(states, {
    offer: { ...offer, index: channel.snapshots.catalogue(snapshot) },
    leavesOut,
  })
  const assumed = wishes.map(({ state, wants }) => {
    const number = (state.current + 1) as StateNumber
    const packages = sorted.getOrInsertComputed(wants, () => wants.toSorted(compareText))
    const after: HostState = {
      ...state,
      channel: { name: channel.name, epoch: snapshot.epoch, serial: snapshot.serial, snapshot: id },
      current: number,
      // Those before it may be gone by now.
      states: [{ number, packages }],
      lacking: [],
      snapshots: [digestOf<ContentDigest>(bytes)],
    }
    return [state.host, after] as const
  })
  return { states: assumed, leftOut }
}
