import { expect, test } from 'vitest'
import type { Outside } from '../../../src/host/outside.ts'
import { publishDate } from '../../../src/ops/channels.ts'
import { testRoot } from '../../support/containers.ts'
import { outcomeOf } from '../trust/sample-keys.ts'

const day = 86_400
const root = { ...testRoot, created: 1000 * day }
const at = (now: number, how: { readonly said?: string; readonly latest?: number }): unknown =>
  outcomeOf(() => publishDate({ nowMs: () => now * 1000 } as Outside, { root, ...how }))

test('a serial is dated by the clock, never before the one before it', () => {
  expect(at(1200 * day, {})).toBe(1200 * day)
  expect(at(1200 * day, { latest: 1300 * day })).toBe(1300 * day)
  expect(at(3 * day, {})).toBe(3 * day)
  expect(at(1200 * day, { said: `${900 * day}` })).toBe(900 * day)
})

test('a clock far ahead of all that is signed is not believed, unless its date is said', () => {
  expect(at(1400 * day, {})).toBe(1400 * day)
  expect(at(1401 * day, {})).toBe('CLI_USAGE')
  expect(at(1401 * day, { latest: 1100 * day })).toBe(1401 * day)
  expect(at(1401 * day, { said: `${1401 * day}` })).toBe(1401 * day)
})

test('nor is a date far ahead of the clock', () => {
  expect(at(1200 * day, { said: `${1600 * day}` })).toBe(1600 * day)
  expect(at(1200 * day, { said: `${1601 * day}` })).toBe('CLI_USAGE')
})
