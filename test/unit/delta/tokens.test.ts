import { deflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { concatBytes, equalBytes } from '../../../src/base/bytes.ts'
import { deflate } from '../../../src/delta/deflate.ts'
import { blockMakers, makers } from '../../../src/delta/deflate/rules.ts'
import { deflateTokens, inflateTokens, isWrittenBy } from '../../../src/delta/tokens.ts'
import { knownBytes } from '../../support/known-bytes.ts'
import { knownWords } from '../../support/known-words.ts'
import { plainOf, tokensOf } from '../../support/token-bytes.ts'

const binary = (sizeBytes: number, seed: number): Uint8Array => {
  const noise = knownBytes(sizeBytes, seed)
  return noise.map((byte, i) => (i % 5 < 2 ? byte : 128 + (i % 100)))
}

/** No three bytes stand there twice, of a small alphabet: literals alone, and yet no block of them is stored. */
function lettersAlone(count: number, seed: number): Uint8Array {
  const seen = new Set<number>()
  const noise = knownBytes(3 * count, seed)
  const letters: number[] = []
  for (let i = 0; letters.length < count; i++) {
    let letter = 64 + (noise[i]! % 60)
    const key = (): number => ((letters.at(-2) ?? 0) * 256 + (letters.at(-1) ?? 0)) * 256 + letter
    while (seen.has(key())) letter = letter === 123 ? 64 : letter + 1
    seen.add(key())
    letters.push(letter)
  }
  return Uint8Array.from(letters)
}

/** Runs of one byte among 4096 tokens, so that they end a block of gzip or just do not, by the length of one run. The first
 * place is never found, so two zeros stand alone. */
const nearCut = (run: number, hasMatchLast: boolean): Uint8Array =>
  concatBytes([
    new Uint8Array(2 + 16 * 258 + run),
    lettersAlone(hasMatchLast ? 4096 - 21 : 4096 - 19, 3),
    hasMatchLast ? new Uint8Array(101).fill(1) : new Uint8Array(0),
    lettersAlone(9000, 4),
  ])

/** Of every kind that has no block of noise. */
const samples: readonly (readonly [string, Uint8Array])[] = [
  ...[1, 2, 3, 700, 5000, 32_768, 65_275, 65_536, 98_304].map(
    (size) => [`${size} bytes of words`, knownWords(size, 7)] as const,
  ),
  ['words', knownWords(200_000, 3)],
  ['binary', binary(120_000, 4)],
  ['zeros', new Uint8Array(100_000)],
  ['a skewed alphabet', knownBytes(150_000, 8).map((byte) => Math.clz32(byte))],
  ['words that change', concatBytes([knownWords(90_000, 1), binary(90_000, 2), knownWords(90_000, 5)])],
]

/** Of the same family and kind. */
const blockMakerOf = (maker: number): number =>
  blockMakers.find((other) => other >= maker && Math.floor(other / 16) === Math.floor(maker / 16))!

const open = (packed: Uint8Array): Uint8Array => inflateTokens(packed, 2 ** 26)!.content

describe('the tokens of a stream', () => {
  test('stand for its plain bytes, whoever packed it', () => {
    for (const [, plain] of samples)
      for (const maker of [1, 9, 25]) {
        const packed = deflate(plain, maker)!
        const { content, packedBytes } = inflateTokens(packed, 2 ** 26)!
        expect(packedBytes).toBe(packed.length)
        expect(equalBytes(plainOf(content), plain)).toBe(true)
      }
  })

  test('end where the stream ends, whatever is behind it', () => {
    const packed = deflate(knownWords(100_000, 2), 9)!
    for (const more of [1, 9, 70_000]) {
      const found = inflateTokens(concatBytes([packed, knownBytes(more)]), 2 ** 26)!
      expect(found.packedBytes).toBe(packed.length)
      expect(equalBytes(found.content, open(packed))).toBe(true)
    }
  })

  test('are read out of stored blocks too, as literals', () => {
    const noise = knownBytes(200_000, 3)
    const tokens = open(deflateRawSync(noise, { level: 0 }))
    expect(tokensOf(tokens)).toHaveLength(noise.length)
    expect(equalBytes(plainOf(tokens), noise)).toBe(true)
  })

  test('are not gathered beyond the room there is', () => {
    const packed = deflate(knownWords(200_000, 3), 9)!
    const length = open(packed).length
    expect(inflateTokens(packed, length)?.content).toHaveLength(length)
    expect(inflateTokens(packed, length - 1)).toBeUndefined()
  })

  test('are none if the stream is cut short anywhere', () => {
    const packed = deflate(knownWords(3000, 3), 9)!
    for (let length = 0; length < packed.length; length++)
      expect(inflateTokens(packed.subarray(0, length), 2 ** 26)).toBeUndefined()
  })

  test.each([
    ['a block of the fourth kind', [7]],
    ['a stored block whose size is not said twice', [1, 5, 0, 5, 0, 1, 2, 3, 4, 5]],
    ['a distance beyond the beginning', [3, 2]],
    ['a code that nothing has', [0x05, 0xc0, 0x81, 0, 0, 0]],
  ])('are none if it has %s', (_, bytes) => {
    expect(inflateTokens(Uint8Array.from([...bytes, 0, 0, 0, 0, 0, 0, 0, 0]), 1000)).toBeUndefined()
  })
})

describe('a maker’s stream', () => {
  test('is written from its tokens, bit for bit, at every level', () => {
    for (const [name, plain] of samples)
      for (const maker of makers) {
        const packed = deflate(plain, maker)!
        const again = deflateTokens(open(packed), blockMakerOf(maker))
        expect([name, maker, again !== undefined && equalBytes(again, packed)]).toEqual([name, maker, true])
      }
  })

  test('is written with its blocks where they end just so', () => {
    const edges = [16_382, 16_383, 16_384, 32_766, 32_767, 32_768, 65_534].map((count) =>
      lettersAlone(count, 5),
    )
    const runs = Array.from({ length: 50 }, (_, i) => 3 + i)
    const cuts = runs.flatMap((run) => [nearCut(run, false), nearCut(run, true)])
    for (const [index, plain] of [...edges, ...cuts].entries())
      for (const maker of [2, 3, 9, 19, 25, 35, 41]) {
        const packed = deflate(plain, maker)!
        const again = deflateTokens(open(packed), maker)
        expect([index, maker, again !== undefined && equalBytes(again, packed)]).toEqual([index, maker, true])
      }
  })

  test('is not written if a block of it is stored: its plain bytes are not at hand', () => {
    for (const maker of blockMakers) {
      const tokens = open(deflate(knownBytes(20_000, 3), maker)!)
      expect(deflateTokens(tokens, maker)).toBeUndefined()
    }
  })

  test('is not longer than allowed', () => {
    const packed = deflate(knownWords(400_000, 9), 9)!
    const tokens = open(packed)
    expect(deflateTokens(tokens, 9, packed.length)).toEqual(packed)
    expect(deflateTokens(tokens, 9, packed.length - 1)).toBeUndefined()
  })

  test('is known from those of other makers', () => {
    const packed = deflate(knownWords(400_000, 9), 9)!
    const tokens = open(packed)
    const isOne = (maker: number): boolean => isWrittenBy(maker, { tokens, packed })
    expect([9, 25, 41].map(isOne)).toEqual([true, false, false])
    const other = packed.slice()
    other[other.length - 3]! ^= 4
    expect(isWrittenBy(9, { tokens, packed: other })).toBe(false)
    expect(isWrittenBy(9, { tokens, packed: packed.subarray(0, -1) })).toBe(false)
    expect(isWrittenBy(9, { tokens, packed: concatBytes([packed, Uint8Array.of(0)]) })).toBe(false)
  })
})

describe('hostile tokens', () => {
  const literals = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => 97 + (i % 3))

  test.each([
    ['a match before anything', [128, 0, 0]],
    ['a distance beyond the beginning', [...literals(9), 128, 0, 9]],
    ['a distance of more than 32768', [...literals(40_000), 128, 128, 0]],
    ['a match without its distance', [...literals(9), 128, 0]],
    ['a long match without its length', [...literals(9), 254]],
    ['a literal without its byte', [...literals(9), 255]],
  ])('of %s are refused', (_, bytes) => {
    for (const maker of blockMakers) expect(deflateTokens(Uint8Array.from(bytes), maker)).toBeUndefined()
  })

  test('of distances that just reach are taken', () => {
    const near = Uint8Array.from([...literals(9), 128, 0, 8])
    const far = Uint8Array.from([...literals(32_768), 254, 255, 127, 255])
    for (const tokens of [near, far]) {
      const packed = deflateTokens(tokens, 9)!
      expect(equalBytes(open(packed), tokens)).toBe(true)
    }
  })

  test('that stand for gigabytes take no more time than others', () => {
    const tokens = new Uint8Array(4_000_001)
    for (let at = 1; at < tokens.length; at += 4) tokens.set([254, 255, 0, 0], at)
    const started = process.cpuUsage()
    expect(deflateTokens(tokens, 9)).toBeDefined()
    expect(process.cpuUsage(started).user).toBeLessThan(1_000_000)
  })
})
