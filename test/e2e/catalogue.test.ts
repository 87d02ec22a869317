// What the channel offers, asked at the host: the catalogue comes with each bundle, as a difference where the host has one,
// and where it was lost the next bundle brings all of it again.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeCatalogue } from '../../src/channel/encode-catalogue.ts'
import { type Program, programIn } from '../support/program.ts'
import { offer } from '../support/universe.ts'
import { scratchFolder } from '../support/scratch.ts'

let moss: Program
const atHost = ['--root', 'pump'] as const
const atStation = ['--home', 'station'] as const
let serial = 0

function folderOf(name: string, version: string, more = ''): string {
  const folder = `${name}-${version}`
  mkdirSync(join(moss.folder, folder, 'usr/bin'), { recursive: true })
  writeFileSync(join(moss.folder, folder, 'usr/bin', name), `${name} ${version}\n`)
  const text = `name = "${name}"\nversion = "${version}"\nscheme = "moss"\n${more}\n`
  writeFileSync(join(moss.folder, folder, 'moss-package.toml'), text)
  return folder
}

function publish(...folders: readonly string[]): void {
  moss.json('add', 'stable', ...folders, ...atStation)
  moss.json('channel', 'publish', 'stable', '--date', `${1_767_225_600 + serial++}`, ...atStation)
}

/** The state to the station and a bundle back; what was said beside the import. */
function carry(): string {
  const [state, bundle] = [`${serial}.moss-state`, `${serial}.moss`]
  moss.json('state', 'export', state, ...atHost)
  if (serial === 1) moss.json('fleet', 'enroll', state, '-y', ...atStation)
  moss.json('export', '--for', state, '-o', bundle, ...atStation)
  const { stderr } = moss.well('import', bundle, ...atHost)
  moss.well('apply', ...atHost)
  return stderr
}

const keptFolder = (): string => join(moss.folder, 'pump/.moss/snapshots')
const published = (): Buffer =>
  readFileSync(join(moss.folder, `station/channels/stable/snapshots/${serial}.moss-catalogue`))

/** The files that are kept with exactly what the station published. */
const keptAsPublished = (): readonly string[] =>
  readdirSync(keptFolder(), { withFileTypes: true })
    .filter((entry) => entry.isFile() && readFileSync(join(keptFolder(), entry.name)).equals(published()))
    .map(({ name }) => name)

beforeAll(() => {
  moss = programIn(scratchFolder())
  moss.json('key', 'generate', 'sample', '--no-passphrase', ...atStation)
  moss.json('channel', 'create', 'stable', ...atStation)
  publish(
    folderOf('tide', '1', 'summary = "tide tables"'),
    folderOf('moon', '1', 'summary = "phases of the Moon"\nprovides = ["feature(almanac) = 2"]'),
    folderOf('sun', '1', 'summary = "when it rises"\nprovides = ["feature(almanac) = 1"]'),
    folderOf('gauge', '1', 'summary = "reads a gauge"\nrequires = ["tide >= 1", "feature(almanac)"]'),
    folderOf('old-gauge', '1', 'summary = "reads it slowly"\nrequires = ["tide << 1"]'),
  )
  moss.json('init', '--trust', 'station/root.moss-root', '--channel', 'stable', '--name', 'pump', ...atHost)
  moss.json('subscribe', 'tide', ...atHost)
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

test('before the first bundle there is nothing to ask', () => {
  expect(moss.text('search', 'tide', ...atHost)).toMatchInlineSnapshot(`
    "$ moss search tide --root pump
    | moss: error: no bundle has brought the catalogue of channel stable [CATALOGUE_MISSING]
    | moss: hint: take a bundle of this channel in with moss import FILE; moss list shows what is installed
    [exit 13]"
  `)
  expect(moss.code('why-not', 'gauge', ...atHost)).toBe('CATALOGUE_MISSING')
})

test('after it, everything that the channel offers is known, though one package came', () => {
  expect(carry()).not.toMatch(/catalogue/)
  expect(keptAsPublished()).toHaveLength(1)
  expect(moss.text('search', 'gauge', ...atHost)).toMatchInlineSnapshot(`
    "$ moss search gauge --root pump
      gauge      1  reads a gauge
      old-gauge  1  reads it slowly
    [exit 0]"
  `)
  expect(moss.text('search', 'MOON', ...atHost)).toMatchInlineSnapshot(`
    "$ moss search MOON --root pump
      moon  1  phases of the Moon
    [exit 0]"
  `)
  expect(moss.text('search', 'almanac', 'rises', ...atHost)).toMatchInlineSnapshot(`
    "$ moss search almanac rises --root pump
      sun  1  when it rises
    [exit 0]"
  `)
  expect(moss.code('search', 'tide', '', ...atHost)).toBe('CLI_USAGE')
  expect(moss.text('search', 'nosuch', ...atHost)).toMatchInlineSnapshot(`
    "$ moss search nosuch --root pump
    nothing in channel stable, serial 1 has that
    [exit 13]"
  `)
  expect(moss.text('search', 'tide', ...atHost)).toMatchInlineSnapshot(`
    "$ moss search tide --root pump
    installed  tide  1  tide tables
    [exit 0]"
  `)
  expect(moss.shape('search', 'tide', ...atHost)).toMatchInlineSnapshot(
    `"exit 0 {channel: string, serial: number, packages: [{name: string, version: string, summary: string, sizeBytes: number, installed: string, isAsked: boolean}]}"`,
  )
  expect(moss.text('info', 'gauge', ...atHost)).toMatchInlineSnapshot(`
    "$ moss info gauge --root pump
    name     gauge 1 (any)
    summary  reads a gauge
    id       <id>
    from     channel stable, serial 1; not installed
    size  <size>
    provides nothing more
    requires name(tide) >= 1
             feature(almanac)
    [exit 0]"
  `)
  expect(moss.shape('info', 'gauge', ...atHost)).toMatchInlineSnapshot(
    `"exit 0 {name: string, version: string, architecture: string, summary: string, id: string, channel: string, serial: number, sizeBytes: number, provides: [], requires: string[], recommends: [], conflicts: [], installed: boolean}"`,
  )
  expect(moss.code('info', 'nosuch', ...atHost)).toBe('NOT_FOUND')
  expect(moss.text('files', 'gauge', ...atHost)).toMatchInlineSnapshot(`
    "$ moss files gauge --root pump
    /usr/bin/gauge
    [exit 0]"
  `)
  expect(moss.text('owns', '/bin/gauge', ...atHost)).toMatchInlineSnapshot(`
    "$ moss owns /bin/gauge --root pump
    gauge 1: /usr/bin/gauge; not installed
    [exit 0]"
  `)
  expect(moss.text('owns', '/usr/bin/tide', ...atHost)).toMatchInlineSnapshot(`
    "$ moss owns /usr/bin/tide --root pump
    tide 1: /usr/bin/tide
    [exit 0]"
  `)
  expect(moss.text('owns', '/usr/bin/nosuch', ...atHost)).toMatchInlineSnapshot(`
    "$ moss owns /usr/bin/nosuch --root pump
    | moss: error: no package that owns /usr/bin/nosuch [NOT_FOUND]
    [exit 13]"
  `)
})

test('why-not says what would come, what was passed over, or what is in the way', () => {
  expect(moss.text('why-not', 'gauge', ...atHost)).toMatchInlineSnapshot(`
    "$ moss why-not gauge --root pump
    answer   gauge is not installed: nothing in the model asks for it; channel
             stable, serial 1, has it
      +  gauge  1
      +  moon   1
    next     moss subscribe gauge, then moss state export for the station
    [exit 0]"
  `)
  expect(moss.text('why-not', 'feature(almanac) >= 1', ...atHost)).toMatchInlineSnapshot(`
    "$ moss why-not 'feature(almanac) >= 1' --root pump
    answer   feature(almanac) >= 1 is not installed: nothing in the model asks for
             it; channel stable, serial 1, has it
      +  moon  1
    instead  of sun
    next     moss subscribe 'feature(almanac) >= 1', then moss state export for the
             station
    [exit 0]"
  `)
  expect(moss.text('why-not', 'old-gauge', ...atHost)).toMatchInlineSnapshot(`
    "$ moss why-not old-gauge --root pump
    answer   old-gauge cannot be installed from channel stable, serial 1: the model
             cannot be satisfied: it asks for old-gauge; old-gauge 1 requires tide
             << 1, of which there is only tide 1; adding tide << 1 to channel stable
             would help
    [exit 13]"
  `)
  expect(moss.text('why-not', 'guage', ...atHost)).toMatchInlineSnapshot(`
    "$ moss why-not guage --root pump
    answer   guage cannot be installed from channel stable, serial 1: the model
             cannot be satisfied: it asks for guage, which nothing provides (perhaps
             gauge was meant); adding guage to channel stable would help
    [exit 13]"
  `)
  expect(moss.text('why-not', 'tide', ...atHost)).toMatchInlineSnapshot(`
    "$ moss why-not tide --root pump
    answer   tide is installed: tide 1; moss why tells why
    [exit 0]"
  `)
  expect(moss.shape('why-not', 'gauge', ...atHost)).toMatchInlineSnapshot(
    `"exit 0 {verdict: string, changes: [{name: string, to: string}], passedOver: [], subscribe: string}"`,
  )
})

test('the next bundle brings the difference, and the catalogue is that of the station, to the byte', () => {
  publish(
    folderOf('gauge', '2', 'summary = "reads a gauge"\nrequires = ["tide >= 1"]'),
    folderOf('tide', '2'),
  )
  expect(carry()).not.toMatch(/catalogue/)
  expect(keptAsPublished()).toHaveLength(1)
  expect(moss.json<{ packages: { version: string }[] }>('search', 'gauge', ...atHost).packages).toMatchObject(
    [
      { name: 'gauge', version: '2' },
      { name: 'old-gauge', version: '1' },
    ],
  )
})

test('where it is lost the import says so and nothing else suffers; the bundle after that brings all of it', () => {
  for (const name of readdirSync(keptFolder()))
    if (name.endsWith('.moss-catalogue')) rmSync(join(keptFolder(), name))
  publish(folderOf('tide', '3'))
  expect(carry()).toMatch(/the catalogue of channel stable, serial 3, cannot be made from what is here/)
  expect(moss.code('search', 'tide', ...atHost)).toBe('CATALOGUE_MISSING')
  expect(moss.json<{ packages: object[] }>('list', ...atHost).packages).toMatchObject([{ version: '3' }])
  publish(folderOf('tide', '4'))
  expect(carry()).not.toMatch(/catalogue/)
  expect(keptAsPublished()).toHaveLength(1)
  moss.well('gc', ...atHost)
  expect(keptAsPublished()).toHaveLength(1)
})

test('one that rotted is as good as lost, and one that is plainly gone is sent whole at once', () => {
  const kept = (): string => join(keptFolder(), keptAsPublished()[0] ?? '')
  // In a summary: nothing but its digest shows it.
  writeFileSync(kept(), Buffer.from(readFileSync(kept(), 'latin1').replace('slowly', 'slowlz'), 'latin1'))
  const verified = moss.run(['verify', ...atHost])
  expect(verified.stdout).toMatch(
    /! the catalogue of channel stable, serial \d, is not as the channel signed it/,
  )
  expect(verified.exit).toBe(3)
  expect(moss.well('verify', '--quick', ...atHost).stdout).not.toMatch(/catalogue/)
  publish(folderOf('tide', '5'))
  expect(carry()).toMatch(/catalogue of channel stable, serial 5, cannot be made/)
  publish(folderOf('tide', '6'))
  expect(carry()).not.toMatch(/catalogue/)
  expect(keptAsPublished()).toHaveLength(1)
  const path = kept()
  rmSync(path)
  mkdirSync(path)
  publish(folderOf('tide', '7'))
  expect(carry()).not.toMatch(/catalogue/)
  expect(keptAsPublished()).toHaveLength(1)
})

test('why names what else the channel has for it', () => {
  moss.json('subscribe', 'feature(almanac)', ...atHost)
  publish(folderOf('tide', '7.1'))
  carry()
  expect(moss.text('why', 'moon', ...atHost)).toMatchInlineSnapshot(`
    "$ moss why moon --root pump
    moon 1 is here because the model asks for feature(almanac), for which sun would serve too
    [exit 0]"
  `)
  moss.json('unsubscribe', 'feature(almanac)', ...atHost)
})

test('a bundle that was made before the model had its limits is told against them', () => {
  moss.json('subscribe', 'gauge', ...atHost)
  publish(folderOf('tide', '8'))
  const [state, bundle] = ['limits.moss-state', 'limits.moss']
  moss.json('state', 'export', state, ...atHost)
  moss.json('export', '--for', state, '-o', bundle, ...atStation)
  moss.json('hold', 'tide', ...atHost)
  moss.json('pin', 'tide << 8', ...atHost)
  moss.json('exclude', 'gauge', ...atHost)
  moss.json('import', bundle, ...atHost)
  const { warnings } = moss.json<{ warnings: string[] }>('apply', '--dry-run', ...atHost)
  const after =
    ': the model came to say so after the state was exported; export the state again, or apply all the same'
  expect(warnings).toEqual(
    expect.arrayContaining([
      `gauge is excluded${after}`,
      `tide is held at 7.1, and this is 8${after}`,
      `tide is pinned to << 8, and this is 8${after}`,
    ]),
  )
})

test('what a catalogue says can do nothing to a terminal', () => {
  const evil = '\u001b[2J\u202eevil'
  const kept = join(keptFolder(), keptAsPublished()[0] ?? '')
  const { id, manifest } = offer('good 1')
  const said = {
    ...manifest,
    name: evil,
    version: evil,
    architecture: evil,
    summary: evil,
    provides: [{ kind: 'feature', name: evil, version: evil }],
    requires: [[{ kind: evil, name: evil }]],
  }
  writeFileSync(kept, encodeCatalogue([{ id, manifest: said, sizeBytes: 1 }]))
  for (const words of [
    ['search', 'evil'],
    ['info', evil],
    ['why-not', 'evil'],
  ])
    for (const control of ['\u001b', '\u202e'])
      expect(moss.run([...words, ...atHost]).stdout).not.toContain(control)
  expect(moss.text('search', 'evil', ...atHost)).toMatchInlineSnapshot(`
    "$ moss search evil --root pump
      \\u{1b}[2J\\u{202e}evil  \\u{1b}[2J\\u{202e}evil  \\u{1b}[2J\\u{202e}evil
    [exit 0]"
  `)
})
