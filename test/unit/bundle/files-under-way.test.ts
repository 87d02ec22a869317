// Files that are put together from frames and from the store: written from the first byte to the last as far as frames
// come in order, so that nothing has to be read again.
import { expect, test } from 'vitest'
import { digestOf } from '../../../src/base/digest.ts'
import { MossError } from '../../../src/base/error.ts'
import type { ChunkId, ContentDigest } from '../../../src/base/ids.ts'
import { silent } from '../../../src/base/progress.ts'
import type { Assembly } from '../../../src/bundle/assembly.ts'
import { FilesUnderWay } from '../../../src/bundle/files-under-way.ts'
import type { HeldChunk, HeldChunks } from '../../../src/bundle/held-chunks.ts'
import type { StoreImport } from '../../../src/store/import.ts'
import { noise } from '../../support/containers.ts'

const body = noise(50, 1)
const content = digestOf<ContentDigest>(body)
const pieceAt = (at: number): Uint8Array => body.subarray(at, at + 10)
const chunkAt = (at: number): HeldChunk => ({ id: digestOf<ChunkId>(pieceAt(at)), at, sizeBytes: 10 })
const chunks = [0, 10, 20, 30, 40].map(chunkAt)

/** A file of five chunks; `held` says where those from the store stand. Gives what was done, in its order. */
function begun(held: readonly number[], damage: Partial<HeldChunks & { finish: () => Promise<void> }> = {}) {
  const done: (number | 'finish')[] = []
  const into = {
    create: () => ({ write: (_bytes: Uint8Array, at: number) => void done.push(at) }),
    finish: damage.finish ?? (async () => void done.push('finish')),
  } as unknown as StoreImport
  const assembly: Assembly = {
    assets: [],
    lists: new Map([[content, { content, sizeBytes: 50, chunks }]]),
    frames: new Map(),
    held: new Map([[content, held.map(chunkAt)]]),
    paths: new Map(),
    contentBytes: 50,
  }
  const heldChunks: HeldChunks = {
    read: ({ at }) => pieceAt(at),
    check: () => {},
    readChecked: async ({ at }) => pieceAt(at),
    [Symbol.dispose]: () => {},
    ...damage,
  }
  const files = new FilesUnderWay(into, { assembly, report: silent, heldChunks })
  const carry = (at: number) => files.write(pieceAt(at), [{ content, at, sizeBytes: 10 }])
  return { done, files, carry }
}

test('chunks from the store are written when it is their turn, before and after those of a frame', async () => {
  const { done, files, carry } = begun([0, 20, 40])
  await carry(10)
  expect(done).toEqual([0, 10, 20])
  await carry(30)
  expect(done).toEqual([0, 10, 20, 30, 40, 'finish'])
  await files.writeHeld(content)
  expect(done.length).toBe(6)
  files.assertAllFinished()
})

test('frames out of order leave no gap behind', async () => {
  const { done, files, carry } = begun([20])
  for (const at of [30, 40, 10, 0]) await carry(at)
  expect(done).toEqual([30, 40, 10, 0])
  expect(() => files.assertAllFinished()).toThrow('0 of 1 files are whole')
  await files.writeHeld(content)
  expect(done).toEqual([30, 40, 10, 0, 20, 'finish'])
  files.assertAllFinished()
})

test('a file that is in the store chunk by chunk is put together from there alone', async () => {
  const { done, files } = begun([0, 10, 20, 30, 40])
  await files.writeHeld(content)
  expect(done).toEqual([0, 10, 20, 30, 40, 'finish'])
})

test('where a file is not what it should be, its chunks from the store are asked first; only then the bundle is to blame', async () => {
  const finish = async (): Promise<void> => {
    throw new MossError('CHUNK_DIGEST_MISMATCH', { part: 'content' })
  }
  const { files } = begun([0, 10, 20, 30, 40], { finish })
  await expect(files.writeHeld(content)).rejects.toMatchObject({ code: 'CHUNK_DIGEST_MISMATCH' })
  const check = ({ at }: HeldChunk): void => {
    if (at === 20) throw new MossError('BUNDLE_BASE_MISSING', { names: ['/usr/lib/big'] })
  }
  const damaged = begun([0, 10, 20, 30, 40], { finish, check })
  await expect(damaged.files.writeHeld(content)).rejects.toMatchObject({ code: 'BUNDLE_BASE_MISSING' })
})
