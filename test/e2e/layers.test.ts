// A channel laid over others, through the whole loop: what is taken over, what counts, and that the host sees one channel.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Program, programIn } from '../support/program.ts'
import { initPump, sendState } from '../support/pump.ts'
import { scratchFolder } from '../support/scratch.ts'

let moss: Program
let [trips, folders] = [0, 0]
const atHost = ['--root', 'pump'] as const
const atStation = ['--home', 'station'] as const

/** `tool 2` in each, with what else its description says. */
function add(channel: string, ...titles: readonly string[]): void {
  const made = titles.map((title) => {
    const [name = '', version = ''] = title.split(' ')
    const folder = `packages-${++folders}/${name}`
    mkdirSync(join(moss.folder, folder, 'usr/share'), { recursive: true })
    writeFileSync(join(moss.folder, folder, 'usr/share', name), `${channel} ${title}`)
    writeFileSync(
      join(moss.folder, folder, 'moss-package.toml'),
      `name = "${name}"\nversion = "${version}"\nscheme = "moss"\nsummary = "of ${channel}"\n`,
    )
    return folder
  })
  moss.json('add', channel, ...made, ...atStation)
}

const publish = (channel: string) =>
  moss.json<{ serial: number; packages: number; isNew: boolean }>(
    'channel',
    'publish',
    channel,
    '--date',
    '1767225600',
    ...atStation,
  )

function carry(): void {
  const [state, bundle] = [`${++trips}.moss-state`, `${trips}.moss`]
  sendState(moss, state)
  moss.json('export', '--for', state, '-o', bundle, ...atStation)
  moss.json('import', bundle, ...atHost)
  moss.json('apply', '-y', ...atHost)
}

const installed = (): readonly string[] =>
  moss
    .json<{ packages: { name: string; version: string }[] }>('list', ...atHost)
    .packages.map(({ name, version }) => `${name} ${version}`)

const offered = (channel: string): readonly string[] =>
  moss
    .json<{ packages: { name: string; version: string; of?: string; isPublished: boolean }[] }>(
      'channel',
      'show',
      channel,
      ...atStation,
    )
    .packages.map(
      ({ name, version, of, isPublished }) =>
        `${name} ${version}${of === undefined ? '' : ` of ${of}`}${isPublished ? '' : ', new'}`,
    )

beforeEach(() => {
  ;[trips, folders] = [0, 0]
  moss = programIn(scratchFolder())
  moss.json('key', 'generate', 'sample', '--no-passphrase', ...atStation)
  for (const name of ['base', 'extra']) moss.json('channel', 'create', name, ...atStation)
  moss.json('channel', 'create', 'site', '--over', 'extra', '--over', 'base', ...atStation)
  add('base', 'tool 5', 'lib 1', 'game 1')
  add('extra', 'lib 3', 'paint 1')
  add('site', 'tool 2')
  initPump(moss, '--channel', 'site')
  moss.json('subscribe', 'tool', 'lib', ...atHost)
})
afterEach(() => rmSync(moss.folder, { recursive: true }))

test('a name is of the first that has it, the channel itself before all; a host has it all from one bundle', () => {
  expect(publish('site').packages).toBe(1)
  publish('base')
  publish('extra')
  expect(offered('site')).toEqual([
    'game 1 of base, new',
    'lib 3 of extra, new',
    'paint 1 of extra, new',
    'tool 2',
  ])
  expect(publish('site')).toMatchObject({ serial: 2, packages: 4 })
  expect(publish('site')).toMatchObject({ serial: 2, isNew: false })
  carry()
  expect(installed()).toEqual(['lib 3', 'tool 2'])
  expect(readFileSync(join(moss.folder, 'pump/usr/share/lib'), 'utf8')).toBe('extra lib 3')
  // Its catalogue has what the channels below have.
  expect(moss.text('search', 'of base', ...atHost)).toContain('game')
  moss.well('verify', ...atHost)
})

test('what a channel below publishes waits for the next publishing of the one above, and doctor says so', () => {
  publish('base')
  publish('extra')
  publish('site')
  carry()
  add('extra', 'lib 4')
  publish('extra')
  moss.json('channel', 'advise', 'extra', 'lib', 'it leaks', '--before', '4', ...atStation)
  carry()
  expect(installed()).toContain('lib 3')
  expect(moss.run(['doctor', ...atStation]).stdout).toMatch(
    /1 package of channel site is added and not published\n.*moss channel publish site/,
  )
  expect(publish('site')).toMatchObject({ serial: 2, isNew: true })
  const shown = moss.text('channel', 'show', 'site', ...atStation)
  expect(shown).toContain('says     lib before 4: it leaks')
  expect(shown).toContain('over     extra, now at serial 3')
  carry()
  expect(installed()).toEqual(['lib 4', 'tool 2'])
  // Its word goes as it is taken back; what the upper one says itself stays.
  moss.json('channel', 'advise', 'site', 'tool', 'it is blunt', '--before', '3', ...atStation)
  moss.json('channel', 'advise', 'extra', 'lib', '--withdraw', ...atStation)
  publish('site')
  const after = moss.text('channel', 'show', 'site', ...atStation)
  expect(after).toContain('it is blunt')
  expect(after).not.toContain('it leaks')
})

test('a name that the upper channel gets later covers the one below; one below that goes, goes', () => {
  publish('base')
  publish('extra')
  publish('site')
  add('site', 'paint 0')
  expect(publish('site').packages).toBe(4)
  expect(offered('site')).toContain('paint 0')
  expect(offered('site').filter((title) => title.startsWith('paint'))).toEqual(['paint 0'])
  // No longer over extra: what extra had is base's, or stays nowhere.
  const path = join(moss.folder, 'station/channels/site/channel.toml')
  writeFileSync(path, 'over = [ "base" ]\n')
  expect(offered('site')).toContain('lib 1 of base, new')
  expect(publish('site').packages).toBe(4)
  expect(offered('site')).toEqual(['game 1 of base', 'lib 1 of base', 'paint 0', 'tool 2'])
})

test('a name that expires above and is offered below is told with what comes instead', () => {
  add('base', 'tool 4')
  publish('base')
  publish('extra')
  publish('site')
  carry()
  const tools = [{ name: 'tool', version: '5', of: 'base' }, { version: '4' }]
  const expire = ['channel', 'expire', 'site', 'tool', ...atStation]
  expect(moss.json(...expire, '-n')).toMatchObject({ uncovered: tools })
  const said =
    /! tool of channel base is covered no more: the next moss channel publish site offers 5, 4 of it instead/
  const shown = moss.run([...expire, '-n']).stdout
  expect(shown).toMatch(said)
  expect(shown).toContain('pump has it or asks for it, and gets nothing before moss channel publish site')
  // A version of its own that was added since, and is not published, covers it still.
  add('site', 'tool 1')
  expect(moss.json(...expire, '-n')).toMatchObject({ uncovered: [] })
  rmSync(join(moss.folder, 'station/channels/site/packages', addedAs('tool_1_')))
  expect(moss.run([...expire, '-y']).stdout.replaceAll(/\s+/g, ' ')).toMatch(said)
  publish('site')
  expect(offered('site')).toContain('tool 5 of base')
})

const addedAs = (start: string): string =>
  readdirSync(join(moss.folder, 'station/channels/site/packages')).find((name) => name.startsWith(start)) ??
  ''

test('what was taken out of the upper channel’s folder and comes back is offered again', () => {
  publish('base')
  publish('extra')
  publish('site')
  const packages = join(moss.folder, 'station/channels/site/packages')
  const [file = ''] = readdirSync(packages)
  const bytes = readFileSync(join(packages, file))
  rmSync(join(packages, file))
  expect(publish('site')).toMatchObject({ serial: 2, packages: 4 })
  expect(offered('site')).toContain('tool 5 of base')
  writeFileSync(join(packages, file), bytes)
  expect(publish('site')).toMatchObject({ serial: 3, isNew: true })
  expect(offered('site')).toContain('tool 2')
  // A file that a channel below has, too, is the upper one's, once.
  const lower = join(moss.folder, 'station/channels/extra/packages')
  const [paint = ''] = readdirSync(lower).filter((name) => name.startsWith('paint'))
  writeFileSync(join(packages, paint), readFileSync(join(lower, paint)))
  expect(offered('site').filter((title) => title.startsWith('paint'))).toEqual(['paint 1'])
  expect(publish('site')).toMatchObject({ serial: 3, isNew: false })
})

test('what is said of a package is said where it is offered', () => {
  publish('base')
  publish('extra')
  publish('site')
  const said = moss.run(['channel', 'advise', 'site', 'lib', 'it leaks', '--before', '4', ...atStation])
  expect(said.stderr).toMatch(/lib is of channel extra: say it there, and publish site again/)
  moss.json('channel', 'advise', 'extra', 'lib', 'it leaks', '--before', '4', ...atStation)
  publish('site')
  expect(moss.text('channel', 'show', 'site', ...atStation)).toContain('it leaks')
  // The upper one speaks of what its own folder has, though one below has it, too.
  const folder = (channel: string): string => join(moss.folder, `station/channels/${channel}/packages`)
  const [paint = ''] = readdirSync(folder('extra')).filter((name) => name.startsWith('paint'))
  writeFileSync(join(folder('site'), paint), readFileSync(join(folder('extra'), paint)))
  moss.json('channel', 'advise', 'site', 'paint', 'it is red', '--before', '2', ...atStation)
  // Of a channel that is below no more nothing is left.
  writeFileSync(join(moss.folder, 'station/channels/site/channel.toml'), 'over = [ "base" ]\n')
  publish('site')
  expect(moss.text('channel', 'show', 'site', ...atStation)).not.toContain('it leaks')
})

test('one that is wrong below does not hide the others, and is named with what names it', () => {
  publish('base')
  rmSync(join(moss.folder, 'station/channels/extra'), { recursive: true })
  expect(moss.json<{ channels: object[] }>('channel', 'list', ...atStation).channels).toHaveLength(2)
  expect(moss.run(['channel', 'show', 'site', ...atStation]).stderr).toMatch(
    /site\/channel.toml does not say what its channel is laid over: there is no channel extra \[CHANNEL_INVALID\]/,
  )
})

test('a channel is not laid over itself, nor over one that is not there', () => {
  const refused = (...words: readonly string[]) => moss.code('channel', ...words, ...atStation)
  expect(refused('create', 'other', '--over', 'nosuch')).toBe('NOT_FOUND')
  expect(refused('show', 'other')).toBe('NOT_FOUND')
  const path = join(moss.folder, 'station/channels/base/channel.toml')
  const say = (text: string): string | undefined => {
    writeFileSync(path, text)
    return refused('publish', 'site')
  }
  expect(say('over = [ "site" ]\n')).toBe('CHANNEL_INVALID')
  expect(say('over = [ "base" ]\n')).toBe('CHANNEL_INVALID')
  expect(say('over = "extra"\n')).toBe('CHANNEL_INVALID')
  expect(say('over = [ "../extra" ]\n')).toBe('CHANNEL_INVALID')
  expect(say('under = []\n')).toBe('CHANNEL_INVALID')
  expect(say('over = [\n')).toBe('CHANNEL_INVALID')
  expect(moss.json('channel', 'create', 'top', '--over', 'extra', ...atStation)).toMatchObject({
    over: ['extra'],
  })
})
