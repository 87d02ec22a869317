// Parity of one group: the field, and that as many shards as there is parity may be lost, whichever they are.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addData, finishParity, recoverLost } from '../../../src/container/parity-code.ts'
import { inverse, multiply } from '../../../src/container/parity-field.ts'
import { ParityRuns, type Run } from '../../../src/container/parity-runs.ts'
import { noise } from '../../support/containers.ts'
import { seededRandom } from '../../sim/random.ts'

const shardBytes = 32

interface Group {
  readonly span: number
  readonly parityCount: number
  readonly data: readonly Uint8Array[]
}

function groupOf(shape: {
  readonly data: number
  readonly parityCount: number
  readonly seed: number
}): Group {
  const span = 2 ** Math.ceil(Math.log2(shape.parityCount))
  const bytes = noise(shape.data * shardBytes, shape.seed)
  const data = Array.from({ length: shape.data }, (_, n) => bytes.slice(n * shardBytes, (n + 1) * shardBytes))
  return { span, parityCount: shape.parityCount, data }
}

function parityOf(runs: ParityRuns, data: readonly Uint8Array[], lost: ReadonlySet<number>): Run {
  const [sum, run] = [runs.take(), runs.take()]
  for (let first = 0; first < data.length; first += runs.span) {
    runs.clear(run)
    data.slice(first, first + runs.span).forEach((shard, n) => {
      if (!lost.has(first + n)) runs.shard(run, n).set(shard)
    })
    addData(runs, sum, { data: run, first })
  }
  finishParity(runs, sum)
  return sum
}

function recovered(
  { span, parityCount, data }: Group,
  lostData: readonly number[],
  lostOfParity: readonly number[],
) {
  using runs = new ParityRuns(span, shardBytes)
  const difference = parityOf(runs, data, new Set(lostData))
  runs.add(difference, parityOf(runs, data, new Set()))
  const lostParity = new Set(lostOfParity)
  const spare = [runs.take(), runs.take()] as const
  for (let n = parityCount; n < span; n++) lostParity.add(n)
  for (const n of lostParity) runs.shard(difference, n).fill(0xda)
  return Array.from(recoverLost(runs, { difference, lostData, lostParity, spare }), (shard) =>
    Uint8Array.from(shard),
  )
}

const expectRecovered = (group: Group, lostData: readonly number[], lostParity: readonly number[]): void =>
  expect(recovered(group, lostData, lostParity)).toEqual(lostData.map((n) => group.data[n]))

describe('the field', () => {
  test('has inverses, and products that are associative and go through sums', () => {
    const any = fc.integer({ min: 1, max: 65_535 })
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        expect(multiply(a, inverse(a))).toBe(1)
        expect(multiply(multiply(a, b), c)).toBe(multiply(a, multiply(b, c)))
        expect(multiply(a, b ^ c)).toBe(multiply(a, b) ^ multiply(a, c))
      }),
    )
  })

  test('is written in the basis of Cantor: the square of a member and itself are the one before it', () => {
    for (let bit = 1; bit < 16; bit++) {
      const member = 1 << bit
      expect(multiply(member, member) ^ member).toBe(1 << (bit - 1))
    }
  })
})

test('any shards of a group give the others, if no more are lost than there is parity', () => {
  const shapes = fc.record({
    data: fc.integer({ min: 1, max: 90 }),
    parityCount: fc.integer({ min: 1, max: 40 }),
    seed: fc.nat(),
  })
  fc.assert(
    fc.property(shapes, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (shape, pick, share) => {
      const group = groupOf(shape)
      const random = seededRandom(pick)
      const all = Array.from({ length: shape.data + shape.parityCount }, (_, n) => n)
      const lost = all
        .map((n) => ({ n, order: random.next() }))
        .sort((a, b) => a.order - b.order)
        .slice(0, Math.round(share * shape.parityCount))
        .map(({ n }) => n)
      const lostData = lost.filter((n) => n < shape.data).sort((a, b) => a - b)
      const lostParity = lost.filter((n) => n >= shape.data).map((n) => n - shape.data)
      expectRecovered(group, lostData, lostParity)
    }),
    { numRuns: 300 },
  )
})

test('every choice of lost shards of a small group', () => {
  const group = groupOf({ data: 6, parityCount: 3, seed: 5 })
  let choices = 0
  for (let choice = 0; choice < 2 ** 9; choice++) {
    const lost = Array.from({ length: 9 }, (_, n) => n).filter((n) => (choice & (1 << n)) !== 0)
    if (lost.length > 3) continue
    choices++
    expectRecovered(
      group,
      lost.filter((n) => n < 6),
      lost.filter((n) => n >= 6).map((n) => n - 6),
    )
  }
  expect(choices).toBe(1 + 9 + 36 + 84)
})

test('a group that fills the field', () => {
  const group = groupOf({ data: 65_536 - 512, parityCount: 512, seed: 9 })
  const lostData = Array.from({ length: 500 }, (_, n) => n * 130)
  expectRecovered(group, lostData, [0, 3, 100, 511])
})

test('more than that is refused', () => {
  const group = groupOf({ data: 6, parityCount: 2, seed: 5 })
  expect(() => recovered(group, [0, 1, 2], [])).toThrow(RangeError)
})
