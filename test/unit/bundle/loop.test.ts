import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { digestOf } from '../../../src/base/digest.ts'
import type { ContentDigest, PackageId } from '../../../src/base/ids.ts'
import { silent } from '../../../src/base/progress.ts'
import { importBundle } from '../../../src/bundle/import.ts'
import { fileSource } from '../../../src/host/byte-source.ts'
import type { Store } from '../../../src/store/store.ts'
import { noise } from '../../support/containers.ts'
import { TestLoop, type TestFiles, type TestHost } from '../../support/loop.ts'

const big = noise(900_000, 1)
const bigChanged = Uint8Array.from(big)
bigChanged.set(noise(5000, 2), 450_000)

const first: TestFiles = {
  'usr/bin/tool': 'the tool, version 1',
  'usr/lib/big': big,
  'usr/share/doc/tool/empty': '',
  'usr/share/text': 'text that stays',
}
const second: TestFiles = {
  'usr/bin/tool': 'the tool, version 2',
  'usr/lib/big': bigChanged,
  'usr/share/doc/tool/empty': '',
  'usr/bin/moved': 'text that stays',
}

const read = (store: Store, bytes: Uint8Array | string): string => {
  const content = digestOf<ContentDigest>(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
  const place = store.contentPlace(content)
  return place === undefined ? 'absent' : digestOf(readFileSync(place.path))
}
const has = (store: Store, bytes: Uint8Array | string): boolean =>
  read(store, bytes) === digestOf(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)

async function bring(
  loop: TestLoop,
  host: TestHost,
  set: { wants: readonly PackageId[]; has: readonly PackageId[] },
) {
  const made = await loop.export([{ host: host.id, ...set }])
  using taken = await loop.takeIn(host, made.path)
  await importBundle(loop.outside, taken, { store: host.store, report: silent })
  return { made, packages: taken.packages.map((each) => each.manifest.version), counters: taken.counters }
}

test('a fresh host gets every file and manifest; the next bundle carries only what changed', async () => {
  await using loop = new TestLoop()
  const host = loop.host('pump')
  const one = await loop.add('tool', '1', first)
  loop.publish()
  const fresh = await bring(loop, host, { wants: [one], has: [] })
  for (const body of Object.values(first)) if (body.length > 0) expect(has(host.store, body)).toBe(true)
  expect(host.store.hasContent(one as string as ContentDigest)).toBe(true)
  expect(fresh.counters.serials['stable']?.serial).toBe(1)

  const two = await loop.add('tool', '2', second)
  loop.publish()
  const update = await bring(loop, host, { wants: [two], has: [one] })
  expect(update.packages).toEqual(['2'])
  for (const body of Object.values(second)) if (body.length > 0) expect(has(host.store, body)).toBe(true)
  expect(update.made.storedBytes).toBeLessThan(fresh.made.storedBytes / 2)
  expect((await host.store.check(silent)).length).toBe(0)
})

test('the same plan gives the same bytes twice', async () => {
  await using loop = new TestLoop()
  const one = await loop.add('tool', '1', first)
  loop.publish()
  const wish = { host: loop.host('a').id, wants: [one], has: [] }
  const a = await loop.export([wish], { name: 'a.moss' })
  const b = await loop.export([wish], { name: 'b.moss' })
  expect(readFileSync(a.path).equals(readFileSync(b.path))).toBe(true)
  expect((await loop.export([wish], { name: 'a.moss' })).isNew).toBe(false)
})

test('two hosts in one bundle cost less than the sum, and each takes only its own', async () => {
  await using loop = new TestLoop()
  const one = await loop.add('tool', '1', first)
  const other = await loop.add('other', '1', { 'usr/bin/other': noise(40_000, 3) })
  loop.publish()
  const [a, b] = [loop.host('a'), loop.host('b')]
  const wishA = { host: a.id, wants: [one], has: [] }
  const wishB = { host: b.id, wants: [one, other], has: [] }
  const both = await loop.export([wishA, wishB])
  const alone = [await loop.export([wishA]), await loop.export([wishB])]
  expect(both.sizeBytes).toBeLessThan(alone.reduce((sum, each) => sum + each.sizeBytes, 0) * 0.7)
  for (const host of [a, b]) {
    using taken = await loop.takeIn(host, both.path)
    await importBundle(loop.outside, taken, { store: host.store, report: silent })
  }
  expect(has(a.store, big) && has(b.store, big)).toBe(true)
  expect(has(a.store, noise(40_000, 3))).toBe(false)
  expect(has(b.store, noise(40_000, 3))).toBe(true)
})

test('a file that the host has under other attributes is carried for nothing', async () => {
  await using loop = new TestLoop()
  const host = loop.host('pump')
  const one = await loop.add('tool', '1', { 'usr/lib/big': big })
  const two = await loop.add('tool', '2', { 'usr/bin/big': big })
  loop.publish()
  await bring(loop, host, { wants: [one], has: [] })
  const before = host.store.totals().assets
  const update = await bring(loop, host, { wants: [two], has: [one] })
  expect(update.made.storedBytes).toBe(0)
  expect(host.store.totals().assets).toBe(before + 2)
})

test('importing again is harmless', async () => {
  await using loop = new TestLoop()
  const host = loop.host('pump')
  const one = await loop.add('tool', '1', first)
  loop.publish()
  const { made } = await bring(loop, host, { wants: [one], has: [] })
  const before = host.store.totals()
  using taken = await loop.takeIn(host, made.path)
  await importBundle(loop.outside, taken, { store: host.store, report: silent })
  expect(host.store.totals()).toEqual(before)
})

test('a piece that is neither carried nor here is told with its file, and nothing is imported', async () => {
  await using loop = new TestLoop()
  const host = loop.host('pump')
  const one = await loop.add('tool', '1', first)
  const two = await loop.add('tool', '2', second)
  loop.publish()
  const made = await loop.export([{ host: host.id, wants: [two], has: [one] }])
  using taken = await loop.takeIn(host, made.path)
  await expect(
    importBundle(loop.outside, taken, { store: host.store, report: silent }),
  ).rejects.toMatchObject({
    code: 'BUNDLE_BASE_MISSING',
    details: { names: ['/usr/bin/moved', '/usr/lib/big'] },
  })
  expect(host.store.totals().assets).toBe(0)
})

test('a damaged base counts as missing and is told with its file', async () => {
  await using loop = new TestLoop()
  const host = loop.host('pump')
  const one = await loop.add('tool', '1', first)
  const two = await loop.add('tool', '2', second)
  loop.publish()
  await bring(loop, host, { wants: [one], has: [] })
  const place = host.store.contentPlace(digestOf<ContentDigest>(big)) ?? expect.fail('stored')
  writeFileSync(place.path, noise(big.length, 9))
  const before = host.store.totals()
  await expect(bring(loop, host, { wants: [two], has: [one] })).rejects.toMatchObject({
    code: 'BUNDLE_BASE_MISSING',
    details: { names: [expect.stringMatching(/^\/usr\/lib\/big( |$)/)] },
  })
  expect(host.store.totals()).toEqual(before)
  const mended = await loop.export([
    { host: host.id, wants: [two], has: [one], lacking: [digestOf<ContentDigest>(big)] },
  ])
  using taken = await loop.takeIn(host, mended.path)
  await importBundle(loop.outside, taken, { store: host.store, report: silent })
  expect(has(host.store, bigChanged)).toBe(true)
})

test('B2: the medium is read once, in order, and only the end is looked at before', async () => {
  await using loop = new TestLoop()
  const host = loop.host('pump')
  const one = await loop.add('tool', '1', first)
  loop.publish()
  const made = await loop.export([{ host: host.id, wants: [one], has: [] }])
  const reads: { at: number; length: number }[] = []
  using file = fileSource(loop.outside.disk, made.path)
  const medium = {
    name: 'stick',
    read: (into: Uint8Array, at: number) => {
      const length = file.read(into, at)
      if (length > 0) reads.push({ at, length })
      return length
    },
    [Symbol.dispose]: () => {},
  }
  using taken = await loop.takeIn(host, medium)
  await importBundle(loop.outside, taken, { store: host.store, report: silent })
  let end = 0
  for (const read of reads) {
    expect(read.at).toBe(end)
    end += read.length
  }
  expect(end).toBe(made.sizeBytes)
  expect(readFileSync(join(host.incoming, made.id, 'bundle.moss')).equals(readFileSync(made.path))).toBe(true)
})
