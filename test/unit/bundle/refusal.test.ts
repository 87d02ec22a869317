import { planPublish } from '../../../src/channel/plan-publish.ts'
import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, afterAll, expect, test } from 'vitest'
import type { ContainerId, Digest, HostId, PackageId } from '../../../src/base/ids.ts'
import { bytesSource } from '../../../src/host/byte-source.ts'
import type { Judge } from '../../../src/bundle/read-bundle.ts'
import { writeContainer } from '../../../src/container/write.ts'
import { encodeHosts } from '../../../src/container/package-table.ts'
import { encodeAbout } from '../../../src/bundle/about.ts'
import { silent } from '../../../src/base/progress.ts'
import { makeSoleRoot } from '../../../src/trust/root.ts'
import { noise, testKey } from '../../support/containers.ts'
import { startDate, stationSigner, TestLoop, type TestHost } from '../../support/loop.ts'

let loop: TestLoop
let host: TestHost
let whole: Uint8Array
let id: ContainerId
let wanted: PackageId

beforeAll(async () => {
  loop = new TestLoop()
  host = loop.host('pump')
  wanted = await loop.add('tool', '1', { 'usr/bin/tool': noise(9000, 1) })
  loop.publish()
  const made = await loop.export([{ host: host.id, wants: [wanted], has: [] }])
  whole = readFileSync(made.path)
  id = made.id
})
afterAll(() => loop[Symbol.asyncDispose]())

const refused = async (bytes: Uint8Array, judge: Partial<Judge> = {}): Promise<unknown> => {
  try {
    using _ = await loop.takeIn(host, bytesSource('stick', bytes), judge)
    return 'taken'
  } catch (error) {
    return error
  }
}
const counters = (serial: number, snapshot = 'e'.repeat(64)): Judge['counters'] => ({
  rootVersion: 1,
  epoch: 1,
  used: [],
  serials: { stable: { serial, snapshot: snapshot as Digest } },
  timeFloor: startDate,
})

test('nothing is refused of the bundle that the others are made from', async () => {
  expect(await refused(whole)).toBe('taken')
  loop.outside.disk.removeTree(`${host.incoming}/${id}`)
})

test.each<[string, Partial<Judge>]>([
  ['BUNDLE_WRONG_HOST', { host: '0'.repeat(16) as HostId }],
  ['TRUST_UNKNOWN_KEY', { root: makeSoleRoot(testKey(2).publicKey, 0) }],
  ['TRUST_ROLLBACK', { counters: counters(2) }],
  ['TRUST_FORK', { counters: counters(1) }],
  ['TRUST_FUTURE', { counters: { ...counters(1), serials: {}, timeFloor: 0 }, nowSeconds: 0 }],
])('a bundle is refused with %s and leaves nothing behind', async (code, judge) => {
  expect(await refused(whole, judge)).toMatchObject({ code })
  expect(readdirSync(host.incoming)).toEqual([])
})

test('a bundle that names a package its snapshot does not is refused', async () => {
  const published = loop.channel.snapshots.latest() ?? expect.fail('published')
  const path = `${loop.folder}/evil.moss`
  const about = { channel: 'stable', epoch: 1, serial: 1, snapshot: published.id, hosts: [{ host: host.id }] }
  await writeContainer(
    loop.outside,
    path,
    {
      kind: 'bundle',
      created: startDate,
      about: encodeAbout(about),
      sections: [
        { name: 'snapshot', bytes: published.bytes },
        { name: 'hosts', bytes: encodeHosts(new Map([[host.id, ['f'.repeat(64) as PackageId]]])) },
      ],
    },
    [stationSigner],
    silent,
  )
  expect(await refused(readFileSync(path))).toMatchObject({ code: 'TRUST_NOT_NAMED' })
  const other = `${loop.folder}/other.moss`
  await writeContainer(
    loop.outside,
    other,
    {
      kind: 'bundle',
      created: startDate,
      about: encodeAbout({ ...about, serial: 2 }),
      sections: [{ name: 'snapshot', bytes: published.bytes }],
    },
    [stationSigner],
    silent,
  )
  expect(await refused(readFileSync(other))).toMatchObject({
    code: 'CONTAINER_DAMAGED',
    details: { part: 'section snapshot' },
  })
  expect(readdirSync(host.incoming)).toEqual([])
})

test('a package, a snapshot or a text is not a bundle', async () => {
  const file = loop.channel.package(wanted) ?? expect.fail('added')
  for (const bytes of [
    readFileSync(file.path),
    loop.channel.snapshots.latest()?.bytes ?? whole,
    Buffer.from('hello'),
  ])
    expect(await refused(bytes)).toMatchObject({ code: 'CONTAINER_NOT_ONE' })
})

test('every cut and many flipped bits are refused with a code, and nothing wrong is kept', async () => {
  for (let at = 0; at < whole.length; at += 131) {
    expect(await refused(whole.subarray(0, at)), `cut at ${at}`).toMatchObject({ name: 'MossError' })
    const flipped = Uint8Array.from(whole)
    flipped[at] = (flipped[at] ?? 0) ^ 1
    expect(await refused(flipped), `bit of byte ${at}`).toMatchObject({ name: 'MossError' })
  }
  expect(await refused(Buffer.concat([whole, Buffer.from('x')]))).toMatchObject({ code: 'CONTAINER_DAMAGED' })
  expect(host.store.totals().assets).toBe(0)
  expect(await refused(whole)).toBe('taken')
})

test('a word that has expired by the clock is told in days, and refused only where the host wants that', async () => {
  await using aged = new TestLoop()
  const pump = aged.host('pump')
  const tool = await aged.add('tool', '1', { 'usr/bin/tool': 'tool' })
  const day = 86_400
  aged.channel.publish(planPublish(aged.channel), {
    created: startDate,
    expires: startDate + day,
    signers: [stationSigner],
  })
  const { path } = await aged.export([{ host: pump.id, wants: [tool], has: [] }])
  const take = async (judge: Partial<Judge>): Promise<unknown> => {
    try {
      using taken = await aged.takeIn(pump, path, judge)
      return taken.expiredDays
    } catch (error) {
      return error
    }
  }
  const refusesExpired = true
  expect(await take({ nowSeconds: startDate + day, refusesExpired })).toBeUndefined()
  expect(await take({ nowSeconds: startDate + day + 1 })).toBe(1)
  expect(await take({ nowSeconds: startDate + 11 * day })).toBe(10)
  expect(await take({ nowSeconds: 0, refusesExpired })).toBeUndefined()
  expect(await take({ nowSeconds: startDate + 11 * day, refusesExpired })).toMatchObject({
    code: 'TRUST_EXPIRED',
    details: { days: 10 },
  })
})
