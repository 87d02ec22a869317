// What a state says its host keeps becomes what the next bundle is written against; what it says falsely does not.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { enrol } from '../../support/enrol.ts'
import { digestOf } from '../../../src/base/digest.ts'
import type { ContentDigest, PackageId, StateNumber } from '../../../src/base/ids.ts'
import { silent } from '../../../src/base/progress.ts'
import { hostIdOf, type HostState } from '../../../src/fleet/host-state.ts'
import { encodeHostState } from '../../../src/fleet/state-file.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { addPackages, createChannel, publishChannel } from '../../../src/ops/channels.ts'
import { executeExport } from '../../../src/ops/export.ts'
import { type ExportPlan, planExport } from '../../../src/ops/plan-export.ts'
import { inspectContainer } from '../../../src/ops/inspect.ts'
import { generateKey } from '../../../src/ops/keys.ts'
import { readPlan, writePlan } from '../../../src/ops/plan-file.ts'
import { verifyContainers } from '../../../src/ops/verify.ts'
import { signerOf } from '../../../src/trust/keys.ts'
import { testKey } from '../../support/containers.ts'
import { scratchFolder } from '../../support/scratch.ts'

const outside = linuxOutside()
const folder = scratchFolder()
const home = join(folder, 'home')
const signer = signerOf(testKey(9))
const ask = () => Promise.resolve(undefined)
let first: PackageId
let kept: ContentDigest

async function publish(version: string): Promise<PackageId> {
  const source = join(folder, `tool-${version}`)
  mkdirSync(join(source, 'usr/bin'), { recursive: true })
  writeFileSync(join(source, 'usr/bin/tool'), `tool ${version}`)
  const request = { home, channel: 'stable', ask }
  const { added } = await addPackages(
    outside,
    { ...request, files: [source], place: [], name: 'tool', version },
    silent,
  )
  await publishChannel(outside, { ...request, date: '1767225600' })
  return added[0]?.id as PackageId
}

async function plan(more: Partial<HostState>): Promise<ExportPlan> {
  const path = join(folder, 'pump.moss-state')
  const state: HostState = {
    host: hostIdOf(signer.publicKey.id),
    name: 'pump',
    counter: 1,
    created: 0,
    rootVersion: 1,
    timeFloor: 0,
    channel: { name: 'stable', epoch: 1, serial: 1, snapshot: digestOf(Uint8Array.of(1)) },
    model: 'channel = "stable"\nsubscriptions = [ "tool" ]\n',
    current: 1 as StateNumber,
    states: [{ number: 1 as StateNumber, packages: [first] }],
    lacking: [],
    snapshots: [kept],
    ...more,
  }
  writeFileSync(path, encodeHostState(state, signer))
  await enrol(outside, home, path)
  return planExport(outside, { home, states: [path], channel: undefined, effort: undefined })
}

beforeAll(async () => {
  await generateKey(outside, { home, name: 'station', passphrase: undefined })
  await createChannel(outside, { home, channel: 'stable' })
  first = await publish('1')
  kept = digestOf<ContentDigest>(readFileSync(join(home, 'channels/stable/snapshots/1.moss-channel')))
  await publish('2')
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await outside[Symbol.asyncDispose]()
})

test('a plan says what the metadata is written against, also as a file, and the bundle is read back with it', async () => {
  const made = await plan({})
  expect(made.known).toEqual({ snapshot: 1, manifests: [first] })
  const planPath = join(folder, 'plan.json')
  await writePlan(outside, { plan: made, path: planPath })
  const read = await readPlan(outside, { path: planPath, home })
  const output = join(folder, 'update.moss')
  await executeExport(outside, { plan: read, output, ask }, silent)
  const { parts } = await inspectContainer(outside, { file: output })
  expect(parts.find(({ name }) => name === 'manifests')?.note).toMatch(/^zstd with base, /)
  const { checked } = await verifyContainers(
    outside,
    { files: [output], root: join(folder, 'none'), home },
    silent,
  )
  expect(checked.join()).toMatch(/every byte is the signed one.*not looked into snapshot, known, manifests/)
})

const elsewhere = digestOf(Uint8Array.of(2))
test.each<[string, Partial<HostState>]>([
  ['another snapshot than this channel’s', { snapshots: [elsewhere as string as ContentDigest] }],
  ['no snapshot', { snapshots: [] }],
  ['one that is not here', { channel: { name: 'stable', epoch: 1, serial: 9, snapshot: elsewhere } }],
])('a host that keeps %s is not asked for it', async (_, more) => {
  expect((await plan(more)).known).toEqual({ manifests: [first] })
})

test('what a host says is damaged is not built on', async () => {
  const lacking = [first as string as ContentDigest]
  expect((await plan({ lacking })).known.manifests).toEqual([])
})
