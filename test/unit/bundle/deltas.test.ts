import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import type { ContentDigest, PackageId } from '../../../src/base/ids.ts'
import { silent } from '../../../src/base/progress.ts'
import { exportBundle } from '../../../src/bundle/export.ts'
import { effortOf } from '../../../src/carry/effort.ts'
import { importBundle } from '../../../src/bundle/import.ts'
import { isDamagedBase } from '../../../src/bundle/store-bases.ts'
import { decodeSummary } from '../../../src/bundle/summary.ts'
import { peekSection } from '../../../src/container/peek.ts'
import { openContainer } from '../../../src/container/read.ts'
import { bytesSource } from '../../../src/host/byte-source.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { noise } from '../../support/containers.ts'
import { elfProgram } from '../../support/elf-program.ts'
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
  const published = loop.channel.snapshots.latest()
  if (published === undefined) throw new Error('nothing is published')
  const plan = loop.plan([{ host: host.id, wants: [two, other], has: [one, other] }])
  const lies = plan.deltas.map((delta) => ({
    ...delta,
    ways: delta.ways.map((way) =>
      way.map((part) =>
        part.base.content === contentOf(library)
          ? { ...part, base: { ...part.base, content: contentOf(decoy) } }
          : part,
      ),
    ),
  }))
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
    signers: [stationSigner],
    path: () => path,
    spoolPath: `${loop.folder}/lie.spool`,
    effort: effortOf('5'),
    report: silent,
  })
  const refusal = await bring(loop, host, path).catch((error: unknown) => error)
  expect(refusal).toMatchObject({ code: 'CHUNK_DIGEST_MISMATCH' })
  expect(isDamagedBase(refusal)).toBe(false)
  expect(digestInStore(host, library)).toBe(digestOf(library))
})

test('hosts in different states get one delta from a base that all have, or else each group its own', async () => {
  await using loop = new TestLoop()
  const [old, newer] = [loop.host('old'), loop.host('newer')]
  const { one, two } = await scene(loop)
  const three = await loop.add('lib', '3', { 'usr/lib/libx.so.1.4': again })
  loop.publish()
  await bring(loop, old, (await exportFor(loop, old, { wants: [one], has: [] })).path)
  await bring(loop, newer, (await exportFor(loop, newer, { wants: [two], has: [] })).path)
  const sizes: number[] = []
  for (const has of [[one], [two]])
    sizes.push((await exportFor(loop, old, { wants: [three], has })).deltaBytes)
  const apart = await loop.export([
    { host: old.id, wants: [three], has: [one] },
    { host: newer.id, wants: [three], has: [two] },
  ])
  expect(apart.deltaBytes).toBe(apart.storedBytes)
  expect(apart.deltaBytes).toBe(sizes[0]! + sizes[1]!)
  const shared = await loop.export([
    { host: old.id, wants: [three], has: [one] },
    { host: newer.id, wants: [three], has: [one, two] },
  ])
  expect(shared.deltaBytes).toBe(sizes[0])
  for (const host of [old, newer]) {
    await bring(loop, host, apart.path)
    expect(digestInStore(host, again)).toBe(digestOf(again))
  }
})

test('a file goes whole where the deltas for all groups of hosts together would be longer', async () => {
  await using loop = new TestLoop()
  const last = noise(40_000, 50)
  // Each differs from the last in a third of it, each elsewhere.
  const olds = [0, 1, 2, 3].map((n) => {
    const from = n * 8_000
    return concatBytes([last.slice(0, from), noise(14_000, n), last.slice(from + 14_000)])
  })
  const first: PackageId[] = []
  for (const [n, bytes] of olds.entries())
    first.push(await loop.add('lib', `1.${n}`, { 'usr/lib/liby.so': bytes }))
  const next = await loop.add('lib', '2', { 'usr/lib/liby.so': last })
  loop.publish()
  const wishes = first.map((has, n) => ({ host: loop.host(`host ${n}`).id, wants: [next], has: [has] }))
  for (const wish of wishes) expect((await loop.export([wish])).deltaBytes).toBeGreaterThan(0)
  const made = await loop.export(wishes)
  expect(made.deltaBytes).toBe(0)
  expect(made.storedBytes).toBeLessThanOrEqual(last.length)
})

test('files that different hosts lack never share a frame: each host needs its own bases alone', async () => {
  await using loop = new TestLoop()
  const [left, right] = [loop.host('left'), loop.host('right')]
  const bodies = [1, 2, 3].map((seed) => noise(90_000, seed))
  const changed = bodies.map((bytes) =>
    Uint8Array.from(bytes, (byte, i) => (i % 700 === 0 ? byte + 1 : byte)),
  )
  const names = ['left', 'right', 'shared']
  const add = async (version: string, from: readonly Uint8Array[]) => {
    const ids: PackageId[] = []
    for (const [i, bytes] of from.entries())
      ids.push(await loop.add(names[i]!, version, { [`usr/lib/${names[i]}`]: bytes }))
    loop.publish()
    return ids
  }
  const [left1, right1, shared1] = await add('1', bodies)
  const [left2, right2, shared2] = await add('2', changed)
  await bring(loop, left, (await exportFor(loop, left, { wants: [left1!, shared1!], has: [] })).path)
  await bring(loop, right, (await exportFor(loop, right, { wants: [right1!, shared1!], has: [] })).path)
  const made = await loop.export([
    { host: left.id, wants: [left2!, shared2!], has: [left1!, shared1!] },
    { host: right.id, wants: [right2!, shared2!], has: [right1!, shared1!] },
  ])
  expect(made.deltaBytes).toBe(made.storedBytes)
  await bring(loop, left, made.path)
  await bring(loop, right, made.path)
  for (const [host, n] of [
    [left, 0],
    [left, 2],
    [right, 1],
    [right, 2],
  ] as const)
    expect(digestInStore(host, changed[n]!)).toBe(digestOf(changed[n]!))
})

test('a chunk that another host needs for another file does not need that host to have the base', async () => {
  await using loop = new TestLoop()
  const [one, two] = [loop.host('one'), loop.host('two')]
  // The front is a run of whole chunks that both new files begin with.
  const front = noise(600_000, 4)
  const oldFront = Uint8Array.from(front, (byte, i) => (i % 700 === 0 ? byte + 1 : byte))
  const first = await loop.add('alpha', '1', { 'usr/lib/alpha': concatBytes([oldFront, noise(9_000, 5)]) })
  const empty = await loop.add('zeta', '1', { 'usr/lib/zeta': noise(50, 6) })
  loop.publish()
  const alpha = concatBytes([front, noise(9_000, 5)])
  const zeta = concatBytes([front, noise(9_000, 7)])
  const second = await loop.add('alpha', '2', { 'usr/lib/alpha': alpha })
  const third = await loop.add('zeta', '2', { 'usr/lib/zeta': zeta })
  loop.publish()
  await bring(loop, one, (await exportFor(loop, one, { wants: [first], has: [] })).path)
  await bring(loop, two, (await exportFor(loop, two, { wants: [empty], has: [] })).path)
  const made = await loop.export([
    { host: one.id, wants: [second], has: [first] },
    { host: two.id, wants: [third], has: [empty] },
  ])
  await bring(loop, one, made.path)
  await bring(loop, two, made.path)
  expect(digestInStore(one, alpha)).toBe(digestOf(alpha))
  expect(digestInStore(two, zeta)).toBe(digestOf(zeta))
})

test('effort changes bytes alone: at each of them the host has the same files afterwards', async () => {
  await using loop = new TestLoop()
  const { one, two } = await scene(loop)
  for (const effort of ['fast', '5', 'small'].map(effortOf)) {
    const host = loop.host(effort.name)
    await bring(loop, host, (await exportFor(loop, host, { wants: [one], has: [] })).path)
    const made = await loop.export([{ host: host.id, wants: [two], has: [one] }], { effort })
    expect(made.deltaBytes).toBeGreaterThan(0)
    await bring(loop, host, made.path)
    for (const bytes of [relinked, fresh]) expect(digestInStore(host, bytes)).toBe(digestOf(bytes))
  }
})

test('the same plan gives the same bytes, in one thread or in several', async () => {
  const made: Buffer[] = []
  for (const outside of [linuxOutside(), linuxOutside({ worker })]) {
    await using loop = new TestLoop(outside)
    const { one, two } = await scene(loop)
    made.push(readFileSync((await exportFor(loop, loop.host('pump'), { wants: [two], has: [one] })).path))
  }
  const [first, second] = made
  expect(first?.equals(second ?? Buffer.alloc(0))).toBe(true)
})

test('a program of which only some chunks changed goes as a whole, so that its references are seen', async () => {
  await using loop = new TestLoop()
  const host = loop.host('pump')
  const body = (seed: number, length: number) => noise(length, seed).map((byte) => byte | 0xc0)
  const functions = Array.from({ length: 300 }, (_, n) => ({
    name: `function_${n}`,
    body: body(n, n === 0 ? 400_000 : 900),
    calls: n === 0 ? [] : Array.from({ length: 30 }, (__, i) => `function_${(n * 7 + i * 13) % 300}`),
  }))
  const before = elfProgram(functions)
  const after = elfProgram(functions.toSpliced(1, 0, { name: 'new', body: body(999, 700), calls: [] }))
  const one = await loop.add('tool', '1', { 'usr/bin/tool': before })
  loop.publish()
  const two = await loop.add('tool', '2', { 'usr/bin/tool': after })
  loop.publish()
  await bring(loop, host, (await exportFor(loop, host, { wants: [one], has: [] })).path)
  const plan = loop.plan([{ host: host.id, wants: [two], has: [one] }])
  expect(plan.totals.chunkBytes).toBeLessThan(after.length - 200_000)
  const made = await exportFor(loop, host, { wants: [two], has: [one] })
  expect(made.deltaBytes).toBeLessThan(6_000)
  await bring(loop, host, made.path)
  expect(digestInStore(host, after)).toBe(digestOf(after))
})

test('chunks that a file has twice are written once each place', async () => {
  await using loop = new TestLoop()
  const host = loop.host('pump')
  const block = noise(600_000, 5)
  const one = await loop.add('lib', '1', { 'usr/lib/twice': concatBytes([block, noise(100, 6), block]) })
  loop.publish()
  const changed = Uint8Array.from(block, (byte, i) => (i % 300 === 0 ? byte + 1 : byte))
  const after = concatBytes([changed, noise(100, 6), changed, block.subarray(0, 300_000)])
  const two = await loop.add('lib', '2', { 'usr/lib/twice': after })
  loop.publish()
  await bring(loop, host, (await exportFor(loop, host, { wants: [one], has: [] })).path)
  const made = await exportFor(loop, host, { wants: [two], has: [one] })
  expect(made.deltaBytes).toBeGreaterThan(100)
  await bring(loop, host, made.path)
  expect(digestInStore(host, after)).toBe(digestOf(after))
})
