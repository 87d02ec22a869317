import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { concatBytes } from '../../../src/base/bytes.ts'
import { deflate, isMaker, isPackedBy } from '../../../src/delta/deflate.ts'
import { knownBytes } from '../../support/known-bytes.ts'
import { knownWords } from '../../support/known-words.ts'
import { oracle } from '../../support/oracle.ts'

const levels = [1, 2, 3, 4, 5, 6, 7, 8, 9]
const makers = [0, 16, 32].flatMap((family) => levels.map((level) => family + level))

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const few = (sizeBytes: number): Uint8Array => knownBytes(sizeBytes, 5).map((byte) => 97 + (byte % 12))

/** Sizes at which the window slides, is full, or ends where a search may no longer begin. */
const edges = [
  0, 1, 2, 3, 4, 257, 258, 261, 262, 263, 5000, 32_506, 32_768, 65_272, 65_274, 65_275, 65_300, 65_535,
  65_536, 65_537, 65_800, 98_041, 98_303, 98_304, 98_310, 131_072,
]

const samples: readonly (readonly [string, Uint8Array])[] = [
  ...edges.map((size) => [`${size} bytes of words`, knownWords(size, 7)] as const),
  ...[65_290, 98_100, 130_900].map((size) => [`${size} bytes of twelve letters`, few(size)] as const),
  ['words', knownWords(250_000, 3)],
  ['noise', knownBytes(200_000, 2)],
  ['zeros', new Uint8Array(300_000)],
  [
    'noise and words by turns',
    concatBytes(
      Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? knownBytes(17_000, i) : knownWords(30_000, i))),
    ),
  ],
  ['a skewed alphabet', knownBytes(150_000, 8).map((byte) => Math.clz32(byte))],
  [
    'codes of all lengths',
    Uint8Array.from({ length: 22 }, (_, i) => i).reduce<Uint8Array>(
      (before, letter) => concatBytes([before, Uint8Array.of(letter), before.subarray(0, 15_000)]),
      new Uint8Array(0),
    ),
  ],
]

const folder = mkdtempSync(join(tmpdir(), 'moss-'))
afterAll(() => rmSync(folder, { recursive: true }))
const fileOf = (index: number): string => join(folder, String(index))
samples.forEach(([, bytes], index) => writeFileSync(fileOf(index), bytes))

/** A few of the many that differ in size alone. */
const levelsOf = (index: number): readonly number[] => (index < edges.length ? [2, 6, 9] : levels)

describe('deflate', () => {
  test.skipIf(!oracle('gzip'))('gives the bits of the system’s gzip at every level', () => {
    const fixedHeader = 10
    const trailer = 8
    for (const [index, [name, plain]] of samples.entries())
      for (const level of levelsOf(index)) {
        const packed = execFileSync('gzip', ['-nc', `-${level}`, fileOf(index)])
        const expected = packed.subarray(fixedHeader, -trailer)
        expect(`${name} ${level} ${sha256(deflate(plain, level)!)}`).toBe(
          `${name} ${level} ${sha256(expected)}`,
        )
      }
  })

  test.skipIf(!oracle('python3')).each([
    ['its usual memory level', 16, 8],
    ['memory level 9', 32, 9],
  ])('gives the bits of zlib at %s', (_, family, memoryLevel) => {
    const script = `
import sys, zlib
for index in range(${samples.length}):
    plain = open(sys.argv[1] + '/' + str(index), 'rb').read()
    for level in range(1, 10):
        c = zlib.compressobj(level, zlib.DEFLATED, -15, ${memoryLevel})
        open(sys.argv[1] + '/packed', 'ab').write(b'')
        open('%s/%d.%d' % (sys.argv[1], index, level), 'wb').write(c.compress(plain) + c.flush())
`
    execFileSync('python3', ['-c', script, folder])
    for (const [index, [name, plain]] of samples.entries())
      for (const level of levelsOf(index)) {
        const expected = readFileSync(`${fileOf(index)}.${level}`)
        const packed = deflate(plain, family + level)!
        expect(`${name} ${level} ${sha256(packed)}`).toBe(`${name} ${level} ${sha256(expected)}`)
      }
  })

  test('gives a stream that unpacks to the same bytes, whoever the maker', () => {
    for (const maker of makers)
      for (const [, plain] of samples.slice(6, 12))
        expect(Buffer.compare(inflateRawSync(deflate(plain, maker)!), plain)).toBe(0)
  })

  test('gives the same bits after any other stream: nothing is left over', () => {
    const plain = knownWords(3000, 1)
    const alone = deflate(plain, 9)
    deflate(few(90_000), 41)
    expect(deflate(plain, 9)).toEqual(alone)
  })

  test('stops when the output would be longer than allowed', () => {
    const plain = knownWords(400_000, 9)
    const packed = deflate(plain, 9)!
    expect(deflate(plain, 9, { mostBytes: packed.length })).toEqual(packed)
    expect(deflate(plain, 9, { mostBytes: packed.length - 1 })).toBeUndefined()
  })

  test('takes just the room that a stored block takes', () => {
    for (const size of [5, 5000, 40_000]) {
      const plain = knownBytes(size, 6)
      const packed = deflate(plain, 9)!
      expect(packed).toHaveLength(size < 100 ? size + 2 : size + 5 * Math.ceil(size / 32_767))
      expect(isPackedBy(9, { plain, packed })).toBe(true)
      expect(deflate(plain, 9, { mostBytes: packed.length - 1 })).toBeUndefined()
    }
  })

  test('stops when looking for matches takes more steps than allowed', () => {
    const plain = knownBytes(400_000, 5).map((byte) => byte % 2)
    const started = process.cpuUsage()
    expect(deflate(plain, 9, { mostSteps: 4_000_000 })).toBeUndefined()
    expect(process.cpuUsage(started).user).toBeLessThan(1_000_000)
    expect(deflate(plain.subarray(0, 2000), 9, { mostSteps: 4_000_000 })).toBeDefined()
  })
})

describe('isPackedBy', () => {
  const plain = knownWords(150_000, 4)

  test('is true of the maker and false of others', () => {
    const packed = deflate(plain, 9)!
    expect(isPackedBy(9, { plain, packed })).toBe(true)
    expect([6, 25, 41].some((maker) => isPackedBy(maker, { plain, packed }))).toBe(false)
  })

  test('is false if the stream has one byte less, more or other', () => {
    const packed = deflate(plain, 22)!
    expect(isPackedBy(22, { plain, packed: packed.subarray(0, -1) })).toBe(false)
    expect(isPackedBy(22, { plain, packed: concatBytes([packed, Uint8Array.of(0)]) })).toBe(false)
    const other = packed.slice()
    other[other.length - 3]! ^= 4
    expect(isPackedBy(22, { plain, packed: other })).toBe(false)
  })

  test('is seen to be false after one block', () => {
    const long = knownWords(3_000_000, 6)
    const packed = deflate(long, 9)!
    const started = process.cpuUsage()
    expect(isPackedBy(25, { plain: long, packed })).toBe(false)
    expect(process.cpuUsage(started).user).toBeLessThan(200_000)
  })
})

test('a maker is a level of 1 to 9 in one of three families', () => {
  expect(Array.from({ length: 100 }, (_, maker) => maker).filter(isMaker)).toEqual(makers)
  expect([-1, 1.5, NaN, 2 ** 40].filter(isMaker)).toEqual([])
})
