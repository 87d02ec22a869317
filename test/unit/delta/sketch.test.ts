import { expect, test } from 'vitest'
import { concatBytes } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import type { ContentDigest } from '../../../src/base/ids.ts'
import { cutPoints } from '../../../src/delta/chunker.ts'
import { sketchJob } from '../../../src/delta/jobs.ts'
import {
  addToSketch,
  emptySketch,
  findSimilar,
  likeness,
  mergeSketch,
  type Sketch,
  type SketchedContent,
  sketchBuckets,
} from '../../../src/delta/sketch.ts'
import { noise } from '../../support/containers.ts'

const sketchOf = (bytes: Uint8Array): Sketch => {
  const sketch = emptySketch()
  addToSketch(sketch, bytes)
  return sketch
}
const sketched = (bytes: Uint8Array): SketchedContent => ({
  content: digestOf<ContentDigest>(bytes),
  sizeBytes: bytes.length,
  sketch: sketchOf(bytes),
})

const original = noise(300_000, 1)
const relinked = Uint8Array.from(original, (byte, i) => (i % 500 === 0 ? byte + 1 : byte))

test('the same bytes agree in every bucket, others in none, changed ones in most', () => {
  expect(likeness(sketchOf(original), sketchOf(original))).toBe(sketchBuckets)
  expect(likeness(sketchOf(original), sketchOf(noise(300_000, 2)))).toBe(0)
  expect(likeness(sketchOf(original), sketchOf(relinked))).toBeGreaterThan(20)
})

test('what moved within a file counts as much', () => {
  const turned = concatBytes([original.subarray(100_001), original.subarray(0, 100_001)])
  expect(likeness(sketchOf(original), sketchOf(turned))).toBeGreaterThan(28)
})

test('a part agrees by its share of the whole', () => {
  const half = likeness(sketchOf(original), sketchOf(original.subarray(0, 150_000)))
  expect(half).toBeGreaterThan(8)
  expect(half).toBeLessThan(24)
})

test('a sketch of chunks is nearly that of the whole; the worker gives the same', () => {
  const ends = cutPoints(original, true)
  const sizes = ends.map((end, i) => end - (ends[i - 1] ?? 0))
  const all = sketchJob.run({ bytes: original, sizes })
  const merged = emptySketch()
  for (let i = 0; i < sizes.length; i++)
    mergeSketch(merged, all.subarray(i * sketchBuckets, (i + 1) * sketchBuckets))
  expect(likeness(merged, sketchOf(original))).toBeGreaterThanOrEqual(sketchBuckets - 1)
})

test('nothing and less than a window have an empty sketch, which is like none', () => {
  for (const length of [0, 1, 31]) {
    expect(sketchOf(noise(length, 3))).toEqual(emptySketch())
    expect(likeness(sketchOf(noise(length, 3)), emptySketch())).toBe(0)
  }
  expect(sketchOf(noise(32, 3))).not.toEqual(emptySketch())
})

test('the most alike come first, of equals the nearest in size, and strangers not at all', () => {
  const longer = concatBytes([original, original.subarray(0, 50_000)])
  const had = [noise(300_000, 4), original.subarray(0, 120_000), longer, original].map(sketched)
  const { content } = sketched(relinked)
  expect(findSimilar([sketched(relinked)], had).get(content)).toEqual([
    had[3]?.content,
    had[2]?.content,
    had[1]?.content,
  ])
  expect(findSimilar([sketched(noise(300_000, 5))], had).size).toBe(0)
})

test('many contents that share a header do not make a file like them', () => {
  const header = noise(200, 6)
  const had = Array.from({ length: 200 }, (_, i) => sketched(concatBytes([header, noise(5000, 100 + i)])))
  expect(findSimilar([sketched(concatBytes([header, noise(5000, 7)]))], had).size).toBe(0)
})
