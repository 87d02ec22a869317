// A content in 128 bytes, so that two can be compared without reading them again: of all windows of 32 bytes, those with the
// smallest rolling values, one in each of 32 buckets (min-hash with one permutation; Broder 1997, Li, Owen and Zhang
// 2012). Of two contents about that share of the buckets agrees that they share of their windows. A sketch of parts
// is the sketch of the whole but for the windows across their seams. It is a hint: whoever uses it compares the bytes.
import { compareText } from '../base/bytes.ts'
import type { ContentDigest } from '../base/ids.ts'
import { gearTable } from './chunker.ts'

/** A rank for each bucket; `emptyRank` where no window fell into it. */
export type Sketch = Int32Array<ArrayBuffer>

export const sketchBuckets = 32
const emptyRank = 0x7fffffff
const windowBytes = 32

export const emptySketch = (): Sketch => new Int32Array(sketchBuckets).fill(emptyRank)

/** The value of the window that ends with the byte at `end`. */
function valueAt(bytes: Uint8Array, end: number): number {
  let value = 0
  const gear = gearTable()
  for (let at = end - windowBytes + 1; at <= end; at++) value = ((value << 1) + gear[bytes[at]!]!) | 0
  return value
}

/** Small unsigned values rank first; as a signed number, which is compared at no cost. */
const rankOf = (value: number): number => value ^ 0x80000000

/** The end of the first window from `from` on that ranks below `limit`; -1 if none. A loop of its own: 1.3 GB/s. */
function nextBelow(bytes: Uint8Array, from: number, limit: number): number {
  let value = 0
  const gear = gearTable()
  for (let at = from - windowBytes + 1; at < from; at++) value = ((value << 1) + gear[bytes[at]!]!) | 0
  for (let at = from; at < bytes.length; at++) {
    value = ((value << 1) + gear[bytes[at]!]!) | 0
    if ((value ^ 0x80000000) < limit) return at
  }
  return -1
}

/** Takes the windows of `bytes` into the sketch. */
export function addToSketch(sketch: Sketch, bytes: Uint8Array): void {
  let limit = worstRank(sketch)
  for (let at = windowBytes - 1; at < bytes.length; at++) {
    at = nextBelow(bytes, at, limit)
    if (at < 0) return
    const value = valueAt(bytes, at)
    const bucket = Math.imul(value, 0x9e3779b1) >>> 27
    if (rankOf(value) >= sketch[bucket]!) continue
    sketch[bucket] = rankOf(value)
    limit = worstRank(sketch)
  }
}

/** A loop: spreading a typed array into Math.max took half of all the time. */
function worstRank(sketch: Sketch): number {
  let worst = sketch[0]!
  for (let i = 1; i < sketchBuckets; i++) if (sketch[i]! > worst) worst = sketch[i]!
  return worst
}

export function mergeSketch(into: Sketch, part: Sketch): void {
  for (let i = 0; i < sketchBuckets; i++) into[i] = Math.min(into[i]!, part[i]!)
}

/** How many of the buckets agree. */
export function likeness(a: Sketch, b: Sketch): number {
  let agreeing = 0
  for (let i = 0; i < sketchBuckets; i++) if (a[i] === b[i] && a[i] !== emptyRank) agreeing++
  return agreeing
}

export interface SketchedContent {
  readonly content: ContentDigest
  readonly sizeBytes: number
  readonly sketch: Sketch
}

/** For a content those that are like it, best first. */
export type SimilarContents = ReadonlyMap<ContentDigest, readonly ContentDigest[]>

/** Fewer buckets agree by chance, or by a common header. */
const leastLikeness = 4

/** A rank that more contents than these have is a common header’s. */
const mostOfOneRank = 64

/** Hosts may lack the best one. */
const mostAlike = 3

/** The same question has the same answer. */
export function findSimilar(
  wanted: readonly SketchedContent[],
  had: readonly SketchedContent[],
): SimilarContents {
  const buckets = Array.from({ length: sketchBuckets }, () => new Map<number, SketchedContent[]>())
  for (const one of had)
    buckets.forEach((ranks, i) => {
      const rank = one.sketch[i]!
      const others = ranks.get(rank)
      if (others === undefined) ranks.set(rank, [one])
      else if (others.length < mostOfOneRank) others.push(one)
    })
  const found = wanted.map(({ content, sizeBytes, sketch }) => {
    const votes = new Map<SketchedContent, number>()
    buckets.forEach((ranks, i) => {
      if (sketch[i] === emptyRank) return
      for (const one of ranks.get(sketch[i]!) ?? []) votes.set(one, (votes.get(one) ?? 0) + 1)
    })
    const distance = (one: SketchedContent): number => Math.abs(one.sizeBytes - sizeBytes)
    const alike = [...votes]
      .filter(([, count]) => count >= leastLikeness)
      .sort(([a, m], [b, n]) => n - m || distance(a) - distance(b) || compareText(a.content, b.content))
    return [content, alike.slice(0, mostAlike).map(([one]) => one.content)] as const
  })
  return new Map(found.filter(([, alike]) => alike.length > 0))
}
