// Damaged deltas end in the promised bytes or in a typed error, and cost no more time and memory than honest ones might.
// Some twenty thousand in the ordinary suite, a million in check:slow.
import { setImmediate } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { concatBytes } from '../../src/base/bytes.ts'
import { isMossError } from '../../src/base/error.ts'
import { limits } from '../../src/base/limits.ts'
import { decodeDeltaFrame, encodeDeltaFrame } from '../../src/container/delta-frame.ts'
import { encodeZstd } from '../../src/container/zstd.ts'
import { bytesInMemory } from '../../src/delta/base-bytes.ts'
import { decodePieces } from '../../src/delta/decode-delta.ts'
import { type DeltaStreams, type StreamName, streamNames } from '../../src/delta/delta-streams.ts'
import { encodeDelta } from '../../src/delta/encode-delta.ts'
import { byEffort } from '../support/fault-effort.ts'
import { type DeltaFrame, makeFrames, tryCase, type Verdict } from '../support/mutated-deltas.ts'

const seed = Number(process.env['MOSS_SEED'] ?? Date.now() % 1_000_000)
const cases = byEffort({ sample: 20_000, slow: 1_000_000, all: 1_000_000 })
/** Frames are made anew after so many. */
const casesOfFrames = 10_000

/** What zlib held of a stream that failed is freed only between turns of the event loop. */
const casesOfTurn = 100

/** A file and its base may be unpacked to the limit, and half of that again be on its way; what is freed later counts too. */
const mostBytes = 160 * 1024 * 1024
/** Of a process that also collects its garbage in this time. */
const mostMs = 1000

vi.setConfig({ testTimeout: 7_200_000 })

test('damaged deltas end in the promised bytes or in a typed error', async () => {
  const verdicts: Record<Verdict, number> = {
    exact: 0,
    'other bytes': 0,
    CONTAINER_DAMAGED: 0,
    CHUNK_DIGEST_MISMATCH: 0,
  }
  const started = process.cpuUsage()
  const startBytes = process.resourceUsage().maxRSS * 1024
  let frames = makeFrames(seed)
  let slowest = { ms: 0, number: 0 }
  let largest = { bytes: 0, number: 0 }
  for (let number = 0; number < cases; number++) {
    if (number % casesOfFrames === 0) frames = makeFrames(seed + number)
    if (number % casesOfTurn === 0) await setImmediate()
    const bytesBefore = process.memoryUsage().arrayBuffers
    const before = process.cpuUsage()
    try {
      verdicts[tryCase(frames, seed, number)]++
    } catch (error) {
      throw new Error(`case ${number} of MOSS_SEED=${seed}`, { cause: error })
    }
    const { user, system } = process.cpuUsage(before)
    const bytes = process.memoryUsage().arrayBuffers - bytesBefore
    if ((user + system) / 1000 > slowest.ms) slowest = { ms: (user + system) / 1000, number }
    if (bytes > largest.bytes) largest = { bytes, number }
  }
  const { user, system } = process.cpuUsage(started)
  const grownBytes = process.resourceUsage().maxRSS * 1024 - startBytes
  console.log(
    JSON.stringify({ seed, cases, verdicts, seconds: (user + system) / 1e6, slowest, largest, grownBytes }),
  )
  expect(verdicts.CONTAINER_DAMAGED).toBeGreaterThan(cases / 4)
  expect(verdicts.CHUNK_DIGEST_MISMATCH).toBeGreaterThan(cases / 50)
  expect(verdicts.exact).toBeGreaterThan(cases / 200)
  expect(slowest.ms, `case ${slowest.number} of MOSS_SEED=${seed}`).toBeLessThan(mostMs)
  expect(largest.bytes, `case ${largest.number} of MOSS_SEED=${seed}`).toBeLessThan(mostBytes)
  expect(grownBytes).toBeLessThan(3 * mostBytes)
})

const decodesTo = (
  { bases, target }: DeltaFrame,
  streams: DeltaStreams,
  plainBytes = target.length,
): Uint8Array => {
  const pieces: Uint8Array[] = []
  for (const piece of decodePieces({ streams, plainBytes, part: 'frame 1' }, bases.map(bytesInMemory)))
    pieces.push(piece.slice())
  return concatBytes(pieces)
}

const withMore = (streams: DeltaStreams, more: Readonly<Partial<Record<StreamName, readonly number[]>>>) => ({
  ...streams,
  ...Object.fromEntries(
    Object.entries(more).map(([name, bytes]) => [
      name,
      concatBytes([streams[name as StreamName], Uint8Array.from(bytes)]),
    ]),
  ),
})

/** The first number of a stream written in one byte more, and in so many that it has six. */
const longer = (bytes: Uint8Array, isTooLong: boolean): Uint8Array => {
  const length = bytes.findIndex((byte) => byte < 128) + 1
  const zeros = isTooLong ? new Uint8Array(6 - length).fill(128) : Uint8Array.of(128)
  const first = bytes.slice(0, length)
  first[length - 1]! += 128
  return concatBytes([first, zeros.with(zeros.length - 1, 0), bytes.subarray(length)])
}

function refuses(work: () => void): boolean {
  try {
    work()
    return false
  } catch (error) {
    return isMossError(error, 'CONTAINER_DAMAGED')
  }
}

test('what the format forbids is refused even where the bytes would be right', () => {
  for (const frame of makeFrames(seed)) {
    const { streams, target } = frame
    expect(Buffer.compare(decodesTo(frame, streams), target)).toBe(0)
    for (const plainBytes of [target.length - 1, target.length + 1])
      expect(refuses(() => decodesTo(frame, streams, plainBytes))).toBe(true)
    for (const name of streamNames) {
      expect(
        refuses(() => decodesTo(frame, withMore(streams, { [name]: [0] }))),
        name,
      ).toBe(true)
      if (streams[name].length === 0) continue
      const cut = { ...streams, [name]: streams[name].slice(0, -1) }
      expect(
        refuses(() => decodesTo(frame, cut)),
        name,
      ).toBe(true)
    }
    const afterTheEnd = withMore(streams, { gaps: [255, 255, 255, 127], runs: [1], differences: [0] })
    expect(refuses(() => decodesTo(frame, afterTheEnd))).toBe(true)
    if (streams.gaps.length === 0)
      for (const run of [0, 1])
        expect(refuses(() => decodesTo(frame, withMore(streams, { gaps: [0], runs: [run] })))).toBe(true)
    for (const name of ['control', 'seeks'] as const) {
      if (streams[name].length === 0) continue
      expect(decodesTo(frame, { ...streams, [name]: longer(streams[name], false) })).toEqual(target)
      expect(
        refuses(() => decodesTo(frame, { ...streams, [name]: longer(streams[name], true) })),
        name,
      ).toBe(true)
    }
    const ofNoForm = { ...streams, forms: streams.forms.with(0, 4) }
    expect(refuses(() => decodesTo(frame, ofNoForm))).toBe(true)
  }
})

test('stored streams that do not fill their frame, or that are too large together, are refused', () => {
  for (const { stored } of makeFrames(seed)) {
    for (const length of [0, 1, 55, 56, stored.length - 1])
      expect(refuses(() => decodeDeltaFrame(stored.subarray(0, length), 'frame 1'))).toBe(
        length < stored.length && stored.length > 56,
      )
    expect(refuses(() => decodeDeltaFrame(concatBytes([stored, Uint8Array.of(0)]), 'frame 1'))).toBe(true)
  }
  const zeros = new Uint8Array(limits.deltaStreamBytes)
  const ofStreams = (extra: Uint8Array) =>
    encodeDeltaFrame({ ...encodeDelta([]), control: Uint8Array.of(1), extra }, 1)
  const fits = ofStreams(zeros.subarray(1))
  expect(decodeDeltaFrame(fits, 'frame 1').extra.length).toBe(limits.deltaStreamBytes - 1)
  expect(refuses(() => decodeDeltaFrame(ofStreams(zeros), 'frame 1'))).toBe(true)
  const grown = encodeZstd(Uint8Array.of(1, 2, 3), 3)
  const header = new Uint8Array(56)
  header[0] = 3
  header[4] = grown.length
  expect(refuses(() => decodeDeltaFrame(concatBytes([header, grown]), 'frame 1'))).toBe(true)
})
