import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../../src/base/bytes.ts'
import { effortOf } from '../../../src/carry/effort.ts'
import { bytesInMemory } from '../../../src/delta/base-bytes.ts'
import { decodePieces } from '../../../src/delta/decode-delta.ts'
import { deflate } from '../../../src/delta/deflate.ts'
import { form } from '../../../src/delta/delta-forms.ts'
import { DeltaEncoder, type DeltaPair } from '../../../src/delta/encode-delta.ts'
import { knownBytes } from '../../support/known-bytes.ts'
import { knownWords } from '../../support/known-words.ts'
import { gzipFile, zipFile } from '../../support/packed-files.ts'

const gzip = (plain: Uint8Array): Uint8Array => gzipFile({ packed: deflate(plain, 9)! })
const zip = (plain: Uint8Array): Uint8Array => zipFile([{ name: 'a', bytes: deflate(plain, 22)! }])

const words = knownWords(60_000, 1)
const moreWords = concatBytes([words.subarray(0, 20_000), knownWords(300, 2), words.subarray(20_000)])

/** Every line is other, but only by its address. */
const symbols = (by: number): Uint8Array =>
  encodeUtf8(
    Array.from(
      knownBytes(6000, 4),
      (byte, i) => `${(0x40_1000 + i * 48 + by * (i % 7)).toString(16)} T symbol_${i}_${byte * 77}\n`,
    ).join(''),
  )

const noise = knownBytes(40_000, 6)
const otherNoise = concatBytes([noise.subarray(0, 9000), knownBytes(50, 7), noise.subarray(9000)])

const pairs: Readonly<Record<string, DeltaPair>> = {
  'a gzip file that changed in one place': { base: gzip(words), target: gzip(moreWords) },
  'a gzip file that changed everywhere': { base: gzip(symbols(0)), target: gzip(symbols(3)) },
  'a gzip file of noise, which is stored': { base: gzip(noise), target: gzip(otherNoise) },
  'a zip file': { base: zip(words), target: zip(moreWords) },
}

/** Its form at this effort, if it comes back. */
function formOf(pair: DeltaPair, effort: string): number | undefined {
  const encoder = new DeltaEncoder(effortOf(effort).deltaEffort)
  encoder.add(pair)
  const streams = encoder.finish()
  const input = { streams, plainBytes: pair.target.length, part: 'frame 1' }
  const made: Uint8Array[] = []
  for (const piece of decodePieces(input, [bytesInMemory(pair.base)])) made.push(piece.slice())
  expect(Buffer.compare(concatBytes(made), pair.target)).toBe(0)
  return streams.forms[0]
}

describe('the form in which packed members are compared', () => {
  test.each([
    ['fast', form.tokens, form.tokens, form.plain, form.tokens],
    ['5', form.tokens, form.tokens, form.plain, form.tokens],
    ['6', form.tokens, form.members, form.members, form.tokens],
    ['small', form.tokens, form.members, form.members, form.tokens],
    ['9', form.members, form.members, form.members, form.members],
  ])('at effort %s is the one that pays', (effort, ...expected) => {
    const found = Object.entries(pairs).map(([name, pair]) => `${name}: ${formOf(pair, effort)}`)
    expect(found).toEqual(Object.keys(pairs).map((name, i) => `${name}: ${expected[i]}`))
  })
})
