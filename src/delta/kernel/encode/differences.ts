// How bytes differ from what is expected of them, as one sparse run over all bytes of all files that are compared: a gap of
// equal bytes, then a run of bytes that differ, and by how much.
import { agreeingBits } from './agreement.ts'
import { writeNumber } from './write-number.ts'

/** Bytes that agree since the last difference. */
let gap: u32 = 0
let gapsEnd: usize = 0
let runsEnd: usize = 0
let differencesEnd: usize = 0

/** Regions have room for as many bytes as are compared and a number more: no number takes more bytes than it counts. */
export function startDifferences(gapBefore: u32, gaps: usize, runs: usize, differences: usize): void {
  gap = gapBefore
  gapsEnd = gaps
  runsEnd = runs
  differencesEnd = differences
}

export function gapAtEnd(): u32 {
  return gap
}

export function endOfGaps(): usize {
  return gapsEnd
}

export function endOfRuns(): usize {
  return runsEnd
}

export function endOfDifferences(): usize {
  return differencesEnd
}

export function addDifferences(target: usize, expected: usize, length: u32): void {
  let i: u32 = 0
  while (i < length) {
    const first = nextDifference(target, expected, i, length)
    gap += first - i
    if (first == length) return
    i = first + 1
    while (i < length && load<u8>(target + i) != load<u8>(expected + i)) i++
    gapsEnd = writeNumber(gapsEnd, gap)
    runsEnd = writeNumber(runsEnd, i - first)
    for (let at = first; at < i; at++)
      store<u8>(differencesEnd++, load<u8>(target + at) - load<u8>(expected + at))
    gap = 0
  }
}

function nextDifference(one: usize, other: usize, from: u32, length: u32): u32 {
  let i = from
  for (; i + 16 <= length; i += 16) {
    const bits = agreeingBits(one + i, other + i)
    if (bits != 0xffff) return i + ctz(~bits)
  }
  while (i < length && load<u8>(one + i) == load<u8>(other + i)) i++
  return i
}
