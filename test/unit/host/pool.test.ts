import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inlinePool, serveJobs, workerPool } from '../../../src/host/pool.ts'
import {
  breakJob,
  dieJob,
  doubleJob,
  fillJob,
  refuseJob,
  sumJob,
  unknownJob,
} from '../../support/host-worker.ts'

const workerUrl = new URL('../../support/host-worker.ts', import.meta.url)

test('jobs run in threads and answer in their own order', async () => {
  await using pool = workerPool(workerUrl, 2)
  const numbers = Array.from({ length: 50 }, (_, n) => n)
  expect(await Promise.all(numbers.map((n) => pool.run(doubleJob, n)))).toEqual(numbers.map((n) => n * 2))
})

test('buffers move in and out', async () => {
  await using pool = workerPool(workerUrl, 1)
  const bytes = await pool.run(fillJob, { sizeBytes: 100_000, value: 3 })
  expect(bytes.length).toBe(100_000)
  expect(await pool.run(sumJob, bytes, [bytes.buffer])).toBe(300_000)
  expect(bytes.length).toBe(0)
})

test('an error of the program crosses with its code and details, a bug as a plain error', async () => {
  await using pool = workerPool(workerUrl, 1)
  await expect(pool.run(refuseJob, 'frame 3')).rejects.toMatchObject({
    name: 'MossError',
    code: 'CHUNK_DIGEST_MISMATCH',
    details: { part: 'frame 3' },
    message: 'the bytes of frame 3 are not the ones their digest names',
  })
  await expect(pool.run(breakJob, 'oops')).rejects.toThrow('break: oops')
  await expect(pool.run(unknownJob, null)).rejects.toThrow('no job unknown')
  await expect(pool.run(doubleJob, (() => {}) as never)).rejects.toThrow(/could not be cloned/)
  expect(await pool.run(doubleJob, 4)).toBe(8)
})

test('a thread that dies rejects its jobs, and the pool goes on', async () => {
  await using pool = workerPool(workerUrl, 1)
  await expect(pool.run(dieJob, null)).rejects.toThrow()
  expect(await pool.run(doubleJob, 1)).toBe(2)
})

test('a closed pool takes no jobs and rejects those that wait', async () => {
  const pool = workerPool(workerUrl, 1)
  const waiting = Array.from({ length: 8 }, () =>
    pool.run(doubleJob, 1).then(
      () => 'done',
      () => 'closed',
    ),
  )
  await pool[Symbol.asyncDispose]()
  expect(await Promise.all(waiting)).toContain('closed')
  await expect(pool.run(doubleJob, 1)).rejects.toThrow(/closed pool/)
})

test('an idle pool keeps no process alive, and an unused one starts no thread', () => {
  const source = join(import.meta.dirname, '../../../src/host/pool.ts')
  const script = `import { workerPool } from ${JSON.stringify(source)}
    const pool = workerPool(new URL(${JSON.stringify(workerUrl.href)}), 2)
    const answer = await pool.run({ name: 'double', run: () => 0 }, 21)
    process.stdout.write(String(answer))`
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 })
  expect([ran.status, ran.stdout.toString()]).toEqual([0, '42'])
})

test('the pool in this thread runs jobs at once', async () => {
  expect(await inlinePool.run(doubleJob, 2)).toBe(4)
  await expect(inlinePool.run(refuseJob, 'x')).rejects.toMatchObject({ code: 'CHUNK_DIGEST_MISMATCH' })
  expect(() => serveJobs([])).toThrow(/worker thread only/)
})
