// What a staged body says that it was digested as must be what its file has, in whatever order, and however often, its
// pieces were written.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { digestOf } from '../../src/base/digest.ts'
import type { ContentDigest } from '../../src/base/ids.ts'
import { linuxDisk } from '../../src/host/linux-disk.ts'
import { StagedBodies } from '../../src/store/staged-bodies.ts'
import { knownBytes } from '../support/known-bytes.ts'
import { scratchFolder } from '../support/scratch.ts'

const root = scratchFolder()
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0

/** The digest that is told of a body after `writes`, and that of its file. */
function writeAll(
  sizeBytes: number,
  writes: readonly { readonly at: number; readonly bytes: Uint8Array }[],
): { readonly told: string | undefined; readonly actual: string } {
  const folder = `${root}/${count++}`
  mkdirSync(folder)
  using bodies = new StagedBodies(linuxDisk(), folder)
  const content = digestOf<ContentDigest>(new Uint8Array(1))
  const writer = bodies.begin(content, sizeBytes)
  for (const { at, bytes } of writes) writer.write(bytes, at)
  const { path, digest } = bodies.end(content)
  return { told: digest, actual: digestOf(readFileSync(path)) }
}

test('S1: pieces in any order are digested as they pass', () => {
  const whole = knownBytes(1000, 1)
  const ends = fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { maxLength: 12 })
  const cases = ends.chain((inside) => {
    const bounds = [0, ...inside.toSorted((a, b) => a - b), 1000]
    const pieces = bounds
      .slice(1)
      .map((end, i) => ({ at: bounds[i]!, bytes: whole.subarray(bounds[i], end) }))
    return fc.shuffledSubarray(pieces, { minLength: pieces.length })
  })
  fc.assert(
    fc.property(cases, (writes) => {
      expect(writeAll(1000, writes).told).toBe(digestOf(whole))
    }),
  )
})

test('S1: a digest is of the bytes that the file has, or none is told', () => {
  let told = 0
  const write = fc.record({
    at: fc.nat({ max: 3 }),
    sizeBytes: fc.integer({ min: 1, max: 4 }),
    seed: fc.nat(),
  })
  fc.assert(
    fc.property(fc.array(write, { maxLength: 6 }), (choices) => {
      const writes = choices
        .filter(({ at, sizeBytes }) => at + sizeBytes <= 4)
        .map(({ at, sizeBytes, seed }) => ({ at, bytes: knownBytes(sizeBytes, seed) }))
      const result = writeAll(4, writes)
      if (result.told === undefined) return
      told++
      expect(result.told).toBe(result.actual)
    }),
    { numRuns: 1500 },
  )
  expect(told).toBeGreaterThan(20)
})

test('what comes before its turn is kept up to a bound', () => {
  const whole = knownBytes(20 * 1024 * 1024, 2)
  const middle = 10 * 1024 * 1024
  const [first, last] = [
    { at: 0, bytes: whole.subarray(0, middle) },
    { at: middle, bytes: whole.subarray(middle) },
  ]
  expect(writeAll(whole.length, [first, last]).told).toBe(digestOf(whole))
  expect(writeAll(whole.length, [last, first]).told).toBeUndefined()
})
