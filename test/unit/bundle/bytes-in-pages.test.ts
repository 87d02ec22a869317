import { expect, test } from 'vitest'
import { equalBytes } from '../../../src/base/bytes.ts'
import { bytesInPages } from '../../../src/bundle/bytes-in-pages.ts'
import { knownBytes } from '../../support/known-bytes.ts'

const page = 32 * 1024
const base = knownBytes(3 * page + 100, 5)

function opened() {
  const reads: number[] = []
  const bytes = bytesInPages(base.length, (into, at) => {
    reads.push(at)
    expect(at + into.length).toBeLessThanOrEqual(base.length)
    into.set(base.subarray(at, at + into.length))
  })
  return { reads, bytes }
}

test('gives exactly the bytes that are asked for, inside a page, across two, longer than one, and to the end', () => {
  const { bytes } = opened()
  for (const [at, length] of [
    [0, 10],
    [page - 5, 10],
    [page, page],
    [100, page],
    [5, 2 * page],
    [3 * page - 1, 101],
    [base.length, 0],
    [base.length - 1, 1],
  ] as const)
    expect(equalBytes(bytes.read(at, length), base.subarray(at, at + length)), `${at} ${length}`).toBe(true)
})

test('reads a page once while it is kept', () => {
  const { reads, bytes } = opened()
  for (const at of [0, 2 * page, 10, page, 2 * page + 7, 20]) bytes.read(at, 50)
  expect(reads).toEqual([0, 2 * page, page])
})

test('keeps no more than its pages, the last used', () => {
  const long = 600 * page
  let read = 0
  const bytes = bytesInPages(long, (into, at) => {
    read++
    into.fill(Math.floor(at / page) % 251)
  })
  for (let n = 0; n < 600; n++) expect(bytes.read(n * page + 1, 1)[0]).toBe(n % 251)
  expect(read).toBe(600)
  bytes.read(599 * page, 1)
  bytes.read(100 * page, 1)
  expect(read).toBe(600)
  expect(bytes.read(5 * page, 1)[0]).toBe(5)
  expect(read).toBe(601)
})
