// What hosts are that nothing comes back from: as they were heard of last, and since then as the bundles that were made for
// them leave them. Each of these was solved for when it was made, and is solved again here in the same way.
import { compareText } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import type { ContentDigest, HostId, PackageId, StateNumber } from '../base/ids.ts'
import type { PublishedSnapshot, StationChannel } from '../channel/station-channel.ts'
import type { HostState } from '../fleet/host-state.ts'
import { sentTo } from '../fleet/tables.ts'
import { readingFleet } from './fleet.ts'
import type { Station } from './station.ts'
import { wishesOf } from './wishes.ts'

/**
 * The same states, of those hosts that bundles below `serial` are under way to as these leave them. Throws NOT_FOUND where the
 * snapshot of one is gone, and as `wishesOf`.
 */
export function assumedStates(
  station: Station,
  {
    states,
    channel,
    serial,
  }: { readonly states: readonly HostState[]; readonly channel: StationChannel; readonly serial: number },
): readonly HostState[] {
  const sent = readingFleet(
    station,
    (fleet) =>
      new Map(
        states.map(({ host }) => [
          host,
          sentTo(fleet, host)
            .filter((each) => each.channel === channel.name && each.serial < serial)
            .map((each) => each.serial),
        ]),
      ),
  )
  const serials = [...new Set([...(sent?.values() ?? [])].flat())].sort((a, b) => a - b)
  let now = new Map<HostId, HostState>(states.map((state) => [state.host, state]))
  for (const each of serials) {
    const moved = states.flatMap(({ host }) =>
      sent?.get(host)?.includes(each) === true ? (now.get(host) ?? []) : [],
    )
    now = new Map([...now, ...applied(moved, { channel, published: channel.snapshot(each) })])
  }
  return states.map((state) => now.get(state.host) ?? state)
}

function applied(
  states: readonly HostState[],
  offer: { readonly channel: StationChannel; readonly published: PublishedSnapshot },
): readonly (readonly [HostId, HostState])[] {
  const { channel, published } = offer
  const { snapshot, id, bytes } = published
  /** Hosts of one state stay hosts of one: equal sets are one array. */
  const sorted = new Map<readonly PackageId[], HostState['states'][number]['packages']>()
  const { wishes } = wishesOf(states, {
    offer: { ...offer, index: channel.catalogue(snapshot) },
    leavesOut: false,
  })
  return wishes.map(({ state, wants }) => {
    const number = (state.current + 1) as StateNumber
    const packages = sorted.getOrInsertComputed(wants, () => wants.toSorted(compareText))
    const assumed: HostState = {
      ...state,
      channel: { name: channel.name, epoch: snapshot.epoch, serial: snapshot.serial, snapshot: id },
      current: number,
      // Those before it may be gone by now.
      states: [{ number, packages }],
      lacking: [],
      snapshots: [digestOf<ContentDigest>(bytes)],
    }
    return [state.host, assumed]
  })
}
