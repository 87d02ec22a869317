import { readFileSync } from 'node:fs'
import { deflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../../src/base/bytes.ts'
import { looksDense } from '../../../src/container/dense.ts'
import { startFrames } from '../../../src/container/frames.ts'
import { noise } from '../../support/containers.ts'
import { cutWhole } from '../../../src/delta/jobs.ts'
import { spoolOutside } from '../../support/containers.ts'

const program = readFileSync(process.execPath).subarray(4_000_000, 4_200_000)

test.each<[string, Uint8Array, boolean]>([
  ['noise', noise(60_000, 1), true],
  ['a little noise', noise(600, 2), true],
  ['what is compressed already', deflateSync(readFileSync(import.meta.filename)).subarray(0, 900), true],
  ['machine code', program, false],
  ['text', encodeUtf8('a line of a text like any other\n'.repeat(100)), false],
  ['digits in base64', encodeUtf8(Buffer.from(noise(6000, 3)).toString('base64')), false],
  ['half of each', concatBytes([noise(9000, 4), new Uint8Array(9000)]), false],
  ['nothing', new Uint8Array(0), false],
])('%s', (_, bytes, isDense) => {
  expect(looksDense(bytes)).toBe(isDense)
})

test('what follows dense chunks is compressed as if they were not there', async () => {
  const words = encodeUtf8('line 20002 of a text that is long enough to matter\n'.repeat(60))
  const { outside } = spoolOutside()
  using spool = startFrames(outside, 'spool')
  for (const bytes of [noise(25_283, 1), noise(15_571, 2), words, noise(400, 3)]) {
    const [chunk] = cutWhole(bytes).chunks
    await spool.add({ id: chunk!.id, bytes })
  }
  const { storedBytes, count } = await spool.finish()
  expect(count).toBe(2)
  expect(storedBytes).toBeLessThan(25_283 + 15_571 + 600)
})
