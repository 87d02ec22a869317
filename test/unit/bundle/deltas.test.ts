import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import type { ContentDigest, PackageId } from '../../../src/base/ids.ts'
import { silent } from '../../../src/base/progress.ts'
import { exportBundle } from '../../../src/bundle/export.ts'
import { importBundle } from '../../../src/bundle/import.ts'
import { isDamagedBase } from '../../../src/bundle/store-bases.ts'
import { decodeSummary } from '../../../src/bundle/summary.ts'
import { peekSection } from '../../../src/container/peek.ts'
import { openContainer } from '../../../src/container/read.ts'
import { bytesSource } from '../../../src/host/byte-source.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { noise } from '../../support/containers.ts'
import { stationSigner, TestLoop, type TestHost } from '../../support/loop.ts'

const worker = new URL('../../../src/worker.ts', import.meta.url)

const library = noise(700_000, 1)
/** Differs everywhere by a byte now and then, so that no chunk stays. */
const relinked = Uint8Array.from(library, (byte, i) => (i % 700 === 0 ? byte + 1 : byte))
const again = Uint8Array.from(relinked, (byte, i) => (i % 900 === 1 ? byte + 1 : byte))
const words = encodeUtf8('a manual with many words in it '.repeat(200))
const fresh = noise(30_000, 9)

async function scene(loop: TestLoop) {
  const one = await loop.add('lib', '1', { 'usr/lib/libx.so.1.2': library, 'usr/share/words': words })
  loop.publish()
  const two = await loop.add('lib', '2', {
    'usr/lib/libx.so.1.3': relinked,
    'usr/share/words': concatBytes([encodeUtf8('now '), words]),
    'usr/share/fresh': fresh,
  })
  loop.publish()
  return { one, two }
}

type Set = { readonly wants: readonly PackageId[]; readonly has: readonly PackageId[] }
const exportFor = (loop: TestLoop, host: TestHost, set: Set) => loop.export([{ host: host.id, ...set }])

async function bring(loop: TestLoop, host: TestHost, path: string): Promise<void> {
  using taken = await loop.takeIn(host, path)
  await importBundle(loop.outside, taken, { store: host.store, report: silent })
}

const contentOf = (bytes: Uint8Array): ContentDigest => digestOf<ContentDigest>(bytes)
const digestInStore = ({ store }: TestHost, bytes: Uint8Array): string | undefined => {
  const place = store.contentPlace(contentOf(bytes))
  return place && digestOf(readFileSync(place.path))
}

test('a file that changed everywhere a little, and its name too, is carried as a delta and put together', async () => {
  await using loop = new TestLoop()
  const host = loop.host('pump')
  const { one, two } = await scene(loop)
  await bring(loop, host, (await exportFor(loop, host, { wants: [one], has: [] })).path)
  const made = await exportFor(loop, host, { wants: [two], has: [one] })
  expect(made.sizeBytes).toBeLessThan(fresh.length + 20_000)
  expect(made.deltaBytes).toBeGreaterThan(50)
  expect(made.deltaBytes).toBeLessThan(8_000)
  await bring(loop, host, made.path)
  for (const bytes of [relinked, fresh]) expect(digestInStore(host, bytes)).toBe(digestOf(bytes))
  const opened = openContainer(bytesSource('bundle', readFileSync(made.path)))
  const { bytes } = decodeSummary(peekSection(opened, 'summary') ?? new Uint8Array(0))
  expect(bytes).toMatchObject({ deltas: made.deltaBytes, whole: made.storedBytes - made.deltaBytes })
})

test.each([
  ['a library with another version', 'usr/lib/libfoo.so.1.2', 'usr/lib/libfoo.so.1.3'],
  ['a file of a folder that moved', 'usr/lib/foo/data/model.bin', 'usr/share/models/model.bin'],
  ['a folder with another version', 'usr/lib/foo-1.2/model.bin', 'usr/lib/foo-1.10/model.bin'],
  ['an asset named by its digest', 'usr/share/foo/app.3f2a.js', 'usr/share/foo/app.9c01.js'],
])('%s finds the one before it, and the bundle is small', async (_, before, after) => {
  await using loop = new TestLoop()
  const host = loop.host('pump')
  const decoys = {
    'usr/lib/libbar.so.1.2': noise(700_000, 31),
    'usr/share/foo/style.css': noise(700_000, 32),
  }
  const one = await loop.add('foo', '1', { ...decoys, [before]: library })
  loop.publish()
  await bring(loop, host, (await exportFor(loop, host, { wants: [one], has: [] })).path)
  const two = await loop.add('foo', '2', { ...decoys, [after]: relinked })
  loop.publish()
  const made = await exportFor(loop, host, { wants: [two], has: [one] })
  expect(made.sizeBytes).toBeLessThan(15_000)
  await bring(loop, host, made.path)
  expect(digestInStore(host, relinked)).toBe(digestOf(relinked))
})

test('a file whose name tells nothing finds what it was by its bytes, if the host has it', async () => {
  await using loop = new TestLoop()
  const host = loop.host('pump')
  const stays = { 'usr/lib/libbar.so': noise(700_000, 31) }
  const before = { ...stays, 'usr/lib/alpha.bin': library }
  const one = await loop.add('foo', '1', before)
  const text = await loop.add('text', '1', { 'usr/share/words': words })
  loop.publish()
  await bring(loop, host, (await exportFor(loop, host, { wants: [one], has: [] })).path)
  const two = await loop.add('foo', '2', { ...stays, 'usr/share/omega.dat': relinked })
  loop.publish()
  const made = await exportFor(loop, host, { wants: [two], has: [one] })
  expect(made.sizeBytes).toBeLessThan(15_000)
  await bring(loop, host, made.path)
  expect(digestInStore(host, relinked)).toBe(digestOf(relinked))
  const lacking = [{ host: host.id, wants: [two], has: [one], lacking: [contentOf(library)] }]
  expect((await loop.export(lacking)).deltaBytes).toBe(0)
  const other = loop.host('other')
  const both = [
    { host: host.id, wants: [two], has: [one] },
    { host: other.id, wants: [two], has: [text] },
  ]
  expect((await loop.export(both)).deltaBytes).toBe(0)
})

test('a file that took in most of another of its package is built on that one', async () => {
  await using loop = new TestLoop()
  const host = loop.host('pump')
  const before = { 'usr/lib/all.bin': library, 'usr/lib/part.bin': fresh }
  const one = await loop.add('foo', '1', before)
  loop.publish()
  const two = await loop.add('foo', '2', { 'usr/lib/all.bin': again, 'usr/lib/part.bin': relinked })
  loop.publish()
  const made = await exportFor(loop, host, { wants: [two], has: [one] })
  expect(made.sizeBytes).toBeLessThan(25_000)
})

test('a host without the base, or with a damaged one, is told so and takes nothing in', async () => {
  await using loop = new TestLoop()
  const { one, two } = await scene(loop)
  const empty = loop.host('empty')
  const made = await exportFor(loop, empty, { wants: [two], has: [one] })
  const missing = await bring(loop, empty, made.path).catch((error: unknown) => error)
  expect(missing).toMatchObject({ code: 'BUNDLE_BASE_MISSING' })
  expect(isDamagedBase(missing)).toBe(false)
  const damaged = loop.host('damaged')
  await bring(loop, damaged, (await exportFor(loop, damaged, { wants: [one], has: [] })).path)
  const path = damaged.store.contentPlace(contentOf(library))?.path ?? ''
  const bytes = readFileSync(path)
  bytes[123_456]! ^= 1
  chmodSync(path, 0o644)
  writeFileSync(path, bytes)
  const again = await exportFor(loop, damaged, { wants: [two], has: [one] })
  await expect(bring(loop, damaged, again.path)).rejects.toMatchObject({
    code: 'BUNDLE_BASE_MISSING',
    details: { names: [expect.stringContaining('/usr/')] },
    cause: { code: 'STORE_DAMAGED', details: { path } },
  })
  rmSync(path)
  await expect(bring(loop, damaged, again.path)).rejects.toMatchObject({ code: 'BUNDLE_BASE_MISSING' })
  expect(digestInStore(damaged, relinked)).toBeUndefined()
})

test('a bundle that lies about a base is to blame, not the host', async () => {
  await using loop = new TestLoop()
  const { one, two } = await scene(loop)
  const decoy = noise(library.length, 77)
  const other = await loop.add('decoy', '1', { 'usr/lib/decoy': decoy })
  loop.publish()
  const host = loop.host('pump')
  await bring(loop, host, (await exportFor(loop, host, { wants: [one, other], has: [] })).path)
  const published = loop.channel.latestSnapshot()
  if (published === undefined) throw new Error('nothing is published')
  const plan = loop.plan([{ host: host.id, wants: [two, other], has: [one, other] }])
  const lies = plan.deltas.map((delta) =>
    delta.base.content === contentOf(library)
      ? { ...delta, base: { ...delta.base, content: contentOf(decoy) } }
      : delta,
  )
  const path = `${loop.folder}/lie.moss`
  // It encodes from what is not what it names.
  const honest = loop.channel.chunkList.bind(loop.channel)
  using _ = vi
    .spyOn(loop.channel, 'chunkList')
    .mockImplementation((id, file) =>
      honest(id, file.content === contentOf(decoy) ? { ...file, content: contentOf(library) } : file),
    )
  await exportBundle(loop.outside, {
    plan: { ...plan, deltas: lies },
    channel: loop.channel,
    published,
    hosts: new Map(),
    signer: stationSigner,
    path: () => path,
    spoolPath: `${loop.folder}/lie.spool`,
    level: 3,
    report: silent,
  })
  const refusal = await bring(loop, host, path).catch((error: unknown) => error)
  expect(refusal).toMatchObject({ code: 'CHUNK_DIGEST_MISMATCH' })
  expect(isDamagedBase(refusal)).toBe(false)
  expect(digestInStore(host, library)).toBe(digestOf(library))
})

test('a base serves several hosts only if all of them that lack the file have it', async () => {
  await using loop = new TestLoop()
  const [old, newer] = [loop.host('old'), loop.host('newer')]
  const { one, two } = await scene(loop)
  const three = await loop.add('lib', '3', { 'usr/lib/libx.so.1.4': again })
  loop.publish()
  await bring(loop, old, (await exportFor(loop, old, { wants: [one], has: [] })).path)
  await bring(loop, newer, (await exportFor(loop, newer, { wants: [two], has: [] })).path)
  const apart = await loop.export([
    { host: old.id, wants: [three], has: [one] },
    { host: newer.id, wants: [three], has: [two] },
  ])
  expect(apart.deltaBytes).toBe(0)
  const shared = await loop.export([
    { host: old.id, wants: [three], has: [one] },
    { host: newer.id, wants: [three], has: [one, two] },
  ])
  expect(shared.deltaBytes).toBeGreaterThan(0)
  for (const host of [old, newer]) {
    await bring(loop, host, apart.path)
    expect(digestInStore(host, again)).toBe(digestOf(again))
  }
})

test('the same plan gives the same bytes, in one thread or in several', async () => {
  const made: Buffer[] = []
  for (const outside of [linuxOutside(), linuxOutside({ workerUrl: worker })]) {
    await using loop = new TestLoop(outside)
    const { one, two } = await scene(loop)
    made.push(readFileSync((await exportFor(loop, loop.host('pump'), { wants: [two], has: [one] })).path))
  }
  const [first, second] = made
  expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true)
})
