// What a host remembers so that nobody can lead it back: the newest root, the epoch, each channel's serial, and the time
// floor, the newest date it has trusted. They rise and never fall, but for a floor that a new root puts right; a
// rollback to a kept state does not touch them.
// Pure: the caller stores what comes out, before or together with what it allowed.
import { fromHex } from '../base/bytes.ts'
import { decodeCbor, encodeCbor } from '../base/cbor.ts'
import { MossError } from '../base/error.ts'
import type { Digest } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import { isChannelName } from '../base/names.ts'
import { dictionary, digest, integer, list, oneOf, optional, record } from '../base/shape.ts'
import { assertGranted, type SignedGrant } from './grant.ts'
import type { Root } from './root.ts'

export interface ChannelCounter {
  readonly serial: number
  readonly snapshot: Digest
}

export interface Counters {
  /** Of the newest root that was trusted. */
  readonly rootVersion: number
  readonly epoch: number
  readonly serials: Readonly<Record<string, ChannelCounter>>
  /** Seconds since 1970. */
  readonly timeFloor: number
  /** Downgrade grants of this epoch that were used: each serves once. */
  readonly used: readonly Digest[]
}

/** What a genuine snapshot says of itself; `snapshot` is the digest of its signed bytes. */
export interface OfferedSnapshot {
  readonly channel: string
  readonly epoch: number
  readonly serial: number
  readonly snapshot: Digest
  /** Seconds since 1970. */
  readonly created: number
  readonly expires?: number
}

const daySeconds = 24 * 60 * 60

/** The counters of a host that trusts this root and has seen nothing yet. */
export const startCounters = (root: Root): Counters => ({
  rootVersion: root.version,
  epoch: root.epoch,
  serials: {},
  timeFloor: root.floor ?? root.created,
  used: [],
})

/**
 * The counters under a root that follows the one before. A new epoch counts serials anew: what a stolen channel key has
 * pushed up does not matter any more.
 */
export function countersUnder(counters: Counters, root: Root): Counters {
  const { version, epoch, created, floor } = root
  if (version <= counters.rootVersion) return counters
  return {
    rootVersion: version,
    epoch,
    serials: epoch > counters.epoch ? {} : counters.serials,
    used: epoch > counters.epoch ? [] : counters.used,
    timeFloor: floor ?? Math.max(counters.timeFloor, created),
  }
}

/** A root that was put back from before, as by a backup, vouches for nobody. Throws TRUST_ROLLBACK. */
export function assertRootKept({ rootVersion }: Counters, { version }: Root): void {
  if (version < rootVersion)
    throw new MossError('TRUST_ROLLBACK', { what: 'trust root', have: rootVersion, offered: version })
}

/** Hosts that know no later date would refuse it, and all that follow, since none is dated before another. Throws TRUST_FUTURE. */
export const assertPossibleDate = ({ version, created }: Root, latestKnown: number): void =>
  checkDate(`trust root ${version}`, created, latestKnown)

/** The counters under a root that comes in. Throws TRUST_FUTURE. */
export function acceptRoot(counters: Counters, root: Root, nowSeconds: number): Counters {
  if (root.version > counters.rootVersion) assertPossibleDate(root, Math.max(counters.timeFloor, nowSeconds))
  return countersUnder(counters, root)
}

/**
 * The counters once this snapshot is taken in. The same snapshot again changes nothing, so that a step that was
 * interrupted can be repeated. `grant` is one for this host and channel. Throws TRUST_ROLLBACK, TRUST_FORK,
 * TRUST_SERIAL_JUMP, TRUST_EPOCH_AHEAD, TRUST_FUTURE, TRUST_EXPIRED, TRUST_GRANT_REFUSED.
 */
export function acceptSnapshot(
  counters: Counters,
  offered: OfferedSnapshot,
  nowSeconds: number,
  grant?: SignedGrant,
): Counters {
  const { channel, serial, snapshot, created } = offered
  if (!isChannelName(channel))
    throw new MossError('SHAPE_INVALID', { part: 'snapshot', problem: `no channel is named ${channel}` })
  checkEpoch(counters, offered)
  const seen = Object.hasOwn(counters.serials, channel) ? counters.serials[channel] : undefined
  const have = seen?.serial ?? 0
  if (serial < have && grant !== undefined) {
    assertGranted(grant, { counters, serial, nowSeconds })
    const serials = { ...counters.serials, [channel]: { serial, snapshot } }
    return { ...counters, serials, used: [...counters.used, grant.id] }
  }
  if (serial < have)
    throw new MossError('TRUST_ROLLBACK', { what: `channel ${channel} at serial`, have, offered: serial })
  if (seen !== undefined && serial === have) {
    if (snapshot !== seen.snapshot) throw new MossError('TRUST_FORK', { channel, serial })
    return counters
  }
  if (offered.expires !== undefined && offered.expires < counters.timeFloor)
    throw new MossError('TRUST_EXPIRED', {
      channel,
      days: daysAfter(offered.expires, counters.timeFloor),
      by: 'what this host has seen since',
    })
  if (serial - have > limits.serialJump)
    throw new MossError('TRUST_SERIAL_JUMP', { channel, have, offered: serial })
  checkDate(`channel ${channel}`, created, Math.max(counters.timeFloor, nowSeconds))
  return {
    ...counters,
    serials: { ...counters.serials, [channel]: { serial, snapshot } },
    timeFloor: Math.max(counters.timeFloor, created),
  }
}

/** The epoch is the root's to raise: a channel key alone could otherwise lock every host out. */
function checkEpoch(counters: Counters, { channel, epoch }: OfferedSnapshot): void {
  if (epoch < counters.epoch)
    throw new MossError('TRUST_ROLLBACK', {
      what: `the epoch of channel ${channel}`,
      have: counters.epoch,
      offered: epoch,
    })
  if (epoch > counters.epoch)
    throw new MossError('TRUST_EPOCH_AHEAD', { channel, have: counters.epoch, offered: epoch })
}

function checkDate(what: string, created: number, latestKnown: number): void {
  if (created - latestKnown <= limits.futureDays * daySeconds) return
  throw new MossError('TRUST_FUTURE', { what, date: showDate(created) })
}

/** Begun days count. */
export const daysAfter = (expires: number, now: number): number => Math.ceil((now - expires) / daySeconds)

/**
 * How long ago the word of the channel has expired by the machine's clock, which may be wrong: whether it is refused then is for
 * the machine's owner to say. Undefined where it has not. Throws TRUST_EXPIRED.
 */
export function daysExpired(
  { channel, expires }: Pick<OfferedSnapshot, 'channel' | 'expires'>,
  { nowSeconds, refusesExpired }: { readonly nowSeconds: number; readonly refusesExpired?: boolean },
): number | undefined {
  if (expires === undefined || expires >= nowSeconds) return undefined
  const days = daysAfter(expires, nowSeconds)
  if (refusesExpired !== true) return days
  throw new MossError('TRUST_EXPIRED', { channel, days, by: 'the clock of this machine' })
}

/** Dates beyond the calendar of JavaScript are shown as the number they are. */
const showDate = (seconds: number): string =>
  seconds <= 8_640_000_000_000 ? new Date(seconds * 1000).toISOString().slice(0, 10) : `second ${seconds}`

const countersShape = record({
  format: oneOf('moss-counters'),
  /** Absent from those of an older moss, which knew of no second root. */
  root: optional(integer(1)),
  epoch: integer(1),
  serials: dictionary(record({ serial: integer(), snapshot: digest() })),
  timeFloor: integer(),
  /** Absent from those of an older moss. */
  used: optional(list(digest(), 100_000)),
})

export const encodeCounters = (counters: Counters): Uint8Array =>
  encodeCbor({
    format: 'moss-counters',
    root: counters.rootVersion,
    epoch: counters.epoch,
    serials: Object.fromEntries(
      Object.entries(counters.serials).map(([channel, { serial, snapshot }]) => [
        channel,
        { serial, snapshot: fromHex(snapshot) },
      ]),
    ),
    timeFloor: counters.timeFloor,
    used: counters.used.map(fromHex),
  })

/** Throws CBOR_INVALID or SHAPE_INVALID. */
export function decodeCounters(encoded: Uint8Array, part = 'counters'): Counters {
  const {
    format: _,
    root: rootVersion = 1,
    used = [],
    ...counters
  } = countersShape(decodeCbor(encoded, part), part)
  return { rootVersion, ...counters, used }
}
