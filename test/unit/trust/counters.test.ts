import { describe, expect, test } from 'vitest'
import { decodeCbor, encodeCbor, type CborValue } from '../../../src/base/cbor.ts'
import { digestOf } from '../../../src/base/digest.ts'
import type { Digest } from '../../../src/base/ids.ts'
import { limits } from '../../../src/base/limits.ts'
import {
  acceptSnapshot,
  decodeCounters,
  encodeCounters,
  type OfferedSnapshot,
  startCounters,
} from '../../../src/trust/counters.ts'
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

  test('a lower serial is a rollback', () => {
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
