// What the head of a bundle says beyond its sections: channel, epoch and serial it was made from, which snapshot
// that is, and for which hosts. The head is read before anything else, so a wrong stick is told at once; the
// packages of each host stand in the table `hosts`.
import { fromHex } from '../base/bytes.ts'
import type { CborValue } from '../base/cbor.ts'
import { MossError } from '../base/error.ts'
import type { ContainerId, HostId } from '../base/ids.ts'
import { channelName, hostId } from '../base/names.ts'
import { digest, integer, list, optional, record } from '../base/shape.ts'

export interface ServedHost {
  readonly host: HostId
  /** Counter of the state that the bundle was made from; absent for a host that never sent one. */
  readonly state?: number
  /** The serial that it counts on having come before, to a host of which nothing comes back. */
  readonly after?: number
}

export interface BundleAbout {
  readonly channel: string
  readonly epoch: number
  readonly serial: number
  /** The container of the snapshot that the bundle carries. */
  readonly snapshot: ContainerId
  /** Sorted by id, at least one. */
  readonly hosts: readonly ServedHost[]
}

const aboutShape = record({
  channel: channelName,
  epoch: integer(1),
  serial: integer(1),
  snapshot: digest<ContainerId>(),
  hosts: list(record({ host: hostId, state: optional(integer(1)), after: optional(integer(1)) }), 10_000),
})

export const encodeAbout = (about: BundleAbout): { readonly [key: string]: CborValue } => ({
  channel: about.channel,
  epoch: about.epoch,
  serial: about.serial,
  snapshot: fromHex(about.snapshot),
  hosts: about.hosts.map(({ host, state, after }) => ({ host, state, after })),
})

/** Throws SHAPE_INVALID. */
export function decodeAbout(value: CborValue): BundleAbout {
  const about = aboutShape(value, 'head.about')
  for (const [index, { host }] of about.hosts.entries()) {
    const previous = about.hosts[index - 1]
    if (previous !== undefined && previous.host >= host)
      throw new MossError('SHAPE_INVALID', { part: 'head.about.hosts', problem: 'repeated or not in order' })
  }
  return about
}
