// What a station keeps, through the whole loop: what expires is offered no more, gc takes what nobody needs, and a base that
// is no longer kept costs bytes, never a bundle.
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ExpirePlan } from '../../src/ops/expire.ts'
import type { StationCollected, StationGcPlan } from '../../src/ops/station-gc.ts'
import { noise } from '../support/containers.ts'
import { type Program, programIn } from '../support/program.ts'
import { initPump, sendState } from '../support/pump.ts'
import { scratchFolder } from '../support/scratch.ts'

let moss: Program
let trips = 0
const atHost = ['--root', 'pump'] as const
const atStation = ['--home', 'station'] as const

/** Half of each version is as in the one before. */
function offer(version: number): void {
  const folder = join(moss.folder, `tool-${version}`)
  mkdirSync(join(folder, 'usr/share'), { recursive: true })
  const body = noise(200_000, 1)
  body.set(noise(2000, version), version * 4000)
  writeFileSync(join(folder, 'usr/share/tool'), body)
  moss.json('add', 'stable', folder, '--name', 'tool', '--version', `${version}`, ...atStation)
  moss.json('channel', 'publish', 'stable', '--date', '1767225600', ...atStation)
}

/** How many bytes the bundle had. */
function carry(): number {
  const [state, bundle] = [`${++trips}.moss-state`, `${trips}.moss`]
  sendState(moss, state)
  const { fileBytes } = moss.json<{ fileBytes: number }>('export', '--for', state, '-o', bundle, ...atStation)
  moss.json('import', bundle, ...atHost)
  moss.json('apply', ...atHost)
  moss.json('state', 'export', `back-${state}`, ...atHost)
  moss.json('fleet', 'receive', `back-${state}`, ...atStation)
  return fileBytes
}

/** As if the hosts’ states had come then. */
function sendMonthsAgo(): void {
  using fleet = new DatabaseSync(join(moss.folder, 'station/fleet/fleet.db'))
  fleet.exec('UPDATE hosts SET seen = seen - 60 * 24 * 60 * 60')
  fleet.exec('UPDATE sent SET made = made - 60 * 24 * 60 * 60')
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(moss.folder, 'station/channels/stable', folder))
    .map((name) => name.replace(/_[0-9a-f]+\.moss$/, ''))
    .sort()
const planGc = (...more: readonly string[]): StationGcPlan => moss.json('gc', '-n', ...atStation, ...more)
const versions = (plan: StationGcPlan): readonly string[] => plan.packages.map(({ version }) => version)
const serials = (plan: StationGcPlan): readonly number[] => plan.snapshots.map(({ serial }) => serial)

beforeEach(() => {
  trips = 0
  moss = programIn(scratchFolder())
  moss.json('key', 'generate', 'sample', '--no-passphrase', ...atStation)
  moss.json('channel', 'create', 'stable', ...atStation)
  initPump(moss)
  moss.json('subscribe', 'tool', ...atHost)
})
afterEach(() => rmSync(moss.folder, { recursive: true }))

test('what expires is offered no more, and again when it is added again', () => {
  for (const version of [1, 2, 3, 4]) offer(version)
  expect(
    moss.json<ExpirePlan>('channel', 'expire', 'stable', '--keep', '2', '-n', ...atStation),
  ).toMatchObject({ serial: 5, left: 2, gone: [], packages: [{ version: '2' }, { version: '1' }] })
  expect(filesIn('packages').length).toBe(4)
  const said = moss.run(['channel', 'expire', 'stable', '--keep', '2', ...atStation, '-y'])
  expect(said.stdout.replace(/\s+/g, ' ')).toContain(
    '2 packages; what is no longer offered stays until moss gc, and moss add offers it again',
  )
  expect(filesIn('packages')).toEqual(['tool_3', 'tool_4'])
  expect(filesIn('expired')).toEqual(['tool_1', 'tool_2'])
  expect(moss.json('channel', 'publish', 'stable', ...atStation)).toMatchObject({ serial: 5, isNew: false })
  expect(moss.text('channel', 'expire', 'stable', '--keep', '2', ...atStation)).toContain('nothing to do')
  moss.json('add', 'stable', 'tool-2', '--name', 'tool', '--version', '2', ...atStation)
  expect(moss.json('channel', 'publish', 'stable', ...atStation)).toMatchObject({ serial: 6, packages: 3 })
  // The one that lies there twice is offered, and nobody has read the other copy to its end.
  moss.json('channel', 'expire', 'stable', '--keep', '1', ...atStation)
  expect(versions(planGc('--keep', '1')).toSorted()).toEqual(['1', '2', '3'])
})

test('what expires is listed by name, the newest version first, whatever was said or published first', () => {
  for (const version of ['9', '10', '2'])
    for (const name of ['tool', 'axe']) {
      const folder = join(moss.folder, `${name}-${version}`, 'usr/share')
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, name), version)
      const said = ['--name', name, '--version', version]
      moss.json('add', 'stable', `${name}-${version}`, ...said, ...atStation)
      moss.json('channel', 'publish', 'stable', ...atStation)
    }
  const listed = (...words: readonly string[]): readonly string[] =>
    moss
      .json<ExpirePlan>('channel', 'expire', 'stable', ...words, '-n', ...atStation)
      .packages.map(({ name, version }) => `${name} ${version}`)
  expect(listed('tool', 'axe=2', 'axe=10')).toEqual(['axe 10', 'axe 2', 'tool 10', 'tool 9', 'tool 2'])
  expect(listed('--keep', '1')).toEqual(['axe 9', 'axe 2', 'tool 9', 'tool 2'])
})

test('one version, or a name; what is not offered is said, and who loses what they have', () => {
  for (const version of [1, 2]) offer(version)
  carry()
  expect(moss.code('channel', 'expire', 'stable', 'tool=7', ...atStation)).toBe('NOT_FOUND')
  expect(moss.code('channel', 'expire', 'stable', ...atStation)).toBe('CLI_USAGE')
  const shown = moss.run(['channel', 'expire', 'stable', 'tool', '-n', ...atStation])
  expect(shown.stdout).toContain('! no version of tool is left: pump has it or asks for it')
  moss.json('channel', 'expire', 'stable', 'tool=1', ...atStation)
  expect(filesIn('packages')).toEqual(['tool_2'])
  expect(
    moss.json<ExpirePlan>('channel', 'expire', 'stable', 'tool', '-n', ...atStation).gone[0]?.hosts[0]?.name,
  ).toBe('pump')
})

test('what is of a channel below expires there', () => {
  for (const version of [1, 2]) offer(version)
  moss.json('channel', 'create', 'site', '--over', 'stable', ...atStation)
  moss.json('channel', 'publish', 'site', ...atStation)
  expect(moss.run(['channel', 'expire', 'site', 'tool', '-y', ...atStation]).stderr).toMatch(
    /tool is of channel stable: expire it there, and publish site again/,
  )
  moss.json('channel', 'expire', 'stable', 'tool=1', ...atStation)
  // It is named by the newest of the other.
  expect(versions(planGc('--keep', '1'))).toEqual([])
  moss.json('channel', 'publish', 'site', ...atStation)
  expect(versions(planGc('--keep', '1'))).toEqual(['1'])
})

test('gc leaves what hosts have and what recent serials name, and takes the rest', () => {
  for (const version of [1, 2]) offer(version)
  carry()
  for (const version of [3, 4]) offer(version)
  moss.json('channel', 'expire', 'stable', '--keep', '1', ...atStation)
  // pump has version 2, of serial 2; 1 was named by that, too.
  expect(serials(planGc('--keep', '1'))).toEqual([1, 3, 4])
  expect(versions(planGc('--keep', '1'))).toEqual(['3'])
  expect(planGc().packages).toEqual([])
  carry()
  const plan = planGc('--keep', '1')
  expect(serials(plan)).toEqual([1, 2, 3, 4])
  // What its kept states have stays: the state before is one.
  expect(versions(plan)).toEqual(['1', '3'])
  expect(plan.costs).toEqual([])
  const free = plan.packages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  expect(plan.freedBytes).toBeGreaterThan(free)
  expect(moss.json<StationCollected>('gc', '--keep', '1', ...atStation)).toMatchObject({
    packages: 2,
    snapshots: 4,
    freedBytes: plan.freedBytes,
  })
  expect(filesIn('expired')).toEqual(['tool_2'])
  expect(filesIn('snapshots')).toEqual(['5.moss-catalogue', '5.moss-channel'])
  expect(moss.text('gc', '--keep', '1', ...atStation)).toContain('nothing to give back')
  offer(5)
  expect(carry()).toBeLessThan(20_000)
})

test('a silent host is named with what it costs it, and gets its bundle whole', () => {
  offer(1)
  carry()
  offer(2)
  moss.json('channel', 'expire', 'stable', '--keep', '1', ...atStation)
  const silent = ['--silent', '30', '--keep', '1'] as const
  expect(planGc(...silent).packages).toEqual([])
  sendMonthsAgo()
  expect(planGc('--keep', '1').packages).toEqual([])
  expect(planGc(...silent)).toMatchObject({
    packages: [{ version: '1' }],
    costs: [{ name: 'pump', packages: 1 }],
  })
  const shown = moss.run(['gc', '-n', ...silent, ...atStation]).stdout.replace(/\s+/g, ' ')
  expect(shown).toContain('! pump has 1 package of these: its next bundle is longer')
  moss.json('gc', ...silent, ...atStation)
  expect(carry()).toBeGreaterThan(100_000)
  expect(moss.json<{ packages: { version: string }[] }>('list', ...atHost).packages[0]?.version).toBe('2')
})

test('what is on its way to a host stays', () => {
  offer(1)
  sendState(moss, 'first.moss-state')
  moss.json('export', '--for', 'first.moss-state', '-o', 'first.moss', ...atStation)
  offer(2)
  moss.json('channel', 'expire', 'stable', '--keep', '1', ...atStation)
  expect(planGc('--keep', '1')).toMatchObject({ packages: [], snapshots: [{ serial: 2 }] })
  expect(planGc('--keep', '1', '--silent', '30')).toMatchObject({ packages: [] })
  moss.json('fleet', 'forget', 'pump', ...atStation)
  expect(serials(planGc('--keep', '1'))).toEqual([1, 2])
})

test('a channel elsewhere that is laid over one here counts where it is named', () => {
  for (const version of [1, 2]) offer(version)
  const site = join(moss.folder, 'elsewhere/site')
  moss.json('channel', 'expire', 'stable', 'tool=2', ...atStation)
  mkdirSync(join(moss.folder, 'elsewhere'))
  moss.json('channel', 'create', site, '--over', 'stable', ...atStation)
  moss.json('channel', 'publish', site, ...atStation)
  moss.json('add', 'stable', 'tool-2', '--name', 'tool', '--version', '2', ...atStation)
  moss.json('channel', 'publish', 'stable', ...atStation)
  moss.json('channel', 'expire', 'stable', 'tool=1', ...atStation)
  const shown = moss.run(['gc', '-n', '--keep', '1', ...atStation]).stdout.replace(/\s+/g, ' ')
  expect(shown).toContain('laid over one here count only with --beside')
  expect(versions(planGc('--keep', '1'))).toContain('1')
  expect(versions(planGc('--keep', '1', '--beside', site))).not.toContain('1')
})

test('what is damaged is named, and nothing goes', () => {
  for (const version of [1, 2]) offer(version)
  moss.json('channel', 'expire', 'stable', 'tool=1', ...atStation)
  const folder = join(moss.folder, 'station/channels/stable/expired')
  const [name = ''] = readdirSync(folder)
  truncateSync(join(folder, name), 100)
  const refused = moss.run(['gc', '--keep', '1', '-y', ...atStation])
  expect(refused.exit).toBe(10)
  expect(refused.stderr).toContain(name)
})

test('a snapshot that a host has, or is on its way to, is named where it is damaged, and nothing goes', () => {
  offer(1)
  carry()
  offer(2)
  const name = 'station/channels/stable/snapshots/1.moss-channel'
  const file = join(moss.folder, name)
  const good = readFileSync(file)
  for (const bytes of [
    Buffer.alloc(0),
    good.subarray(0, 10),
    good.subarray(0, 100),
    good.fill(0, 100, 120),
  ]) {
    writeFileSync(file, bytes)
    const { exit, stderr } = moss.run(['gc', '--keep', '1', '-y', ...atStation])
    expect({ exit, stderr }).toEqual({ exit: 10, stderr: expect.stringContaining(name) })
  }
})

test('a channel that is laid over one that offers nothing any more offers nothing, either', () => {
  offer(1)
  moss.json('channel', 'create', 'site', '--over', 'stable', ...atStation)
  moss.json('channel', 'publish', 'site', ...atStation)
  moss.json('channel', 'expire', 'stable', 'tool', ...atStation)
  expect(moss.json('channel', 'publish', 'site', ...atStation)).toMatchObject({ serial: 2, packages: 0 })
})

test('a host’s gc has none of its flags, and nobody is asked in vain', () => {
  expect(moss.code('gc', '--keep', '3', ...atHost)).toBe('CLI_USAGE')
  expect(moss.code('gc', '--keep', '0', ...atStation)).toBe('CLI_USAGE')
  expect(moss.text('gc', ...atHost)).toContain('nothing to give back')
})
