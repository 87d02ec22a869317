// The delta codec holds for every pair of files, and its decoder for every stream, however hostile.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { concatBytes } from '../../src/base/bytes.ts'
import { isMossError } from '../../src/base/error.ts'
import { decodeDelta } from '../../src/delta/decode-delta.ts'
import { type DeltaStreams, streamBytes, streamNames } from '../../src/delta/delta-streams.ts'
import { DeltaEncoder, type DeltaPair, encodeDelta } from '../../src/delta/encode-delta.ts'
import { knownBytes } from '../support/known-bytes.ts'

const decode = (pairs: readonly DeltaPair[], streams: DeltaStreams) =>
  decodeDelta({
    streams,
    bases: pairs.map(({ base }) => base),
    plainBytes: pairs.reduce((sum, { target }) => sum + target.length, 0),
    part: 'frame 7',
  })

const targetsOf = (pairs: readonly DeltaPair[]) => concatBytes(pairs.map(({ target }) => target))

/** Few values make many false matches; all values few. */
const someBytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.array(fc.constantFrom(0, 1), { maxLength: 300 }).map((bytes) => Uint8Array.from(bytes)),
  fc.record({ seed: fc.nat(50), length: fc.nat(3000) }).map(({ seed, length }) => knownBytes(length, seed)),
)

/** The base with pieces cut, moved, repeated and changed. */
const changedBytes = fc
  .tuple(
    someBytes,
    fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(700), fc.boolean()), {
      maxLength: 8,
    }),
    someBytes,
  )
  .map(([base, cuts, added]): DeltaPair => {
    const pieces = cuts.map(([where, length, isChanged], index) => {
      const from = Math.floor(where * base.length)
      const piece = base.slice(from, from + length)
      if (isChanged) for (let i = index; i < piece.length; i += 9) piece[i]! += 3
      return piece
    })
    return { base, target: concatBytes([...pieces, added.subarray(0, 60), base.subarray(5)]) }
  })

const somePair = fc.oneof(
  fc.record({ base: someBytes, target: someBytes }),
  changedBytes,
  someBytes.map((base) => ({ base, target: base.slice() })),
)

test('whatever the files and their bases are, decoding gives the files again', () => {
  fc.assert(
    fc.property(fc.array(somePair, { maxLength: 4 }), (pairs) => {
      const plain = decode(pairs, encodeDelta(pairs))
      expect(Buffer.compare(plain, targetsOf(pairs))).toBe(0)
    }),
    { numRuns: 500 },
  )
})

test('a file that is taken back leaves no trace', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(somePair, fc.boolean()), { maxLength: 5 }), (files) => {
      const encoder = new DeltaEncoder()
      for (const [pair, isKept] of files) {
        encoder.add(pair)
        if (!isKept) encoder.undo()
      }
      const kept = files.filter(([, isKept]) => isKept).map(([pair]) => pair)
      expect(encoder.finish()).toEqual(encodeDelta(kept))
    }),
    { numRuns: 200 },
  )
})

test('what equals its base costs a few bytes, and what was moved or changed here and there little more', () => {
  const base = knownBytes(100_000, 3)
  const same = encodeDelta([{ base, target: base.slice() }])
  expect(streamBytes(same)).toBeLessThan(12)
  const moved = concatBytes([base.subarray(40_000), knownBytes(10, 4), base.subarray(0, 40_000)])
  expect(streamBytes(encodeDelta([{ base, target: moved }]))).toBeLessThan(40)
  const changed = base.slice()
  for (let i = 0; i < changed.length; i += 100) changed[i]! ^= 0x55
  expect(streamBytes(encodeDelta([{ base, target: changed }]))).toBeLessThan(3 * 1000 + 20)
})

/** Streams with one byte other, missing or added. */
const disturbances = fc.record({
  stream: fc.constantFrom(...streamNames),
  at: fc.nat(),
  mask: fc.integer({ min: 1, max: 255 }),
  how: fc.constantFrom('flip', 'cut', 'add'),
})

function disturb(
  streams: DeltaStreams,
  { stream, at, mask, how }: { stream: keyof DeltaStreams; at: number; mask: number; how: string },
) {
  const bytes = streams[stream]
  const place = at % Math.max(1, bytes.length)
  const added = Uint8Array.of(mask)
  if (how === 'add')
    return { ...streams, [stream]: concatBytes([bytes.subarray(0, place), added, bytes.subarray(place)]) }
  if (how === 'cut')
    return { ...streams, [stream]: concatBytes([bytes.subarray(0, place), bytes.subarray(place + 1)]) }
  const flipped = bytes.slice()
  if (bytes.length > 0) flipped[place]! ^= mask
  return { ...streams, [stream]: flipped }
}

test('disturbed streams give the promised number of bytes or CONTAINER_DAMAGED, nothing else', () => {
  let refused = 0
  fc.assert(
    fc.property(
      fc.array(somePair, { minLength: 1, maxLength: 3 }),
      fc.array(disturbances, { minLength: 1, maxLength: 3 }),
      (pairs, faults) => {
        const disturbed = faults.reduce(disturb, encodeDelta(pairs))
        try {
          expect(decode(pairs, disturbed).length).toBe(targetsOf(pairs).length)
        } catch (error) {
          if (!isMossError(error, 'CONTAINER_DAMAGED')) throw error
          refused++
        }
      },
    ),
    { numRuns: 3000 },
  )
  expect(refused).toBeGreaterThan(500)
})

test('every byte of a delta changed in every way is refused or gives other bytes of the same number', () => {
  const base = knownBytes(600, 8)
  const target = concatBytes([base.subarray(100, 400), knownBytes(20, 9), base.subarray(0, 90)])
  target[50]! += 1
  const pairs = [{ base, target }]
  const streams = encodeDelta(pairs)
  for (const stream of streamNames)
    for (let at = 0; at < streams[stream].length; at++)
      for (let mask = 1; mask < 256; mask++) {
        try {
          const plain = decode(pairs, disturb(streams, { stream, at, mask, how: 'flip' }))
          expect(plain.length).toBe(target.length)
          expect(Buffer.compare(plain, target)).not.toBe(0)
        } catch (error) {
          if (!isMossError(error, 'CONTAINER_DAMAGED')) throw error
        }
      }
})

test('random streams end in CONTAINER_DAMAGED or the promised number of bytes', () => {
  const anyStreams = fc.record(
    Object.fromEntries(streamNames.map((name) => [name, fc.uint8Array({ maxLength: 12 })])),
  )
  fc.assert(
    fc.property(
      anyStreams,
      fc.array(someBytes, { maxLength: 3 }),
      fc.nat(50),
      (streams, bases, plainBytes) => {
        try {
          expect(
            decodeDelta({ streams: streams as DeltaStreams, bases, plainBytes, part: 'frame 1' }).length,
          ).toBe(plainBytes)
        } catch (error) {
          if (!isMossError(error, 'CONTAINER_DAMAGED')) throw error
        }
      },
    ),
    { numRuns: 3000 },
  )
})

test('repetitive files take time in proportion to their size', () => {
  const zeros = (length: number) => new Uint8Array(length)
  const striped = (length: number) => Uint8Array.from({ length }, (_, i) => (i % 97 === 0 ? i % 5 : 0))
  const started = process.cpuUsage()
  for (const [base, target] of [
    [zeros(2_000_000), zeros(1_999_000)],
    [zeros(2_000_000), striped(2_000_000)],
    [striped(2_000_000), zeros(2_000_000)],
    [striped(2_000_000), striped(1_900_000)],
  ] as const)
    expect(Buffer.compare(decode([{ base, target }], encodeDelta([{ base, target }])), target)).toBe(0)
  expect(process.cpuUsage(started).user).toBeLessThan(10_000_000)
})
