import { expect, test } from 'vitest'
import { digestOf } from '../../../src/base/digest.ts'
import type { ChunkId } from '../../../src/base/ids.ts'
import { chunksToCheck, wholeContents } from '../../../src/bundle/whole-contents.ts'
import type { ChunkList } from '../../../src/delta/chunk-list.ts'

const id = (n: number) => digestOf<ChunkId>(Uint8Array.of(n))
const content = digestOf<ChunkList['content']>(Uint8Array.of(99))
const inFrame = (...numbers: number[]) =>
  numbers.map((n, index) => ({ id: id(n), offset: 10 * index, sizeBytes: 10 }))
const listOf = (...numbers: number[]): ChunkList => ({
  content,
  sizeBytes: 10 * numbers.length,
  chunks: numbers.map((n) => ({ id: id(n), sizeBytes: 10 })),
})

function found(frame: readonly number[], list: readonly number[], needed: readonly number[] = list) {
  const chunks = listOf(...list)
  const destinations = new Map(
    needed.map((n) => [
      id(n),
      list.flatMap((each, i) => (each === n ? [{ content, at: 10 * i, sizeBytes: 10 }] : [])),
    ]),
  )
  return wholeContents(inFrame(...frame), destinations, new Map([[content, chunks]]))
}

test('a content whose chunks all follow each other in the frame is whole', () => {
  expect(found([7, 1, 2, 3, 8], [1, 2, 3])).toEqual([{ content, offset: 10, sizeBytes: 30 }])
})

test('one whose chunks are elsewhere, out of order, repeated or written from another frame is not', () => {
  expect(found([1, 2], [1, 2, 3])).toEqual([])
  expect(found([2, 1], [1, 2])).toEqual([])
  expect(found([1, 7, 2], [1, 2])).toEqual([])
  expect(found([1], [1, 1])).toEqual([])
  expect(found([1, 2], [1, 2], [1])).toEqual([])
})

test('a content of one chunk is checked as that chunk', () => {
  expect(found([1], [1])).toEqual([])
})

test('however often a frame has a chunk, each place that it goes to is looked at a few times', () => {
  const often = 300
  let looks = 0
  const places = Array.from({ length: often }, (_, n) => ({
    get content() {
      looks++
      return content
    },
    at: 10 * (n + 1),
    sizeBytes: 10,
  }))
  const frame = inFrame(...Array.from({ length: often }, () => 1))
  const lists = new Map([[content, listOf(2, ...Array.from({ length: often }, () => 1))]])
  expect(wholeContents(frame, new Map([[id(1), places]]), lists)).toEqual([])
  expect(chunksToCheck(frame, new Map([[id(1), places]]), lists)).toEqual(new Set())
  expect(looks).toBeGreaterThanOrEqual(often)
  expect(looks).toBeLessThanOrEqual(3 * often)
})
