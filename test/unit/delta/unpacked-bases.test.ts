// A base of kilobytes may unpack to 64 MiB, and a frame may have many: what they unpack to together is bounded too, before
// anything is unpacked, and whoever writes a frame keeps to that.
import { deflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { concatBytes } from '../../../src/base/bytes.ts'
import { limits } from '../../../src/base/limits.ts'
import { decodeDelta } from '../../../src/delta/decode-delta.ts'
import { form } from '../../../src/delta/delta-forms.ts'
import { type DeltaStreams, StreamWriter } from '../../../src/delta/delta-streams.ts'
import { DeltaEncoder } from '../../../src/delta/encode-delta.ts'
import { gzipFile } from '../../support/packed-files.ts'

const plainBytes = Math.floor(limits.deltaUnpackedTogetherBytes / 2) - 1024 * 1024
const packed = deflateRawSync(new Uint8Array(plainBytes), { level: 1 })
const base = gzipFile({ packed })

const numbers = (...all: readonly number[]): Uint8Array => {
  const writer = new StreamWriter()
  for (const number of all) writer.number(number)
  return writer.finish()
}
const repeated = (count: number, bytes: Uint8Array): Uint8Array =>
  concatBytes(Array.from({ length: count }, () => bytes))
const none = new Uint8Array(0)

/** So many files, each of the first five bytes of an unpacked base of its own. */
const files = (count: number): DeltaStreams => ({
  forms: repeated(count, numbers(form.members, 5, 1, 10, packed.length, plainBytes, 0)),
  control: repeated(count, numbers(5, 5, 0)),
  seeks: repeated(count, numbers(0)),
  gaps: none,
  runs: none,
  differences: none,
  extra: none,
})

const decoded = (count: number): Uint8Array =>
  decodeDelta({
    streams: files(count),
    bases: Array.from({ length: count }, () => base),
    plainBytes: 5 * count,
    part: 'frame 3',
  })

test('bases that unpack to more than 128 MiB together are refused, and those that make less are not', () => {
  expect(decoded(2)).toEqual(repeated(2, base.subarray(0, 5)))
  expect(() => decoded(3)).toThrow(expect.objectContaining({ code: 'CONTAINER_DAMAGED' }))
})

test('whoever writes a frame compares no more files unpacked than that, and takes back what one counted', () => {
  const target = gzipFile({ packed: deflateRawSync(new Uint8Array(2000), { level: 6 }) })
  const encoder = new DeltaEncoder({ step: 8, mostStride: 5, isQuick: true, members: 'plain' })
  const formOf = (): number | undefined => encoder.add({ base, target }).forms[0]
  expect(formOf()).toBe(form.members)
  encoder.undo()
  expect([formOf(), formOf()]).toEqual([form.members, form.members])
  expect(formOf()).toBe(form.plain)
})
