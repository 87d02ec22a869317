// Writes a target as differences from its base, both in memory: how it lies along the base, with references replaced by
// labels where both are programs, then the bytes of streams, of which decode.ts makes the target again.
import { holdBase } from './base-room.ts'
import { alignFiles } from './encode/align.ts'
import {
  addDifferences,
  endOfDifferences,
  endOfGaps,
  endOfRuns,
  gapAtEnd,
  startDifferences,
} from './encode/differences.ts'
import { entropyBytes } from './encode/entropy.ts'
import { keptBytes, labelFields, restoreFields } from './encode/labels.ts'
import { mostNumberBytes, writeNumber } from './encode/write-number.ts'
import { take } from './memory.ts'
import { applyReferences, endOfPiece, predict } from './prediction.ts'
import { findReferences, referencesAt } from './references.ts'
import { moveRuns, runAt, runBaseAt, runCount, runExtra, runLength } from './runs.ts'
import {
  controlStream,
  differencesStream,
  extraStream,
  gapsStream,
  runsStream,
  seeksStream,
} from './streams.ts'

/** Bytes of a run that are predicted at once. */
const pieceBytes: u32 = 64 * 1024

let base: usize = 0
let baseBytes: u32 = 0
let target: usize = 0
let targetBytes: u32 = 0
let isPredicted: bool = false

/** They stay where they are until all is written. */
export function takePair(baseAt: usize, baseSize: u32, targetAt: usize, targetSize: u32): void {
  base = baseAt
  baseBytes = baseSize
  target = targetAt
  targetBytes = targetSize
}

/** A seed every so many bytes of the base; `stride` is how far apart places are looked up, at most. Takes memory. */
export function layPlain(seedStep: u32, stride: u32): void {
  isPredicted = false
  const start = take(0)
  alignFiles(base, baseBytes, target, targetBytes, seedStep, stride)
  moveRuns(start)
}

/** The same by what references point at; false, with nothing done, where the two are no programs with references. */
export function layPrograms(seedStep: u32, stride: u32): bool {
  holdBase(target, targetBytes)
  const targetCount = findReferences()
  const ofTarget = referencesAt()
  if (targetCount < 0) return false
  // Last, since prediction takes those that were found last.
  holdBase(base, baseBytes)
  const baseCount = findReferences()
  const ofBase = referencesAt()
  if (baseCount <= 0) return false
  isPredicted = true
  const start = take(0)
  const keptOfBase = take(keptBytes * baseCount)
  const keptOfTarget = take(keptBytes * targetCount)
  labelFields(base, baseBytes, ofBase, baseCount, keptOfBase)
  labelFields(target, targetBytes, ofTarget, targetCount, keptOfTarget)
  alignFiles(base, baseBytes, target, targetBytes, seedStep, stride)
  restoreFields(base, ofBase, baseCount, keptOfBase)
  restoreFields(target, ofTarget, targetCount, keptOfTarget)
  moveRuns(start)
  return true
}

/** Of each stream where it begins and where it ends. */
const written: usize = memory.data(8 * 7, 4)

export function writtenAt(stream: u32): usize {
  return load<u32>(written + 8 * stream)
}

export function writtenBytes(stream: u32): u32 {
  return load<u32>(written + 8 * stream, 4) - load<u32>(written + 8 * stream)
}

/** Of all streams, each byte coded by how often it occurs. */
export function likelyBytes(): u32 {
  let sum: u32 = 0
  for (let stream = controlStream; stream <= extraStream; stream++)
    sum += entropyBytes(writtenAt(stream), writtenBytes(stream))
  return sum
}

function begin(stream: u32, most: u32): usize {
  const at = take(most)
  store<u32>(written + 8 * stream, <u32>at)
  return at
}

function end(stream: u32, at: usize): void {
  store<u32>(written + 8 * stream, <u32>at, 4)
}

/** `gap` are the bytes that agreed before, of other files; gives those that agree at the end. Takes memory. */
export function writePair(gap: u32): u32 {
  writeSegments()
  writeExtra()
  if (isPredicted) predict(baseBytes)
  const most = targetBytes + mostNumberBytes
  startDifferences(gap, begin(gapsStream, most), begin(runsStream, most), begin(differencesStream, most))
  if (isPredicted) addPredicted()
  else
    for (let run: u32 = 0; run < runCount(); run++)
      addDifferences(target + runAt(run), base + runBaseAt(run), runLength(run))
  end(gapsStream, endOfGaps())
  end(runsStream, endOfRuns())
  end(differencesStream, endOfDifferences())
  return gapAtEnd()
}

function writeSegments(): void {
  let seek = begin(seeksStream, mostNumberBytes * runCount())
  let control = begin(controlStream, 2 * mostNumberBytes * runCount())
  let place: u32 = 0
  for (let run: u32 = 0; run < runCount(); run++) {
    const moved = <i32>(runBaseAt(run) - place)
    // Positive numbers are even, negative ones odd.
    seek = writeNumber(seek, (moved << 1) ^ (moved >> 31))
    control = writeNumber(control, runLength(run))
    control = writeNumber(control, runExtra(run))
    place = runBaseAt(run) + runLength(run)
  }
  end(seeksStream, seek)
  end(controlStream, control)
}

/** The bytes that resemble nothing. */
function writeExtra(): void {
  let size: u32 = 0
  for (let run: u32 = 0; run < runCount(); run++) size += runExtra(run)
  let at = begin(extraStream, size)
  for (let run: u32 = 0; run < runCount(); run++) {
    memory.copy(at, target + runAt(run) + runLength(run), runExtra(run))
    at += runExtra(run)
  }
  end(extraStream, at)
}

/** Each run piece by piece, as the references of the base are expected to have risen in it. */
function addPredicted(): void {
  const expected = take(pieceBytes)
  for (let run: u32 = 0; run < runCount(); run++) {
    const start = runBaseAt(run)
    const stop = start + runLength(run)
    const at = runAt(run) - start
    for (let from = start; from < stop;) {
      const most = min(stop, from + pieceBytes)
      const next = most == stop ? stop : endOfPiece(from, most)
      memory.copy(expected, base + from, next - from)
      applyReferences(expected, next - from, from, at + from)
      addDifferences(target + at + from, expected, next - from)
      from = next
    }
  }
}
