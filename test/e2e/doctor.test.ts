// doctor on a root and a station of the sample: each finding is brought about, told with what to do, and gone when that is done.
import { chmodSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Program, programIn } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'

let moss: Program
const atHost = ['--root', 'pump'] as const
const atStation = ['--home', 'station'] as const
const both = [...atHost, ...atStation] as const

interface Told {
  readonly checked: readonly string[]
  readonly findings: readonly { readonly about: string; readonly problem: string; readonly remedy: string }[]
}
const doctor = (): Told => JSON.parse(moss.run(['doctor', '--json', ...both]).stdout) as Told
const about = (): readonly string[] => doctor().findings.map((finding) => finding.about)

function publish(date: string, version: string): void {
  mkdirSync(join(moss.folder, 'tide/usr/bin'), { recursive: true })
  writeFileSync(join(moss.folder, 'tide/usr/bin/tide'), version)
  writeFileSync(
    join(moss.folder, 'tide/moss-package.toml'),
    `name = "tide"\nversion = "${version}"\nscheme = "moss"\n`,
  )
  moss.json('add', 'stable', 'tide', ...atStation)
  moss.json('channel', 'publish', 'stable', '--date', date, ...atStation)
}

function carry(number: number): void {
  const [state, bundle] = [`${number}.moss-state`, `${number}.moss`]
  moss.json('state', 'export', state, ...atHost)
  if (number === 1) moss.json('fleet', 'enroll', state, '-y', ...atStation)
  moss.json('export', '--for', state, '-o', bundle, ...atStation)
  moss.well('import', bundle, ...atHost)
}

const today = `${Math.floor(Date.now() / 1000)}`

beforeAll(() => {
  moss = programIn(scratchFolder())
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

test('where there is nothing to look at it says so', () => {
  expect(moss.text('doctor', ...both)).toMatchInlineSnapshot(`
    "$ moss doctor --root pump --home station
    nothing is set up here yet
    host     FOLDER/pump is not managed, and has no system yet
             $ moss init --trust ROOTFILE --root pump
               makes a root; ROOTFILE is root.moss-root of the station
    station  FOLDER/station is no station: a connected machine that makes bundles would be one
             $ moss key generate NAME --home station
               makes its keys, and the trust root for its hosts
             $ moss channel create CHANNEL --home station
               makes a channel for packages
    [exit 0]"
  `)
})

test('a station without a trust root, with open keys, with what is not published', () => {
  mkdirSync(join(moss.folder, 'station'))
  expect(about()).toEqual(['keys'])
  moss.json('key', 'generate', 'sample', '--no-passphrase', ...atStation)
  expect(about()).toEqual([])
  chmodSync(join(moss.folder, 'station/keys/sample.key'), 0o644)
  expect(moss.text('doctor', ...both)).toMatchInlineSnapshot(`
    "$ moss doctor --root pump --home station
    station FOLDER/station: keys, channels, fleet, mirror
    keys     others may read FOLDER/station/keys/sample.key
             do: chmod 600 FOLDER/station/keys/sample.key
    1 finding
    [exit 3]"
  `)
  chmodSync(join(moss.folder, 'station/keys/sample.key'), 0o600)
  moss.json('channel', 'create', 'stable', ...atStation)
  publish('1767225600', '1')
  expect(about()).toEqual([])
  cpSync(join(moss.folder, 'tide'), join(moss.folder, 'moon'), { recursive: true })
  moss.json('add', 'stable', 'moon', '--name', 'moon', ...atStation)
  expect(doctor().findings).toMatchObject([{ about: 'channels', remedy: 'moss channel publish stable' }])
  moss.json('channel', 'publish', 'stable', '--date', '1767225601', ...atStation)
})

test('what a mirror left of packages', () => {
  const folder = join(moss.folder, 'station/mirror/packages')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${'a'.repeat(64)}.deb`), 'begun')
  expect(about()).toEqual(['mirror'])
  rmSync(folder, { recursive: true })
})

test('a wish that is not served, a bundle that waits, an old channel; then all is well', () => {
  moss.json('init', '--trust', 'station/root.moss-root', '--channel', 'stable', '--name', 'pump', ...atHost)
  expect(about()).toEqual([])
  moss.json('subscribe', 'tide', ...atHost)
  expect(about()).toEqual(['model'])
  carry(1)
  expect(about()).toEqual(['bundle', 'model'])
  moss.well('apply', ...atHost)
  expect(moss.text('doctor', ...both).replaceAll(/\d+ days/g, 'N days')).toMatchInlineSnapshot(`
    "$ moss doctor --root pump --home station
    root FOLDER/pump: owner, transaction, health, bundle, clock, space, model, age
    station FOLDER/station: keys, channels, fleet, mirror
    age      what is here of channel stable was signed <age>
             do: take the state to the station (moss state export), and apply the
             bundle that comes back
    1 finding
    [exit 3]"
  `)
  publish(today, '2')
  carry(2)
  moss.well('apply', ...atHost)
  expect(moss.text('doctor', ...both)).toMatchInlineSnapshot(`
    "$ moss doctor --root pump --home station
    root FOLDER/pump: owner, transaction, health, bundle, clock, space, model, age
    station FOLDER/station: keys, channels, fleet, mirror
    no findings
    [exit 0]"
  `)
})

test('a clock that lags behind what was signed', () => {
  publish(`${Number(today) + 40 * 86_400}`, '3')
  carry(3)
  moss.well('apply', ...atHost)
  expect(about()).toContain('clock')
})

test('a model that cannot be read is told with its hint, and the rest is looked at all the same', () => {
  writeFileSync(join(moss.folder, 'pump/etc/moss/model.toml'), 'channel = 3\n')
  const { findings } = doctor()
  expect(findings.map((finding) => finding.about)).toEqual(expect.arrayContaining(['clock', 'model']))
  expect(findings.find((finding) => finding.about === 'model')?.remedy).toMatch(/^correct .*model.toml/)
})
