import { expect, test } from 'vitest'
import type { ContainerId, ContentDigest, PackageId, StateNumber } from '../../../src/base/ids.ts'
import { hostIdOf, packagesHeld, type HostState } from '../../../src/fleet/host-state.ts'
import { encodeHostState, readHostState } from '../../../src/fleet/state-file.ts'
import { bytesSource } from '../../../src/host/byte-source.ts'
import { keyFromSeed, signerOf } from '../../../src/trust/keys.ts'

const signerFrom = (seed: number) =>
  signerOf(keyFromSeed(new Uint8Array(32).fill(seed), new Uint8Array(8).fill(seed)))
const signer = signerFrom(1)
const number = (value: number): StateNumber => value as StateNumber
const packageId = (digit: string): PackageId => digit.repeat(64) as PackageId

const state: HostState = {
  host: hostIdOf(signer.publicKey.id),
  name: 'pump-07',
  counter: 3,
  created: 1_767_225_600,
  rootVersion: 1,
  timeFloor: 1_767_000_000,
  channel: { name: 'stable', epoch: 1, serial: 7, snapshot: packageId('9') },
  heard: { epoch: 1, serials: [{ channel: 'stable', serial: 9 }] },
  model: 'channel = "stable"\n',
  current: number(2),
  states: [
    { number: number(1), packages: [packageId('a')] },
    { number: number(2), packages: [packageId('a'), packageId('b')] },
  ],
  lacking: ['c'.repeat(64) as ContentDigest],
  triggers: [
    { name: 'ldconfig', scope: 'transaction', outcome: 'done', note: '', output: '' },
    { name: 'man-db', scope: 'system', outcome: 'failed', note: 'why', output: 'first\nwhy\n' },
  ],
  answers: { bundle: 'd'.repeat(64) as ContainerId, outcome: 'applied', detail: '' },
}
const read = (bytes: Uint8Array, enrolled = signer.publicKey.id) =>
  readHostState(bytesSource('state', bytes), enrolled)

test.each(['', 'pump-07\nfingerprint', 'pump-07\u202e', 'pump 07\u200b', 'p'.repeat(65)])(
  'a name that could pass for something else is refused: %j',
  (name) => {
    expect(() => read(encodeHostState({ ...state, name }, signer))).toThrow(
      expect.objectContaining({ code: 'SHAPE_INVALID' }),
    )
  },
)

test('a host’s state comes back as it was written, with the key that signed it', () => {
  const found = read(encodeHostState(state, signer))
  expect(found.state).toEqual(state)
  expect(found.key).toEqual(signer.publicKey)
  expect(packagesHeld(found.state)).toEqual([packageId('a'), packageId('b')])
})

test('the same state gives the same bytes', () => {
  const turned = { ...state, states: [...state.states].reverse() }
  expect(encodeHostState(turned, signer)).toEqual(encodeHostState(state, signer))
})

test('a first state has no channel and answers nothing', () => {
  const { channel: _, answers: __, triggers: ___, ...first } = state
  expect(read(encodeHostState(first, signer)).state).toEqual(first)
})

test('a state signed by another key than the enrolled one is refused', () => {
  expect(() => read(encodeHostState(state, signer), signerFrom(2).publicKey.id)).toThrow(
    expect.objectContaining({ code: 'TRUST_UNKNOWN_KEY' }),
  )
})

test('nobody signs the state of another host', () => {
  expect(() => encodeHostState(state, signerFrom(2))).toThrow('broken promise')
})

test('any flipped byte is refused', () => {
  const bytes = encodeHostState(state, signer)
  for (let at = 0; at < bytes.length; at += 7) {
    const wrong = Uint8Array.from(bytes)
    wrong[at] = (wrong[at] ?? 0) ^ 1
    expect(() => read(wrong), `byte ${at}`).toThrow(expect.objectContaining({ name: 'MossError' }))
  }
})

test('a current state that is not among the states is refused', () => {
  const wrong = { ...state, current: number(9) }
  expect(() => read(encodeHostState(wrong, signer))).toThrow(
    expect.objectContaining({ code: 'SHAPE_INVALID' }),
  )
})
