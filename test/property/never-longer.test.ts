import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../src/base/bytes.ts'
import type { PackageId } from '../../src/base/ids.ts'
import { effortOf } from '../../src/carry/effort.ts'
import { noise } from '../support/containers.ts'
import { type TestFiles, TestLoop } from '../support/loop.ts'

interface Pair {
  readonly before: Uint8Array
  readonly after: Uint8Array
}

/** Bytes that differ from `bytes` in every `every`th place, by chance. */
function sprinkled(bytes: Uint8Array, every: number, seed: number): Uint8Array {
  const other = noise(bytes.length, seed)
  return Uint8Array.from(bytes, (byte, i) => ((i * 7 + seed) % every === 0 ? (other[i] ?? 0) : byte))
}

const twins = noise(9_000, 77)
const words = encodeUtf8('the words of a text that everybody has written before, and again\n'.repeat(400))
/** Each tempts to a delta that is longer than what zstd makes of the whole, or of all together. */
const kinds = {
  relinked: (seed) => ({ before: noise(20_000, seed), after: sprinkled(noise(20_000, seed), 300, seed) }),
  'a base of chance': (seed) => ({ before: noise(15_000, seed), after: noise(15_000, seed + 1) }),
  'zeros from a noisy base': (seed) => ({
    before: sprinkled(new Uint8Array(60_000), 45, seed),
    after: new Uint8Array(60_000),
  }),
  'words from a noisy base': (seed) => ({
    before: sprinkled(words, 60, seed),
    after: words.map((byte, i) => (i === seed % 1000 ? 33 : byte)),
  }),
  'twins from bases of their own': (seed) => ({
    before: sprinkled(twins, 30, seed),
    after: sprinkled(twins, 4000, seed),
  }),
  'half new': (seed) => ({
    before: noise(12_000, seed),
    after: concatBytes([noise(12_000, seed).subarray(0, 6000), noise(6000, seed + 5)]),
  }),
  short: (seed) => ({ before: noise(140, seed), after: sprinkled(noise(140, seed), 9, seed) }),
} satisfies Record<string, (seed: number) => Pair>
const names = Object.keys(kinds) as (keyof typeof kinds)[]

const sets = fc.array(
  fc.record({ kind: fc.constantFrom(...names), count: fc.integer({ min: 1, max: 12 }) }),
  { minLength: 1, maxLength: 3 },
)
const efforts = fc.constantFrom('fast', '5', 'small')

test('deltas never make a bundle longer than a hundredth more than all of it whole', async () => {
  await fc.assert(
    fc.asyncProperty(sets, efforts, async (set, effort) => {
      await using loop = new TestLoop()
      const before: Record<string, Uint8Array> = {}
      const after: Record<string, Uint8Array> = {}
      set.forEach(({ kind, count }, s) => {
        for (let n = 0; n < count; n++) {
          const pair = kinds[kind](100 * s + n + 1)
          before[`usr/share/${'abc'[s]}${n}/body`] = pair.before
          after[`usr/share/${'abc'[s]}${n}/body`] = pair.after
        }
      })
      const add = (version: string, files: TestFiles): Promise<PackageId> => loop.add('p', version, files)
      const one = await add('1', before)
      const two = await add('2', after)
      loop.publish()
      const host = loop.host('host').id
      const made = async (has: readonly PackageId[]) =>
        (await loop.export([{ host, wants: [two], has }], { effort: effortOf(effort) })).storedBytes
      expect(await made([one])).toBeLessThanOrEqual(1.01 * (await made([])) + 100)
    }),
    { numRuns: Number(process.env['MOSS_RUNS'] ?? 20), endOnFailure: true },
  )
})
