import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { concatBytes, equalBytes } from '../../../src/base/bytes.ts'
import { checkChunkList, emptyContent, listOfOne } from '../../../src/delta/chunk-list.ts'
import { type CutContent, cutContent, cutMany } from '../../../src/delta/cut-file.ts'
import { cutWhole, type JobRunner } from '../../../src/delta/jobs.ts'
import { inlinePool, workerPool } from '../../../src/host/pool.ts'
import { knownBytes } from '../../support/known-bytes.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function* piecesOf(bytes: Uint8Array, sizeBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes)
}

/** Answers out of order and takes the sent buffers away, as threads do. */
function unevenRunner(width: number): JobRunner & { most: number } {
  let underWay = 0
  let calls = 0
  const runner = {
    width,
    most: 0,
    run: async <Input, Output>(
      job: { run: (input: Input) => Output },
      input: Input,
      transfer: readonly ArrayBuffer[] = [],
    ): Promise<Output> => {
      const here = structuredClone(input, { transfer: [...transfer] })
      underWay++
      runner.most = Math.max(runner.most, underWay)
      for (let turns = (calls++ * 7) % 5; turns > 0; turns--) await new Promise(setImmediate)
      underWay--
      return job.run(here)
    },
  }
  return runner
}

describe('cutContent', () => {
  test.each([0, 1, 16_384, 65_536, 4 * 1024 * 1024, 4 * 1024 * 1024 + 1, 13_000_000])(
    'gives %i bytes the digest of the whole and chunks that make it',
    async (sizeBytes) => {
      const bytes = knownBytes(sizeBytes, 21)
      const seen: Uint8Array[] = []
      const list = await cutContent(unevenRunner(2), piecesOf(bytes, 100_003), ({ id, bytes: chunk }) => {
        expect(sha256(chunk)).toBe(id)
        seen.push(chunk)
      })
      expect(list.content).toBe(sha256(bytes))
      expect(checkChunkList(list)).toBeUndefined()
      expect(equalBytes(concatBytes(seen), bytes)).toBe(true)
      expect(list).toEqual(cutWhole(bytes))
    },
  )

  test('waits for each chunk to be taken before it gives the next', async () => {
    let busy = false
    await cutContent(inlinePool, [knownBytes(6_000_000)], async () => {
      expect(busy).toBe(false)
      busy = true
      await new Promise(setImmediate)
      busy = false
    })
  })

  test('a failure of the taker or of a worker reaches the caller', async () => {
    const bytes = knownBytes(9_000_000)
    const fail = () => Promise.reject(new Error('full'))
    await expect(cutContent(inlinePool, [bytes], fail)).rejects.toThrow('full')
    await expect(cutContent({ width: 1, run: fail }, [bytes])).rejects.toThrow('full')
  })
})

describe('worker threads', () => {
  test('give the same chunk lists and the same bytes as one thread', async () => {
    await using pool = workerPool(new URL('../../support/cut-worker.ts', import.meta.url), 2)
    const bytes = knownBytes(10_000_000, 31)
    const seen: Uint8Array[] = []
    const list = await cutContent(pool, piecesOf(bytes, 1_000_000), (chunk) => void seen.push(chunk.bytes))
    expect(list).toEqual(cutWhole(bytes))
    expect(equalBytes(concatBytes(seen), bytes)).toBe(true)
    const contents = Array.from({ length: 200 }, (_, i) => bytes.subarray(i * 10_000, i * 25_000))
    await cutMany(pool, contents, (cut) => {
      expect(equalBytes(cut.bytes, contents[cut.index] ?? new Uint8Array(1))).toBe(true)
      expect(cut.list).toEqual(cutWhole(cut.bytes))
    })
  })
})

describe('cutMany', () => {
  test('gives every content its own list, in order, with few messages under way', async () => {
    const contents = Array.from({ length: 300 }, (_, i) => knownBytes((i * 7919) % 90_000, i + 1))
    const runner = unevenRunner(2)
    const got: CutContent[] = []
    await cutMany(runner, contents, (cut) => void got.push(cut))
    expect(got.map(({ index }) => index)).toEqual(contents.map((_, i) => i))
    for (const { index, list, bytes } of got) {
      expect(equalBytes(bytes, contents[index] ?? new Uint8Array(1))).toBe(true)
      expect(list).toEqual(cutWhole(bytes))
    }
    expect(runner.most).toBeGreaterThan(1)
    expect(runner.most).toBeLessThanOrEqual(4)
  })

  test('takes nothing, and empty contents, as they are', async () => {
    const lists: unknown[] = []
    await cutMany(inlinePool, [], ({ list }) => void lists.push(list))
    expect(lists).toEqual([])
    await cutMany(inlinePool, [new Uint8Array(0), new Uint8Array(0)], ({ list }) => void lists.push(list))
    expect(lists).toEqual([listOfOne(emptyContent, 0), listOfOne(emptyContent, 0)])
  })
})

describe('checkChunkList', () => {
  const good = cutWhole(knownBytes(300_000))

  test('finds sizes that do not add up, chunks of no or too great size, and a false only chunk', () => {
    const [first, ...others] = good.chunks
    if (first === undefined) throw new Error('no chunk')
    expect(checkChunkList(good)).toBeUndefined()
    expect(checkChunkList(listOfOne(emptyContent, 0))).toBeUndefined()
    expect(checkChunkList({ ...good, sizeBytes: 5 })).toMatch('make')
    expect(checkChunkList({ ...good, chunks: [{ ...first, sizeBytes: 0 }, ...others] })).toMatch('no size')
    expect(checkChunkList({ ...good, chunks: [{ ...first, sizeBytes: 2 ** 53 }] })).toMatch('no size')
    expect(checkChunkList({ ...good, chunks: [{ ...first, sizeBytes: 300_000 }] })).toMatch('longer')
    expect(checkChunkList({ ...good, chunks: [first], sizeBytes: first.sizeBytes })).toMatch('only chunk')
    expect(checkChunkList({ ...good, chunks: [], sizeBytes: 0 })).toMatch('no chunks')
  })
})
