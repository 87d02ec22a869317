// sync where something is wrong with one host, one file, one channel or the stick: it is told, and nothing else waits for it.
import { DatabaseSync } from 'node:sqlite'
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, afterAll, beforeEach, expect, test } from 'vitest'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import { executeStationSync, planStationSync } from '../../src/ops/sync-station.ts'
import { noise } from '../support/containers.ts'
import { type Program, programIn, type Ran } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'

let made: Program
let moss: Program
const home = ['--home', 'station'] as const
const well = (...args: readonly string[]): Ran => moss.well(...args)
const onHost = (host: string) => ['--root', host] as const
const at = (...names: readonly string[]): string => join(moss.folder, ...names)
const bundles = (): readonly string[] => readdirSync(at('stick/moss/bundles')).toSorted()
const bundleOf = (serial: number): string =>
  at('stick/moss/bundles', bundles().find((name) => name.startsWith(`stable-${serial}-`)) ?? 'none')
const told = ({ stdout }: Ran): string => stdout.replace(/\s+/g, ' ')
const hostSync = (host: string, ...more: readonly string[]): Ran =>
  moss.run(['sync', 'stick', '-y', ...more, ...onHost(host)])
const stationSync = (...more: readonly string[]): Ran => moss.run(['sync', 'stick', ...more, ...home])
const serialOf = (host: string): number | undefined =>
  moss.json<{ channel: { serial?: number } }>('status', ...onHost(host)).channel.serial

function publish(version: number, body: Uint8Array | string = `version ${version}`): void {
  mkdirSync(at('harbour/usr/share'), { recursive: true })
  writeFileSync(at('harbour/usr/share/harbour'), body)
  well('add', 'stable', 'harbour', '--name', 'harbour', '--version', `${version}`, ...home)
  well('channel', 'publish', 'stable', ...home)
}

/** Two hosts that are known, whose states lie on the stick, and serial 1 for them. */
beforeAll(() => {
  made = programIn(scratchFolder())
  moss = made
  well('key', 'generate', 'release', '--no-passphrase', ...home)
  well('channel', 'create', 'stable', ...home)
  publish(1)
  mkdirSync(at('stick'))
  for (const host of ['one', 'two']) {
    well('init', '--trust', 'station/root.moss-root', '--name', host, ...onHost(host))
    well('subscribe', 'harbour', ...onHost(host))
    const { path } = moss.json<{ path: string }>('state', 'export', 'stick', ...onHost(host))
    well('fleet', 'enroll', path, ...home)
  }
  well('sync', 'stick', ...home)
})
beforeEach(() => {
  moss = programIn(scratchFolder())
  cpSync(made.folder, moss.folder, { recursive: true })
})
afterEach(() => rmSync(moss.folder, { recursive: true, force: true }))
afterAll(() => rmSync(made.folder, { recursive: true, force: true }))

test('a bundle that was cut short is told, and made again', () => {
  truncateSync(bundleOf(1), 200)
  expect(hostSync('one').exit).toBe(3)
  const again = stationSync()
  expect([again.exit, told(again)]).toEqual([
    0,
    expect.stringMatching(/two, record 1: a bundle is made for it/),
  ])
  expect(hostSync('two').exit).toBe(0)
  expect(serialOf('two')).toBe(1)
})

test('a bundle whose exporter counts no more is made again', () => {
  well('key', 'generate', 'second', '--no-passphrase', '--no-root', ...home)
  const change = ['--add', 'exporter=second', '--remove', 'exporter=release']
  well('root', 'new', 'new.moss-root', ...change, ...home)
  well('root', 'sign', 'new.moss-root', ...home)
  well('root', 'accept', 'new.moss-root', ...home)
  expect(told(stationSync())).toContain('one, record 1: a bundle is made for it')
  expect(hostSync('one').exit).toBe(0)
  expect(serialOf('one')).toBe(1)
})

test('a host of another channel, and one whose model cannot be read, keep nobody waiting', () => {
  publish(2)
  const model = at('one/etc/moss/model.toml')
  writeFileSync(model, readFileSync(model, 'utf8').replace('"stable"', '"testing"'))
  hostSync('one')
  const first = stationSync()
  expect(first.exit).toBe(3)
  expect(told(first)).toMatch(/one, record 2: gets none: no channel testing/)
  expect(told(first)).toContain('two, record 1: a bundle is made for it')
  // Then the channel is there: its serial 1 is not older than what the host had of another.
  well('channel', 'create', 'testing', ...home)
  well('add', 'testing', 'harbour', '--name', 'harbour', '--version', '9', ...home)
  well('channel', 'publish', 'testing', ...home)
  expect(told(stationSync())).toContain('one, record 2: a bundle is made for it')
  hostSync('one')
  expect(moss.json<{ channel: object }>('status', ...onHost('one')).channel).toMatchObject({
    name: 'testing',
    serial: 1,
  })
})

test('what is kept of one host rotted: its state on the stick counts, and the others are served', () => {
  const fleet = new DatabaseSync(at('station/fleet/fleet.db'))
  fleet.exec("UPDATE hosts SET record = x'00' WHERE name = 'one'")
  fleet.close()
  publish(2)
  const ran = stationSync()
  expect(ran.exit).toBe(3)
  for (const name of ['one', 'two']) expect(told(ran)).toContain(`${name}, record 1: a bundle is made for it`)
  expect(told(ran)).toContain('is not in order')
})

test('tables of another version, broken ones, and an empty file', () => {
  const path = at('station/fleet/fleet.db')
  const fleet = new DatabaseSync(path)
  fleet.exec('PRAGMA user_version = 7')
  fleet.close()
  const other = moss.run(['fleet', 'list', ...home])
  expect(other.stderr).toMatch(/of version 7, and 2 is known \[STATE_BROKEN\]/)
  expect(other.stderr.replace(/\s+/g, ' ')).toContain('enroll them again')
  writeFileSync(path, noise(4096, 1))
  expect(moss.code('fleet', 'list', ...home)).toBe('STATE_BROKEN')
  expect(moss.text('doctor', ...home)).toMatch(/fleet +\S*fleet\.db is not in order/)
  writeFileSync(path, '')
  expect(moss.text('fleet', 'list', ...home)).toContain('no hosts yet')
  expect(told(stationSync())).toContain('is not enrolled')
})

test('a state that is cut short, and one that is older than another key’s, keep no other from being received', () => {
  const [host = ''] = readdirSync(at('stick/moss/hosts'))
  truncateSync(at(`stick/moss/hosts/${host}/states/1.moss-state`), 100)
  const ran = moss.run(['fleet', 'receive', 'stick', ...home])
  expect(ran.exit).toBe(3)
  expect(told(ran)).toMatch(/hosts (one|two), record 1 .*1\.moss-state: /)
})

test('a machine that was put back is told, whatever lies beside', () => {
  const beside = at('copy')
  hostSync('one')
  cpSync(at('one'), beside, { recursive: true })
  publish(2)
  stationSync()
  hostSync('one')
  well('subscribe', 'more', ...onHost('one'))
  hostSync('one')
  stationSync()
  rmSync(at('one'), { recursive: true })
  renameSync(beside, at('one'))
  well('subscribe', 'nothing-yet', ...onHost('one'))
  rmSync(at('stick'), { recursive: true })
  mkdirSync(at('stick'))
  hostSync('one')
  const ran = told(stationSync())
  expect(ran).toMatch(
    /one has sent its state \d, and \d is here, which counts: an old stick; or else the machine was put back/,
  )
})

test('a sealed state is read, and sync leaves one', () => {
  const { recipient } = moss.json<{ recipient: string }>('key', 'recipient', ...home)
  rmSync(at('stick/moss/hosts'), { recursive: true })
  well('subscribe', 'more', ...onHost('one'))
  well('unsubscribe', 'more', ...onHost('one'))
  const ran = hostSync('one', '--seal-to', recipient)
  expect(ran.exit).toBe(0)
  const [host = ''] = readdirSync(at('stick/moss/hosts'))
  expect(readdirSync(at(`stick/moss/hosts/${host}/states`))).toEqual([
    expect.stringMatching(/^\d\.moss-state\.age$/),
  ])
  expect(told(stationSync())).toMatch(/one, record \d: has all that it shall have/)
})

test('a sealed bundle is taken by the host that can open it, and by no other', () => {
  rmSync(at('stick/moss/bundles'), { recursive: true })
  hostSync('one', '--policy', 'import')
  well('export', '--for', 'one', '--seal', '-o', 'stick', ...home)
  const [name = ''] = bundles()
  const of = (ran: Ran): readonly [number | null, string] => [ran.exit, told(ran)]
  const not = `${name} with serial 1: it is sealed, and not for this host; left alone`
  expect(of(hostSync('two'))).toEqual([0, expect.stringContaining(not)])
  expect(of(hostSync('one', '-n'))).toEqual([
    0,
    expect.stringContaining(`${name} with serial 1: for this host`),
  ])
  expect(of(hostSync('one', '--policy', 'import'))).toEqual([
    0,
    expect.stringContaining(`${name} with serial 1: taken in`),
  ])
  expect(of(hostSync('one', '--policy', 'apply'))).toEqual([0, expect.stringContaining('1 taken in before')])
  expect(serialOf('one')).toBe(1)

  // One whose name says nothing is tried, and one that is none is told.
  renameSync(at('stick/moss/bundles', name), at('stick/moss/bundles/renamed.moss.age'))
  writeFileSync(at('stick/moss/bundles/spoiled.moss.age'), 'age-encryption.org/v1\n-> X25519 a\n')
  const ran = hostSync('one')
  expect(told(ran)).toMatch(/renamed\.moss\.age: taken in/)
  expect(told(ran)).toMatch(/spoiled\.moss\.age: .*header does not end/)
  rmSync(at('stick/moss/bundles/spoiled.moss.age'))
})

test('beside a bundle that is sealed no open one is made for the same hosts', () => {
  rmSync(at('stick/moss/bundles'), { recursive: true })
  well('export', '--for', 'one', '--for', 'two', '--seal', '-o', 'stick', ...home)
  const [name = ''] = bundles()
  expect(told(stationSync())).toContain('nothing to do')
  expect(bundles()).toEqual([name])
  rmSync(at('stick/moss/bundles'), { recursive: true })
  well('sync', 'stick', '--seal', ...home)
  expect(bundles()).toEqual([name])
  expect(told(stationSync('--seal'))).toContain('nothing to do')
})

test('a state that came sealed is answered sealed, and others as they came', () => {
  const { recipient } = moss.json<{ recipient: string }>('key', 'recipient', ...home)
  for (const folder of ['hosts', 'bundles']) rmSync(at('stick/moss', folder), { recursive: true })
  hostSync('one', '--seal-to', recipient)
  hostSync('two')
  const ran = stationSync()
  for (const host of ['one', 'two'])
    expect(told(ran)).toMatch(new RegExp(`${host}, record \\d: a bundle is made for it`))
  expect(
    bundles()
      .map((name) => name.replace(/^.*\.moss/, ''))
      .toSorted(),
  ).toEqual(['', '.age'])
  expect(told(stationSync())).toContain('nothing to do')
  expect(told(hostSync('one'))).toMatch(/\.moss\.age with serial 1: taken in/)
  expect(told(hostSync('two'))).toMatch(/\.moss with serial 1: taken in/)
  expect(told(stationSync())).toContain('nothing to do')
  expect(bundles()).toHaveLength(2)
})

test('a sealed bundle that is spoiled, not whole or left by a kill is made again', () => {
  publish(2, noise(11_000_000, 5))
  rmSync(at('stick/moss/bundles'), { recursive: true })
  const make = (): Ran => stationSync('--seal', '--volume', '5M')
  const sizes = (): readonly number[] =>
    bundles().map((name) => statSync(at('stick/moss/bundles', name)).size)
  well('sync', 'stick', '--seal', '--volume', '5M', ...home)
  const [made, names] = [sizes(), bundles()]
  expect(names).toHaveLength(3)
  expect(told(make())).toContain('nothing to do')
  truncateSync(at('stick/moss/bundles', names[0] ?? ''), 100)
  expect(make().exit).toBe(0)
  expect(sizes()).toEqual(made)
  rmSync(at('stick/moss/bundles', names[1] ?? ''))
  expect(make().exit).toBe(0)
  expect([bundles(), sizes()]).toEqual([names, made])
  // As a kill leaves them: here, and not noted.
  using fleet = new DatabaseSync(at('station/fleet/fleet.db'))
  fleet.exec('DELETE FROM sent')
  expect(make().exit).toBe(0)
  expect([bundles(), sizes()]).toEqual([names, made])
  expect(told(hostSync('one'))).toContain('state 1 is current')

  // What lies under the names of some hides none of the others.
  renameSync(at('stick/moss/bundles', names[2] ?? ''), at('stick/moss/bundles/kept'))
  writeFileSync(at('stick/moss/bundles', names[2] ?? ''), 'garbage')
  renameSync(at('stick/moss/bundles', names[0] ?? ''), at('stick/moss/bundles/first'))
  writeFileSync(at('stick/moss/bundles', names[0] ?? ''), 'garbage')
  expect(hostSync('two').stdout).toMatch(/\[VOLUME_WANTED\]/)
  renameSync(at('stick/moss/bundles/kept'), at('stick/moss/bundles', names[2] ?? ''))
  renameSync(at('stick/moss/bundles/first'), at('stick/moss/bundles', names[0] ?? ''))
  expect(told(hostSync('two'))).toContain('state 1 is current')
})

test('what came sealed is answered sealed on another medium, and by export, too', () => {
  const { recipient } = moss.json<{ recipient: string }>('key', 'recipient', ...home)
  for (const folder of ['hosts', 'bundles']) rmSync(at('stick/moss', folder), { recursive: true })
  hostSync('one', '--seal-to', recipient)
  mkdirSync(at('other'))
  stationSync()
  well('sync', 'other', '--hosts', 'one', ...home)
  expect(readdirSync(at('other/moss/bundles'))).toEqual([expect.stringMatching(/\.moss\.age$/)])
  const ran = well('export', '--for', 'one', '-o', 'a.moss', ...home)
  expect(told(ran)).toMatch(/! sealed, so that only its hosts can read it, as what one sent was/)
  expect(readdirSync(at()).filter((name) => name.startsWith('a.moss'))).toEqual(['a.moss.age'])
})

test('parity mends the beginning of what is sealed, and what cannot be read is a finding', () => {
  rmSync(at('stick/moss/bundles'), { recursive: true })
  stationSync('--seal', '--parity', '10%')
  const [name = ''] = bundles()
  const path = at('stick/moss/bundles', name)
  const sealed = readFileSync(path)
  writeFileSync(path, Buffer.concat([Buffer.alloc(36, 'x'), sealed.subarray(36)]))
  expect(told(hostSync('one'))).toMatch(/state 1 is current/)
  rmSync(`${path}.parity`)
  expect([hostSync('two').exit, told(hostSync('two'))]).toEqual([
    3,
    expect.stringMatching(/the seal of \S+ is damaged/),
  ])
})

test('of an older sealed bundle it is told that a grant may be in it', () => {
  const older = bundleOf(1)
  rmSync(older)
  stationSync('--seal')
  const [name = ''] = bundles()
  renameSync(at('stick/moss/bundles', name), at('older.moss.age'))
  publish(2)
  stationSync()
  hostSync('one')
  copyFileSync(at('older.moss.age'), at('stick/moss/bundles', name))
  expect(told(hostSync('one'))).toMatch(
    /older than what is here by its name; if a grant in it leads back, moss import/,
  )
})

test('where the medium takes nothing, what was applied stays so, and it is said', () => {
  rmSync(at('stick/moss/hosts'), { recursive: true })
  writeFileSync(at('stick/moss/hosts'), 'in the way')
  const ran = hostSync('one')
  expect([ran.exit, serialOf('one')]).toEqual([3, 1])
  expect(told(ran)).toMatch(/state 1 is current.* this host’s state was not left there: /)
})

test('a trust root that cannot be followed is told', () => {
  writeFileSync(at('stick/moss/roots/2.moss-root'), 'garbage')
  const ran = hostSync('one')
  expect(told(ran)).toMatch(/! \S+\/moss\/roots: .*\[[A-Z_]+\].*taken in/)
})

test('volumes of a newer bundle are waited for, and no older one is taken instead', () => {
  publish(2, noise(11_000_000, 5))
  stationSync()
  const whole = bundleOf(2)
  mkdirSync(at('cut'))
  well('split', whole, '--volume', '5M', '-o', 'cut')
  rmSync(whole)
  const [first = '', ...others] = readdirSync(at('cut')).toSorted((a, b) => a.length - b.length)
  for (const name of others) copyFileSync(at('cut', name), at('stick/moss/bundles', name))
  expect(hostSync('one').exit).toBe(15)
  expect(serialOf('one')).toBeUndefined()
  for (const name of others) rmSync(at('stick/moss/bundles', name))
  // Whatever somebody called it.
  copyFileSync(at('cut', first), at('stick/moss/bundles/renamed.moss'))
  expect(hostSync('one').exit).toBe(0)
  expect(serialOf('one')).toBe(2)
})

test('a medium that was pulled meanwhile, or is another one, gets nothing, and nothing is left in its place', async () => {
  publish(2)
  await using outside = linuxOutside()
  const plan = await planStationSync(outside, { home: at('station'), medium: at('stick') })
  const ask = async (): Promise<undefined> => undefined
  const execute = (changed: typeof plan) => executeStationSync(outside, { plan: changed, ask }, () => {})
  const before = bundles()
  await expect(execute({ ...plan, device: plan.device + 1 })).rejects.toMatchObject({ code: 'MEDIUM_ABSENT' })
  expect(bundles()).toEqual(before)
  renameSync(at('stick'), at('pulled'))
  await expect(execute(plan)).rejects.toMatchObject({ code: 'MEDIUM_ABSENT' })
  expect(readdirSync(moss.folder)).not.toContain('stick')
})

test('a medium that is pulled while what goes on it is made and sealed gets nothing in its place', async () => {
  publish(2)
  await using outside = linuxOutside()
  const plan = await planStationSync(outside, { home: at('station'), medium: at('stick'), isSealed: true })
  const ask = async (): Promise<undefined> => undefined
  let isPulled = false
  const pull = ({ phase }: { readonly phase: string }): void => {
    if (phase !== 'read back' || isPulled) return
    isPulled = true
    renameSync(at('stick'), at('pulled'))
  }
  await expect(executeStationSync(outside, { plan, ask }, pull)).rejects.toMatchObject({
    code: 'MEDIUM_ABSENT',
  })
  expect(isPulled).toBe(true)
  expect(readdirSync(moss.folder)).not.toContain('stick')
})
