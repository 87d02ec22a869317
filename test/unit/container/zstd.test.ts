// Node's decoder takes more than one frame, bytes after it, and windows up to 128 MiB. Ours takes exactly one frame.
import { execFileSync } from 'node:child_process'
import { constants, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../../src/base/bytes.ts'
import { MossError } from '../../../src/base/error.ts'
import { limits } from '../../../src/base/limits.ts'
import { checkFrame, decodeZstd, encodeZstd } from '../../../src/container/zstd.ts'
import { noise } from '../../support/containers.ts'
import { oracle } from '../../support/oracle.ts'

const plain = encodeUtf8('one frame and nothing else, '.repeat(50))
const good = encodeZstd(plain, 9)

const problemOf = (stored: Uint8Array, plainBytes = plain.length): string => {
  try {
    decodeZstd(stored, plainBytes, 'frame 3')
  } catch (error) {
    if (!(error instanceof MossError)) throw error
    expect(error.code).toBe('CONTAINER_DAMAGED')
    expect(error.details).toHaveProperty('part', 'frame 3')
    return (error.details as { problem: string }).problem
  }
  return 'none'
}

/** A frame by hand: every field as given, then blocks of one repeated byte. */
function frameOf(header: readonly number[], runs: readonly number[]): Uint8Array {
  const blocks = runs.flatMap((size, index) => {
    const word = size * 8 + 2 + (index === runs.length - 1 ? 1 : 0)
    return [word % 256, Math.floor(word / 256) % 256, Math.floor(word / 65536), 0x61]
  })
  return Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, ...header, ...blocks)
}

const u32 = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255)

describe('one frame', () => {
  test('comes back as it was, at sizes around those where its header changes', () => {
    for (const size of [1, 2, 255, 256, 257, 65791, 65792, 131072, 131073, 1 << 20]) {
      const bytes = noise(size, size).map((byte) => byte & 3)
      expect(decodeZstd(encodeZstd(bytes, 9), size, 'x')).toEqual(bytes)
    }
  })

  test('keeps to 8 MiB of window at the highest level, in a section larger than that', () => {
    const bytes = new Uint8Array(9 * 1024 * 1024)
    for (const level of [1, 9, 19])
      expect(() => checkFrame(encodeZstd(bytes, level), bytes.length, 'x')).not.toThrow()
  })

  test('gives the same bytes twice', () => {
    expect(encodeZstd(plain, 9)).toEqual(good)
  })

  test('may carry a checksum, which must be right', () => {
    const summed = zstdCompressSync(plain, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })
    expect(problemOf(summed)).toBe('none')
    const wrong = Uint8Array.from(summed)
    wrong[wrong.length - 1] = (wrong.at(-1) ?? 0) ^ 1
    expect(problemOf(wrong)).toBe('zstd cannot decode it')
    expect(problemOf(summed.subarray(0, -1))).toBe('zstd frame is cut short')
  })

  test('is handed out in a buffer of its own', () => {
    const small = decodeZstd(encodeZstd(encodeUtf8('aaaaaaaaaaaaaaaaaaaaaaaa'), 9), 24, 'x')
    expect(small.buffer.byteLength).toBeLessThanOrEqual(24 + 64)
  })
})

describe('anything else is refused', () => {
  test.each([
    ['two frames', concatBytes([good, good]), `${good.length} bytes after the zstd frame`],
    ['a byte after it', concatBytes([good, Uint8Array.of(0)]), '1 bytes after the zstd frame'],
    [
      'a skippable frame after it',
      concatBytes([good, Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0)]),
      '8 bytes after the zstd frame',
    ],
    ['a skippable frame', Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0), 'no zstd frame'],
    ['nothing', new Uint8Array(0), 'zstd frame is cut short'],
    ['no content size', frameOf([0x00, 0x58], [100]), 'zstd frame has no content size'],
    ['a dictionary id', frameOf([0x21, 7, 100], [100]), 'zstd frame wants a dictionary'],
    ['the reserved bit', frameOf([0x28, 100], [100]), 'zstd reserved bits are set'],
    ['the unused bit', frameOf([0x30, 100], [100]), 'zstd reserved bits are set'],
    [
      'a block of the reserved type',
      Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 100, 0x0f, 0, 0, 0),
      'zstd block is malformed',
    ],
    ['a block longer than the window', frameOf([0x20, 100], [101]), 'zstd block is malformed'],
  ])('%s', (_, stored, problem) => {
    // The frames made by hand promise 100 bytes.
    const promised = stored[5] === 100 ? 100 : plain.length
    expect(problemOf(stored, promised)).toBe(problem)
  })

  test('a window of more than 8 MiB, whatever the content', () => {
    const window = (exponent: number, mantissa: number) =>
      frameOf([0x80, exponent * 8 + mantissa, ...u32(100)], [100])
    expect(problemOf(window(13, 0), 100)).toBe('none')
    expect(problemOf(window(13, 1), 100)).toBe(`zstd window of ${limits.zstdWindowBytes * 1.125} bytes`)
    expect(problemOf(window(17, 0), 100)).toBe(`zstd window of ${2 ** 27} bytes`)
    expect(problemOf(window(31, 7), 100)).toBe(`zstd window of ${2 ** 41 * 1.875} bytes`)
  })

  test('a content size that is not the promised one', () => {
    expect(problemOf(good, plain.length + 1)).toMatch(/^zstd says 1400 bytes/)
    expect(problemOf(good, plain.length - 1)).toMatch(/^zstd says 1400 bytes/)
  })

  test('a content size of 2^31, 2^32 or 2^53 and their neighbours that was promised but is not there', () => {
    for (const size of [2 ** 31, 2 ** 32 - 1])
      expect(problemOf(frameOf([0x80, 13 * 8, ...u32(size)], [100]), 100)).toMatch(/^zstd says /)
    const eight = (low: number, high: number) => frameOf([0xc0, 13 * 8, ...u32(low), ...u32(high)], [100])
    expect(problemOf(eight(0, 1), 100)).toBe(`zstd says ${2 ** 32} bytes, promised are 100`)
    expect(problemOf(eight(0xffff_ffff, 0x1f_ffff), 100)).toMatch(/^zstd says 9007199254740991/)
    expect(problemOf(eight(0, 0x20_0000), 100)).toBe('a number from 2^53')
  })

  test('less or more content than it says itself', () => {
    expect(problemOf(frameOf([0x20, 100], [99]), 100)).not.toBe('none')
    expect(problemOf(frameOf([0x20, 100], [100, 1]), 100)).not.toBe('none')
  })

  test('every length below its own, and every byte changed gives bytes of the promised size or a code', () => {
    for (let length = 0; length < good.length; length++)
      expect(problemOf(good.subarray(0, length))).not.toBe('none')
    for (let at = 0; at < good.length; at++)
      for (const change of [1, 0x80, 0xff]) {
        const turned = Uint8Array.from(good)
        turned[at] = (turned[at] ?? 0) ^ change
        problemOf(turned)
      }
  })
})

test.skipIf(!oracle('zstd'))('the zstd program reads ours, and we read the zstd program’s', () => {
  const bytes = noise(300_000, 3).map((byte) => byte & 15)
  const theirs = execFileSync('zstd', ['-q', '-c', '-9', '--stream-size=300000'], { input: bytes })
  expect(decodeZstd(theirs, bytes.length, 'x')).toEqual(bytes)
  const back = execFileSync('zstd', ['-q', '-d', '-c'], { input: encodeZstd(bytes, 9), maxBuffer: 1 << 20 })
  expect(Uint8Array.from(back)).toEqual(bytes)
})
