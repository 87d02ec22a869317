// The snapshots a host keeps, and what that lets its next bundle be.
import { expect, test, vi } from 'vitest'
import { digestOf } from '../../../src/base/digest.ts'
import type { ContentDigest } from '../../../src/base/ids.ts'
import type { KnownBytes } from '../../../src/container/sections.ts'
import { readHostState } from '../../../src/fleet/state-file.ts'
import type { HostState } from '../../../src/fleet/host-state.ts'
import { bytesSource } from '../../../src/host/byte-source.ts'
import { executeGc, planGc } from '../../../src/ops/gc.ts'
import { hostStatus } from '../../../src/ops/status.ts'
import { exportState } from '../../../src/ops/state-export.ts'
import type { SimulatedOutside } from '../../sim/simulated-outside.ts'
import { composeBundle, composeSnapshot, draftPackage, offeredOf } from '../../support/compose-bundle.ts'
import { samplePackage } from '../../support/sample-root.ts'
import { applyVerb, freshHost, importVerb, placeFile, root, stick } from '../../support/simulated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../../support/remembered-ed25519.ts')).remember(original),
)

const version = (n: number) =>
  draftPackage(samplePackage('tool', `${n}`, { 'usr/bin/tool': `tool ${n}`, 'usr/lib/other': 'the same' }))

const snapshotOf = (serial: number): Uint8Array =>
  composeSnapshot({ serial, offered: [offeredOf(version(serial))] })
const contentOf = (bytes: Uint8Array): ContentDigest => digestOf<ContentDigest>(bytes)

/** The manifest and the snapshot of a version before. */
const builtOn = (serial: number): KnownBytes => {
  const { manifestBytes } = version(serial)
  return {
    inHead: [snapshotOf(serial)],
    listed: [{ content: contentOf(manifestBytes), bytes: manifestBytes }],
  }
}

interface Machine {
  readonly outside: SimulatedOutside
  /** Takes version `n` in, written against version `from`. */
  take(n: number, from?: number): Promise<void>
  /** As the station reads it. */
  exported(): Promise<HostState>
}

async function freshMachine(): Promise<Machine> {
  const { outside, id } = await freshHost(['tool'])
  return {
    outside,
    take: async (n, from) => {
      const { bytes } = await composeBundle({
        serial: n,
        hosts: [id],
        packages: [version(n)],
        change: (draft) => (from === undefined ? draft : { ...draft, known: builtOn(from) }),
      })
      placeFile(outside, `${stick}/${n}-${from}.moss`, bytes)
      await importVerb(`${stick}/${n}-${from}.moss`)(outside)
    },
    exported: async () => {
      const { path } = await exportState(outside, { root, to: `${stick}/state.moss-state` })
      return readHostState(bytesSource(path, outside.disk.readFile(path, 1 << 20))).state
    },
  }
}

const keptIn = ({ disk }: SimulatedOutside): number => disk.list(`${root}/.moss/snapshots`).length

const collect = async (outside: SimulatedOutside): Promise<number> =>
  (await executeGc(outside, await planGc(outside, { root }))).snapshots

test('a host says which snapshot it keeps, and takes in what is written against it', async () => {
  const { outside, take, exported } = await freshMachine()
  expect((await exported()).snapshots).toBeUndefined()
  await take(1)
  await applyVerb(outside)
  expect((await exported()).snapshots).toEqual([contentOf(snapshotOf(1))])
  await take(2, 1)
  await applyVerb(outside)
  const both = [1, 2].map((serial) => contentOf(snapshotOf(serial))).toSorted()
  expect((await exported()).snapshots).toEqual(both)
  await take(3, 2)
})

test('S2: gc takes no snapshot that a state, what waits, the receipt or the last export needs', async () => {
  const { outside, take, exported } = await freshMachine()
  await take(1)
  await applyVerb(outside)
  await exported()
  for (let n = 2; n <= 6; n++) {
    await take(n, n - 1)
    await applyVerb(outside)
  }
  await take(7, 6)
  expect(keptIn(outside)).toBe(7)
  const before = (await exported()).snapshots ?? []
  expect(await collect(outside)).toBe(7 - before.length - 1)
  expect((await exported()).snapshots).toEqual(before)
  await applyVerb(outside)
  expect((await exported()).snapshots).toContain(contentOf(snapshotOf(7)))
})

test('S2: what the last export named stays until the next one: the station counts on it', async () => {
  const { outside, take, exported } = await freshMachine()
  await take(1)
  await applyVerb(outside)
  await exported()
  for (let n = 2; n <= 6; n++) {
    await take(n, n - 1)
    await applyVerb(outside)
  }
  await collect(outside)
  await take(7, 1)
  await exported()
  await collect(outside)
  await applyVerb(outside)
  await collect(outside)
  await expect(take(8, 1)).rejects.toMatchObject({ code: 'BUNDLE_BASE_MISSING' })
})

test('S2: what a waiting bundle builds on stays, whatever was exported meanwhile', async () => {
  const { outside, take } = await freshMachine()
  await take(1)
  await applyVerb(outside)
  await take(2, 1)
  await collect(outside)
  expect(keptIn(outside)).toBe(2)
  await applyVerb(outside)
  expect((await hostStatus(outside, { root })).channel.serial).toBe(2)
})

test('a host that lost its snapshot says so at once, takes nothing in, and does not name it again', async () => {
  const { outside, take, exported } = await freshMachine()
  await take(1)
  await applyVerb(outside)
  outside.disk.removeTree(`${root}/.moss/snapshots`)
  const error = await take(2, 1).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ code: 'BUNDLE_BASE_MISSING' })
  expect(outside.disk.list(`${root}/.moss/incoming`)).toEqual([])
  expect((await exported()).snapshots).toBeUndefined()
  await take(2)
  await applyVerb(outside)
  expect((await exported()).snapshots).toEqual([contentOf(snapshotOf(2))])
})
