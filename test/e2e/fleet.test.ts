// A station answers the hosts whose key somebody compared, and notices when one of them is not what it was.
import { cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Program, programIn, type Ran } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'

let moss: Program
const home = ['--home', 'station'] as const
const well = (...args: readonly string[]): Ran => moss.well(...args)
const codeOf = (...args: readonly string[]): string | undefined => moss.code(...args)
const planFor = (...states: readonly string[]): string =>
  well('plan', ...states.flatMap((state) => ['--for', state]), ...home).stdout

function makeHost(root: string, name: string): void {
  well('init', '--trust', 'station/root.moss-root', '--name', name, '--root', root)
  well('subscribe', 'harbour', '--root', root)
}

/** The name of the state file, and the words that the host tells with it. */
function stateOf(root: string, file = `${root}.moss-state`): { file: string; words: string } {
  const { key } = moss.json<{ key: { words: string } }>('state', 'export', file, '--root', root)
  return { file, words: key.words }
}

const enrolled = (): readonly string[] =>
  moss.json<{ hosts: readonly { name: string }[] }>('fleet', 'list', ...home).hosts.map(({ name }) => name)

beforeAll(() => {
  moss = programIn(scratchFolder())
  mkdirSync(join(moss.folder, 'harbour/usr/share'), { recursive: true })
  writeFileSync(join(moss.folder, 'harbour/usr/share/harbour'), 'a harbour')
  well('key', 'generate', '--no-passphrase', ...home)
  well('channel', 'create', 'stable', ...home)
  well('add', 'stable', 'harbour', '--name', 'harbour', '--version', '1', ...home)
  well('channel', 'publish', 'stable', ...home)
  makeHost('one', 'pump-01')
  makeHost('two', 'pump-02')
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

test('a host that nobody enrolled gets no plan, no bundle and no grant; all such are named', () => {
  const [one, two] = [stateOf('one'), stateOf('two')]
  expect(moss.text('fleet', 'list', ...home)).toContain('no hosts yet: moss fleet enroll STATEFILE')
  for (const verb of [
    ['plan', '--for', one.file],
    ['export', '--for', one.file, '-o', 'no.moss'],
    ['channel', 'grant', 'stable', '--for', one.file, '--serial', '1', '-o', 'no.moss-grant'],
  ])
    expect(codeOf(...verb, ...home)).toBe('TRUST_NOT_ENROLLED')
  expect(readdirSync(moss.folder).filter((name) => name.startsWith('no.'))).toEqual([])
  const { stderr, exit } = moss.run(['plan', '--for', one.file, '--for', two.file, ...home])
  expect(exit).toBe(12)
  expect(stderr).toMatch(/pump-01 \([0-9a-f]{16}\), pump-02 \([0-9a-f]{16}\)/)
  expect(stderr).toMatch(/moss fleet enroll \S*one\.moss-state/)
})

test('its words are asked about, or compared; other words enrol nobody', () => {
  const { file, words } = stateOf('one')
  expect(moss.text('fleet', 'enroll', file, '--no-input', ...home)).toContain('[CLI_USAGE]')
  const other = words.split(' ').toReversed().join(' ')
  expect(codeOf('fleet', 'enroll', file, '--expect', other, ...home)).toBe('TRUST_FINGERPRINT')
  expect(enrolled()).toEqual([])
  expect(well('trust', 'show', '--root', 'one').stdout.replace(/\s+/g, ' ')).toContain(words)
  const done = moss.run(['fleet', 'enroll', file, '--expect', words, ...home])
  expect(done.exit).toBe(0)
  expect(done.stdout).toContain('is enrolled')
  expect(well('fleet', 'enroll', file, ...home).stdout).toContain('was enrolled before')
  expect(enrolled()).toEqual(['pump-01'])
  planFor(file)
})

test('a host that was made anew under the same name is another one, and that is said', () => {
  makeHost('anew', 'pump-01')
  const { file } = stateOf('anew')
  const { stderr } = moss.run(['plan', '--for', file, ...home])
  expect(stderr).toMatch(/pump-01 \([0-9a-f]{16}, another key than that of pump-01 here, [0-9a-f]{16}\)/)
  expect(moss.run(['fleet', 'enroll', file, '-n', ...home]).exit).toBe(2)
  expect(well('fleet', 'enroll', file, ...home).stderr).toContain('another host here goes by that name')
  expect(codeOf('fleet', 'forget', 'pump-01', ...home)).toBe('CLI_USAGE')
  const { host } = moss.json<{ host: string }>('state', 'export', file, '--root', 'anew')
  well('fleet', 'forget', host, ...home)
  expect(codeOf('plan', '--for', file, ...home)).toBe('TRUST_NOT_ENROLLED')
})

test('an older state than was answered before is planned for, and told', () => {
  const { file: early } = stateOf('one', 'early.moss-state')
  well('export', '--for', early, '-o', 'one.moss', ...home)
  well('import', 'one.moss', '--root', 'one')
  well('apply', '--root', 'one')
  const { file: late } = stateOf('one', 'late.moss-state')
  expect(planFor(late)).not.toContain('!')
  expect(planFor(early)).not.toContain('!')
  well('export', '--for', late, '-o', 'again.moss', ...home)
  expect(planFor(early)).toMatch(/! pump-01 wrote this state, its \d+(st|nd|rd|th), before the \d+/)
})

test('a cloned disk, or one that was put back, is told by two states of one number or by its audit', () => {
  makeHost('three', 'pump-03')
  const first = stateOf('three', 'three-1.moss-state')
  well('fleet', 'enroll', first.file, ...home)
  cpSync(join(moss.folder, 'three'), join(moss.folder, 'clone'), { recursive: true })
  well('export', '--for', first.file, '-o', 'three.moss', ...home)
  well('import', 'three.moss', '--root', 'three')
  const second = stateOf('three', 'three-2.moss-state')
  well('export', '--for', second.file, '-o', 'three-more.moss', ...home)
  well('unsubscribe', 'harbour', '--root', 'clone')
  const twin = stateOf('clone', 'clone-2.moss-state')
  expect(planFor(twin.file)).toContain('two machines have its key, or it was put back from a copy')
  well('subscribe', 'harbour', '--root', 'clone')
  const next = stateOf('clone', 'clone-3.moss-state')
  expect(planFor(next.file)).toContain('somebody changed it, or the machine was put back')
})

test('of several states of one host the newest is answered; two of one number are told', () => {
  makeHost('four', 'pump-04')
  const first = stateOf('four', 'four-1.moss-state')
  well('fleet', 'enroll', first.file, ...home)
  cpSync(join(moss.folder, 'four'), join(moss.folder, 'double'), { recursive: true })
  well('export', '--for', first.file, '-o', 'four-1.moss', ...home)
  well('import', 'four-1.moss', '--root', 'four')
  const second = stateOf('four', 'four-2.moss-state')
  const states = (...files: readonly string[]) => files.flatMap((file) => ['--for', file])
  const plan = moss.json<{ hosts: { name: string; state: number }[]; warnings: string[] }>(
    'plan',
    ...states(second.file, first.file),
    ...home,
  )
  expect(plan.hosts.map(({ name, state }) => `${name} ${state}`)).toEqual(['pump-04 2'])
  expect(plan.warnings).toEqual([])
  well('unsubscribe', 'harbour', '--root', 'double')
  const twin = stateOf('double', 'double-2.moss-state')
  expect(planFor(second.file, twin.file)).toContain('two machines have its key')
})

interface ShownHost {
  readonly counter: number
  readonly groups: readonly string[]
  readonly underWay?: { readonly serial: number; readonly counter: number }
  readonly sent: readonly object[]
}
const shown = (host: string): ShownHost => moss.json<ShownHost>('fleet', 'show', host, ...home)

test('what is kept of a host is for the station alone, and only an answer replaces it', () => {
  const folder = join(moss.folder, 'station/fleet')
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  const before = shown('pump-04')
  well('fleet', 'enroll', 'double-2.moss-state', ...home)
  planFor('double-2.moss-state')
  expect(shown('pump-04')).toEqual(before)
  well('export', '--for', 'four-2.moss-state', '-o', 'four.moss', ...home)
  expect(shown('pump-04').counter).toBe(before.counter + 1)
})

test('what is under way to a host is told until a state of it answers or passes it', () => {
  expect(shown('pump-04').underWay).toMatchObject({ serial: 1, counter: 2 })
  expect(moss.text('fleet', 'list', ...home)).toMatch(/pump-04 .*stable: none .*serial 1 under way/)
  well('import', 'four.moss', '--root', 'four')
  well('apply', '--root', 'four')
  const { file } = stateOf('four', 'four-3.moss-state')
  // A plan answers nobody.
  planFor(file)
  expect(shown('pump-04').sent).toHaveLength(2)
  well('export', '--for', file, '-o', 'four-again.moss', ...home)
  expect(moss.text('fleet', 'list', ...home)).toMatch(/pump-04 .*stable 1 of 1 +up to date/)
})

test('a receipt is kept without a bundle being made', () => {
  well('subscribe', 'nothing-yet', '--root', 'four')
  const { file } = stateOf('four', 'four-4.moss-state')
  const before = shown('pump-04').counter
  stateOf('anew')
  const told = moss.text('fleet', 'receive', file, 'anew.moss-state', ...home)
  expect(told).toMatch(new RegExp(`hosts +pump-04, record ${before + 1}`))
  expect(told).toMatch(
    /strangers pump-01 \(<id>, another key than that of pump-01 here, <id>\) is not enrolled/,
  )
  expect(shown('pump-04').counter).toBe(before + 1)
  // An older one is told, and changes nothing.
  expect(moss.text('fleet', 'receive', 'four-3.moss-state', ...home)).toContain('! ')
  expect(shown('pump-04').counter).toBe(before + 1)
  expect(codeOf('fleet', 'receive', 'none.moss-state', ...home)).toBe('NOT_FOUND')
  well('unsubscribe', 'nothing-yet', '--root', 'four')
  well('fleet', 'receive', stateOf('four', 'four-5.moss-state').file, ...home)
  expect(planFor('pump-04')).not.toContain('!')
})

test('hosts are named by id, by name, by group or by a medium', () => {
  const grouped = moss.json<{ hosts: readonly { name: string }[] }>(
    'fleet',
    'group',
    'pumps',
    'pump-03',
    'pump-04',
    ...home,
  )
  expect(grouped.hosts.map(({ name }) => name)).toEqual(['pump-03', 'pump-04'])
  const planned = (...named: readonly string[]): readonly string[] =>
    moss
      .json<{ hosts: readonly { name: string }[] }>(
        'plan',
        ...named.flatMap((each) => ['--for', each]),
        ...home,
      )
      .hosts.map(({ name }) => name)
  const { host } = moss.json<{ host: string }>('fleet', 'show', 'pump-03', ...home)
  expect(planned('pump-04')).toEqual(['pump-04'])
  expect(planned(host)).toEqual(['pump-03'])
  expect(planned('pumps', 'pump-03', host)).toEqual(['pump-03', 'pump-04'])
  mkdirSync(join(moss.folder, 'stick'))
  expect(codeOf('plan', '--for', 'stick', ...home)).toBe('NOT_FOUND')
  well('state', 'export', 'stick', '--root', 'four')
  expect(planned('stick')).toEqual(['pump-04'])
  expect(planned('pumps', 'stick')).toEqual(['pump-03', 'pump-04'])
  expect(codeOf('fleet', 'group', 'pump-03', 'pump-04', ...home)).toBe('CLI_USAGE')
  expect(codeOf('fleet', 'group', 'Pumps', 'pump-04', ...home)).toBe('CLI_USAGE')
  expect(codeOf('fleet', 'group', 'pumps', 'nobody', ...home)).toBe('NOT_FOUND')
  well('fleet', 'group', 'pumps', 'pump-03', '--remove', ...home)
  expect(shown('pump-03').groups).toEqual([])
  expect(planned('pumps')).toEqual(['pump-04'])
})

test('how far a host is behind is told in serials and days', () => {
  const { newest, behind } = moss
    .json<{ hosts: readonly { name: string; newest: number; behind: number }[] }>('fleet', 'list', ...home)
    .hosts.find(({ name }) => name === 'pump-04') ?? { newest: 0, behind: -1 }
  expect([newest, behind]).toEqual([1, 0])
  writeFileSync(join(moss.folder, 'harbour/usr/share/harbour'), 'a larger harbour')
  well('add', 'stable', 'harbour', '--name', 'harbour', '--version', '2', ...home)
  const date = `${Math.floor(Date.now() / 1000) + 3 * 86_400 + 60}`
  well('channel', 'publish', 'stable', '--date', date, ...home)
  expect(moss.text('fleet', 'list', ...home)).toMatch(/pump-04 .*stable 1 of 2 +1 behind, 3 days/)
  expect(moss.text('fleet', 'list', ...home)).toMatch(/pump-03 .*stable: none +2 behind/)
  expect(moss.text('fleet', 'show', 'pump-04', ...home)).toMatch(
    /groups +pumps[\s\S]*asks for +name\(harbour\)/,
  )
})

test('the fleet as a page that fetches nothing and runs nothing, whatever machines call themselves', () => {
  const name = '<script src="http://x">&'
  well('init', '--trust', 'station/root.moss-root', '--name', name, '--root', 'odd')
  const odd = stateOf('odd')
  well('fleet', 'enroll', odd.file, ...home)
  const page = well('fleet', 'report', ...home).stdout
  expect(page).toMatch(/^<!doctype html>\n/)
  expect(page.match(/<tr><td>/g)).toHaveLength(enrolled().length)
  expect(page).toContain('<td>&lt;script src=&quot;http://x&quot;&gt;&amp;</td>')
  expect(page).not.toMatch(/<script|<link|<img|@import|url\(/)
  expect(page).toMatch(/<td>pump-04<\/td>.*<td>pumps<\/td><td>stable 1 of 2<\/td><td>1 behind, 3 days<\/td>/)
  well('fleet', 'forget', name, ...home)
})

test('a host is forgotten by its id, with what was under way to it', () => {
  const { host } = moss.json<{ host: string }>('fleet', 'show', 'pump-04', ...home)
  expect(well('fleet', 'forget', host, ...home).stdout).toBe(`host ${host} is not answered any more\n`)
  expect(codeOf('plan', '--for', 'four-3.moss-state', ...home)).toBe('TRUST_NOT_ENROLLED')
  expect(codeOf('fleet', 'forget', host, ...home)).toBe('NOT_FOUND')
  well('fleet', 'enroll', 'four-3.moss-state', ...home)
  expect(shown('pump-04')).toMatchObject({ sent: [], groups: [] })
})
