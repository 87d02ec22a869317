// Work on many files in slices: in order, by threads only where it is worth one, and never going on behind a failure.
import { expect, test } from 'vitest'
import { MossError } from '../../../src/base/error.ts'
import { inlinePool, type Job, type Pool } from '../../../src/host/pool.ts'
import { inSlices, startThreads } from '../../../src/host/slices.ts'

const double: Job<readonly number[], readonly number[]> = {
  name: 'double',
  run: (numbers) => numbers.map((n) => n * 2),
}
const slicing = { job: double, encode: (slice: readonly number[]) => slice, few: 10, sliceItems: 4 }

/** Answers late, and counts. */
function slowPool(): Pool & { ran: number; ended: number } {
  const pool = {
    ran: 0,
    ended: 0,
    width: 2,
    run: async <Input, Output>(job: Job<Input, Output>, input: Input): Promise<Output> => {
      const turn = ++pool.ran
      try {
        if (turn === 2) throw new MossError('HOST_NO_SPACE', { path: '/full' })
        await new Promise((resolve) => setTimeout(resolve, 5))
        return job.run(input)
      } finally {
        pool.ended++
      }
    },
    [Symbol.asyncDispose]: async () => {},
  }
  return pool
}

const numbers = Array.from({ length: 18 }, (_, n) => n)

test('outputs are in the order of items', async () => {
  expect(await inSlices(inlinePool, slicing, numbers)).toEqual(numbers.map((n) => n * 2))
  expect(await inSlices(inlinePool, slicing, [])).toEqual([])
})

test('little work asks no thread', async () => {
  const pool = slowPool()
  await inSlices(pool, slicing, numbers.slice(0, 9))
  expect(pool.ran).toBe(0)
})

test('a failure is told when every slice has ended', async () => {
  const pool = slowPool()
  await expect(inSlices(pool, slicing, numbers)).rejects.toMatchObject({ code: 'HOST_NO_SPACE' })
  expect([pool.ran, pool.ended]).toEqual([5, 5])
})

test('threads start before there is work for them, once, and only where it will be worth it', async () => {
  const pool = slowPool()
  startThreads(pool, slicing, 9)
  expect(pool.ran).toBe(0)
  startThreads(pool, slicing, 10)
  startThreads(pool, slicing, 10)
  expect(pool.ran).toBe(2)
  expect(await inSlices(pool, slicing, numbers.slice(0, 9))).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16])
  expect(pool.ran).toBe(5)
})
