import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import { type CborValue, decodeCbor, decodeCborApart, encodeCbor } from '../../../src/base/cbor.ts'
import { isMossError, MossError } from '../../../src/base/error.ts'
import { inSubset, outsideSubset } from '../../support/rfc8949-vectors.ts'

const bytesOf = (hex: string): Uint8Array => Uint8Array.fromHex(hex.replaceAll(' ', ''))

/** The problem named by the refusal, or what was decoded. */
function verdictOn(bytes: Uint8Array): string {
  try {
    return `decoded ${JSON.stringify(decodeCbor(bytes, 'sample'))}`
  } catch (error) {
    if (!isMossError(error, 'CBOR_INVALID')) throw error
    expect(error.details.part).toBe('sample')
    expect(error.details.offset).toBeLessThanOrEqual(bytes.length)
    return error.details.problem
  }
}

describe('the vectors of RFC 8949, appendix A', () => {
  test.each(inSubset)('%s is $1 and encodes again to the same bytes', (hex, value) => {
    expect(decodeCbor(bytesOf(hex), 'sample')).toEqual(value)
    expect(toHex(encodeCbor(value))).toBe(hex)
  })

  test.each(outsideSubset)('%s is refused: %s', (hex, problem) => {
    expect(verdictOn(bytesOf(hex))).toBe(problem)
  })

  test('are all here', () => {
    expect(inSubset.length + outsideSubset.length).toBe(81)
  })
})

describe('a form that is not canonical is refused by name', () => {
  const forbidden: readonly (readonly [string, string, string])[] = [
    ['a half float', 'f9 3c00', 'float or simple value'],
    ['a single float', 'fa 47c35000', 'float or simple value'],
    ['a double float', 'fb 3ff199999999999a', 'float or simple value'],
    ['a tag', 'c0 60', 'tag'],
    ['a tag of 8 bytes', 'db 0000000000000001 00', 'tag'],
    ['an indefinite array', '9f ff', 'indefinite length'],
    ['an indefinite map', 'bf ff', 'indefinite length'],
    ['an indefinite text', '7f 61 61 ff', 'indefinite length'],
    ['an indefinite byte string', '5f 41 00 ff', 'indefinite length'],
    ['a break alone', 'ff', 'break'],
    ['a reserved length', '1c', 'reserved length'],
    ['a reserved simple value', 'fc', 'reserved value'],
    ['23 in two bytes', '18 17', 'number not in its shortest form'],
    ['255 in three bytes', '19 00ff', 'number not in its shortest form'],
    ['65535 in five bytes', '1a 0000ffff', 'number not in its shortest form'],
    ['2^32 - 1 in nine bytes', '1b 00000000ffffffff', 'number not in its shortest form'],
    ['a negative number that is too long', '38 00', 'number not in its shortest form'],
    ['a length that is too long', '58 01 00', 'number not in its shortest form'],
    ['a key’s length that is too long', 'a1 78 01 61 00', 'number not in its shortest form'],
    ['keys out of order', 'a2 61 62 00 61 61 00', 'keys not sorted'],
    ['a longer key before a shorter one', 'a2 62 6161 00 61 62 00', 'keys not sorted'],
    ['a duplicate key', 'a2 61 61 00 61 61 01', 'duplicate key'],
    ['text with a byte order mark', '64 efbbbf61', 'text with a byte order mark'],
    ['text that is not UTF-8', '61 ff', 'ill-formed UTF-8'],
    ['text with a surrogate', '63 eda080', 'ill-formed UTF-8'],
    ['text that is overlong', '62 c080', 'ill-formed UTF-8'],
    ['a key that is not UTF-8', 'a1 61 ff 00', 'ill-formed UTF-8'],
    ['bytes after the end', '00 00', 'bytes after the end'],
    ['2^53', '1b 0020000000000000', 'number from 2^53'],
    ['2^53 + 1', '1b 0020000000000001', 'number from 2^53'],
    ['2^64 - 1', '1b ffffffffffffffff', 'number from 2^53'],
    ['-2^53', '3b 001fffffffffffff', 'number below -2^53'],
    ['-2^53 - 1', '3b 0020000000000000', 'number from 2^53'],
    ['a length of 2^53', '5b 0020000000000000', 'number from 2^53'],
    ['a number as key', 'a1 00 00', 'a key that is not text'],
    ['bytes as key', 'a1 41 61 00', 'a key that is not text'],
    ['a list as key', 'a1 80 00', 'a key that is not text'],
    ['undefined', 'f7', 'undefined'],
    ['undefined in a map', 'a1 61 61 f7', 'undefined'],
    ['__proto__ as key', 'a1 69 5f5f70726f746f5f5f 00', 'a reserved key'],
    ['nothing', '', 'cut short'],
    ['a text that is cut short', '62 61', 'cut short'],
    ['a number that is cut short', '19 01', 'cut short'],
    ['a map that is cut short', 'a1 61 61', 'cut short'],
    ['a map of two entries in 3 bytes', 'a2 61 61 00', 'more entries than bytes'],
    ['a list of 2^32 items in 6 bytes', '9a ffffffff 00', 'more items than bytes'],
    ['a map of 2^32 entries in 6 bytes', 'ba ffffffff 00', 'more entries than bytes'],
    ['a list 17 deep', `${'81'.repeat(17)} 00`, 'nested too deep'],
  ]

  test.each(forbidden)('%s', (_, hex, problem) => {
    expect(verdictOn(bytesOf(hex))).toBe(problem)
  })

  test('wherever it stands: in a list and as a value of a map too', () => {
    for (const [, hex, problem] of forbidden) {
      const bytes = bytesOf(hex)
      if (['cut short', 'bytes after the end', 'more entries than bytes'].includes(problem)) continue
      expect(verdictOn(Uint8Array.of(0x81, ...bytes))).toBe(problem)
      expect(verdictOn(Uint8Array.of(0xa1, 0x61, 0x61, ...bytes))).toBe(problem)
    }
  })
})

test('items are bounded by length, so that what is decoded is no more than some thirty times as long', () => {
  const list = (count: number, more: readonly number[]): Uint8Array =>
    Uint8Array.of(0x9a, count >> 24, count >> 16, count >> 8, count, ...more)
  const empties = (count: number): Uint8Array =>
    list(
      count,
      Array.from({ length: count }, () => 0x80),
    )
  expect(verdictOn(Uint8Array.of(0x99, 0x0f, 0xa0, ...Array.from({ length: 4000 }, () => 0x80)))).toMatch(
    /^decoded/,
  )
  expect(verdictOn(empties(100_000))).toBe('too many items for its length')
  const { heapUsed } = process.memoryUsage()
  const bomb = new Uint8Array(16 * 1024 * 1024).fill(0xa0)
  bomb.set([0x9a, 0x00, 0xff, 0xff, 0xfb])
  expect(verdictOn(bomb)).toBe('too many items for its length')
  expect(process.memoryUsage().heapUsed - heapUsed).toBeLessThan(32 * 1024 * 1024)
})

test('numbers keep their value at 2^31, 2^32 and 2^53, each one less and more', () => {
  for (const edge of [2 ** 31, 2 ** 32, 2 ** 53 - 2])
    for (const value of [edge - 1, edge, edge + 1, 1 - edge, -edge, -1 - edge])
      expect(decodeCbor(encodeCbor(value), 'sample')).toBe(value)
  expect(toHex(encodeCbor(2 ** 32))).toBe('1b0000000100000000')
})

test('what has no canonical form is a bug of ours and a TypeError', () => {
  const wrong: readonly unknown[] = [
    0.5,
    -0,
    NaN,
    Infinity,
    2 ** 53,
    -(2 ** 53),
    1n,
    undefined,
    Symbol.iterator,
    () => 0,
    '\ud800',
    new Map(),
    new Date(0),
    [undefined],
    { ['__proto__']: 1 },
    { '\udc00': 1 },
    '\ufefftext',
    { '\ufeffkey': 1 },
  ]
  for (const value of wrong) expect(() => encodeCbor(value as CborValue)).toThrow(TypeError)
  let deep: CborValue = 0
  for (let i = 0; i < 17; i++) deep = [deep]
  expect(() => encodeCbor(deep)).toThrow('nested too deep')
})

test('entries whose value is undefined are left out, and the order of keys does not matter', () => {
  expect(toHex(encodeCbor({ b: 1, a: undefined }))).toBe(toHex(encodeCbor({ b: 1 })))
  expect(toHex(encodeCbor({ b: 1, aa: 2, a: 3 }))).toBe(toHex(encodeCbor({ a: 3, aa: 2, b: 1 })))
})

test('a decoded map takes no keys from its prototype, and bytes are a copy of their own', () => {
  const source = encodeCbor({ constructor: 1, toString: 2, bytes: new Uint8Array([1, 2, 3]) })
  const value = decodeCbor(source, 'sample') as { readonly [key: string]: CborValue }
  source.fill(0)
  expect(value['constructor']).toBe(1)
  expect(value['toString']).toBe(2)
  expect(value['bytes']).toEqual(new Uint8Array([1, 2, 3]))
  expect((value['bytes'] as Uint8Array).buffer.byteLength).toBe(3)
})

/** xorshift32: the same seed gives the same values anywhere. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const edges = [0, 1, 23, 24, 255, 256, 65535, 65536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]
const letters = ['a', 'b', 'z', 'é', '語', '\u{1f980}', '\0', '\u{feff}', '\ufffd', '_']

function randomValue(random: (below: number) => number, depth: number): CborValue {
  const kind = random(depth > 4 ? 6 : 9)
  const many = random(3) === 0 ? random(40) : random(5)
  if (kind < 2) return random(2) === 0 ? (edges[random(edges.length)] as number) : random(2 ** 31)
  if (kind === 2) return -1 - Math.min(edges[random(edges.length)] as number, 2 ** 53 - 2)
  // A mark may stand anywhere but in front.
  if (kind === 3)
    return Array.from({ length: many }, () => letters[random(letters.length)])
      .join('')
      .replace(/^\ufeff+/, '')
  if (kind === 4) return Uint8Array.from({ length: many }, () => random(256))
  if (kind === 5) return [true, false, null][random(3)] as boolean | null
  if (kind < 8) return Array.from({ length: many % 6 }, () => randomValue(random, depth + 1))
  const keys = Array.from({ length: many % 6 }, () => `k${letters[random(letters.length)]}${random(30)}`)
  return Object.fromEntries(keys.map((key) => [key, randomValue(random, depth + 1)]))
}

const seedOf = (): number => {
  const seed = Number(process.env['MOSS_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  console.log(`seed ${seed} (MOSS_SEED gives another)`)
  return seed
}

const isSame = (a: CborValue | undefined, b: CborValue | undefined): boolean => {
  if (a instanceof Uint8Array || b instanceof Uint8Array)
    return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [x, y] = [a as { readonly [key: string]: CborValue }, b as { readonly [key: string]: CborValue }]
  return (
    Object.keys(x).length === Object.keys(y).length && Object.keys(x).every((key) => isSame(x[key], y[key]))
  )
}

test('100000 random values come back as they were, and encode again to the same bytes', () => {
  const random = randomFrom(seedOf())
  let sizeBytes = 0
  for (let i = 0; i < 100_000; i++) {
    const value = randomValue(random, 0)
    const encoded = encodeCbor(value)
    const decoded = decodeCbor(encoded, 'sample')
    sizeBytes += encoded.length
    if (!isSame(decoded, value)) expect(decoded).toEqual(value)
    if (Buffer.compare(encodeCbor(decoded), encoded) !== 0) expect(encodeCbor(decoded)).toEqual(encoded)
  }
  expect(sizeBytes).toBeGreaterThan(1_000_000)
})

test('random bytes, and valid ones with a changed byte, are refused or are exactly one canonical value', () => {
  const random = randomFrom(seedOf())
  const judge = (bytes: Uint8Array): boolean => {
    try {
      expect(toHex(encodeCbor(decodeCbor(bytes, 'sample')))).toBe(toHex(bytes))
      return true
    } catch (error) {
      if (!(error instanceof MossError)) throw error
      return false
    }
  }
  let accepted = 0
  for (let i = 0; i < 20_000; i++) {
    const noise = Uint8Array.from({ length: random(24) }, () => random(256))
    const changed = encodeCbor(randomValue(random, 2))
    changed[random(changed.length)] = random(256)
    if (judge(noise)) accepted++
    if (judge(changed)) accepted++
  }
  expect(accepted).toBeGreaterThan(100)
})

test('every way of cutting a value short is refused', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (seed) => {
      const whole = encodeCbor(randomValue(randomFrom(seed), 1))
      for (let size = 0; size < whole.length; size++)
        expect(verdictOn(whole.subarray(0, size))).toMatch(/cut short|more (items|entries) than bytes/)
    }),
    { numRuns: 200 },
  )
})

describe('a value that is left apart', () => {
  const bytes = encodeCbor({ a: 1, list: [{ list: 2 }], z: 'x' })

  test('is given as its bytes, with an empty list in its place', () => {
    const found = decodeCborApart(bytes, 'sample', 'list')
    expect(found?.value).toEqual({ a: 1, list: [], z: 'x' })
    expect(toHex(found?.apart ?? bytes)).toBe(toHex(encodeCbor([{ list: 2 }])))
  })

  test('is undefined where the outermost map has no such key, and is checked like the rest', () => {
    expect(decodeCborApart(bytes, 'sample', 'b')).toBeUndefined()
    expect(decodeCborApart(encodeCbor(['list']), 'sample', 'list')).toBeUndefined()
    const wrong = bytesOf('a1 64 6c697374 81 18 17')
    expect(() => decodeCborApart(wrong, 'sample', 'list')).toThrow('number not in its shortest form')
  })
})
