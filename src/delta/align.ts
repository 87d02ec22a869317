// Lays a target along its base: which runs of the target resemble which runs of the base. One pass that stays on the
// current alignment while it still matches well (mismatches are cheap: they become small differences), looks for
// another by seeds only when it fails, and extends both ends of each run by score, as bsdiff does (C. Percival,
// "Naive differences of executable code", 2003) without its suffix sort. Linear in time: lookups compare at most
// `decideBytes`, and both extensions together walk each byte of the target a few times.
import { agreeingRun, blockBytes, bufferOf, isEqualBlock } from './agreement.ts'
import { seedBytes, SeedIndex, TableRoom } from './seed-index.ts'

/** `copy` bytes of the target resemble the base from its current place on, the next `extra` nothing. */
export interface Segment {
  /** In the target. */
  readonly at: number
  readonly baseAt: number
  readonly copy: number
  readonly extra: number
}

/** So many bytes decide whether another alignment is better; equality beyond is found under that alignment. */
const decideBytes = 4096

/** Where nothing was found so often, the next place is one further on, and so on. */
const missesOfStride = 64

/**
 * A window most of which agrees stays on the alignment; where it does not, the next one starts half a window on. In tables
 * half of the bytes are zeros that agree anywhere.
 */
const looseWindow = 32
const looseAgreeing = 26

/** Backwards, a run that has not improved for so long will not. */
const patience = 4096

interface Found {
  readonly at: number
  readonly baseAt: number
  readonly length: number
}

export interface Pair {
  readonly base: Uint8Array
  readonly target: Uint8Array
}

export interface Thoroughness {
  /** A seed every so many bytes of the base is known. */
  readonly step: number
  /** Where little is found, places so far from each other are looked up, at most. With no factor of `step`, or else most shifts are never seen. */
  readonly mostStride: number
}

/** Segments in order; together they make the target. An empty target has none. */
export function* align(pair: Pair, how: Thoroughness, room = new TableRoom()): Generator<Segment> {
  if (pair.target.length === 0) return
  const base = bufferOf(pair.base)
  const target = bufferOf(pair.target)
  const search = new AlignmentSearch(base, target, { ...how, room })
  let at = 0
  let baseAt = 0
  let from = 0
  let offset = 0
  for (;;) {
    const found = search.next(from, offset)
    const end = found?.at ?? target.length
    let forward = extendForward({ base, target, at, baseAt, most: Math.min(end - at, base.length - baseAt) })
    let backward =
      found === undefined
        ? 0
        : extendBackward({ base, target, found, most: Math.min(end - at, found.baseAt) })
    const overlap = at + forward - (end - backward)
    if (overlap > 0 && found !== undefined) {
      const kept = splitOverlap({
        base,
        target,
        overlap,
        end: at + forward,
        baseEnd: baseAt + forward,
        found,
        backward,
      })
      forward += kept - overlap
      backward -= kept
    }
    const extra = end - backward - (at + forward)
    yield { at, baseAt, copy: forward, extra }
    if (found === undefined) return
    at = end - backward
    baseAt = found.baseAt - backward
    offset = found.baseAt - found.at
    from = found.at + found.length
  }
}

/** How many more bytes must agree to pay for naming another alignment: about the bits of how far it is. */
const costOf = (distance: number): number => 32 - Math.clz32(Math.abs(distance))

class AlignmentSearch {
  readonly #base: Buffer
  readonly #target: Buffer
  readonly #how: Thoroughness & { readonly room: TableRoom }
  /** Made when it is first asked: files that keep their alignment need none. */
  #index: SeedIndex | undefined

  constructor(base: Buffer, target: Buffer, how: Thoroughness & { readonly room: TableRoom }) {
    this.#base = base
    this.#target = target
    this.#how = how
  }

  /** The next place where another alignment than `offset` (base minus target) is clearly better. */
  next(from: number, offset: number): Found | undefined {
    const last = this.#target.length - seedBytes
    let at = from
    let looseAt = from
    let misses = 0
    while (at <= last) {
      const end = this.#agreesUntil(at, offset)
      if (end - at >= seedBytes) {
        at = looseAt = end
        misses = 0
        continue
      }
      if (end > at + 1) at = end
      if (at >= looseAt) {
        if (this.#agreesLoosely(at, offset)) {
          at = looseAt = at + looseWindow
          continue
        }
        looseAt = at + looseWindow / 2
      }
      if (at > last) return undefined
      this.#index ??= this.#makeIndex()
      const baseAt = this.#index.find(at)
      misses++
      if (baseAt >= 0 && baseAt - at !== offset) {
        const length = this.#equalBytes(at, baseAt)
        const advantage = length - this.#agreeing(at, offset, length)
        if (length >= seedBytes && advantage > costOf(baseAt - at - offset)) return { at, baseAt, length }
      }
      at += Math.min(1 + Math.floor(misses / missesOfStride), this.#how.mostStride)
    }
    return undefined
  }

  #makeIndex(): SeedIndex {
    return new SeedIndex({ base: this.#base, target: this.#target }, this.#how.step, this.#how.room)
  }

  #agreesUntil(from: number, offset: number): number {
    const most = Math.min(this.#target.length, this.#base.length - offset) - from
    return from + offset < 0 || most <= 0
      ? from
      : from + agreeingRun(this.#target, from, this.#base, from + offset, most)
  }

  #agreesLoosely(at: number, offset: number): boolean {
    const from = at + offset
    if (from < 0 || from + looseWindow > this.#base.length || at + looseWindow > this.#target.length)
      return false
    return this.#agreeing(at, offset, looseWindow) >= looseAgreeing
  }

  #equalBytes(at: number, baseAt: number): number {
    const most = Math.min(decideBytes, this.#target.length - at, this.#base.length - baseAt)
    return agreeingRun(this.#target, at, this.#base, baseAt, most)
  }

  #agreeing(at: number, offset: number, length: number): number {
    const base = this.#base
    const target = this.#target
    const from = Math.max(at, -offset)
    const to = Math.min(at + length, base.length - offset)
    let count = 0
    for (let i = from; i < to; i++) if (target[i] === base[i + offset]) count++
    return count
  }
}

/** The length, from `at` on, with the best score: bytes that agree count for, others against. */
function extendForward(run: {
  readonly base: Buffer
  readonly target: Buffer
  readonly at: number
  readonly baseAt: number
  readonly most: number
}): number {
  const { base, target, at, baseAt, most } = run
  let agreeing = 0
  let best = 0
  let length = 0
  let i = 0
  while (i < most) {
    // A block that is equal ends with its best score.
    const isEqual = i + blockBytes <= most && isEqualBlock(target, at + i, base, baseAt + i)
    const end = isEqual ? i + blockBytes : Math.min(most, i + blockBytes)
    if (isEqual) {
      agreeing += blockBytes
      i = end - 1
    }
    for (; i < end; i++) {
      if (!isEqual && base[baseAt + i] === target[at + i]) agreeing++
      const score = 2 * agreeing - i - 1
      if (score > best) {
        best = score
        length = i + 1
      }
    }
  }
  return length
}

function extendBackward(run: {
  readonly base: Uint8Array
  readonly target: Uint8Array
  readonly found: Found
  readonly most: number
}): number {
  const { base, target, found, most } = run
  let agreeing = 0
  let best = 0
  let length = 0
  for (let i = 1; i <= most && i - length <= patience; i++) {
    if (base[found.baseAt - i] === target[found.at - i]) agreeing++
    const score = 2 * agreeing - i
    if (score > best) {
      best = score
      length = i
    }
  }
  return length
}

/** Of bytes that both the run before and the next one claim, how many the run before keeps. */
function splitOverlap(claim: {
  readonly base: Uint8Array
  readonly target: Uint8Array
  readonly overlap: number
  readonly end: number
  readonly baseEnd: number
  readonly found: Found
  readonly backward: number
}): number {
  const { base, target, overlap, end, baseEnd, found, backward } = claim
  const nextAt = found.baseAt - backward
  let score = 0
  let best = 0
  let kept = 0
  for (let i = 0; i < overlap; i++) {
    const byte = target[end - overlap + i]
    if (byte === base[baseEnd - overlap + i]) score++
    if (byte === base[nextAt + i]) score--
    if (score > best) {
      best = score
      kept = i + 1
    }
  }
  return kept
}
