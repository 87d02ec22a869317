// Bundles that wait at a host: which of them counts, and what is told of them before one is applied.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Program, programIn } from '../support/program.ts'
import { initPump, sendState } from '../support/pump.ts'
import { scratchFolder } from '../support/scratch.ts'

let moss: Program
let serial = 0
const atHost = ['--root', 'pump'] as const
const atStation = ['--home', 'station'] as const

const publish = (...titles: readonly string[]): void => publishIn('stable', ...titles)

function publishIn(channel: string, ...titles: readonly string[]): void {
  for (const title of titles) {
    const [name = '', version = ''] = title.split(' ')
    mkdirSync(join(moss.folder, title, 'usr/share'), { recursive: true })
    writeFileSync(join(moss.folder, title, 'usr/share', name), title)
    moss.json('add', channel, title, '--name', name, '--version', version, ...atStation)
  }
  moss.json('channel', 'publish', channel, '--date', `${1_767_225_600 + serial++}`, ...atStation)
}

/** A bundle for the model as it is now; its id. */
function bundle(file: string): string {
  sendState(moss, `${file}-state`)
  return moss.json<{ bundle: string }>('export', '--for', `${file}-state`, '-o', file, ...atStation).bundle
}

beforeEach(() => {
  serial = 0
  moss = programIn(scratchFolder())
  moss.json('key', 'generate', 'sample', '--no-passphrase', ...atStation)
  moss.json('channel', 'create', 'stable', ...atStation)
  publish('tool 1', 'axe 1', 'saw 1')
  initPump(moss)
  moss.json('subscribe', 'tool', ...atHost)
})
afterEach(() => rmSync(moss.folder, { recursive: true }))

test('of two that wait with one serial the one that was imported last counts, also where it was there before', () => {
  const ids = [bundle('one.moss')]
  moss.json('subscribe', 'axe', ...atHost)
  ids.push(bundle('two.moss'))
  moss.json('subscribe', 'saw', ...atHost)
  ids.push(bundle('three.moss'))
  const files = ['one.moss', 'two.moss', 'three.moss']
  for (const at of [0, 1, 2, 0, 2, 1, 1, 0, 2]) {
    moss.json('import', files[at] ?? '', ...atHost)
    expect(moss.json<{ bundle: string }>('plan', ...atHost).bundle).toBe(ids[at])
    expect(moss.json<{ waiting: { bundle: string } }>('status', ...atHost).waiting.bundle).toBe(ids[at])
  }
  // Of several in one call it is the last, too.
  moss.json('import', 'three.moss', 'two.moss', ...atHost)
  moss.json('apply', ...atHost)
  expect(moss.json<{ packages: object[] }>('list', ...atHost).packages).toMatchObject([
    { name: 'axe' },
    { name: 'tool' },
  ])
  expect(moss.json('status', ...atHost)).not.toHaveProperty('waiting')
})

test('search tells apart what is installed, what waits and what is only offered', () => {
  bundle('one.moss')
  moss.json('import', 'one.moss', ...atHost)
  expect(moss.text('search', 'o', 'l', ...atHost)).toContain('\nwaits  tool  1')
  expect(moss.json('search', 'tool', ...atHost)).toMatchObject({ packages: [{ version: '1', waiting: '1' }] })
  const whyNot = (name: string): string => moss.text('why-not', name, ...atHost).replaceAll(/\s+/g, ' ')
  expect(whyNot('tool')).toContain('the model asks for it, and it waits in a bundle, for moss apply')
  moss.json('apply', ...atHost)
  publish('tool 2', 'axe 2')
  moss.json('subscribe', 'axe', ...atHost)
  expect(whyNot('axe')).toContain('the model asks for it, and no bundle has brought it yet')
  bundle('two.moss')
  moss.json('import', 'two.moss', ...atHost)
  expect(moss.run(['search', '', ...atHost]).exit).toBe(2)
  const { stdout } = moss.run(['search', 'a', ...atHost])
  expect(stdout).toMatch(/^waits +axe +2\b/m)
  expect(stdout).toMatch(/^ +saw +1\b/m)
  expect(moss.run(['search', 'tool', ...atHost]).stdout).toMatch(/^installed 1, waits +tool +2\b/m)
  expect(moss.json('search', 'tool', ...atHost)).toMatchObject({
    packages: [{ version: '2', installed: '1', waiting: '2' }],
  })
  // What came after that is neither here nor waits.
  moss.json('hold', 'tool', ...atHost)
  moss.json('apply', ...atHost)
  publish('tool 3')
  bundle('three.moss')
  moss.json('import', 'three.moss', ...atHost)
  expect(moss.run(['search', 'tool', ...atHost]).stdout).toMatch(/^installed 2 +tool +3\b/m)
  expect(moss.run(['search', 'axe', ...atHost]).stdout).toMatch(/^installed +axe +2\b/m)
})

const modelFile = (): string => join(moss.folder, 'pump/etc/moss/model.toml')

function follow(channel: string): void {
  const model = readFileSync(modelFile(), 'utf8')
  writeFileSync(modelFile(), model.replace(/^channel = .*$/m, `channel = "${channel}"`))
}

/** The bundle that plan would take; status says the same. */
function waits(): string | undefined {
  const { bundle } = moss.json<{ bundle?: string }>('plan', ...atHost)
  const { waiting } = moss.json<{ waiting?: { bundle: string } }>('status', ...atHost)
  expect(waiting?.bundle).toBe(bundle)
  return bundle
}

/** By search and why-not. */
function toolWaits(): string | undefined {
  const [found] = moss.json<{ packages: readonly { waiting?: string }[] }>(
    'search',
    'tool',
    ...atHost,
  ).packages
  const isTold = moss
    .text('why-not', 'tool', ...atHost)
    .replaceAll(/\s+/g, ' ')
    .includes('it waits in a bundle')
  expect(isTold).toBe(found?.waiting !== undefined)
  return found?.waiting
}

test('what waits is of the channel that the model follows, whatever serials others have', () => {
  moss.json('channel', 'create', 'other', ...atStation)
  for (const title of ['axe 9', 'tool 9']) publishIn('other', title)
  const stable = bundle('stable.moss')
  moss.json('import', 'stable.moss', ...atHost)
  follow('other')
  expect(waits()).toBe(undefined)
  const other = bundle('other.moss')
  moss.json('import', 'other.moss', ...atHost)
  expect([waits(), toolWaits()]).toEqual([other, '9'])
  follow('stable')
  expect([waits(), toolWaits()]).toEqual([stable, '1'])
  moss.json('unsubscribe', 'tool', ...atHost)
  moss.json('subscribe', 'axe', ...atHost)
  bundle('axe.moss')
  moss.json('import', '--apply', 'axe.moss', ...atHost)
  moss.json('unsubscribe', 'axe', ...atHost)
  moss.json('subscribe', 'tool', ...atHost)
  follow('other')
  moss.json('import', 'other.moss', ...atHost)
  expect([waits(), toolWaits()]).toEqual([other, '9'])
  // It has serial 2, and the state serial 1 of this one.
  follow('stable')
  expect([waits(), toolWaits()]).toEqual([undefined, undefined])
})

test('what waits is still allowed: not in a new epoch, but after the host went back to an older state', () => {
  moss.json('channel', 'create', 'other', ...atStation)
  publishIn('other', 'tool 9')
  const file = join(moss.folder, 'pump/.moss/incoming')
  for (const version of [2, 3]) {
    publish(`tool ${version}`)
    bundle(`${version}.moss`)
    moss.json('import', '--apply', `${version}.moss`, ...atHost)
  }
  moss.json('rollback', '1', ...atHost)
  expect(waits()).toBe(undefined)
  moss.json('import', '3.moss', ...atHost)
  expect(waits()).toBeDefined()
  publish('tool 4')
  const four = bundle('4.moss')
  moss.json('import', '4.moss', ...atHost)
  expect(waits()).toBe(four)
  // As an older moss has marked it.
  const mark = join(file, four, 'imported')
  writeFileSync(mark, '4\n')
  expect(waits()).toBe(four)
  // A mark that rotted keeps nobody from anything.
  writeFileSync(mark, 'rot')
  expect(moss.json<{ bundle?: string }>('plan', ...atHost).bundle).toBe(four)
  expect(moss.run(['status', ...atHost]).exit).toBe(0)
  moss.json('import', '4.moss', ...atHost)
  expect(waits()).toBe(four)

  moss.json('key', 'generate', 'fresh', '--no-passphrase', ...atStation)
  const roles = ['--add', 'channel=fresh', '--remove', 'channel=sample', '--new-epoch']
  moss.json('root', 'new', ...roles, 'next', ...atStation)
  for (const how of ['sign', 'accept']) moss.json('root', how, 'next', ...atStation)
  moss.json('channel', 'publish', 'other', ...atStation)
  follow('other')
  const other = bundle('other.moss')
  moss.json('import', 'other.moss', ...atHost)
  expect(waits()).toBe(other)
  follow('stable')
  expect(waits()).toBe(undefined)
})
