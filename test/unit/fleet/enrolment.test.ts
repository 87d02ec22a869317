import { expect, test } from 'vitest'
import type { Digest } from '../../../src/base/ids.ts'
import { departuresOf } from '../../../src/fleet/enrolment.ts'
import type { HostState } from '../../../src/fleet/host-state.ts'

interface Told {
  readonly id?: string
  readonly counter: number
  readonly entries?: number
  readonly digest?: string
  readonly more?: Partial<HostState>
}

function stateOf({ id = 'state', counter, entries, digest = 'same', more = {} }: Told) {
  const audit = entries === undefined ? {} : { audit: { entries, digest: digest as Digest } }
  return {
    id,
    state: { name: 'pump-07', counter, rootVersion: 2, timeFloor: 86_400, ...audit, ...more } as HostState,
  }
}

const heardOf = (epoch: number, serial: number) => ({ epoch, serials: [{ channel: 'stable', serial }] })

test.each<[string, Told, Told, RegExp | undefined]>([
  ['the next state', { counter: 4, entries: 9 }, { counter: 5, entries: 11, digest: 'next' }, undefined],
  ['a state with no line more', { counter: 4, entries: 9 }, { counter: 5, entries: 9 }, undefined],
  ['the same state', { counter: 4, entries: 9 }, { counter: 4, entries: 9 }, undefined],
  ['states of hosts without an audit', { counter: 4 }, { counter: 5 }, undefined],
  ['an older state', { counter: 12 }, { counter: 11 }, /wrote this state, its 11th, before the 12th/],
  ['the 22nd after the 23rd', { counter: 23 }, { counter: 22 }, /its 22nd, before the 23rd/],
  ['the 111th after the 121st', { counter: 121 }, { counter: 111 }, /its 111th, before the 121st/],
  ['another state of one number', { counter: 4 }, { id: 'twin', counter: 4 }, /two states that are its 4th/],
  [
    'an audit that lost lines',
    { counter: 4, entries: 9 },
    { counter: 5, entries: 8 },
    /has 8 entries .* had 9/,
  ],
  ['one that lost all', { counter: 4, entries: 9 }, { counter: 5 }, /has 0 entries .* had 9/],
  [
    'a time floor that fell',
    { counter: 4 },
    { counter: 5, more: { timeFloor: 0 } },
    /time floor of pump-07 went back from 1970-01-02 to 1970-01-01/,
  ],
  [
    'one that a new root set',
    { counter: 4 },
    { counter: 5, more: { rootVersion: 3, timeFloor: 0 } },
    undefined,
  ],
  ['an older root', { counter: 4 }, { counter: 5, more: { rootVersion: 1 } }, /trust root .* from 2 to 1/],
  [
    'a serial that fell',
    { counter: 4, more: { heard: heardOf(1, 42) } },
    { counter: 5, more: { heard: heardOf(1, 41) } },
    /newest serial of channel stable .* from 42 to 41: a grant led it there, or/,
  ],
  [
    'a serial of a new epoch',
    { counter: 4, more: { heard: heardOf(1, 42) } },
    { counter: 5, more: { heard: heardOf(2, 1) } },
    undefined,
  ],
  [
    'one that was written anew',
    { counter: 4, entries: 9 },
    { counter: 5, entries: 9, digest: 'other' },
    /has 9 entries and is another/,
  ],
])('%s', (_, kept, sent, told) => {
  const departures = departuresOf(stateOf(kept), stateOf(sent))
  expect(departures).toHaveLength(told === undefined ? 0 : 1)
  if (told !== undefined) expect(departures[0]).toMatch(told)
})
