// Volumes that were found, against each other: whether they can be of one cut, and what is missing. Pure.
import type { FrameRange } from './frame-place.ts'
import type { Volume } from './volume.ts'

/**
 * Whether one cut can have both. Where every number from 1 to the count is here and each fits to each, they have every
 * frame once.
 */
export function areOfOneCut(a: Volume, b: Volume): boolean {
  if (a.count !== b.count) return false
  if (a.number === b.number) return a.firstFrame === b.firstFrame && a.endFrame === b.endFrame
  const [before, after] = a.number < b.number ? [a, b] : [b, a]
  const between = after.number - before.number - 1
  const frames = after.firstFrame - before.endFrame
  return between === 0 ? frames === 0 : frames >= between
}

/** The first numbers of volumes that are not among these, at most `most`; none where there is no volume. */
export function missingNumbers(volumes: readonly Volume[], most: number): readonly number[] {
  const here = new Set(volumes.map(({ number }) => number))
  const missing: number[] = []
  for (let number = 1; number <= (volumes[0]?.count ?? 0) && missing.length < most; number++)
    if (!here.has(number)) missing.push(number)
  return missing
}

/** Whether these ranges, in any order, have every frame. */
export function isEveryFrame(ranges: readonly FrameRange[], frameCount: number): boolean {
  let end = 0
  for (const range of ranges.toSorted((a, b) => a.firstFrame - b.firstFrame))
    if (range.firstFrame <= end) end = Math.max(end, range.endFrame)
  return end >= frameCount
}
