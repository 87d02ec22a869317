import { describe, expect, test } from 'vitest'
import { decodeCbor, encodeCbor, type CborValue } from '../../../src/base/cbor.ts'
import { digestOf } from '../../../src/base/digest.ts'
import type { Digest, HostId } from '../../../src/base/ids.ts'
import { limits } from '../../../src/base/limits.ts'
import {
  acceptRoot,
  acceptSnapshot,
  countersUnder,
  decodeCounters,
  encodeCounters,
  type OfferedSnapshot,
  startCounters,
} from '../../../src/trust/counters.ts'
import type { SignedGrant } from '../../../src/trust/grant.ts'
import { outcomeOf, problemOf, sampleRoot } from './sample-keys.ts'

const day = 86_400
const root = sampleRoot()
const now = root.created
const snapshotOf = (n: number): Digest => digestOf(new Uint8Array([n]))
const offer = (serial: number, more: Partial<OfferedSnapshot> = {}): OfferedSnapshot => ({
  channel: 'stable',
  epoch: root.epoch,
  serial,
  snapshot: snapshotOf(serial % 256),
  created: now,
  ...more,
})
const fresh = startCounters(root)
const seen7 = acceptSnapshot(fresh, offer(7), now)
const accept = (offered: OfferedSnapshot, at = now) => outcomeOf(() => acceptSnapshot(seen7, offered, at))

describe('counters', () => {
  test('a fresh host starts with its root’s epoch and date', () => {
    expect(fresh).toEqual({
      rootVersion: root.version,
      epoch: root.epoch,
      serials: {},
      timeFloor: root.created,
      used: [],
    })
  })

  test('a higher serial raises the serial and the time floor', () => {
    const after = acceptSnapshot(seen7, offer(9, { created: now + day }), now)
    expect(after.serials['stable']).toEqual({ serial: 9, snapshot: snapshotOf(9) })
    expect(after.timeFloor).toBe(now + day)
  })

  test('an older date does not lower the floor', () => {
    expect(acceptSnapshot(seen7, offer(9, { created: 5 }), now).timeFloor).toBe(now)
  })

  test('CVE-2022-29173 (go-tuf): a lower serial is a rollback, judged by what was trusted before', () => {
    expect(accept(offer(6))).toBe('TRUST_ROLLBACK')
    expect(accept(offer(0))).toBe('TRUST_ROLLBACK')
  })

  test('the same snapshot again is a retry and changes nothing, at any clock', () => {
    expect(acceptSnapshot(seen7, offer(7), 0)).toBe(seen7)
  })

  test('the same serial with another snapshot is a fork', () => {
    expect(accept(offer(7, { snapshot: snapshotOf(8) }))).toBe('TRUST_FORK')
  })

  test('a jump of 2^20 passes, one more does not, from nothing too', () => {
    expect(accept(offer(7 + limits.serialJump))).toMatchObject({ epoch: root.epoch })
    expect(accept(offer(8 + limits.serialJump))).toBe('TRUST_SERIAL_JUMP')
    for (const serial of [2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER])
      expect(accept(offer(serial))).toBe('TRUST_SERIAL_JUMP')
    expect(outcomeOf(() => acceptSnapshot(fresh, offer(limits.serialJump + 1), now))).toBe(
      'TRUST_SERIAL_JUMP',
    )
  })

  test('a lower epoch is a rollback, whatever the serial', () => {
    expect(accept(offer(8, { epoch: root.epoch - 1 }))).toBe('TRUST_ROLLBACK')
  })

  test('a higher epoch is for a root to give, not for a snapshot', () => {
    expect(accept(offer(8, { epoch: root.epoch + 1 }))).toBe('TRUST_EPOCH_AHEAD')
  })

  test('400 days ahead of the later of floor and clock pass, a second more does not', () => {
    const ahead = limits.futureDays * day
    expect(accept(offer(8, { created: now + ahead }), 0)).toMatchObject({ timeFloor: now + ahead })
    expect(accept(offer(8, { created: now + ahead + 1 }), 0)).toBe('TRUST_FUTURE')
    expect(accept(offer(8, { created: now + ahead + 1 }), now + 1)).toMatchObject({ epoch: root.epoch })
  })

  test('a date beyond the calendar is refused and still shown', () => {
    const far = offer(8, { created: Number.MAX_SAFE_INTEGER })
    expect(problemOf(() => acceptSnapshot(seen7, far, now))).toContain('second 9007199254740991')
    const later = offer(8, { created: 4_102_444_800 })
    expect(problemOf(() => acceptSnapshot(seen7, later, now))).toContain('2100-01-01')
  })

  test('channels count each for itself', () => {
    const both = acceptSnapshot(seen7, offer(2, { channel: 'other' }), now)
    expect(Object.keys(both.serials)).toEqual(['stable', 'other'])
    expect(outcomeOf(() => acceptSnapshot(both, offer(6), now))).toBe('TRUST_ROLLBACK')
  })

  test('names that mean something to JavaScript are ordinary or refused', () => {
    expect(
      acceptSnapshot(fresh, offer(1, { channel: 'constructor' }), now).serials['constructor'],
    ).toBeDefined()
    for (const channel of ['__proto__', '', '.', '..', 'a/b', 'Ä', 'A', ' x', 'x'.repeat(65)]) {
      expect(accept(offer(8, { channel }))).toBe('SHAPE_INVALID')
    }
  })

  test('what is refused leaves the counters as they were', () => {
    const before = structuredClone(seen7)
    accept(offer(6))
    accept(offer(7, { snapshot: snapshotOf(1) }))
    expect(seen7).toEqual(before)
  })
})

describe('counters as bytes', () => {
  test('they read back', () => {
    expect(decodeCounters(encodeCounters(seen7))).toEqual(seen7)
    expect(decodeCounters(encodeCounters(fresh))).toEqual(fresh)
  })

  test('what is not counters is refused', () => {
    const root = (change: Record<string, CborValue>) =>
      encodeCbor({ ...(decodeCbor(encodeCounters(seen7), 'counters') as object), ...change })
    expect(outcomeOf(() => decodeCounters(root({ format: 'x' })))).toBe('SHAPE_INVALID')
    expect(outcomeOf(() => decodeCounters(root({ more: 1 })))).toBe('SHAPE_INVALID')
    expect(outcomeOf(() => decodeCounters(root({ timeFloor: -1 })))).toBe('SHAPE_INVALID')
    expect(outcomeOf(() => decodeCounters(encodeCounters(seen7).slice(1)))).toBe('CBOR_INVALID')
  })
})

describe('a downgrade grant', () => {
  const grant = (change: Partial<SignedGrant> = {}): SignedGrant => ({
    id: digestOf(Uint8Array.of(1)),
    channel: 'stable',
    epoch: root.epoch,
    host: '0123456789abcdef' as HostId,
    from: 7,
    to: 5,
    expires: now + day,
    ...change,
  })
  const back = (change: Partial<SignedGrant> = {}, at = now, counters = seen7) =>
    outcomeOf(() => acceptSnapshot(counters, offer(5), at, grant(change)))

  test('leads back once: the serial falls, the floor stays, the grant is used', () => {
    const after = acceptSnapshot(seen7, offer(5, { created: 5 }), now, grant())
    expect(after).toEqual({
      ...seen7,
      serials: { stable: { serial: 5, snapshot: offer(5).snapshot } },
      used: [grant().id],
    })
    expect(acceptSnapshot(after, offer(5), now, grant())).toBe(after)
    const again = acceptSnapshot(after, offer(7), now)
    expect(back({}, now, again)).toBe('TRUST_GRANT_REFUSED')
    expect(back({ id: digestOf(Uint8Array.of(2)) }, now, again)).toMatchObject({ timeFloor: seen7.timeFloor })
  })

  test('is refused where anything of it is otherwise', () => {
    for (const change of [
      { epoch: root.epoch + 1 },
      { epoch: root.epoch - 1 },
      { from: 6 },
      { from: 8 },
      { to: 4 },
      { to: 6 },
      { expires: now - 1 },
    ])
      expect(back(change), JSON.stringify(change)).toBe('TRUST_GRANT_REFUSED')
  })

  test('expires by the clock or by the floor, whichever is later', () => {
    expect(back({}, now + day + 1)).toBe('TRUST_GRANT_REFUSED')
    expect(back({}, now + day)).not.toBe('TRUST_GRANT_REFUSED')
    expect(back({}, 0, { ...seen7, timeFloor: now + 2 * day })).toBe('TRUST_GRANT_REFUSED')
  })

  test('does nothing where nothing goes back, and nothing else goes back for it', () => {
    expect(acceptSnapshot(seen7, offer(8), now, grant()).used).toEqual([])
    expect(outcomeOf(() => acceptSnapshot(seen7, offer(4), now, grant()))).toBe('TRUST_GRANT_REFUSED')
    expect(outcomeOf(() => acceptSnapshot(seen7, offer(5), now))).toBe('TRUST_ROLLBACK')
  })

  test('is forgotten with its epoch', () => {
    const used = acceptSnapshot(seen7, offer(5), now, grant())
    expect(countersUnder(used, { ...root, version: root.version + 1, epoch: root.epoch + 1 }).used).toEqual(
      [],
    )
    expect(decodeCounters(encodeCounters(used))).toEqual(used)
  })
})

describe('a newer root', () => {
  const next = { ...root, version: root.version + 1 }

  test('raises the floor to its date, and keeps the serials of its epoch', () => {
    const later = { ...next, created: now + day }
    expect(countersUnder(seen7, later)).toEqual({
      ...seen7,
      rootVersion: next.version,
      timeFloor: now + day,
    })
    expect(countersUnder({ ...seen7, timeFloor: now + 2 * day }, later).timeFloor).toBe(now + 2 * day)
  })

  test('in a new epoch forgets the serials, however far somebody pushed them up', () => {
    const pushed = acceptSnapshot(seen7, offer(7 + limits.serialJump), now)
    const under = countersUnder(pushed, { ...next, epoch: root.epoch + 1 })
    expect(under.serials).toEqual({})
    expect(acceptSnapshot(under, offer(8, { epoch: root.epoch + 1 }), now).serials['stable']?.serial).toBe(8)
    expect(outcomeOf(() => acceptSnapshot(under, offer(9), now))).toBe('TRUST_ROLLBACK')
  })

  test('sets the floor, also back', () => {
    const ahead = { ...seen7, timeFloor: now + 300 * day }
    expect(countersUnder(ahead, { ...next, floor: now }).timeFloor).toBe(now)
  })

  test('changes nothing a second time', () => {
    expect(countersUnder(seen7, root)).toBe(seen7)
    const under = countersUnder(seen7, { ...next, floor: now - day })
    expect(countersUnder(under, { ...next, floor: now - day })).toBe(under)
  })

  test('is refused where its date is too far ahead of floor and clock', () => {
    const ahead = limits.futureDays * day
    expect(acceptRoot(seen7, { ...next, created: now + ahead }, 0).rootVersion).toBe(next.version)
    expect(outcomeOf(() => acceptRoot(seen7, { ...next, created: now + ahead + 1 }, 0))).toBe('TRUST_FUTURE')
    for (const clock of [0, 2 ** 31, 4_070_908_800])
      expect(acceptRoot(seen7, { ...next, created: now }, clock).timeFloor).toBe(now)
  })
})

test('counters of an older moss, which knew of no second root and no grants, are read as such', () => {
  const older = decodeCbor(encodeCounters(seen7), 'counters') as Record<string, CborValue>
  const { root: _, used: __, ...kept } = older
  expect(decodeCounters(encodeCbor(kept))).toEqual({ ...seen7, rootVersion: 1 })
})

describe('whatever the clock says', () => {
  /** 1970, the last second of 32 bits and the first beyond, of 32 bits without a sign, 2099, and the end of numbers. */
  const clocks = [0, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 4_070_908_800, Number.MAX_SAFE_INTEGER]

  test.each(clocks)('at %i what is newer is taken in, and the floor is the date that was signed', (clock) => {
    const after = acceptSnapshot(seen7, offer(8, { created: now + day }), clock)
    expect(after.timeFloor).toBe(now + day)
    expect(after.serials['stable']?.serial).toBe(8)
  })

  test.each(clocks)('at %i what is older, forked or of another epoch is refused all the same', (clock) => {
    expect(accept(offer(6), clock)).toBe('TRUST_ROLLBACK')
    expect(accept(offer(7, { snapshot: snapshotOf(9) }), clock)).toBe('TRUST_FORK')
    expect(accept(offer(8, { epoch: root.epoch + 1 }), clock)).toBe('TRUST_EPOCH_AHEAD')
    expect(accept(offer(8 + limits.serialJump), clock)).toBe('TRUST_SERIAL_JUMP')
  })

  test.each(clocks)('at %i what has provably expired is refused, what has not is not', (clock) => {
    const later = acceptSnapshot(seen7, offer(8, { created: now + 10 * day }), now)
    const old = { created: now, expires: now + day }
    expect(outcomeOf(() => acceptSnapshot(later, offer(9, old), clock))).toBe('TRUST_EXPIRED')
    expect(acceptSnapshot(seen7, offer(9, old), clock).serials['stable']?.serial).toBe(9)
  })

  test('that goes backwards between two bundles: nothing is forgotten', () => {
    const first = acceptSnapshot(seen7, offer(8, { created: now + day }), now + 100 * day)
    const second = acceptSnapshot(first, offer(9, { created: now + 2 * day }), 0)
    expect(second.timeFloor).toBe(now + 2 * day)
    expect(outcomeOf(() => acceptSnapshot(second, offer(8), 0))).toBe('TRUST_ROLLBACK')
  })
})
