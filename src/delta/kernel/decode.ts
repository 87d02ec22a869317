// Turns the streams of a delta back into files, a piece at a time. For each file: its segments, until it is whole; a
// segment moves the place in the base, says how many bytes resemble the base from there, and how many follow from stream
// `extra`. Differences are one sparse run over all such bytes of all files. What streams hold comes from outside: every
// number is checked before it is used, and a file that is wrong ends with a failure.
import { copyBase } from './base-room.ts'
import { applyReferences, endOfPiece } from './prediction.ts'
import { addRun, mostRuns, runAt, runBaseAt, runCount, runExtra, runLength, startRuns } from './runs.ts'
import {
  checkEnd,
  controlStream,
  differencesStream,
  endOf,
  endsInRun,
  extraStream,
  fail,
  failure,
  gapsStream,
  goOnAt,
  hasEmptyRun,
  hasManyRuns,
  isAtEnd,
  isCutShort,
  isSegmentLong,
  leavesBase,
  placeOf,
  readBytes,
  readNumber,
  readSigned,
  runsStream,
  seeksStream,
} from './streams.ts'

const noEnd: u64 = u64.MAX_VALUE

/** Bytes that agree before the next difference, and differences before the next such bytes; both reach across files. */
let gap: u64 = 0
let run: u64 = 0

/** Of the file at hand: the segment, and how much of it and of its extra bytes has been made. */
let segment: u32 = 0
let doneBytes: u32 = 0
let doneExtra: u32 = 0
let isPredicted: bool = false

/** After all streams are open. */
export function startDecoding(): void {
  run = 0
  nextDifferences()
}

/** Of the file that comes next. */
export function readSize(): f64 {
  return <f64>readNumber(controlStream)
}

/** Takes memory. */
export function readRuns(size: u32, baseBytes: u32): void {
  startRuns()
  segment = 0
  doneBytes = 0
  doneExtra = 0
  isPredicted = false
  let at: u64 = 0
  let baseAt: i64 = 0
  while (at < size) {
    baseAt += readSigned(seeksStream)
    const length = readNumber(controlStream)
    const extra = readNumber(controlStream)
    if (length + extra > size - at) fail(isSegmentLong, controlStream)
    if (baseAt < 0 || baseAt + <i64>length > <i64>baseBytes) fail(leavesBase, controlStream)
    if (runCount() == mostRuns) fail(hasManyRuns, controlStream)
    if (failure() != 0) return
    addRun(<u32>at, <u32>baseAt, <u32>length, <u32>extra)
    at += length + extra
    baseAt += length
  }
}

/** From here on the file's runs are made of bytes whose references are risen. */
export function usePrediction(): void {
  isPredicted = true
}

/** Fills at most `room` bytes with what comes next of the file; how many, 0 at its end or after a failure. */
export function makePiece(to: usize, room: u32): u32 {
  let made: u32 = 0
  while (segment < runCount() && made < room && failure() == 0) {
    const length = runLength(segment)
    if (doneBytes < length) {
      const count = makeRun(to + made, min(room - made, length - doneBytes), made == 0)
      if (count == 0) return made
      made += count
      doneBytes += count
    } else {
      const count = min(room - made, runExtra(segment) - doneExtra)
      const from = readBytes(extraStream, count)
      if (failure() != 0) return 0
      memory.copy(to + made, from, count)
      made += count
      doneExtra += count
    }
    if (doneBytes == length && doneExtra == runExtra(segment)) {
      segment++
      doneBytes = 0
      doneExtra = 0
    }
  }
  return failure() == 0 ? made : 0
}

/** At most so many bytes of the segment's run; 0 if a field would be cut and there is more room in the next piece. */
function makeRun(to: usize, most: u32, isFirst: bool): u32 {
  const baseAt = runBaseAt(segment) + doneBytes
  const isWhole = doneBytes + most == runLength(segment)
  let count = most
  if (isPredicted && !isWhole) {
    if (most < 8 && !isFirst) return 0
    count = endOfPiece(baseAt, baseAt + most) - baseAt
  }
  copyBase(baseAt, count, to)
  if (isPredicted) applyReferences(to, count, baseAt, runAt(segment) + doneBytes)
  addDifferences(to, count)
  return count
}

/**
 * Nearly all gaps are below 2^14 and nearly all runs below 2^7: those are read here, without looking the streams up. What is
 * longer, and what ends or is wrong, is for `nextDifferences`.
 */
function addDifferences(bytes: usize, size: u32): void {
  if (failure() != 0) return
  let gaps = placeOf(gapsStream)
  let runs = placeOf(runsStream)
  let differences = placeOf(differencesStream)
  // A gap and a run of these lengths are inside.
  const lastGap = endOf(gapsStream) - 2
  const lastRun = endOf(runsStream) - 1
  const end = endOf(differencesStream)
  let at = bytes
  const stop = bytes + size
  let here = gap
  let count = run
  while (here < <u64>(stop - at)) {
    at += <usize>here
    here = 0
    const now = <usize>min(count, <u64>(stop - at))
    if (now > end - differences) {
      fail(isCutShort, differencesStream)
      break
    }
    for (const to = at + now; at < to; at++) store<u8>(at, load<u8>(at) + load<u8>(differences++))
    count -= now
    if (count > 0) break
    if (<isize>gaps <= <isize>lastGap && <isize>runs <= <isize>lastRun) {
      const pair: u32 = load<u16>(gaps)
      const length: u32 = load<u8>(runs)
      const isShort = (pair & 0x80) == 0
      if ((isShort || (pair & 0x8000) == 0) && length - 1 < 127) {
        here = isShort ? pair & 0x7f : (pair & 0x7f) | ((pair >> 8) << 7)
        count = length
        gaps += isShort ? 1 : 2
        runs++
        continue
      }
    }
    goOnAt(gapsStream, gaps)
    goOnAt(runsStream, runs)
    run = 0
    nextDifferences()
    if (failure() != 0) break
    gaps = placeOf(gapsStream)
    runs = placeOf(runsStream)
    here = gap
    count = run
  }
  if (failure() == 0 && here >= <u64>(stop - at)) here -= <u64>(stop - at)
  gap = here
  run = count
  goOnAt(gapsStream, gaps)
  goOnAt(runsStream, runs)
  goOnAt(differencesStream, differences)
}

function nextDifferences(): void {
  if (isAtEnd(gapsStream)) {
    gap = noEnd
    return
  }
  gap = readNumber(gapsStream)
  run = readNumber(runsStream)
  if (run == 0) fail(hasEmptyRun, runsStream)
}

/** After the last file: everything must be used up. */
export function endDecoding(): void {
  checkEnd(controlStream)
  checkEnd(seeksStream)
  checkEnd(extraStream)
  if (run > 0) fail(endsInRun, gapsStream)
  checkEnd(runsStream)
  checkEnd(differencesStream)
}
