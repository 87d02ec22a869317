// The chunker and the ways through it agree on every content, however it arrives.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../src/base/bytes.ts'
import { chunkSizes } from '../../src/base/limits.ts'
import { cutPoints } from '../../src/delta/chunker.ts'
import { cutContent } from '../../src/delta/cut-file.ts'
import { cutWhole } from '../../src/delta/jobs.ts'
import { inlinePool } from '../../src/host/pool.ts'
import { knownBytes } from '../support/known-bytes.ts'

/** Stretches without structure, of one byte, and repeated ones, of lengths around the bounds. */
const stretch = fc
  .tuple(
    fc.oneof(
      fc.nat({ max: 400_000 }),
      fc.constantFrom(1, chunkSizes.min - 1, chunkSizes.min, 53_248, chunkSizes.max, chunkSizes.max + 1),
    ),
    fc.integer({ min: 0, max: 2 }),
    fc.nat({ max: 1000 }),
  )
  .map(([size, kind, seed]) =>
    kind === 0 ? knownBytes(size, seed) : new Uint8Array(size).fill(kind === 1 ? seed : 0),
  )
const content = fc.array(stretch, { maxLength: 6 }).map(concatBytes)

/** The cuts, found as a stream would: by growing prefixes of the rest. */
function streamedCuts(bytes: Uint8Array, pieceSizes: readonly number[]): number[] {
  const ends: number[] = []
  let start = 0
  let known = 0
  for (let turn = 0; known < bytes.length; turn++) {
    known = Math.min(bytes.length, known + (pieceSizes[turn % pieceSizes.length] ?? 1))
    const found = cutPoints(bytes.subarray(start, known), known === bytes.length)
    const from = start
    for (const end of found) ends.push((start = from + end))
  }
  return ends
}

const pieces = fc.array(fc.integer({ min: 3000, max: 300_000 }), { minLength: 1, maxLength: 5 })

describe('cutting', () => {
  test('keeps every chunk within the bounds, and the chunks make the content', () => {
    fc.assert(
      fc.property(content, (bytes) => {
        const ends = cutPoints(bytes, true)
        const sizes = ends.map((end, i) => end - (ends[i - 1] ?? 0))
        expect(ends.at(-1) ?? 0).toBe(bytes.length)
        for (const size of sizes.slice(0, -1)) expect(size).toBeGreaterThanOrEqual(chunkSizes.min)
        for (const size of sizes) expect(size).toBeLessThanOrEqual(chunkSizes.max)
        for (const size of sizes) expect(size).toBeGreaterThan(0)
      }),
      { numRuns: 60 },
    )
  })

  test('finds the same cuts in a stream as in the whole', () => {
    fc.assert(
      fc.property(content, pieces, (bytes, sizes) => {
        expect(streamedCuts(bytes, sizes)).toEqual(cutPoints(bytes, true))
      }),
      { numRuns: 60 },
    )
  })

  test('gives the same chunk list whatever the pieces', async () => {
    await fc.assert(
      fc.asyncProperty(content, pieces, async (bytes, sizes) => {
        const given: Uint8Array[] = []
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1
          given.push(bytes.subarray(at, at + size))
          at += size
        }
        expect(await cutContent(inlinePool, given)).toEqual(cutWhole(bytes))
      }),
      { numRuns: 30 },
    )
  })
})
