// Wherever a container is cut, and in whatever order its volumes are put together, what comes out is what was cut, byte for
// byte; each volume is verified alone; and no volume that is not one of these is taken for one.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../src/base/bytes.ts'
import { isMossError } from '../../src/base/error.ts'
import { claimedFrames } from '../../src/container/claimed-frames.ts'
import { checkVolumeEnd } from '../../src/container/frame-place.ts'
import { planCut } from '../../src/container/plan-cut.ts'
import { openContainer, openVolume } from '../../src/container/read.ts'
import { verifyWhole } from '../../src/container/read-frames.ts'
import { verifyContainer } from '../../src/container/verify.ts'
import type { Volume } from '../../src/container/volume.ts'
import { assertSiblings, wholeOf } from '../../src/container/volume-file.ts'
import { areOfOneCut, isEveryFrame, missingNumbers } from '../../src/container/volume-set.ts'
import { inlinePool } from '../../src/host/pool.ts'
import { buildBundle, noise, opened, sourceOf, testRoot } from '../support/containers.ts'
import { cutIntoVolumes } from '../support/volumes.ts'

const bundleOf = (sizes: readonly number[], notes: string): Promise<Uint8Array> =>
  buildBundle({
    contents: sizes.map((size, seed) => noise(size, seed + 1)),
    sections: [{ name: 'notes', bytes: encodeUtf8(notes) }],
    spool: { groupBytes: 1, level: 1 },
  })

const cut = (
  whole: Uint8Array,
  limitBytes: number,
): readonly { readonly volume: Volume; readonly bytes: Uint8Array }[] =>
  cutIntoVolumes(whole, limitBytes).map((bytes) => {
    const { volume } = openVolume(sourceOf(bytes)).prelude
    if (volume === undefined) throw new Error('no volume')
    return { volume, bytes }
  })

/** As a person would who named them in this order. */
function join(files: readonly Uint8Array[]): Uint8Array {
  const volumes = files.map((bytes) => openVolume(sourceOf(bytes)))
  volumes.forEach((one, n) => volumes.slice(0, n).forEach((other) => assertSiblings(other, one)))
  const [first] = volumes
  if (first === undefined) throw new Error('none')
  const frames = claimedFrames(first)
  for (const volume of volumes) checkVolumeEnd(frames, volume)
  const inOrder = volumes.toSorted(
    (a, b) => (a.prelude.volume?.number ?? 0) - (b.prelude.volume?.number ?? 0),
  )
  expect(
    missingNumbers(
      inOrder.map(({ prelude }) => prelude.volume).filter((one) => one !== undefined),
      9,
    ),
  ).toEqual([])
  return concatBytes([...wholeOf(inOrder, frames).pieces()])
}

const verifyAlone = (bytes: Uint8Array): Promise<unknown> =>
  verifyWhole(verifyContainer(openVolume(sourceOf(bytes)), { role: 'exporter', root: testRoot }), inlinePool)

const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 2, maxLength: 9 })

test('any limit and any order give the identical file, and each volume is verified alone', async () => {
  let volumes = 0
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(300), fc.nat(600), fc.nat(1000), async (lengths, notes, more, seed) => {
      const whole = await bundleOf(lengths, 'n'.repeat(notes + 1))
      const container = opened(whole)
      const frames = claimedFrames(container)
      const longest = Math.max(...Array.from({ length: frames.count }, (_, n) => frames.entry(n).storedBytes))
      const limitBytes = container.framesOffset + longest + more
      const files = cut(whole, limitBytes)
      if (files.length === 0) return whole.length <= limitBytes
      volumes += files.length
      for (const { bytes } of files) {
        expect(bytes.length).toBeLessThanOrEqual(limitBytes)
        await verifyAlone(bytes)
      }
      const shuffled = files
        .map(({ bytes }) => bytes)
        .sort((a, b) => ((a.length * seed) % 7) - ((b.length * seed) % 7))
      expect(join(shuffled)).toEqual(whole)
      return true
    }),
    { numRuns: 60 },
  )
  expect(volumes).toBeGreaterThan(60)
})

test('a limit below what a volume must have says the least one, and that one does', async () => {
  const whole = await bundleOf([300, 200, 600, 100], 'a note')
  let least = 0
  try {
    cut(whole, 10)
  } catch (error) {
    if (!isMossError(error, 'VOLUME_TOO_SMALL')) throw error
    least = error.details.leastBytes
  }
  expect(() => cut(whole, least - 1)).toThrow(expect.objectContaining({ code: 'VOLUME_TOO_SMALL' }))
  expect(join(cut(whole, least).map(({ bytes }) => bytes))).toEqual(whole)
  expect(cut(whole, whole.length)).toEqual([])
  expect(cut(whole, whole.length - 1)).toHaveLength(2)
})

test('65,535 volumes are the most', () => {
  const frames = Array.from({ length: 70_000 }, () => 10)
  expect(() => planCut({ frontBytes: 100, frames, limitBytes: 110 })).toThrow(
    expect.objectContaining({ code: 'VOLUME_TOO_SMALL' }),
  )
  expect(planCut({ frontBytes: 100, frames, limitBytes: 120 })).toHaveLength(35_000)
})

test('a table of frames that nobody vouches for takes no more memory than an honest one could', async () => {
  const container = opened(await bundleOf([300, 200], 'a note'))
  const count = 5_000_000
  const sections = container.head.sections.map((entry) =>
    entry.name === 'frames' ? { ...entry, plainBytes: count * 64 } : entry,
  )
  const head = { ...container.head, sections, frames: { count, storedBytes: 2 ** 40 } }
  expect(() => claimedFrames({ ...container, head })).toThrow('for 5000000 frames')
})

const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
  } catch (error) {
    if (isMossError(error)) return error.code
    throw error
  }
  return 'none'
}

describe('a volume of a few hundred bytes', () => {
  const middle = async () => {
    const whole = await bundleOf([50, 60, 70, 80, 90], 'x')
    const files = cut(whole, opened(whole).framesOffset + 150)
    expect(files.map(({ volume }) => [volume.firstFrame, volume.endFrame])).toEqual([
      [0, 2],
      [2, 4],
      [4, 5],
    ])
    return { whole, files: files.map(({ bytes }) => bytes), second: files[1]?.bytes ?? whole }
  }

  test('is refused at every length below its own, and with a byte behind its end', async () => {
    const { second } = await middle()
    for (let length = 0; length < second.length; length++)
      expect([length, await codeOf(() => verifyAlone(second.slice(0, length)))]).toEqual([
        length,
        length === 0 ? 'CONTAINER_NOT_ONE' : 'CONTAINER_TRUNCATED',
      ])
    expect(await codeOf(() => verifyAlone(concatBytes([second, Uint8Array.of(0)])))).toBe('CONTAINER_DAMAGED')
  })

  test('is refused with any bit of its unsigned numbers turned, alone or beside the others', async () => {
    const whole = await bundleOf(
      Array.from({ length: 20 }, () => 50),
      'x',
    )
    const files = cut(whole, opened(whole).framesOffset + 200).map(({ bytes }) => bytes)
    expect(files).toHaveLength(5)
    const second = files[1] ?? whole
    let alone = 0
    for (const at of [10, 11, 52, 53, 54, 55, 56, 57, 58, 59])
      for (let bit = 0; bit < 8; bit++) {
        const turned = Uint8Array.from(second)
        turned[at] = (turned[at] ?? 0) ^ (1 << bit)
        if ((await codeOf(() => verifyAlone(turned))) !== 'none') alone++
        // Which neighbours it has, only they can tell; its frames are genuine whatever its number.
        expect(await codeOf(() => join(files.with(1, turned)))).toBe('CONTAINER_DAMAGED')
      }
    console.log(`80 bits turned: ${alone} refused alone`)
    expect(alone).toBe(76)
  })

  test('is refused with any other bit turned', async () => {
    const { second } = await middle()
    for (let at = 0; at < second.length; at += 3) {
      const turned = Uint8Array.from(second)
      turned[at] = (turned[at] ?? 0) ^ (1 << (at % 8))
      expect(await codeOf(() => verifyAlone(turned))).not.toBe('none')
    }
  })

  test('is no whole container to anybody who wants one', async () => {
    const { second } = await middle()
    expect(() => openContainer(sourceOf(second))).toThrow('it is volume 2 of 3, not whole')
  })

  test('is refused beside a volume of another container, or of another cut of its own', async () => {
    const { whole, files } = await middle()
    const other = cut(await bundleOf([50, 60, 70, 80, 90], 'y'), opened(whole).framesOffset + 150)
    const apart = cut(whole, opened(whole).framesOffset + 200)
    expect(() => join([files[0] ?? whole, other[1]?.bytes ?? whole])).toThrow('of another container')
    expect(await codeOf(() => join([files[0] ?? whole, apart[1]?.bytes ?? whole]))).toBe('CONTAINER_DAMAGED')
    expect(join([files[2] ?? whole, files[0] ?? whole, files[1] ?? whole])).toEqual(whole)
  })

  test('is refused beside volumes that have other signatures', async () => {
    const { whole, files } = await middle()
    const { sectionsOffset } = opened(whole)
    const altered = Uint8Array.from(files[1] ?? whole)
    altered[sectionsOffset - 10] = (altered[sectionsOffset - 10] ?? 0) ^ 1
    expect(() => join(files.with(1, altered))).toThrow('in signatures')
  })

  test('with the frames of another under its own prelude is refused at the first of them', async () => {
    const { whole, files, second } = await middle()
    const front = opened(whole).framesOffset
    const swapped = concatBytes([second.subarray(0, front), (files[0] ?? whole).subarray(front)])
    expect(await codeOf(() => verifyAlone(swapped))).toMatch(/^CONTAINER_(DAMAGED|TRUNCATED)$/)
  })
})

test('volumes of one cut fit together, each to each, and with all numbers they have every frame', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 8 }), (runs) => {
      let end = 0
      const volumes = runs.map((frames, index): Volume => {
        const firstFrame = end
        end += frames
        return { number: index + 1, count: runs.length, firstFrame, endFrame: end }
      })
      for (const a of volumes) for (const b of volumes) expect(areOfOneCut(a, b)).toBe(true)
      for (const [index, { number }] of volumes.entries()) {
        const others = volumes.toSpliced(index, 1)
        expect(missingNumbers(others, 9)).toEqual([number])
        expect(isEveryFrame(others, end)).toBe(false)
      }
      expect(isEveryFrame(volumes.toReversed(), end)).toBe(true)
      const [first, second] = volumes
      if (first === undefined || second === undefined) return
      for (const change of [
        { count: runs.length + 1 },
        { number: 1, firstFrame: 0 },
        { firstFrame: second.firstFrame + 1, endFrame: second.endFrame + 1 },
        { firstFrame: second.firstFrame - 1 },
      ])
        expect(areOfOneCut(first, { ...second, ...change })).toBe(false)
    }),
  )
})
