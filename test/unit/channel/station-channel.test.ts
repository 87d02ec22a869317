import { planAdvise, planExpire, planPublish } from '../../../src/channel/plan-publish.ts'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PackageId } from '../../../src/base/ids.ts'
import { readOver } from '../../../src/channel/channel-file.ts'
import type { Disk } from '../../../src/host/disk.ts'
import { createChannel, openChannel } from '../../../src/channel/station-channel.ts'
import { makeSoleRoot } from '../../../src/trust/root.ts'
import { noise, testKey } from '../../support/containers.ts'
import { startDate, stationRoot, stationSigner, TestLoop } from '../../support/loop.ts'

let loop: TestLoop
beforeEach(() => {
  loop = new TestLoop()
})
afterEach(() => loop[Symbol.asyncDispose]())

const offered = (): readonly string[] =>
  loop.channel.snapshots.latest()?.snapshot.packages.map((each) => `${each.name} ${each.version}`) ?? []

test('what is added is offered only by the next snapshot, and serials rise by one', async () => {
  await loop.add('tool', '1', { 'usr/bin/tool': 'one' })
  expect(offered()).toEqual([])
  loop.publish()
  await loop.add('tool', '2', { 'usr/bin/tool': 'two' })
  expect(offered()).toEqual(['tool 1'])
  loop.publish(startDate - 5)
  expect(offered().toSorted()).toEqual(['tool 1', 'tool 2'])
  expect(loop.channel.snapshots.serials()).toEqual([1, 2])
  expect(loop.channel.snapshots.latest()?.snapshot.created).toBe(startDate)
  expect(loop.channel.snapshots.read(1).snapshot.packages.length).toBe(1)
})

test('an expired package stays, for those who have it, and is not offered until it is added again', async () => {
  const one = await loop.add('tool', '1', { 'usr/bin/tool': 'one' })
  loop.publish()
  const plan = planExpire(loop.channel, new Set([one]))
  expect(plan).toMatchObject({ serial: 2, packages: [], added: [], expired: [{ id: one }] })
  loop.channel.publish(plan, { created: startDate, signers: [stationSigner] })
  loop.publish()
  expect(offered()).toEqual([])
  expect(loop.channel.package(one)?.manifest.version).toBe('1')
  expect(loop.channel.packages()).toEqual([])
  await loop.add('tool', '1', { 'usr/bin/tool': 'one' })
  loop.publish()
  expect(offered()).toEqual(['tool 1'])
  expect(loop.channel.package(one)?.path).toContain('/packages/')
})

test('what is said of a package stays said when it is no more offered', async () => {
  const one = await loop.add('tool', '1', { 'usr/bin/tool': 'one' })
  loop.publish()
  const advisories = [{ package: 'tool', before: '2', text: 'it is blunt' }]
  const by = { created: startDate, signers: [stationSigner] }
  loop.channel.publish(planAdvise(loop.channel, advisories), by)
  loop.channel.publish(planExpire(loop.channel, new Set([one])), by)
  expect(offered()).toEqual([])
  expect(loop.channel.snapshots.latest()?.snapshot.advisories).toEqual(advisories)
})

test('adding the same package again changes nothing', async () => {
  await loop.add('tool', '1', { 'usr/bin/tool': 'one' })
  await loop.add('tool', '1', { 'usr/bin/tool': 'one' })
  expect(loop.channel.packages().length).toBe(1)
  expect(readdirSync(join(loop.channel.folder, 'packages')).length).toBe(1)
})

test('the folder is all there is: another process sees the same', async () => {
  const one = await loop.add('tool', '1', { 'usr/lib/big': noise(300_000, 1) })
  loop.publish()
  const again = openChannel(loop.outside, { folder: loop.channel.folder, name: 'stable', root: stationRoot })
  expect(again.packages().map((file) => file.id)).toEqual([one])
  const file = again.package(one)?.manifest.layout.find((entry) => entry.kind === 'file')
  const { chunks } = again.chunkList(one, file ?? expect.fail('a file'))
  expect(chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(300_000)
})

test('a plan made before somebody else published is stale', async () => {
  await loop.add('tool', '1', { 'usr/bin/tool': 'one' })
  const plan = planPublish(loop.channel)
  loop.publish()
  expect(() => loop.channel.publish(plan, { created: startDate, signers: [stationSigner] })).toThrow(
    expect.objectContaining({ code: 'PLAN_STALE' }),
  )
})

test('packages and snapshots of unknown keys are refused', async () => {
  const one = await loop.add('tool', '1', { 'usr/bin/tool': 'one' })
  loop.publish()
  const root = makeSoleRoot(testKey(2).publicKey, startDate)
  const other = openChannel(loop.outside, { folder: loop.channel.folder, name: 'stable', root })
  const code = expect.objectContaining({ code: 'TRUST_UNKNOWN_KEY' })
  expect(() => other.package(one)).toThrow(code)
  expect(() => other.snapshots.latest()).toThrow(code)
})

test('a snapshot under another serial’s name is refused', async () => {
  await loop.add('tool', '1', { 'usr/bin/tool': 'one' })
  loop.publish()
  const folder = join(loop.channel.folder, 'snapshots')
  writeFileSync(join(folder, '5.moss-channel'), readFileSync(join(folder, '1.moss-channel')))
  expect(() => loop.channel.snapshots.latest()).toThrow(
    expect.objectContaining({ code: 'CONTAINER_DAMAGED' }),
  )
})

test('a channel is made once, under a name that is one', () => {
  const place = { folder: loop.channel.folder, name: 'stable' }
  expect(() => createChannel(loop.outside, place)).toThrow(
    expect.objectContaining({ code: 'ALREADY_EXISTS' }),
  )
  expect(() => createChannel(loop.outside, { folder: '/nowhere', name: 'No Name' })).toThrow(
    expect.objectContaining({ code: 'CLI_USAGE' }),
  )
  expect(loop.channel.package('f'.repeat(64) as PackageId)).toBeUndefined()
})

test('a channel whose making was cut short is not there, and is made again as it is asked for then', () => {
  const folder = join(loop.folder, 'site')
  const place = { folder, name: 'site', over: ['stable', 'extra'] }
  const { disk } = loop.outside
  for (const cut of ['snapshots', 'packages']) {
    const failing: Disk = {
      ...disk,
      makeFolder: (path, mode) => {
        if (path.endsWith(`/${cut}`)) throw new Error('cut')
        disk.makeFolder(path, mode)
      },
    }
    expect(() => createChannel({ ...loop.outside, disk: failing }, place)).toThrow('cut')
    expect(() => openChannel(loop.outside, { ...place, root: stationRoot, over: [] })).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    )
  }
  expect(readOver(disk, folder)).toEqual(['stable', 'extra'])
  createChannel(loop.outside, { folder, name: 'site' })
  expect(readOver(disk, folder)).toBeUndefined()
  expect(openChannel(loop.outside, { folder, name: 'site', root: stationRoot }).snapshots.serials()).toEqual(
    [],
  )
})
