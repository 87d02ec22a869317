// Whatever a file holds, it is the same after its members were unpacked and packed again; and whatever a list of
// members says, it ends in bytes of the promised number or in a typed error.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { concatBytes, equalBytes } from '../../src/base/bytes.ts'
import { isMossError } from '../../src/base/error.ts'
import { deflate } from '../../src/delta/deflate.ts'
import { openMembers, openStreams } from '../../src/delta/find-members.ts'
import { type Member, repack, unpackBase } from '../../src/delta/members.ts'
import { asPlain, asTokens } from '../../src/delta/members/coding.ts'
import { inflateStream } from '../../src/delta/members/inflate-stream.ts'
import { inflateTokens } from '../../src/delta/tokens.ts'
import { knownBytes } from '../support/known-bytes.ts'
import { gzipFile, zipFile } from '../support/packed-files.ts'
import { plainOf } from '../support/token-bytes.ts'

const part = 'frame 5'
const mostBytes = 1_000_000
const codings = [
  ['plain bytes', asPlain],
  ['tokens', asTokens],
] as const

const somePlain = fc
  .record({ seed: fc.nat(30), length: fc.nat(1500), letters: fc.constantFrom(9, 40, 256) })
  .map(({ seed, length, letters }) => {
    const bytes = knownBytes(length, seed).map((byte) => byte % letters)
    return concatBytes([bytes, bytes.subarray(length / 3), bytes.subarray(0, length / 2)])
  })

const someMaker = fc
  .record({ family: fc.nat(2), level: fc.integer({ min: 1, max: 9 }) })
  .map(({ family, level }) => 16 * family + level)

const somePacked = fc.tuple(somePlain, someMaker).map(([plain, maker]) => deflate(plain, maker)!)

const someGzip = fc
  .array(
    fc.record({
      packed: somePacked,
      effort: fc.constantFrom(0, 2, 4),
      system: fc.constantFrom(0, 3, 255),
      extra: fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }),
      name: fc.option(fc.constantFrom('', 'name'), { nil: undefined }),
      hasHeaderCheck: fc.boolean(),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((members) =>
    concatBytes(
      members.map(({ extra, name, ...rest }) =>
        gzipFile({
          ...rest,
          ...(extra === undefined ? {} : { extra }),
          ...(name === undefined ? {} : { name }),
        }),
      ),
    ),
  )

const someZip = fc
  .array(
    fc.record({
      name: fc.constantFrom('a', 'bc'),
      bytes: fc.oneof({ weight: 4, arbitrary: somePacked }, { weight: 1, arbitrary: somePlain }),
      method: fc.constantFrom(8, 8, 8, 0),
      flags: fc.constantFrom(0, 2, 4, 6, 8, 1),
    }),
    { maxLength: 4 },
  )
  .map((entries) => zipFile(entries))

/** With a few bytes other. */
const someFile = fc
  .tuple(fc.oneof(someGzip, someZip), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 }))
  .map(([file, changes]) => {
    for (const [at, value] of changes) if (file.length > 0) file[at % file.length] = value
    return file
  })

test.each(codings)('a file is the same after its members were opened as %s and packed again', (_, coding) => {
  let found = 0
  fc.assert(
    fc.property(someFile, (file) => {
      const { members, opened } = openMembers(file, coding)
      found += members.length
      const again = repack({ unpacked: opened, members, totalBytes: file.length, coding, part })
      expect(equalBytes(again, file)).toBe(true)
      expect(openStreams(file, coding).members.length).toBeGreaterThanOrEqual(members.length)
    }),
    { numRuns: 150 },
  )
  expect(found).toBeGreaterThan(40)
})

const change = fc.record({
  index: fc.nat(),
  field: fc.constantFrom('skip', 'packedBytes', 'plainBytes', 'maker'),
  value: fc.oneof(fc.nat(60), fc.nat(20_000), fc.nat(2 ** 35)),
  isAdded: fc.boolean(),
})

function disturb(
  members: readonly Member[],
  { index, field, value, isAdded }: typeof change extends fc.Arbitrary<infer T> ? T : never,
): readonly Member[] {
  const which = index % Math.max(1, members.length)
  return members.map((member, i) =>
    i === which
      ? { ...member, [field]: isAdded ? member[field as keyof Member] + (value % 3) - 1 : value }
      : member,
  )
}

test.each(codings)(
  'a disturbed list of %s ends in the promised number of bytes or in CONTAINER_DAMAGED',
  (_, coding) => {
    let refused = 0
    const outcome = (work: () => Uint8Array): Uint8Array | undefined => {
      try {
        return work()
      } catch (error) {
        if (!isMossError(error, 'CONTAINER_DAMAGED')) throw error
        refused++
        return undefined
      }
    }
    fc.assert(
      fc.property(
        fc.oneof(someGzip, someZip),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: -2, max: 2 }),
        (file, changes, more) => {
          const { members, opened } = openMembers(file, coding)
          const disturbed = changes.reduce(disturb, members).map((member) => ({
            ...member,
            skip: Math.max(0, member.skip),
            plainBytes: Math.max(0, member.plainBytes),
            packedBytes: Math.max(0, member.packedBytes),
          }))
          const totalBytes = Math.max(0, file.length + (changes.length === 3 ? more : 0))
          const again = outcome(() =>
            repack({ unpacked: opened, members: disturbed, totalBytes, coding, part }),
          )
          if (again !== undefined) expect(again.length).toBe(totalBytes)
          const base = outcome(() => unpackBase({ base: file, members: disturbed, mostBytes, coding, part }))
          if (base !== undefined) expect(base.length).toBeLessThanOrEqual(mostBytes)
        },
      ),
      { numRuns: 300 },
    )
    expect(refused).toBeGreaterThan(100)
  },
)

test('disturbed tokens end in the promised number of bytes or in CONTAINER_DAMAGED', () => {
  let refused = 0
  let made = 0
  fc.assert(
    fc.property(
      somePacked,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
      (packed, changes) => {
        const file = gzipFile({ packed })
        const { members, opened } = openMembers(file, asTokens)
        const other = Uint8Array.from(opened)
        for (const [at, value] of changes) other[at % other.length] = value
        try {
          const again = repack({ unpacked: other, members, totalBytes: file.length, coding: asTokens, part })
          expect(again.length).toBe(file.length)
          made++
        } catch (error) {
          if (!isMossError(error, 'CONTAINER_DAMAGED')) throw error
          refused++
        }
      },
    ),
    { numRuns: 300 },
  )
  expect(refused).toBeGreaterThan(30)
  expect(made).toBeGreaterThan(30)
})

test('a disturbed stream has tokens if and only if zlib unpacks it, and they stand for the same', () => {
  let unpacked = 0
  let refused = 0
  fc.assert(
    fc.property(
      fc.tuple(somePacked, fc.array(fc.tuple(fc.nat(), fc.nat(7)), { maxLength: 2 }), fc.boolean()),
      ([packed, changes, isInTrees]) => {
        const other = Uint8Array.from(packed)
        const most = isInTrees ? Math.min(40, other.length) : other.length
        for (const [at, bit] of changes) other[at % most]! ^= 2 ** bit
        const expected = inflateStream(other, mostBytes)
        const found = inflateTokens(other, mostBytes)
        expect(found?.packedBytes).toBe(expected?.packedBytes)
        if (expected === undefined || found === undefined) refused++
        else {
          unpacked++
          expect(equalBytes(plainOf(found.content), expected.content)).toBe(true)
        }
      },
    ),
    { numRuns: 2000 },
  )
  expect(refused).toBeGreaterThan(100)
  expect(unpacked).toBeGreaterThan(100)
})
