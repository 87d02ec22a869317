// What a station is handed from outside, states and plan files, says what it likes: it decides nothing that the station
// would not have decided itself, ends in no bug, and moves no cursor.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { enrol } from '../../support/enrol.ts'
import { silent } from '../../../src/base/progress.ts'
import { encodeHostState } from '../../../src/fleet/state-file.ts'
import { hostIdOf, type HostState } from '../../../src/fleet/host-state.ts'
import type { StateNumber } from '../../../src/base/ids.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { addPackages, createChannel, publishChannel } from '../../../src/ops/channels.ts'
import { executeExport } from '../../../src/ops/export.ts'
import { type ExportPlan, planExport } from '../../../src/ops/plan-export.ts'
import { exportKey, generateKey } from '../../../src/ops/keys.ts'
import { readPlan, writePlan } from '../../../src/ops/plan-file.ts'
import { signerOf } from '../../../src/trust/keys.ts'
import { testKey } from '../../support/containers.ts'
import { scratchFolder } from '../../support/scratch.ts'

const outside = linuxOutside()
const folder = scratchFolder()
const home = join(folder, 'home')
const signer = signerOf(testKey(9))
const ask = () => Promise.resolve(undefined)
const statePath = join(folder, 'pump.moss-state')
const planPath = join(folder, 'plan.json')

const stateOf = (more: Partial<HostState>): Uint8Array =>
  encodeHostState(
    {
      host: hostIdOf(signer.publicKey.id),
      name: 'pump',
      counter: 1,
      created: 0,
      rootVersion: 1,
      timeFloor: 0,
      model: 'channel = "stable"\nsubscriptions = [ "tool" ]\n',
      current: 0 as StateNumber,
      states: [{ number: 0 as StateNumber, packages: [] }],
      lacking: [],
      ...more,
    },
    signer,
  )

async function publish(version: string): Promise<void> {
  const source = join(folder, `tool-${version}`)
  mkdirSync(join(source, 'usr/bin'), { recursive: true })
  writeFileSync(join(source, 'usr/bin/tool'), `tool ${version}`)
  const request = { home, channel: 'stable', ask }
  await addPackages(outside, { ...request, files: [source], place: [], name: 'tool', version }, silent)
  await publishChannel(outside, { ...request, date: '1767225600' })
}

const plan = (effort?: string): Promise<ExportPlan> =>
  planExport(outside, { home, states: [statePath], channel: undefined, effort })

beforeAll(async () => {
  await generateKey(outside, { home, name: 'station', passphrase: undefined })
  await createChannel(outside, { home, channel: 'stable' })
  await publish('1')
  await publish('2')
  writeFileSync(statePath, stateOf({}))
  await enrol(outside, home, statePath)
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await outside[Symbol.asyncDispose]()
})

test('a state whose name hides something is none; another is named where its wishes cannot be met', async () => {
  const evil = join(folder, 'evil.moss-state')
  const refusal = await enrolled(evil, stateOf({ name: 'pump\u001b[2J\u202e' }))
  expect(refusal).toMatchObject({ code: 'SHAPE_INVALID' })
  const model = 'channel = "stable"\nsubscriptions = [ "nothing-like-it" ]\n'
  expect(await enrolled(evil, stateOf({ name: 'pump-66', model }))).toBeUndefined()
  const error = await planExport(outside, {
    home,
    states: [evil],
    channel: undefined,
    effort: undefined,
  }).catch((refusal: unknown) => refusal as Error)
  expect(error).toMatchObject({ code: 'SOLVE_NO_SOLUTION' })
  expect((error as Error).message).toMatch(/^for pump-66, /)
})

async function enrolled(path: string, bytes: Uint8Array): Promise<unknown> {
  writeFileSync(path, bytes)
  return await enrol(outside, home, path).then(
    () => undefined,
    (refusal: unknown) => refusal,
  )
}

test('a plan that nobody touched is executed', async () => {
  await writePlan(outside, { plan: await plan(), path: planPath })
  const read = await readPlan(outside, { path: planPath, home })
  expect(read).toEqual(await plan())
  const output = join(folder, 'whole.moss')
  expect(await executeExport(outside, { plan: read, output, ask }, silent)).toMatchObject({ isNew: true })
})

test('a plan keeps its effort, which changes nothing that is carried', async () => {
  const usual = await plan()
  for (const effort of ['fast', '1', 'small']) {
    await writePlan(outside, { plan: await plan(effort), path: planPath })
    const read = await readPlan(outside, { path: planPath, home })
    expect(read).toEqual({ ...usual, effort })
  }
})

test.each<[string, string, (honest: ExportPlan) => unknown]>([
  ['with other packages for a host', 'PLAN_STALE', (p) => ({ ...p, carry: { ...p.carry, hosts: [] } })],
  ['with less to carry', 'PLAN_STALE', (p) => ({ ...p, carry: { ...p.carry, chunks: [] } })],
  ['with other hosts', 'PLAN_STALE', (p) => ({ ...p, hosts: [] })],
  ['of another snapshot', 'PLAN_STALE', (p) => ({ ...p, snapshot: 'e'.repeat(64) })],
  ['of another station', 'CLI_USAGE', (p) => ({ ...p, home: '/var' })],
  ['of a channel that is a path', 'CLI_USAGE', (p) => ({ ...p, channel: '../../stick/stable' })],
  ['with an effort of its own', 'CLI_USAGE', (p) => ({ ...p, effort: '22' })],
  ['with states that are no paths', 'CLI_USAGE', (p) => ({ ...p, states: [{}] })],
  ['of hardly anything', 'CLI_USAGE', () => ({ kind: 'export', states: [] })],
  ['that is null', 'CLI_USAGE', () => null],
])('a plan file %s is refused with %s', async (_, code, change) => {
  writeFileSync(planPath, `${JSON.stringify(change(await plan()))}\n`)
  await expect(readPlan(outside, { path: planPath, home })).rejects.toMatchObject({ code })
})

test('a plan whose state changed meanwhile is stale', async () => {
  await writePlan(outside, { plan: await plan(), path: planPath })
  const before = readFileSync(statePath)
  writeFileSync(statePath, stateOf({ counter: 2 }))
  await expect(readPlan(outside, { path: planPath, home })).rejects.toMatchObject({ code: 'PLAN_STALE' })
  writeFileSync(statePath, before)
})

test('a public key is printed as moss writes it, whatever comment its file bears', async () => {
  const file = join(home, 'keys/guest.pub')
  const [, line = ''] = readFileSync(join(home, 'keys/station.pub'), 'utf8').split('\n')
  writeFileSync(file, `untrusted comment: \u001b[2J\n${line}\n`)
  const { text } = await exportKey(outside, { home, name: 'guest' })
  expect(text).not.toContain('\u001b')
  expect(text).toContain(line)
  rmSync(file)
})
