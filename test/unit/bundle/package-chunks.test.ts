import { expect, test } from 'vitest'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import type { Pool } from '../../../src/host/pool.ts'
import { noise } from '../../support/containers.ts'
import { TestLoop } from '../../support/loop.ts'

test('exporting decodes each frame of a package once, though alike files lie apart in it', async () => {
  const outside = linuxOutside()
  let decoded = 0
  const counting: Pool = {
    ...outside.pool,
    run: (job, input, transfer) => {
      if (job.name === 'container.decode-frame') decoded++
      return outside.pool.run(job, input, transfer)
    },
  }
  await using loop = new TestLoop({ ...outside, pool: counting })
  const files = Object.fromEntries(
    Array.from({ length: 320 }, (_, index) => [
      `usr/lib/${String(index).padStart(3, '0')}.${index % 2 === 0 ? 'so' : 'py'}`,
      noise(128 * 1024, index + 1),
    ]),
  )
  const one = await loop.add('tool', '1', files)
  loop.publish()
  decoded = 0
  const made = await loop.export([{ host: loop.host('pump').id, wants: [one], has: [] }])
  const frames = Math.ceil(made.storedBytes / (4 * 1024 * 1024))
  expect(frames).toBeGreaterThan(9)
  expect(decoded).toBeLessThanOrEqual(frames + 2)
})
