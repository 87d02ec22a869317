// Lays a target along its base: which runs of the target resemble which runs of the base. One pass that stays on the
// current alignment while it still matches well (mismatches are cheap: they become small differences), looks for
// another by seeds only when it fails, and extends both ends of each run by score, as bsdiff does (C. Percival,
// "Naive differences of executable code", 2003) without its suffix sort. Linear in time: lookups compare at most
// `decideBytes`, and both extensions together walk each byte of the target a few times.
import { take } from '../memory.ts'
import { addExtra, addRun, mostRuns, runCount, startRuns } from '../runs.ts'
import { agreeingBits, agreeingBytes, agreeingRun } from './agreement.ts'
import { enterSeeds, findSeed, seedTableBits } from './seeds.ts'

const seedBytes: i32 = 16

/** So many bytes decide whether another alignment is better; equality beyond is found under that alignment. */
const decideBytes: i32 = 4096

/** Where nothing was found so often, the next place is one further on, and so on. */
const missesOfStride: i32 = 64

/**
 * A window most of which agrees stays on the alignment; where it does not, the next one starts half a window on. In tables
 * half of the bytes are zeros that agree anywhere.
 */
const looseWindow: i32 = 32
const looseAgreeing: i32 = 26

/** Backwards, a run that has not improved for so long will not. */
const patience: i32 = 4096

let base: usize = 0
let baseBytes: i32 = 0
let target: usize = 0
let targetBytes: i32 = 0
let step: i32 = 0
let mostStride: i32 = 0
let table: usize = 0
let tableBits: i32 = 0
/** Files that keep their alignment need no table. */
let isEntered: bool = false

let foundAt: i32 = 0
let foundBaseAt: i32 = 0
let foundLength: i32 = 0

/**
 * Gives runs.ts the runs of the target; they make it in order. Where there would be too many, what the others have is
 * left to the last one as bytes that resemble nothing. An empty target has none. Takes memory, the runs' last.
 */
export function alignFiles(
  baseAt: usize,
  baseSize: i32,
  targetAt: usize,
  targetSize: i32,
  seedStep: i32,
  stride: i32,
): void {
  base = baseAt
  baseBytes = baseSize
  target = targetAt
  targetBytes = targetSize
  step = seedStep
  mostStride = stride
  tableBits = seedTableBits(baseBytes, step)
  table = take((<usize>4) << tableBits)
  isEntered = false
  startRuns()
  if (targetBytes > 0) alignAll()
}

function alignAll(): void {
  let at = 0
  let baseAt = 0
  let from = 0
  let offset = 0
  while (true) {
    const isFound = findNext(from, offset)
    const end = isFound ? foundAt : targetBytes
    let forward = extendForward(target + at, base + baseAt, min(end - at, baseBytes - baseAt))
    let backward = 0
    if (isFound) {
      backward = extendBackward(target + foundAt, base + foundBaseAt, min(end - at, foundBaseAt))
      const overlap = at + forward - (end - backward)
      if (overlap > 0) {
        const first = end - backward
        const kept = splitOverlap(
          target + first,
          base + (baseAt + first - at),
          base + (foundBaseAt - backward),
          overlap,
        )
        forward += kept - overlap
        backward -= kept
      }
    }
    const extra = end - backward - (at + forward)
    if (runCount() < mostRuns) addRun(at, baseAt, forward, extra)
    else addExtra(forward + extra)
    if (!isFound) return
    at = end - backward
    baseAt = foundBaseAt - backward
    offset = foundBaseAt - foundAt
    from = foundAt + foundLength
  }
}

/** How many more bytes must agree to pay for naming another alignment: about the bits of how far it is. */
function costOf(distance: i32): i32 {
  return 32 - clz(abs(distance))
}

/** The next place where another alignment than `offset` (base minus target) is clearly better. */
function findNext(from: i32, offset: i32): bool {
  const last = targetBytes - seedBytes
  // Of the target, where the alignment lies inside the base.
  const firstInside = max(0, -offset)
  const endInside = min(targetBytes, baseBytes - offset)
  const along = base + offset
  let at = from
  let looseAt = from
  let misses = 0
  while (at <= last) {
    const isInside = at >= firstInside && at < endInside
    const end = isInside ? at + agreeingRun(target + at, along + at, endInside - at) : at
    if (end - at >= seedBytes) {
      at = looseAt = end
      misses = 0
      continue
    }
    if (end > at + 1) at = end
    if (at >= looseAt) {
      if (
        at >= firstInside &&
        at + looseWindow <= endInside &&
        agreeingBytes(target + at, along + at, looseWindow) >= looseAgreeing
      ) {
        at = looseAt = at + looseWindow
        continue
      }
      looseAt = at + looseWindow / 2
    }
    if (at > last) return false
    if (!isEntered) {
      enterSeeds(table, tableBits, base, baseBytes, step)
      isEntered = true
    }
    const baseAt = findSeed(table, tableBits, target + at)
    misses++
    if (baseAt >= 0 && baseAt - at !== offset) {
      const most = min(decideBytes, min(targetBytes - at, baseBytes - baseAt))
      const length = agreeingRun(target + at, base + baseAt, most)
      if (length >= seedBytes) {
        const first = max(at, firstInside)
        const inside = min(at + length, endInside) - first
        const advantage = length - agreeingBytes(target + first, along + first, inside)
        if (advantage > costOf(baseAt - at - offset)) {
          foundAt = at
          foundBaseAt = baseAt
          foundLength = length
          return true
        }
      }
    }
    at += min(1 + misses / missesOfStride, mostStride)
  }
  return false
}

/** The length with the best score: bytes that agree count for, others against. */
function extendForward(one: usize, other: usize, most: i32): i32 {
  let score = 0
  let best = 0
  let length = 0
  let i = 0
  for (; i + 16 <= most; i += 16) {
    const bits = agreeingBits(one + i, other + i)
    const agreeing = popcnt(bits)
    if (agreeing === 16) {
      score += 16
      if (score > best) {
        best = score
        length = i + 16
      }
    } else if (score + agreeing <= best) score += 2 * agreeing - 16
    else
      for (let bit = 0; bit < 16; bit++) {
        score += (((bits >> bit) & 1) << 1) - 1
        if (score > best) {
          best = score
          length = i + bit + 1
        }
      }
  }
  for (; i < most; i++) {
    score += load<u8>(one + i) === load<u8>(other + i) ? 1 : -1
    if (score > best) {
      best = score
      length = i + 1
    }
  }
  return length
}

/** The same backwards, of the bytes before both places. */
function extendBackward(one: usize, other: usize, most: i32): i32 {
  let score = 0
  let best = 0
  let length = 0
  let i = 0
  for (; i + 16 <= most && i - length <= patience; i += 16) {
    const bits = agreeingBits(one - i - 16, other - i - 16)
    const agreeing = popcnt(bits)
    if (score + agreeing <= best) score += 2 * agreeing - 16
    else
      for (let bit = 15; bit >= 0; bit--) {
        score += (((bits >> bit) & 1) << 1) - 1
        if (score > best) {
          best = score
          length = i + 16 - bit
        }
      }
  }
  for (; i < most && i - length <= patience; i++) {
    score += load<u8>(one - i - 1) === load<u8>(other - i - 1) ? 1 : -1
    if (score > best) {
      best = score
      length = i + 1
    }
  }
  return length
}

/** Of bytes that both the run before and the next one claim, how many the run before keeps. */
function splitOverlap(claimed: usize, before: usize, next: usize, overlap: i32): i32 {
  let score = 0
  let best = 0
  let kept = 0
  let i = 0
  for (; i + 16 <= overlap; i += 16) {
    const ofBefore = agreeingBits(claimed + i, before + i)
    const differing = ofBefore ^ agreeingBits(claimed + i, next + i)
    for (let left = differing; left !== 0; left &= left - 1) {
      const bit = ctz(left)
      score += (((ofBefore >> bit) & 1) << 1) - 1
      if (score > best) {
        best = score
        kept = i + bit + 1
      }
    }
  }
  for (; i < overlap; i++) {
    const byte = load<u8>(claimed + i)
    score += i32(byte === load<u8>(before + i)) - i32(byte === load<u8>(next + i))
    if (score > best) {
      best = score
      kept = i + 1
    }
  }
  return kept
}
