// What a bundle says besides its frames is written against what its hosts have: the snapshot they keep and the manifests
// of the packages they replace. A package as Debian has them: some hundred files with long names.
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '../../../src/base/digest.ts'
import type { ContentDigest, PackageId } from '../../../src/base/ids.ts'
import { readBundle, type Judge, type ReadBundle } from '../../../src/bundle/read-bundle.ts'
import { MossError } from '../../../src/base/error.ts'
import { inspectContainer } from '../../../src/ops/inspect.ts'
import { openContainer } from '../../../src/container/read.ts'
import { verifyWhole } from '../../../src/container/read-frames.ts'
import { verifyContainer } from '../../../src/container/verify.ts'
import { bytesSource } from '../../../src/host/byte-source.ts'
import { noise } from '../../support/containers.ts'
import { inlinePool } from '../../../src/host/pool.ts'
import { stationRoot, TestLoop, type TestFiles, type TestHost } from '../../support/loop.ts'

const words =
  'core gui network widgets sql xml svg test print concurrent opengl dbus declarative quick'.split(' ')

/** Of `count` files the first ten are others in each version. */
function filesOf(name: string, version: number, count: number): TestFiles {
  const files: Record<string, Uint8Array | string> = {}
  for (let n = 0; n < count; n++) {
    const word = words[n % words.length] ?? ''
    const path = [
      `usr/lib/x86_64-linux-gnu/${name}/lib${name}${word}${n}.so.5.${n}`,
      `usr/share/locale/${word}/LC_MESSAGES/${name}-${n}.mo`,
      `usr/share/doc/${name}/examples/${word}/example-${n}.txt`,
      `usr/include/${name}/${word}/${name}_${word}_${n}.h`,
    ][n % 4]
    files[path ?? ''] = `${name} ${n} ${n < 10 ? version : 1}`
  }
  return files
}

const snapshotOf = (loop: TestLoop, serial: number): Uint8Array => loop.channel.snapshots.read(serial).bytes
const contentOf = (bytes: Uint8Array): ContentDigest => digestOf<ContentDigest>(bytes)

/** A host that has these manifests and snapshots, and whose store nobody asks for more. */
const judgeWith = (
  loop: TestLoop,
  host: TestHost,
  has: { readonly packages: readonly PackageId[]; readonly serials: readonly number[] },
): Judge => ({
  ...host.judge,
  heldManifest: (id) => (has.packages.includes(id) ? loop.channel.package(id)?.manifestBytes : undefined),
  heldSnapshot: (content) =>
    has.serials.map((serial) => snapshotOf(loop, serial)).find((bytes) => contentOf(bytes) === content),
})

let loop: TestLoop
let host: TestHost
/** 300 packages of serial 1, and those of serial 2, which differ in one. */
const before: PackageId[] = []
let after: readonly PackageId[]
let made: { readonly path: string; readonly metadataBytes: number }
let wholeBytes: number

beforeAll(async () => {
  loop = new TestLoop()
  host = loop.host('pump')
  // Of the packages that stay no manifest is carried: they need not be large.
  for (let n = 0; n < 300; n++)
    before.push(await loop.add(`package-${n}`, '1.0-1', filesOf(`package-${n}`, 1, n === 7 ? 100 : 1)))
  loop.publish()
  const files = { ...filesOf('package-7', 2, 100), 'usr/lib/big': noise(600_000, 1) }
  const next = await loop.add('package-7', '1.0-2', files)
  loop.publish()
  after = before.map((id, index) => (index === 7 ? next : id))
  made = await loop.export([{ host: host.id, wants: after, has: before, snapshots: [keptAt(1)] }])
  wholeBytes = (await loop.export([{ host: host.id, wants: after, has: before }])).metadataBytes
}, 60_000)
afterAll(() => loop[Symbol.asyncDispose]())

const keptAt = (serial: number): ContentDigest => contentOf(snapshotOf(loop, serial))

const readBy = (path: string, has: Parameters<typeof judgeWith>[2]): ReadBundle =>
  readBundle(bytesSource('stick', readFileSync(path)), judgeWith(loop, host, has))

function errorOf(work: () => unknown): MossError {
  try {
    work()
  } catch (error) {
    if (error instanceof MossError) return error
    throw error
  }
  throw new Error('nothing was wrong')
}

describe('one changed package of 300', () => {
  test('all that is not frames is under 20 KB, and a fourth of what it is without bases', () => {
    expect(made.metadataBytes).toBeLessThan(20_000)
    expect(made.metadataBytes * 4).toBeLessThan(wholeBytes)
  })

  test('a host that has what it builds on reads the whole set and the snapshot to the byte', () => {
    const bundle = readBy(made.path, { packages: before, serials: [1] })
    expect(bundle.packages.map(({ id }) => id).toSorted()).toEqual(after.toSorted())
    expect(bundle.snapshotBytes).toEqual(snapshotOf(loop, 2))
    expect(new Set<unknown>(bundle.known)).toEqual(new Set([keptAt(1), before[7]]))
  })

  test.each([
    ['the snapshot', { packages: true, serials: [2] }],
    ['a manifest', { packages: false, serials: [1] }],
  ])('a host that lacks %s is told, and nothing is taken in', async (_, { packages, serials }) => {
    const judge = judgeWith(loop, host, { packages: packages ? before : [], serials })
    const error = await loop.takeIn(host, made.path, judge).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ code: 'BUNDLE_BASE_MISSING' })
    expect(String(error)).toMatch(/metadata it was made against \([0-9a-f]{16}\)/)
    expect(readdirSync(host.incoming)).toEqual([])
  })

  test('bytes of another content do not count as what it builds on', () => {
    const judge = judgeWith(loop, host, { packages: before, serials: [] })
    const lying: Judge = { ...judge, heldSnapshot: () => snapshotOf(loop, 2) }
    const source = bytesSource('stick', readFileSync(made.path))
    expect(errorOf(() => readBundle(source, lying)).code).toBe('BUNDLE_BASE_MISSING')
  })

  test('whoever has nothing of it sees hosts, packages and bytes, and can check every frame', async () => {
    const shown = await inspectContainer(loop.outside, { file: made.path })
    expect(shown.packages).toEqual([{ name: 'package-7', version: '1.0-2' }])
    const bytes = readFileSync(made.path)
    const check = (file: Uint8Array) =>
      verifyWhole(
        verifyContainer(openContainer(bytesSource('stick', file)), { role: 'exporter', root: stationRoot }),
        inlinePool,
      )
    const unread = await check(bytes)
    expect(unread).toContain('manifests')
    expect(unread).not.toContain('frames')
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    await expect(check(bytes)).rejects.toMatchObject({ code: 'CONTAINER_DAMAGED' })
  })
})

describe('what metadata builds on', () => {
  test('is nothing for the first bundle of a host, which any fresh host can read', async () => {
    const first = await loop.export([{ host: host.id, wants: after, has: [], snapshots: [] }])
    expect(readBy(first.path, { packages: [], serials: [] }).known).toEqual([])
  })

  test('of several hosts is only what all of them have', async () => {
    const other = loop.host('mill')
    const both = (also: readonly PackageId[], snapshots: readonly ContentDigest[]) =>
      loop.export([
        { host: host.id, wants: after, has: before, snapshots: [keptAt(1)] },
        { host: other.id, wants: after, has: also, snapshots },
      ])
    const shared = await both(before, [keptAt(1), keptAt(2)])
    expect(readBy(shared.path, { packages: before, serials: [1] }).known).toHaveLength(2)
    const apart = await both(before.toSpliced(7, 1), [keptAt(2)])
    expect(readBy(apart.path, { packages: before, serials: [] }).known).toEqual([])
  })
})
