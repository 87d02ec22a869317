import { expect, test } from 'vitest'
import { enrolKey, type PublicKey } from '../../../src/trust/keys.ts'
import { assertFollows } from '../../../src/trust/next-root.ts'
import { makeSoleRoot, type Root } from '../../../src/trust/root.ts'
import { problemOf, sampleKey } from './sample-keys.ts'

const { publicKey: one } = sampleKey(1)
const first = makeSoleRoot(one, 1000)
const nextEpoch = (key: PublicKey): Root => ({ ...makeSoleRoot(key, 1000), version: 2, epoch: 2 })

test('an epoch begins with a new channel key', () => {
  expect(problemOf(() => assertFollows(first, nextEpoch(one)))).toContain('no new channel key')
  assertFollows(first, nextEpoch(sampleKey(2).publicKey))
})

test('a key is no new one for being that of a token or for another label', () => {
  const token = enrolKey(one.bytes, one.minisignId, 'token', 'ssh:')
  expect(token.id).not.toBe(one.id)
  expect(problemOf(() => assertFollows(first, nextEpoch(token)))).toContain('no new channel key')
  const labelled = enrolKey(one.bytes, new Uint8Array(8).fill(200), 'labelled')
  expect(problemOf(() => assertFollows(first, nextEpoch(labelled)))).toContain('no new channel key')
})
