// What a person can choose from: mounted media and named paths are looked through, heads alone are read and only
// claims are told, and whatever is wrong with a medium leaves the others to choose from.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MossError } from '../../../src/base/error.ts'
import { openContainer } from '../../../src/container/read.ts'
import { bytesSource } from '../../../src/host/byte-source.ts'
import type { Disk } from '../../../src/host/disk.ts'
import { mediumScanner } from '../../../src/ops/medium-scan.ts'
import { simulatedOutside } from '../../sim/simulated-outside.ts'
import { buildBundle, noise } from '../../support/containers.ts'
import { TestLoop } from '../../support/loop.ts'
import { cutIntoVolumes } from '../../support/volumes.ts'

const stick = '/media/anna/STICK'
const other = '/mnt/other'
let loop: TestLoop
let bundle: Uint8Array
let long: Uint8Array
let volumes: readonly Uint8Array[]
let packageFile: Uint8Array
let host: ReturnType<TestLoop['host']>['id']

beforeAll(async () => {
  loop = new TestLoop()
  const id = await loop.add('tide', '1.0', { 'usr/share/tide/north': 'low at six' })
  loop.publish()
  host = loop.host('pump-07').id
  bundle = readFileSync((await loop.export([{ host, wants: [id], has: [] }])).path)
  long = await buildLongBundle()
  volumes = cutIntoVolumes(long, openContainer(bytesSource('long', long)).framesOffset + 150)
  packageFile = readFileSync(`${loop.folder}/package.moss`)
})

const buildLongBundle = (): Promise<Uint8Array> =>
  buildBundle({
    about: { channel: 'stable', epoch: 1, serial: 1, snapshot: new Uint8Array(32), hosts: [{ host }] },
    contents: [1, 2, 3].map((seed) => noise(100, seed)),
    spool: { groupBytes: 1 },
  })

afterAll(() => loop[Symbol.asyncDispose]())

function machine() {
  const outside = simulatedOutside(1, { mounts: [stick, other] })
  for (const folder of [`${stick}/moss`, `${stick}/moss/bundles`]) outside.disk.makeFolder(folder)
  const put = (path: string, bytes: Uint8Array): void => {
    using file = outside.disk.open(path, 'create')
    file.write(bytes, 0)
  }
  put(`${stick}/moss/bundles/stable-1-abcd1234.moss`, bundle)
  return { outside, put, scan: mediumScanner(outside) }
}

describe('media', () => {
  test('a mounted medium is found, and its bundle tells channel, serial and whether it is for this host', () => {
    const { scan } = machine()
    const found = scan({ accepted: new Set(), host, named: [] })
    expect(found.media).toEqual([stick])
    expect(found.bundles).toMatchObject([
      { medium: stick, channel: 'stable', serial: 1, isForThisHost: true, sizeBytes: bundle.length },
    ])
    expect(scan({ accepted: new Set(), host: undefined, named: [] }).bundles).toMatchObject([
      { isForThisHost: false },
    ])
  })

  test('a bundle beside the usual place counts, packages and droppings do not', () => {
    const { put, scan } = machine()
    put(`${stick}/by-hand.moss`, bundle)
    put(`${stick}/tide.moss`, packageFile)
    put(`${stick}/._by-hand.moss`, bundle)
    put(`${stick}/letter.txt`, bundle)
    expect(scan({ accepted: new Set(), host, named: [] }).bundles.map(({ path }) => path)).toEqual([
      `${stick}/by-hand.moss`,
      `${stick}/moss/bundles/stable-1-abcd1234.moss`,
    ])
  })

  test('volumes in one folder are one bundle, told by the first of them; elsewhere they are another', () => {
    const { put, scan } = machine()
    expect(volumes).toHaveLength(3)
    for (const number of [3, 2])
      put(`${stick}/moss/bundles/stable-2-abcd1234.00${number}.moss`, volumes[number - 1] ?? bundle)
    put(`${stick}/first.moss`, volumes[0] ?? bundle)
    expect(
      scan({ accepted: new Set(), host, named: [] }).bundles.map(({ path, volumes: here }) => [path, here]),
    ).toMatchObject([
      [`${stick}/first.moss`, { here: [1], count: 3 }],
      [`${stick}/moss/bundles/stable-1-abcd1234.moss`, undefined],
      [`${stick}/moss/bundles/stable-2-abcd1234.002.moss`, { here: [2, 3], count: 3 }],
    ])
    put(`${stick}/moss/bundles/stable-2-abcd1234.moss`, volumes[0] ?? bundle)
    expect(scan({ accepted: new Set(), host, named: [] }).bundles.at(-1)).toMatchObject({
      path: `${stick}/moss/bundles/stable-2-abcd1234.moss`,
      sizeBytes: long.length,
      isForThisHost: true,
      volumes: { here: [1, 2, 3], count: 3 },
    })
  })

  test('a file that is no container says so and comes last', () => {
    const { put, scan } = machine()
    put(`${stick}/a-note.moss`, new TextEncoder().encode('hello'))
    put(`${stick}/b-cut.moss`, bundle.subarray(0, 100))
    const { bundles } = scan({ accepted: new Set(), host, named: [] })
    expect(bundles.map(({ problem }) => problem !== undefined)).toEqual([false, true, true])
  })

  test('a file or folder that was named is looked at wherever it lies, once', () => {
    const { outside, put, scan } = machine()
    put(`${other}/named.moss`, bundle)
    const named = [`${other}/named.moss`, stick, '/nowhere']
    expect(scan({ accepted: new Set(), host, named }).bundles.map(({ path }) => path)).toEqual([
      `${stick}/moss/bundles/stable-1-abcd1234.moss`,
      `${other}/named.moss`,
    ])
    outside.disk.makeFolder('/home')
    expect(scan({ accepted: new Set(), host, named: ['/home'] }).media).toEqual(['/home', stick, other])
  })

  test('looking again reads no file that has not changed', () => {
    const { outside, scan } = machine()
    scan({ accepted: new Set(), host, named: [] })
    outside.arm({})
    const again = scan({ accepted: new Set(), host, named: [] })
    expect(again.bundles).toHaveLength(1)
    expect(outside.trace().filter(({ name }) => /open|read/i.test(name))).toEqual([])
  })

  test('a medium that is pulled is gone, not an error', () => {
    const { outside, scan } = machine()
    expect(scan({ accepted: new Set(), host, named: [] }).bundles).toHaveLength(1)
    outside.pull(stick)
    expect(scan({ accepted: new Set(), host, named: [stick] })).toEqual({ media: [], bundles: [] })
  })
})

test('a stick full of names is looked through in one go', () => {
  const names = Array.from({ length: 60_000 }, (_, n) => ({ name: `${n}.moss`, kind: 'file' as const }))
  const disk: Pick<Disk, 'list' | 'lstat' | 'open'> = {
    list: (path) => (path === '/full' ? names : []),
    lstat: (path) => (path === '/full' ? simulatedOutside(1).disk.lstat('/') : undefined),
    open: () => {
      throw new MossError('HOST_IO', { action: 'open', path: '', problem: 'EIO' })
    },
  }
  const scan = mediumScanner({ ...simulatedOutside(1), disk: disk as Disk })
  const startedMs = performance.now()
  expect(scan({ accepted: new Set(), host: undefined, named: ['/full'] }).bundles).toHaveLength(256)
  expect(performance.now() - startedMs).toBeLessThan(2000)
})
