import { expect, test } from 'vitest'
import { concatBytes } from '../../../src/base/bytes.ts'
import { encodeDelta } from '../../../src/delta/encode-delta.ts'
import { HeldPair, partOfPair } from '../../../src/delta/laid-pair.ts'
import { noise } from '../../support/containers.ts'

test('part of a pair, and part of that, gives the same streams wherever the pair lies', () => {
  const base = noise(100_000, 1)
  const target = concatBytes([noise(500, 2), base.map((byte, i) => (i % 400 === 0 ? byte ^ 1 : byte))])
  using held = new HeldPair(concatBytes([base, target]), base.length)
  const partsOf = (pair: Parameters<typeof partOfPair>[0]) => {
    const part = partOfPair(pair, 10_000, 90_001)
    return [part, partOfPair(part, 300, 70_000)]
  }
  const copied = [target.slice(10_000, 90_001), target.slice(10_300, 80_000)]
  const expected = copied.map((part) => encodeDelta([{ base, target: part }]))
  for (const pair of [held, { base, target }])
    expect(partsOf(pair).map((part) => encodeDelta([part]))).toEqual(expected)
})
