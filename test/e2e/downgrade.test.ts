// A host is led back to an older serial: not without a grant, with one exactly once.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Program, programIn, type Ran } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'

let moss: Program
const home = ['--home', 'station'] as const
const host = ['--root', 'host'] as const
const well = (...args: readonly string[]): Ran => moss.well(...args)
const codeOf = (...args: readonly string[]): string | undefined => moss.code(...args)

function publish(version: string): void {
  const folder = join(moss.folder, `harbour-${version}`)
  mkdirSync(join(folder, 'usr/share'), { recursive: true })
  writeFileSync(join(folder, 'usr/share/harbour'), `version ${version}`)
  well('add', 'stable', folder, '--name', 'harbour', '--version', version, ...home)
  well('channel', 'publish', 'stable', ...home)
}

const state = (root: string): string => {
  well('state', 'export', `${root}.moss-state`, '--root', root)
  well('fleet', 'enroll', `${root}.moss-state`, '-y', ...home)
  return `${root}.moss-state`
}
function bundle(name: string, ...how: readonly string[]): string {
  rmSync(join(moss.folder, name), { force: true })
  well('export', '--for', state('host'), '-o', name, ...how, ...home)
  return name
}
const serialNow = (): number | undefined =>
  moss.json<{ channel: { serial?: number } }>('status', ...host).channel.serial

beforeAll(() => {
  moss = programIn(scratchFolder())
  well('key', 'generate', '--no-passphrase', ...home)
  well('channel', 'create', 'stable', ...home)
  for (const version of ['1', '2', '3']) publish(version)
  for (const root of ['host', 'other']) {
    well('init', '--trust', 'station/root.moss-root', '--root', root)
    well('subscribe', 'harbour', '--root', root)
  }
  well('import', bundle('three.moss'), ...host)
  well('apply', ...host)
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

test('an older serial can be planned for, and the plan says that the host will refuse it', () => {
  expect(well('plan', '--for', state('host'), '--serial', '2', ...home).stdout).toContain(
    'it will refuse the bundle, unless',
  )
  expect(codeOf('import', bundle('two.moss', '--serial', '2'), ...host)).toBe('TRUST_ROLLBACK')
  expect(codeOf('plan', '--for', state('host'), '--serial', '9', ...home)).toBe('NOT_FOUND')
})

test('a grant leads one host back, once', () => {
  const grant = [
    'channel',
    'grant',
    'stable',
    '--for',
    state('host'),
    '--serial',
    '2',
    '-o',
    'back.moss-grant',
    ...home,
  ]
  expect(well(...grant).stdout).toContain('may go back from serial 3 of channel stable to 2, once, until')
  const plan = well('plan', '--for', state('host'), '--serial', '2', '--grant', 'back.moss-grant', ...home)
  expect(plan.stdout).not.toContain('refuse')
  const file = bundle('back.moss', '--serial', '2', '--grant', 'back.moss-grant')
  well('import', file, ...host)
  expect(moss.json<{ waiting?: { serial: number } }>('status', ...host).waiting?.serial).toBe(2)
  expect(well('plan', ...host).stdout).toContain('goes back from serial 3 to 2, as a grant')
  well('apply', ...host)
  expect(serialNow()).toBe(2)
  well('import', bundle('three-again.moss'), ...host)
  well('apply', ...host)
  expect(serialNow()).toBe(3)
  expect(codeOf('import', file, ...host)).toBe('TRUST_GRANT_REFUSED')
  expect(serialNow()).toBe(3)
})

test('a host that was rolled back is granted from the newest serial that it has taken', () => {
  well('rollback', ...host)
  expect(serialNow()).toBe(2)
  expect(well('plan', '--for', state('host'), '--serial', '2', ...home).stdout).toContain(
    'has seen serial 3, newer than 2',
  )
  const made = [
    'channel',
    'grant',
    'stable',
    '--for',
    state('host'),
    '--serial',
    '2',
    '-o',
    'rolled.moss-grant',
    ...home,
  ]
  expect(well(...made).stdout).toContain('may go back from serial 3')
  well('import', bundle('rolled.moss', '--serial', '2', '--grant', 'rolled.moss-grant'), ...host)
})

test('a grant for another host, or to where there is nothing to go back to, helps nobody', () => {
  expect(
    codeOf('channel', 'grant', 'stable', '--for', state('other'), '--serial', '2', '-o', 'no', ...home),
  ).toBe('CLI_USAGE')
  expect(
    codeOf('channel', 'grant', 'stable', '--for', state('host'), '--serial', '9', '-o', 'no', ...home),
  ).toBe('NOT_FOUND')
  well('export', '--for', state('other'), '-o', 'other.moss', ...home)
  well('import', 'other.moss', '--root', 'other')
  well('apply', '--root', 'other')
  well(
    'channel',
    'grant',
    'stable',
    '--for',
    state('other'),
    '--serial',
    '1',
    '-o',
    'other.moss-grant',
    ...home,
  )
  expect(codeOf('import', bundle('one.moss', '--serial', '1', '--grant', 'other.moss-grant'), ...host)).toBe(
    'TRUST_ROLLBACK',
  )
})
