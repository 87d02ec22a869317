// Writes what makes a target of its runs: where they are, and how they differ from what is expected of them, as one sparse
// run over all such bytes. A number is a varint: seven bits a byte, lowest first, the high bit set on all but the last byte.
import { agreeingBits } from './agreement.ts'

/** Bytes that agree since the last difference. */
let gap: u32 = 0
let gapsEnd: usize = 0
let runsEnd: usize = 0
let differencesEnd: usize = 0

/**
 * The regions have room for as many bytes as will be compared, that of gaps for `gap` bytes or five more, whichever is
 * less: no number takes more bytes than it counts.
 */
export function startDifferences(gapBefore: u32, gaps: usize, runs: usize, differences: usize): void {
  gap = gapBefore
  gapsEnd = gaps
  runsEnd = runs
  differencesEnd = differences
}

export function gapAfter(): u32 {
  return gap
}

export function gapsWritten(): usize {
  return gapsEnd
}

export function runsWritten(): usize {
  return runsEnd
}

export function differencesWritten(): usize {
  return differencesEnd
}

export function addDifferences(target: usize, expected: usize, length: i32): void {
  let i = 0
  while (i < length) {
    const first = nextDifference(target, expected, i, length)
    gap += first - i
    if (first === length) return
    i = first + 1
    while (i < length && load<u8>(target + i) !== load<u8>(expected + i)) i++
    gapsEnd = writeNumber(gapsEnd, gap)
    runsEnd = writeNumber(runsEnd, i - first)
    for (let at = first; at < i; at++)
      store<u8>(differencesEnd++, load<u8>(target + at) - load<u8>(expected + at))
    gap = 0
  }
}

function nextDifference(one: usize, other: usize, from: i32, length: i32): i32 {
  let i = from
  for (; i + 16 <= length; i += 16) {
    const bits = agreeingBits(one + i, other + i)
    if (bits !== 0xffff) return i + ctz(~bits)
  }
  while (i < length && load<u8>(one + i) === load<u8>(other + i)) i++
  return i
}

/** Of all runs, as `layAlong` gives them. */
export function addDifferencesOfRuns(target: usize, base: usize, runs: usize, count: i32): void {
  for (let run = runs; run < runs + (count << 4); run += 16)
    addDifferences(target + load<u32>(run), base + load<u32>(run, 4), load<u32>(run, 8))
}

/** The numbers of runs: at most five bytes each to `seeks`, ten to `control`. Gives the end of seeks. */
export function writeRuns(runs: usize, count: i32, seeks: usize, control: usize): usize {
  let place = 0
  controlEnd = control
  for (let run = runs; run < runs + (count << 4); run += 16) {
    const baseAt = load<i32>(run, 4)
    const length = load<i32>(run, 8)
    const seek = baseAt - place
    seeks = writeNumber(seeks, (seek << 1) ^ (seek >> 31))
    controlEnd = writeNumber(controlEnd, length)
    controlEnd = writeNumber(controlEnd, load<u32>(run, 12))
    place = baseAt + length
  }
  return seeks
}

let controlEnd: usize = 0

export function controlWritten(): usize {
  return controlEnd
}

/** The bytes that resemble nothing. Gives their end. */
export function writeExtra(target: usize, runs: usize, count: i32, extra: usize): usize {
  for (let run = runs; run < runs + (count << 4); run += 16) {
    const length = load<u32>(run, 12)
    memory.copy(extra, target + load<u32>(run) + load<u32>(run, 8), length)
    extra += length
  }
  return extra
}

function writeNumber(at: usize, value: u32): usize {
  while (value >= 128) {
    store<u8>(at++, value | 128)
    value >>= 7
  }
  store<u8>(at++, value)
  return at
}
