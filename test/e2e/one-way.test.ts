// A host of which nothing comes back: each bundle counts on those before it. One that was lost is told, and what was made can be
// made again.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ExportPlan } from '../../src/ops/plan-export.ts'
import { noise } from '../support/containers.ts'
import { type Program, programIn } from '../support/program.ts'
import { initPump, sendState } from '../support/pump.ts'
import { scratchFolder } from '../support/scratch.ts'

let moss: Program
const atHost = ['--root', 'pump'] as const
const atStation = ['--home', 'station'] as const

/** Each version is another body: only the one before serves as a base. */
function offer(version: number, sizeBytes = 120_000, channel = 'stable'): void {
  const folder = join(moss.folder, `tool-${version}`)
  mkdirSync(join(folder, 'usr/share'), { recursive: true })
  const from = (version * sizeBytes) / 2
  const body = noise(from + sizeBytes, 1).subarray(from)
  writeFileSync(join(folder, 'usr/share/tool'), body)
  moss.json('add', channel, folder, '--name', 'tool', '--version', `${version}`, ...atStation)
  moss.json('channel', 'publish', channel, '--date', '1767225600', ...atStation)
}

const exportTo = (bundle: string, ...more: readonly string[]) =>
  moss.json<{ fileBytes: number; plan: ExportPlan }>(
    'export',
    '--for',
    'pump',
    '-o',
    bundle,
    ...atStation,
    ...more,
  )

function take(bundle: string): void {
  moss.json('import', bundle, ...atHost)
  moss.json('apply', ...atHost)
}

const installed = (): string | undefined =>
  moss.json<{ packages: { version: string }[] }>('list', ...atHost).packages[0]?.version

beforeEach(() => {
  moss = programIn(scratchFolder())
  moss.json('key', 'generate', 'sample', '--no-passphrase', ...atStation)
  moss.json('channel', 'create', 'stable', ...atStation)
  initPump(moss)
  moss.json('subscribe', 'tool', ...atHost)
  sendState(moss, 'only.moss-state')
})
afterEach(() => rmSync(moss.folder, { recursive: true }))

test('each bundle is made against what the one before leaves, and nothing comes back', () => {
  offer(1)
  const first = exportTo('1.moss', '--one-way')
  expect(first.plan.hosts[0]?.after).toBeUndefined()
  offer(2)
  const second = exportTo('2.moss', '--one-way')
  expect(second.plan.hosts).toMatchObject([{ fromSerial: 1, after: 1 }])
  offer(3)
  const third = exportTo('3.moss', '--one-way')
  expect(third.plan.hosts).toMatchObject([{ fromSerial: 2, after: 2 }])
  // Half of each body is in the one before; without counting on it, all of it goes.
  expect(third.fileBytes).toBeLessThan(0.6 * first.fileBytes)
  expect(exportTo('whole.moss').fileBytes).toBeGreaterThan(0.95 * first.fileBytes)
  for (const bundle of ['1.moss', '2.moss', '3.moss']) take(bundle)
  expect(installed()).toBe('3')
  expect(moss.json('verify', ...atHost)).toMatchObject({ findings: [] })
})

test('what was lost between is told with the serial that it was of; it is made again to the byte, and then all of it fits', () => {
  for (const version of [1, 2, 3]) {
    offer(version)
    exportTo(`${version}.moss`, '--one-way')
  }
  take('1.moss')
  const refused = moss.run(['import', '3.moss', ...atHost])
  expect(refused.stderr.replace(/\s+/g, ' ')).toMatch(
    /\[BUNDLE_BASE_MISSING\].*counts on serial 2 of channel stable, and this host has 1/,
  )
  expect(refused.exit).toBe(13)
  expect(installed()).toBe('1')
  expect(
    moss.code('export', '--for', 'pump', '--one-way', '--serial', '7', '-o', 'no.moss', ...atStation),
  ).toBe('NOT_FOUND')
  exportTo('again.moss', '--one-way', '--serial', '2')
  expect(readFileSync(join(moss.folder, 'again.moss'))).toEqual(readFileSync(join(moss.folder, '2.moss')))
  // In the wrong order, and with one that is not there.
  const both = moss.run(['import', '3.moss', 'nowhere.moss', 'again.moss', ...atHost])
  expect(both.exit).toBe(15)
  moss.json('apply', ...atHost)
  expect(installed()).toBe('3')
})

test('volumes of one that follows another are named before it, and all of it is taken in', () => {
  offer(1, 22_000_000)
  exportTo('1.moss', '--one-way')
  offer(2, 22_000_000)
  exportTo('2.moss', '--one-way')
  mkdirSync(join(moss.folder, 'cut'))
  moss.json('split', '2.moss', '--volume', '5M', '-o', 'cut')
  const files = readdirSync(join(moss.folder, 'cut')).map((name) => `cut/${name}`)
  expect(files.length).toBeGreaterThan(1)
  expect(moss.code('import', ...files, ...atHost)).toBe('BUNDLE_BASE_MISSING')
  const taken = moss.json<{ bundles: readonly { serial: number }[] }>('import', ...files, '1.moss', ...atHost)
  expect(taken.bundles.map(({ serial }) => serial)).toEqual([1, 2])
  moss.json('apply', ...atHost)
  expect(installed()).toBe('2')
})

test('several of them lie on one stick, and sync takes them in their order', () => {
  mkdirSync(join(moss.folder, 'stick'))
  const left = () => moss.json('sync', 'stick', '--hosts', 'pump', '--one-way', ...atStation)
  offer(1)
  left()
  offer(2)
  left()
  expect(left()).toMatchObject({ hosts: [{ fate: 'there' }], bundles: [] })
  const synced = moss.run(['sync', 'stick', '--policy', 'apply', '-y', ...atHost])
  expect(synced.stdout.match(/: taken in$/gm)).toHaveLength(2)
  expect(installed()).toBe('2')
})

test('what was made for wishes that have changed since does not count', () => {
  offer(1)
  exportTo('1.moss', '--one-way')
  moss.json('subscribe', 'tool >= 1', ...atHost)
  moss.json('state', 'export', 'later.moss-state', ...atHost)
  moss.json('fleet', 'receive', 'later.moss-state', ...atStation)
  offer(2)
  expect(exportTo('2.moss', '--one-way').plan.hosts[0]?.after).toBeUndefined()
  take('2.moss')
  expect(installed()).toBe('2')
})

test('a host that cannot be counted on keeps no other waiting', () => {
  moss.json('init', '--root', 'other', '--trust', 'station/root.moss-root', '--name', 'other')
  moss.json('subscribe', 'tool', '--root', 'other')
  moss.json('state', 'export', 'other.moss-state', '--root', 'other')
  moss.json('fleet', 'enroll', 'other.moss-state', ...atStation)
  offer(1)
  exportTo('1.moss', '--one-way')
  offer(2)
  for (const name of ['1.moss-channel', '1.moss-catalogue'])
    rmSync(join(moss.folder, 'station/channels/stable/snapshots', name))
  mkdirSync(join(moss.folder, 'stick'))
  const left = moss.run([
    'sync',
    'stick',
    '--hosts',
    'pump',
    '--hosts',
    'other',
    '--one-way',
    '-y',
    ...atStation,
  ])
  expect(left.exit).toBe(3)
  expect(left.stdout).toMatch(/other, record 1: a bundle is made for it/)
  expect(left.stdout).toMatch(/pump, record 1: gets none: no serial of channel stable 1/)
})

test('a state that does come back counts again', () => {
  offer(1)
  exportTo('1.moss', '--one-way')
  take('1.moss')
  offer(2)
  exportTo('lost.moss', '--one-way')
  moss.json('state', 'export', 'back.moss-state', ...atHost)
  moss.json('fleet', 'receive', 'back.moss-state', ...atStation)
  offer(3)
  expect(exportTo('3.moss').plan.hosts[0]).toMatchObject({ fromSerial: 1 })
  take('3.moss')
  expect(installed()).toBe('3')
})

/** Of the database that has what is under way. */
function inFleet(sql: string): void {
  using fleet = new DatabaseSync(join(moss.folder, 'station/fleet/fleet.db'))
  fleet.exec(sql)
}

test('of two channels with one name each counts on what was made of it alone, and a copy on what its first was', () => {
  const other = join(moss.folder, 'elsewhere/stable')
  mkdirSync(join(moss.folder, 'elsewhere'))
  moss.json('channel', 'create', other, ...atStation)
  const after = (...more: readonly string[]): number | undefined =>
    moss.json<ExportPlan>('plan', '--for', 'pump', '--one-way', ...more, ...atStation).hosts[0]?.after
  offer(1)
  exportTo('1.moss', '--one-way')
  cpSync(join(moss.folder, 'station/channels/stable'), join(moss.folder, 'copy/stable'), { recursive: true })
  for (const version of [5, 6]) offer(version, 120_000, other)
  expect(after('--channel', other)).toBeUndefined()
  exportTo('other.moss', '--one-way', '--channel', other)
  offer(2)
  offer(3)
  expect(after()).toBe(1)
  offer(7, 120_000, other)
  expect(after('--channel', other)).toBe(2)
  const copy = join(moss.folder, 'copy/stable')
  offer(8, 120_000, copy)
  expect(after('--channel', copy)).toBe(1)
  // What an older moss has recorded counts by the name.
  inFleet(
    'ALTER TABLE sent DROP COLUMN snapshot; ALTER TABLE sent DROP COLUMN sealed; ALTER TABLE hosts DROP COLUMN sealed; PRAGMA user_version = 1',
  )
  expect(moss.json('fleet', 'list', ...atStation)).toMatchObject({
    hosts: [{ underWay: { channel: 'stable' } }],
  })
  expect(after()).toBe(2)
  exportTo('3.moss', '--one-way')
  offer(4)
  expect(after()).toBe(3)
})

test('what lies on a stick from another channel of that name is no answer', () => {
  const other = join(moss.folder, 'elsewhere/stable')
  mkdirSync(join(moss.folder, 'elsewhere'))
  mkdirSync(join(moss.folder, 'stick'))
  moss.json('channel', 'create', other, ...atStation)
  offer(5, 120_000, other)
  moss.json('export', '--for', 'pump', '-o', 'stick', '--channel', other, ...atStation)
  offer(1)
  const left = () => moss.json('sync', 'stick', '--hosts', 'pump', ...atStation)
  expect(left()).toMatchObject({ hosts: [{ fate: 'bundle' }] })
  expect(left()).toMatchObject({ hosts: [{ fate: 'there' }], bundles: [] })
})
