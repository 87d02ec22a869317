import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import type { Pool } from '../../../src/host/pool.ts'
import { digestOf } from '../../../src/base/digest.ts'
import { packageChunks } from '../../../src/bundle/package-chunks.ts'
import type { FrameToDecode } from '../../../src/container/jobs.ts'
import { readTables } from '../../../src/container/tables.ts'
import { noise } from '../../support/containers.ts'
import { TestLoop } from '../../support/loop.ts'

/** A loop whose pool counts the frames that it decodes. */
function countingLoop(): { readonly loop: TestLoop; readonly decoded: () => number } {
  const outside = linuxOutside()
  let decoded = 0
  const pool: Pool = {
    ...outside.pool,
    run: (job, input, transfer) => {
      if (job.name === 'container.decode-frame') decoded++
      return outside.pool.run(job, input, transfer)
    },
  }
  return { loop: new TestLoop({ ...outside, pool }), decoded: () => decoded }
}

test('exporting decodes each frame of a package once, though alike files lie apart in it', async () => {
  const { loop, decoded } = countingLoop()
  await using _loop = loop
  const files = Object.fromEntries(
    Array.from({ length: 320 }, (_, index) => [
      `usr/lib/${String(index).padStart(3, '0')}.${index % 2 === 0 ? 'so' : 'py'}`,
      noise(128 * 1024, index + 1),
    ]),
  )
  const one = await loop.add('tool', '1', files)
  loop.publish()
  const before = decoded()
  const made = await loop.export([{ host: loop.host('pump').id, wants: [one], has: [] }])
  const frames = Math.ceil(made.storedBytes / (4 * 1024 * 1024))
  expect(frames).toBeGreaterThan(9)
  expect(decoded() - before).toBeLessThanOrEqual(frames + 2)
})

test('a little of each frame, in whatever order, is read with each frame decoded once, and is what it was', async () => {
  const { loop, decoded } = countingLoop()
  await using _loop = loop
  const bodies = Array.from({ length: 128 }, (_, index) => noise(1024 * 1024, index + 1))
  const one = await loop.add(
    'tool',
    '1',
    Object.fromEntries(bodies.map((body, index) => [`usr/lib/${String(index).padStart(3, '0')}.so`, body])),
  )
  const file = loop.channel.package(one) ?? expect.fail('a package')
  const layout = file.manifest.layout.filter((entry) => entry.kind === 'file')
  const frames = readTables(file.container).frameCount
  expect(frames).toBeGreaterThan(30)
  // Of each content its chunks one after the other, now from the front, now from the end: as files of several kinds lie.
  const wanted = Array.from({ length: 20 }, (_, round) =>
    layout
      .filter((_entry, index) => (index * 7) % 5 === round % 5)
      .flatMap((entry) => {
        const list = loop.channel.chunkList(one, entry)
        const chunk = list.chunks[round % list.chunks.length] ?? expect.fail('a chunk')
        return [{ ...chunk, from: one, isCheckedLater: round % 2 === 0 }]
      }),
  ).flat()
  const before = decoded()
  const read: string[] = []
  for await (const { chunk, bytes } of packageChunks(wanted, {
    channel: loop.channel,
    pool: loop.outside.pool,
  })) {
    expect(digestOf(bytes)).toBe(chunk.id)
    read.push(chunk.id)
  }
  expect(read).toEqual(wanted.map(({ id }) => id))
  expect(decoded() - before).toBeLessThanOrEqual(frames)
})

test('a package that rotted is named by its file', async () => {
  const { loop } = countingLoop()
  await using _loop = loop
  const one = await loop.add('tool', '1', { 'usr/lib/a': noise(300_000, 1) })
  loop.publish()
  const { path, sizeBytes } = loop.channel.package(one) ?? expect.fail('a package')
  const bytes = readFileSync(path)
  bytes[sizeBytes - 1000]! ^= 1
  writeFileSync(path, bytes)
  await expect(loop.export([{ host: loop.host('pump').id, wants: [one], has: [] }])).rejects.toThrow(
    `container is damaged in frame 0 of ${path}: its bytes are not the ones that were signed`,
  )
})

test('what nobody checks later is checked when it is read', async () => {
  const outside = linuxOutside()
  // Noise is stored as it is: another byte of it stands in for a package whose signer named other bytes.
  const pool: Pool = {
    ...outside.pool,
    run: (job, input, transfer) => {
      if (job.name === 'container.decode-frame') (input as FrameToDecode).stored[1000]! ^= 1
      return outside.pool.run(job, input, transfer)
    },
  }
  await using loop = new TestLoop({ ...outside, pool })
  const one = await loop.add('tool', '1', { 'usr/lib/a': noise(8000, 1) })
  const [entry] = loop.channel.package(one)!.manifest.layout.filter(({ kind }) => kind === 'file')
  if (entry?.kind !== 'file') expect.fail('a file')
  const read = async (isCheckedLater: boolean): Promise<string[]> => {
    const wanted = loop.channel
      .chunkList(one, entry)
      .chunks.map((chunk) => ({ ...chunk, from: one, isCheckedLater }))
    const read: string[] = []
    for await (const { bytes } of packageChunks(wanted, { channel: loop.channel, pool }))
      read.push(digestOf(bytes))
    return read
  }
  await expect(read(false)).rejects.toThrow(expect.objectContaining({ code: 'CHUNK_DIGEST_MISMATCH' }))
  expect(await read(true)).not.toEqual([entry.content])
})
