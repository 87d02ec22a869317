import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import { isMossError } from '../../../src/base/error.ts'
import type { ContentDigest } from '../../../src/base/ids.ts'
import { decodeDeltaFrame, deltaHeaderBytes, encodeDeltaFrame } from '../../../src/container/delta-frame.ts'
import { FrameSpool } from '../../../src/container/frames.ts'
import { decodeFrameJob } from '../../../src/container/jobs.ts'
import { decodeFrame, frameToDecode, verifyWhole } from '../../../src/container/read-frames.ts'
import { readTables } from '../../../src/container/tables.ts'
import { cutWhole } from '../../../src/delta/jobs.ts'
import { encodeDelta } from '../../../src/delta/encode-delta.ts'
import { inlinePool, workerPool } from '../../../src/host/pool.ts'
import { addDeltas, basesOf, buildBundle, noise, spoolOutside, verified } from '../../support/containers.ts'

const base = noise(400_000, 5)
const target = concatBytes([base.subarray(200_000), encodeUtf8('new'), base.subarray(0, 150_000)])
/** No text: texts have frames of their own. */
const other = encodeUtf8('bytes\0that are like those before them '.repeat(30))
const changed = Uint8Array.from(other, (byte, i) => (i % 100 === 0 ? byte + 1 : byte))
const pairs = [
  { base, target },
  { base: other, target: changed },
]

describe('a bundle with deltas', () => {
  test('holds the chunks of its files as if they were carried whole, in a hundredth of the bytes', async () => {
    const container = verified(await buildBundle({ deltas: pairs, contents: [noise(1000, 9)] }))
    const tables = readTables(container)
    expect(tables.frame(0)).toMatchObject({ codec: 4, bases: 2, plainBytes: target.length + changed.length })
    expect(tables.frame(0).storedBytes).toBeLessThan(target.length / 100)
    expect(tables.frameBases(0).map(({ content }) => content)).toEqual([digestOf(base), digestOf(other)])
    expect(tables.frameBases(1)).toEqual([])
    const readBases = basesOf(base, other)
    const plain = await decodeFrame(container, 0, { pool: inlinePool, readBases })
    expect(Buffer.compare(plain, concatBytes([target, changed]))).toBe(0)
    await verifyWhole(container, inlinePool, { readBases })
    await verifyWhole(container, inlinePool)
  })

  test('is not decoded without its bases, and another base is noticed by the digests of chunks', async () => {
    const container = verified(await buildBundle({ deltas: pairs }))
    expect(() => frameToDecode(container, 0)).toThrow(
      expect.objectContaining({ code: 'BUNDLE_BASE_MISSING' }),
    )
    const wrong = Uint8Array.from(base, (byte, i) => (i === 70_000 ? byte ^ 1 : byte))
    const bases = [wrong, other]
    const input = frameToDecode(container, 0, { readBases: () => bases })
    expect(() => decodeFrameJob.run(input)).toThrow(
      expect.objectContaining({ code: 'CHUNK_DIGEST_MISMATCH' }),
    )
  })

  test('carries whole what a delta would not make shorter', async () => {
    const { outside } = spoolOutside()
    using spool = new FrameSpool(outside, 'spool', {})
    const stranger = { base, target: noise(50_000, 77) }
    expect(await addDeltas(spool, [pairs[0]!, stranger, pairs[1]!])).toEqual([true, false, true])
    const repeated = encodeUtf8('word '.repeat(200))
    expect(await addDeltas(spool, [{ base: noise(2000, 3), target: repeated }])).toEqual([false])
    const { count, sections } = await spool.finish()
    expect(count).toBe(1)
    expect(sections.find(({ name }) => name === 'bases')?.bytes.length).toBe(2 * 48)
  })

  test("gives a group's bytes back as memory when its worker has read them", async () => {
    await using pool = workerPool(new URL('../../../src/worker.ts', import.meta.url), 1)
    const { outside } = spoolOutside(pool)
    using spool = new FrameSpool(outside, 'spool', {})
    const bytes = new Uint8Array(new ArrayBuffer(1 << 20), 0, base.length + target.length)
    bytes.set(base)
    bytes.set(target, base.length)
    const files = [
      {
        base: { content: digestOf<ContentDigest>(base), offset: 0, sizeBytes: base.length },
        chunks: cutWhole(target).chunks,
      },
    ]
    const back: number[] = []
    const giveBack = ({ buffer }: Uint8Array): number => back.push(buffer.byteLength)
    spool.addDeltas({ bytes, files, giveBack }, (isGiven) => expect(isGiven.flat()).not.toContain(false))
    expect(bytes.buffer.detached).toBe(true)
    await spool.endDeltas()
    expect(back).toEqual([1 << 20])
  })

  test('has texts in frames of their own, with the old ones as base where that is shorter', async () => {
    const words = Array.from({ length: 3000 }, (_, i) => Buffer.from(noise(6, i)).toString('hex'))
    const before = encodeUtf8(words.join(' '))
    const after = encodeUtf8(words.map((_, i) => words[(i * 7919) % 3000]).join(' '))
    const container = verified(
      await buildBundle({
        deltas: [
          { base, target },
          { base: before, target: after },
        ],
      }),
    )
    const tables = readTables(container)
    expect([0, 1].map((n) => tables.frame(n).codec)).toEqual([4, 3])
    expect(tables.frameBases(1)).toEqual([{ content: digestOf(before), offset: 0, sizeBytes: before.length }])
    const plain = await decodeFrame(container, 1, { pool: inlinePool, readBases: basesOf(before) })
    expect(Buffer.compare(plain, after)).toBe(0)
    const wrong = frameToDecode(container, 1, { readBases: () => [before.toReversed()] })
    expect(() => decodeFrameJob.run(wrong)).toThrow(
      expect.objectContaining({ code: 'CHUNK_DIGEST_MISMATCH' }),
    )
    await verifyWhole(container, inlinePool)
  })

  test('refuses to be a package: that is whole', async () => {
    await expect(buildBundle({ kind: 'package', deltas: pairs })).rejects.toThrow(/no section bases/)
  })
})

describe('the stored bytes of a delta frame', () => {
  const streams = encodeDelta(pairs)
  const stored = encodeDeltaFrame(streams, 9)

  test('give the streams again', () => {
    expect(decodeDeltaFrame(stored, 'frame 0')).toEqual(streams)
  })

  test('are refused with any byte of their header changed, cut short, or going on', () => {
    const refused = (bytes: Uint8Array): boolean => {
      try {
        decodeDeltaFrame(bytes, 'frame 0')
        return false
      } catch (error) {
        if (!isMossError(error, 'CONTAINER_DAMAGED')) throw error
        return true
      }
    }
    for (let at = 0; at < deltaHeaderBytes; at++)
      for (const mask of [1, 2, 16, 128]) {
        const flipped = stored.slice()
        flipped[at]! ^= mask
        expect(refused(flipped)).toBe(true)
      }
    for (let length = 0; length < stored.length; length += 7)
      expect(refused(stored.subarray(0, length))).toBe(true)
    expect(refused(concatBytes([stored, Uint8Array.of(0)]))).toBe(true)
  })
})
