// What a channel says of a package reaches the hosts that have it, under its signature, and nobody else can say it.
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
const advise = (...args: readonly string[]) => ['channel', 'advise', 'stable', ...args, ...home]

function publish(version: string): void {
  const folder = join(moss.folder, `harbour-${version}`)
  mkdirSync(join(folder, 'usr/share'), { recursive: true })
  writeFileSync(join(folder, 'usr/share/harbour'), `version ${version}`)
  well('add', 'stable', folder, '--name', 'harbour', '--version', version, ...home)
  well('channel', 'publish', 'stable', ...home)
}

/** Imports what the station has for the host, and gives the plan. */
function planned(name: string): string {
  well('state', 'export', `${name}.moss-state`, ...host)
  well('fleet', 'enroll', `${name}.moss-state`, ...home)
  well('export', '--for', `${name}.moss-state`, '-o', `${name}.moss`, ...home)
  well('import', `${name}.moss`, ...host)
  return well('plan', ...host).stdout
}

beforeAll(() => {
  moss = programIn(scratchFolder())
  well('key', 'generate', '--no-passphrase', ...home)
  well('channel', 'create', 'stable', ...home)
  publish('1.9')
  well('init', '--trust', 'station/root.moss-root', ...host)
  well('subscribe', 'harbour', ...host)
  planned('first')
  well('apply', ...host)
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

test('what cannot be an advisory publishes nothing', () => {
  expect(codeOf(...advise('nosuch', 'the quay floods', '--before', '2'))).toBe('NOT_FOUND')
  expect(codeOf(...advise('harbour', 'the quay floods'))).toBe('CLI_USAGE')
  expect(codeOf(...advise('harbour', 'the quay floods', '--before', '2', '--withdraw'))).toBe('CLI_USAGE')
  expect(codeOf(...advise('harbour', '--before', '2', '--withdraw'))).toBe('CLI_USAGE')
  expect(codeOf(...advise('nosuch', '--withdraw'))).toBe('NOT_FOUND')
  expect(codeOf(...advise('harbour'))).toBe('CLI_USAGE')
  expect(codeOf(...advise('harbour', '', '--before', '2'))).toBe('CLI_USAGE')
  expect(codeOf(...advise('harbour', 'x'.repeat(1001), '--before', '2'))).toBe('CLI_USAGE')
  expect(codeOf(...advise('harbour', 'the quay floods', '--before', '2 or so'))).toBe('CLI_USAGE')
  expect(moss.json<{ serial: number }>('channel', 'show', 'stable', ...home).serial).toBe(1)
})

test('a host that has the version is told, also where there is no better one yet', () => {
  const done = moss.json<{ serial: number; advisories: object[] }>(
    ...advise('harbour', 'the quay floods \u001b[2J', '--before', '1.10'),
  )
  expect(done.serial).toBe(2)
  const again = well(...advise('harbour', 'the quay floods \u001b[2J', '--before', '1.10')).stdout
  expect(again).toMatch(/^serial +2 of channel stable: nothing to do, it says so already$/m)
  const plan = planned('told')
  expect(plan).toContain('! the channel says of harbour before 1.10: the quay floods')
  expect(plan).toContain('1.9 has it still')
  expect(plan).not.toContain('\u001b')
  expect(moss.json<{ advisories: object[] }>('plan', ...host).advisories).toEqual([
    {
      package: 'harbour',
      before: '1.10',
      text: 'the quay floods \u001b[2J',
      version: '1.9',
      isMended: false,
    },
  ])
  well('apply', ...host)
})

test('the update that mends it says so, once; later serials keep the advisory until it is taken back', () => {
  publish('1.10')
  expect(planned('mended')).toMatch(/\* the channel says of harbour before 1\.10: .*; this mends it/)
  well('apply', ...host)
  publish('1.11')
  expect(planned('after')).not.toContain('the channel says')
  well('apply', ...host)
  const said = (): readonly object[] =>
    moss.json<{ advisories: readonly object[] }>('channel', 'show', 'stable', ...home).advisories
  expect(said()).toHaveLength(1)
  expect(well('channel', 'show', 'stable', ...home).stdout).toContain('harbour before 1.10: the quay floods')
  well(...advise('harbour', 'it floods more', '--before', '1.10'))
  expect(said()).toHaveLength(1)
  well(...advise('harbour', '--withdraw'))
  expect(said()).toEqual([])
  expect(well(...advise('harbour', '--withdraw')).stdout).toContain('nothing to do')
})

test.each([
  ['old', 1_700_000_000],
  ['later', Math.floor(Date.now() / 1000) + 100 * 86_400],
])('a serial with an advisory is fresh for as long as the one before it, of an %s date', (name, date) => {
  const shown = () => moss.json<{ created: number; expires: number }>('channel', 'show', name, ...home)
  well('channel', 'create', name, ...home)
  well('add', name, 'harbour-1.10', '--name', 'pier', '--version', '2', ...home)
  well('channel', 'publish', name, '--expires', '30', '--date', `${date}`, ...home)
  well('channel', 'advise', name, 'pier', 'it sways', '--before', '2', ...home)
  const { created, expires } = shown()
  expect(created).toBeGreaterThanOrEqual(date)
  expect(expires - created).toBe(30 * 86_400)
})

test('a date that hosts would refuse, and with it every later serial, is not signed', () => {
  well('channel', 'create', 'far', ...home)
  well('add', 'far', 'harbour-1.10', '--name', 'pier', '--version', '2', ...home)
  const { stderr } = moss.run(['channel', 'publish', 'far', '--date', '4102444800', ...home])
  expect(stderr).toContain('2100-01-01 is more than 400 days ahead of the clock here')
  expect(codeOf('channel', 'publish', 'far', '--date', 'soon', ...home)).toBe('CLI_USAGE')
  expect(moss.json<{ serial?: number }>('channel', 'show', 'far', ...home).serial).toBeUndefined()
})
