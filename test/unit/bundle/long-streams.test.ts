// Differences that are longer than the streams of one frame may be: what is new of a long file. A sixteenth of the sizes
// does it here.
import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { concatBytes } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import type { ContentDigest, PackageId } from '../../../src/base/ids.ts'
import type * as Limits from '../../../src/base/limits.ts'
import { silent } from '../../../src/base/progress.ts'
import { importBundle } from '../../../src/bundle/import.ts'
import { noise } from '../../support/containers.ts'
import { TestLoop } from '../../support/loop.ts'

vi.mock('../../../src/base/limits.ts', async (original) => {
  const real = await original<typeof Limits>()
  return { ...real, limits: { ...real.limits, deltaStreamBytes: 32 * sizeUnit } }
})

const sizeUnit = vi.hoisted(() => 64 * 1024)

test('of a file with more that is new than a frame holds, the rest is carried as a delta', async () => {
  const stays = noise(16 * sizeUnit, 1)
  const old = noise(12 * sizeUnit, 2)
  const changed = old.map((byte, i) => (i % 1000 === 0 ? byte ^ 1 : byte))
  const before = concatBytes([stays, old])
  const after = concatBytes([stays, noise(20 * sizeUnit, 3), changed, noise(16 * sizeUnit, 4)])
  await using loop = new TestLoop()
  const host = loop.host('pump')
  const one = await loop.add('data', '1', { 'usr/share/data': before })
  loop.publish()
  const two = await loop.add('data', '2', { 'usr/share/data': after })
  loop.publish()
  const bring = async (wants: PackageId, has: readonly PackageId[]) => {
    const made = await loop.export([{ host: host.id, wants: [wants], has }])
    using taken = await loop.takeIn(host, made.path)
    await importBundle(loop.outside, taken, { store: host.store, report: silent })
    return made
  }
  await bring(one, [])
  const { chunkBytes } = loop.plan([{ host: host.id, wants: [two], has: [one] }]).totals
  expect(chunkBytes).toBeGreaterThan(47 * sizeUnit)
  const made = await bring(two, [one])
  expect(made.storedBytes).toBeLessThan(38 * sizeUnit)
  const place = host.store.contentPlace(digestOf<ContentDigest>(after))
  expect(digestOf(readFileSync(place?.path ?? ''))).toBe(digestOf(after))
})
