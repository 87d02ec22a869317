// How an import writes a delta frame: what goes on without a break in one file is given on as it is made.
import { expect, test } from 'vitest'
import { digestOf } from '../../../src/base/digest.ts'
import type { ChunkId, ContentDigest } from '../../../src/base/ids.ts'
import { isMossError } from '../../../src/base/error.ts'
import type { Destination } from '../../../src/bundle/assembly.ts'
import { placesIn, stretchesOf } from '../../../src/bundle/stretches.ts'

const id = (n: number): ChunkId => digestOf<ChunkId>(Uint8Array.of(n))
const file = (n: number): ContentDigest => digestOf<ContentDigest>(Uint8Array.of(100 + n))
const at = (n: number, where: number, sizeBytes = 10): Destination => ({
  content: file(n),
  at: where,
  sizeBytes,
})
const frame = (...numbers: number[]) => numbers.map((n) => ({ id: id(n), sizeBytes: 10 }))
const none: ReadonlySet<ChunkId> = new Set()

test('chunks that follow each other in the frame and in one file are one stretch', () => {
  const needed = new Map([
    [id(1), [at(1, 50)]],
    [id(2), [at(1, 60)]],
    [id(3), [at(1, 70)]],
  ])
  const [only, ...more] = stretchesOf(frame(1, 2, 3), needed, none)
  expect(only).toEqual({ sizeBytes: 30, destinations: [at(1, 50, 30)] })
  expect(more).toEqual([])
  expect(placesIn(only!, 12, 7)).toEqual([at(1, 62, 7)])
})

test('a gap, another file, a second destination and what nobody needs each break it', () => {
  const needed = new Map([
    [id(1), [at(1, 0)]],
    [id(2), [at(1, 20)]],
    [id(3), [at(2, 30)]],
    [id(4), [at(2, 40), at(1, 40)]],
    [id(5), [at(2, 50)]],
  ])
  expect(stretchesOf(frame(1, 2, 3, 4, 5, 6), needed, none)).toEqual([
    { sizeBytes: 10, destinations: [at(1, 0)] },
    { sizeBytes: 10, destinations: [at(1, 20)] },
    { sizeBytes: 10, destinations: [at(2, 30)] },
    { sizeBytes: 10, destinations: [at(2, 40), at(1, 40)] },
    { sizeBytes: 10, destinations: [at(2, 50)] },
    { sizeBytes: 10, destinations: [] },
  ])
})

test('a chunk that is a whole content stays by itself, and a second copy of a chunk is written once', () => {
  const needed = new Map([
    [id(1), [at(1, 0)]],
    [id(2), [at(1, 10)]],
  ])
  expect(stretchesOf(frame(1, 2, 1), needed, new Set([id(1)]))).toEqual([
    { id: id(1), sizeBytes: 10, destinations: [at(1, 0)] },
    { sizeBytes: 10, destinations: [at(1, 10)] },
    { id: id(1), sizeBytes: 10, destinations: [] },
  ])
})

test('a chunk list that says another size than the frame is refused', () => {
  const needed = new Map([[id(1), [at(1, 0, 9)]]])
  const refused = (): unknown => stretchesOf(frame(1), needed, none)
  expect(refused).toThrow('a chunk of 9 bytes has 10')
  try {
    refused()
  } catch (error) {
    expect(isMossError(error, 'CONTAINER_DAMAGED')).toBe(true)
  }
})
