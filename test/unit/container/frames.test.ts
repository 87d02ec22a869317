import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import type { ChunkId, ContentDigest } from '../../../src/base/ids.ts'
import { FrameSpool } from '../../../src/container/frames.ts'
import { decodeFrameJob, encodeFrameJob } from '../../../src/container/jobs.ts'
import { chunkReader, frameOffset, frameToDecode, readFrame } from '../../../src/container/read-frames.ts'
import { readTables } from '../../../src/container/tables.ts'
import { inlinePool, type Pool } from '../../../src/host/pool.ts'
import { buildBundle, noise, spoolOutside, verified } from '../../support/containers.ts'

const chunkOf = (bytes: Uint8Array) => ({ id: digestOf<ChunkId>(bytes), bytes })
const text = (name: string): Uint8Array => encodeUtf8(`${name} `.repeat(200))

/** Finishes jobs in an order of its own, and counts how many are under way. */
function unevenPool(width: number): Pool & { most: () => number } {
  let underWay = 0
  let most = 0
  let count = 0
  return {
    width,
    run: async (job, input) => {
      most = Math.max(most, ++underWay)
      const turns = (count++ * 7) % 5
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
      underWay--
      return job.run(input)
    },
    [Symbol.asyncDispose]: async () => {},
    most: () => most,
  }
}

describe('a spool of frames', () => {
  test('gives the same bytes whatever the pool, and keeps at most two frames for each worker under way', async () => {
    const contents = Array.from({ length: 40 }, (_, i) => noise(3000, i + 1))
    const spool = { groupBytes: 8192 }
    const plain = await buildBundle({ contents, spool })
    for (const width of [1, 2, 5]) {
      const pool = unevenPool(width)
      expect(await buildBundle({ contents, spool, pool })).toEqual(plain)
      expect(pool.most()).toBeLessThanOrEqual(2 * width)
    }
  })

  test.each([
    [1, 2],
    [2, 2],
    [5, 5],
  ])('has deltas for each of %i workers under way, and at least two groups', async (width, groups) => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const run = async (): Promise<never> => held.then(() => ({ frames: [] }) as never)
    const { outside } = spoolOutside()
    using spool = new FrameSpool({ ...outside, pool: { ...inlinePool, width, run } }, 'spool', {})
    const sizeBytes = 60 * 1024 * 1024
    let count = 0
    const adding = (async () => {
      while (count <= groups) {
        await spool.makeRoom(sizeBytes)
        spool.addDeltas({ bytes: new Uint8Array(sizeBytes), files: [] }, () => {})
        count++
      }
    })()
    await new Promise((resolve) => setImmediate(resolve))
    expect(count).toBe(groups)
    release()
    await adding
  })

  test('takes each chunk once and starts a frame where a group is full or ended', async () => {
    const { outside } = spoolOutside()
    using spool = new FrameSpool(outside, 'spool', { groupBytes: 4096 })
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => chunkOf(noise(2000, name.charCodeAt(0))))
    for (const chunk of [a, b, a, c]) await spool.add(chunk!)
    await spool.endGroup()
    await spool.endGroup()
    await spool.add(d!)
    const finished = await spool.finish()
    expect(finished).toMatchObject({ count: 3, plainBytes: 8000 })
  })

  test('packs what gets smaller and stores what does not', async () => {
    const container = verified(
      await buildBundle({ contents: [text('words'), noise(200_000, 4)], spool: { groupBytes: 4096 } }),
    )
    const tables = readTables(container)
    const codecs = Array.from({ length: tables.frameCount }, (_, n) => tables.frame(n).codec)
    expect(codecs.filter((codec) => codec === 2)).toEqual([2])
    expect(new Set(codecs)).toEqual(new Set([0, 2]))
  })

  test('is empty without chunks, and the bundle has no frame', async () => {
    const container = verified(await buildBundle())
    expect(readTables(container).frameCount).toBe(0)
    expect(frameOffset(container, 0)).toBe(container.endOffset)
  })

  test('never writes a chunk that is not the one its id names', async () => {
    const { outside } = spoolOutside()
    using spool = new FrameSpool(outside, 'spool', {})
    await spool.add({ id: digestOf<ChunkId>(text('x')), bytes: text('y') })
    await expect(spool.finish()).rejects.toMatchObject({ code: 'CHUNK_DIGEST_MISMATCH' })
  })

  test('adds many contents with their lists, in order', async () => {
    const { outside } = spoolOutside()
    using spool = new FrameSpool(outside, 'spool', {})
    const contents = [text('a'), noise(300_000, 9), new Uint8Array(0), text('b')]
    const seen: [number, ContentDigest][] = []
    await spool.addContents(contents, (list, index) => void seen.push([index, list.content]))
    expect(seen).toEqual(contents.map((bytes, index) => [index, digestOf(bytes)]))
    expect((await spool.finish()).plainBytes).toBe(contents.reduce((sum, bytes) => sum + bytes.length, 0))
  })
})

describe('frames of a verified container', () => {
  test('give every chunk back, in any order, and decode a frame once for its neighbours', async () => {
    const contents = Array.from({ length: 12 }, (_, i) => text(`content ${i}`))
    const container = verified(await buildBundle({ contents, spool: { groupBytes: 8192 } }))
    let jobs = 0
    const pool: Pool = { ...inlinePool, run: async (job, input) => (jobs++, job.run(input)) }
    const reader = chunkReader(container, pool)
    const ids = contents.map((bytes) => digestOf<ChunkId>(bytes))
    for (const [index, id] of ids.entries()) {
      expect(reader.has(id)).toBe(true)
      expect(await reader.get(id)).toEqual(contents[index])
    }
    expect(jobs).toBe(readTables(container).frameCount)
    const missing = digestOf<ChunkId>(encodeUtf8('none'))
    expect(reader.has(missing)).toBe(false)
    await expect(reader.get(missing)).rejects.toMatchObject({ code: 'CONTENT_MISSING' })
  })

  test('stand back to back to the end of the file', async () => {
    const container = verified(
      await buildBundle({ contents: [noise(9000, 1), noise(9000, 2)], spool: { groupBytes: 4096 } }),
    )
    const { frameCount } = readTables(container)
    let at = container.framesOffset
    for (let n = 0; n < frameCount; n++) {
      expect(frameOffset(container, n)).toBe(at)
      at += readFrame(container, n).length
    }
    expect(at).toBe(container.endOffset)
  })

  test('are refused when a signer of bad will named other chunks than they hold', async () => {
    const container = verified(await buildBundle({ contents: [text('a'), text('b')] }))
    const input = frameToDecode(container, 0)
    const [first, second] = input.chunks
    const lie = [{ ...first!, id: second!.id }, second!]
    expect(() => decodeFrameJob.run({ ...input, chunks: lie })).toThrow(
      expect.objectContaining({ code: 'CHUNK_DIGEST_MISMATCH' }),
    )
    expect(decodeFrameJob.run(input).length).toBe(input.plainBytes)
  })

  test('move between threads in buffers of their own size', () => {
    const plain = new Uint8Array(100_000).subarray(0, 5000).fill(7)
    const chunks = [{ id: digestOf<ChunkId>(plain), sizeBytes: 5000 }]
    for (const bytes of [plain, noise(5000, 3)]) {
      const named = bytes === plain ? chunks : [{ id: digestOf<ChunkId>(bytes), sizeBytes: 5000 }]
      const { stored } = encodeFrameJob.run({ plain: bytes, chunks: named, level: 9 })
      expect(stored.buffer.byteLength).toBe(stored.length)
    }
  })
})
