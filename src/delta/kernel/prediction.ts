// What the references of a base became in a target, told from how the runs between them lie: a field that points at
// something that moved by n bytes, and itself moved by m, is expected to have risen by n − m. The idea is that of
// Courgette (S. Adams, 2009), which takes programs apart instead. Encoder and decoder both add what is expected to
// a run of the base before they compare it or add to it.
import { take } from './memory.ts'
import {
  fieldOrigin,
  kindsAt,
  kindsCount,
  nothingOrigin,
  referenceCount,
  referencesAt,
} from './references/list.ts'
import { runAt, runBaseAt, runCount, runLength } from './runs.ts'

/** A place of the base moved as the longest run did that has the start of its granule, or else as the granule before. */
const granuleBytes: u32 = 16
const unknown: i32 = i32.MIN_VALUE
const noRun: u32 = 0xffff_ffff
const granulesTogether: u32 = 64 * 1024

/** Of references. */
const offsetMask: u64 = (1 << 28) - 1

let moved: usize = 0
let granules: u32 = 0
/** Of each kind how far its origin moved; how a field follows is in its scale. */
const movedOfKind: usize = memory.data(4 * 256, 4)

/** From the runs and references of the file at hand. Takes memory. */
export function predict(baseBytes: u32): void {
  granules = (baseBytes + granuleBytes - 1) / granuleBytes
  moved = take(4 * granules)
  memory.fill(moved, 0xff, 4 * granules)
  for (let run: u32 = 0; run < runCount(); run++) claim(run)
  let before = unknown
  for (let granule: u32 = 0; granule < granules; granule += granulesTogether)
    before = settle(granule, min(granule + granulesTogether, granules), before)
  for (let kind: u32 = 0; kind < kindsCount(); kind++) {
    const origin = load<u32>(kindsAt() + 8 * kind)
    store<i32>(movedOfKind + 4 * kind, origin == nothingOrigin ? 0 : movedAt(origin))
  }
}

/** Exported, as `claim` is, so that it stays a function of its own: a faster form of it is taken up where it is called. */
export function settle(first: u32, last: u32, movedBefore: i32): i32 {
  let before = movedBefore
  for (let at = moved + 4 * first, end = moved + 4 * last; at < end; at += 4) {
    const run = load<u32>(at)
    if (run != noRun) before = <i32>runAt(run) - <i32>runBaseAt(run)
    store<i32>(at, before)
  }
  return before
}

/** Of two runs of one length the later one has the granule. */
export function claim(run: u32): void {
  const length = runLength(run)
  const first = (runBaseAt(run) + granuleBytes - 1) / granuleBytes
  const last = (runBaseAt(run) + length + granuleBytes - 1) / granuleBytes
  for (let granule = first; granule < last; granule++) {
    const at = moved + 4 * granule
    const other = load<u32>(at)
    if (other == noRun || runLength(other) <= length) store<u32>(at, run)
  }
}

function movedAt(offset: u32): i32 {
  const granule = offset / granuleBytes
  return granule < granules ? load<i32>(moved + 4 * granule) : unknown
}

/** A piece of a run ends here or earlier, so that no field is cut. */
export function endOfPiece(baseAt: u32, end: u32): u32 {
  const next = firstAt(end)
  if (next == 0) return end
  const field = fieldOf(next - 1)
  return field + 4 > end && field > baseAt ? field : end
}

/** The bytes are of the base from `baseAt` on, and in the target at `at`. */
export function applyReferences(bytes: usize, size: u32, baseAt: u32, at: u32): void {
  if (size < 4) return
  const movedHere = <i32>at - <i32>baseAt
  const last = baseAt + size - 4
  const count = referenceCount()
  for (let i = firstAt(baseAt); i < count; i++) {
    const reference = load<u64>(referencesAt() + 8 * i)
    const field = <u32>(reference & offsetMask)
    if (field > last) return
    const to = movedAt(<u32>((reference >> 28) & offsetMask))
    const kind = <u32>(reference >> 56)
    const isFromField = load<u32>(kindsAt() + 8 * kind) == fieldOrigin
    const from = isFromField ? movedHere : load<i32>(movedOfKind + 4 * kind)
    if (to == unknown || from == unknown || to == from) continue
    const place = bytes + (field - baseAt)
    store<i32>(place, load<i32>(place) + rise(to - from, load<i32>(kindsAt() + 8 * kind, 4)))
  }
}

/** 0 where it is no whole number. */
function rise(by: i32, scale: i32): i32 {
  if (scale == 1) return by
  if (scale == -1) return -by
  return by % scale == 0 ? by / scale : 0
}

function fieldOf(reference: u32): u32 {
  return <u32>(load<u64>(referencesAt() + 8 * reference) & offsetMask)
}

/** The first reference whose field is there or later. */
function firstAt(offset: u32): u32 {
  const count = referenceCount()
  let low: u32 = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if (fieldOf(middle) < offset) low = middle + 1
    else high = middle
  }
  return low
}
