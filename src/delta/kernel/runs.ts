// The runs of one file that resemble its base, as both sides collect them: where each is in the target and in the base,
// how long it is, and how many bytes follow it that resemble nothing. The list is what was taken last, and grows there.
import { mark, release, take } from './memory.ts'

const runBytes: u32 = 16

/** Of a file: more would cost more memory than they save bytes. */
export const mostRuns: u32 = 2 * 1024 * 1024

let list: usize = 0
let count: u32 = 0

export function startRuns(): void {
  list = take(0)
  count = 0
}

export function addRun(at: u32, baseAt: u32, length: u32, extra: u32): void {
  const place = list + runBytes * count++
  if (place + runBytes > mark()) take(16 * 1024)
  store<u32>(place, at)
  store<u32>(place, baseAt, 4)
  store<u32>(place, length, 8)
  store<u32>(place, extra, 12)
}

/** To the last run. */
export function addExtra(extra: u32): void {
  const place = list + runBytes * (count - 1)
  store<u32>(place, load<u32>(place, 12) + extra, 12)
}

/** To where memory was taken before, which is given back from there on. */
export function moveRuns(to: usize): void {
  memory.copy(to, list, runBytes * count)
  list = to
  release(to + runBytes * count)
}

export function runCount(): u32 {
  return count
}

export function runAt(run: u32): u32 {
  return load<u32>(list + runBytes * run)
}

export function runBaseAt(run: u32): u32 {
  return load<u32>(list + runBytes * run, 4)
}

export function runLength(run: u32): u32 {
  return load<u32>(list + runBytes * run, 8)
}

export function runExtra(run: u32): u32 {
  return load<u32>(list + runBytes * run, 12)
}
