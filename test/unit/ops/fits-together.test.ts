// What cannot be one tree, or would be confused in one, is said at the station, before anybody carries it anywhere.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { enrol } from '../../support/enrol.ts'
import type { StateNumber } from '../../../src/base/ids.ts'
import { silent } from '../../../src/base/progress.ts'
import { hostIdOf } from '../../../src/fleet/host-state.ts'
import { encodeHostState } from '../../../src/fleet/state-file.ts'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { addPackages, createChannel, publishChannel } from '../../../src/ops/channels.ts'
import { type ExportPlan, planExport } from '../../../src/ops/plan-export.ts'
import { generateKey } from '../../../src/ops/keys.ts'
import { signerOf } from '../../../src/trust/keys.ts'
import { testKey } from '../../support/containers.ts'
import { scratchFolder } from '../../support/scratch.ts'

const outside = linuxOutside()
const folder = scratchFolder()
const home = join(folder, 'home')
const request = { home, channel: 'stable', ask: () => Promise.resolve(undefined) }

async function add(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  const source = join(folder, name)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(source, dirname(path)), { recursive: true })
    writeFileSync(join(source, path), text)
  }
  await addPackages(outside, { ...request, files: [source], place: [], name, version: '1' }, silent)
}

let counter = 0

async function planFor(...wanted: readonly string[]): Promise<ExportPlan> {
  const signer = signerOf(testKey(9))
  const path = join(folder, 'pump.moss-state')
  const state = {
    host: hostIdOf(signer.publicKey.id),
    name: 'harbour',
    counter: ++counter,
    created: 0,
    rootVersion: 1,
    timeFloor: 0,
    model: `channel = "stable"\nsubscriptions = ${JSON.stringify(wanted)}\n`,
    current: 0 as StateNumber,
    states: [{ number: 0 as StateNumber, packages: [] }],
    lacking: [],
  }
  writeFileSync(path, encodeHostState(state, signer))
  await enrol(outside, home, path)
  return planExport(outside, { home, states: [path], channel: undefined, effort: undefined })
}

beforeAll(async () => {
  await generateKey(outside, { home, name: 'station', passphrase: undefined })
  await createChannel(outside, { home, channel: 'stable' })
  await add('pump', { 'usr/bin/pump': 'one', 'usr/share/pump/Readme': 'R' })
  await add('valve', { 'usr/bin/pump': 'other' })
  await add('notes', { 'usr/share/pump/README': 'r' })
  await publishChannel(outside, { ...request, date: '1767225600' })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('two packages with one path are refused when planning, with both names and the host', async () => {
  await expect(planFor('pump', 'valve')).rejects.toMatchObject({
    code: 'LAYOUT_CONFLICT',
    message: expect.stringMatching(/^pump 1, valve 1 .*usr\/bin\/pump.*harbour would have both$/) as unknown,
  })
})

test('paths that differ in capitals alone are told with their packages', async () => {
  const { warnings } = await planFor('pump', 'notes')
  expect(warnings).toEqual([
    'these differ only in how letters are written: /usr/share/pump/README (notes), /usr/share/pump/Readme (pump)',
  ])
})
