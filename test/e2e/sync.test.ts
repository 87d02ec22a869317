// sync, on both sides: one stick between a station and three hosts, and nothing else is carried. Each side does its half
// with one command; what is for others is left alone, and what was done is not done again.
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { noise } from '../support/containers.ts'
import { onlyObject, type Program, programIn, type Ran } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'

let moss: Program
const home = ['--home', 'station'] as const
const well = (...args: readonly string[]): Ran => moss.well(...args)
const codeOf = (...args: readonly string[]): string | undefined => moss.code(...args)
const hosts = ['one', 'two', 'three'] as const
type Host = (typeof hosts)[number]
const onHost = (host: string) => ['--root', host] as const

interface StationSynced {
  readonly hosts: readonly { readonly name: string; readonly fate: string }[]
  readonly bundles: readonly { readonly path: string; readonly fileBytes: number }[]
  readonly strangers: readonly { readonly name: string }[]
}
const stationSync = (...more: readonly string[]): StationSynced =>
  moss.json<StationSynced>('sync', 'stick', ...more, ...home)
const fatesOf = ({ hosts }: Pick<StationSynced, 'hosts'>): readonly string[] =>
  hosts.map(({ name, fate }) => `${name} ${fate}`).sort()

interface HostSynced {
  readonly bundles: readonly { readonly path: string; readonly fate: string }[]
  readonly taken?: { readonly serial: number }
  readonly refused: readonly { readonly code: string }[]
  readonly applied: { readonly state: number } | null
  readonly state: { readonly counter: number }
  readonly trustRoot?: number
}
const hostSync = (host: string, ...more: readonly string[]): HostSynced =>
  moss.json<HostSynced>('sync', 'stick', ...more, '-y', ...onHost(host))

interface FleetHost {
  readonly name: string
  readonly behind: number
  readonly outcome?: string
  readonly underWay?: object
}
const fleet = (): readonly FleetHost[] =>
  moss.json<{ hosts: readonly FleetHost[] }>('fleet', 'list', ...home).hosts

const bundlesOnStick = (): readonly string[] => readdirSync(join(moss.folder, 'stick/moss/bundles'))

let version = 0
/** A new version of what every host has. */
function publish(): void {
  version++
  mkdirSync(join(moss.folder, 'harbour/usr/share'), { recursive: true })
  writeFileSync(
    join(moss.folder, 'harbour/usr/share/harbour'),
    `${Array.from({ length: 4000 }, (_, n) => (n * 7919) % 4001).join(' ')} version ${version}`,
  )
  well('add', 'stable', 'harbour', '--name', 'harbour', '--version', `${version}`, ...home)
  well('channel', 'publish', 'stable', ...home)
}

const versionOf = (host: Host): string | undefined =>
  moss
    .json<{ packages: readonly { name: string; version: string }[] }>('state', 'show', ...onHost(host))
    .packages.find(({ name }) => name === 'harbour')?.version

beforeAll(() => {
  moss = programIn(scratchFolder())
  well('key', 'generate', '--no-passphrase', ...home)
  well('channel', 'create', 'stable', ...home)
  publish()
  mkdirSync(join(moss.folder, 'stick'))
  for (const host of hosts) {
    well('init', '--trust', 'station/root.moss-root', '--name', `pump-${host}`, ...onHost(host))
    well('subscribe', 'harbour', ...onHost(host))
  }
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

test('hosts leave their states; the station tells whom it does not know, and answers whom it does', () => {
  for (const host of hosts) {
    const { applied, bundles, state } = hostSync(host)
    expect([applied, bundles, state.counter]).toEqual([null, [], 1])
  }
  const before = stationSync()
  expect(before.hosts).toEqual([])
  expect(before.strangers.map(({ name }) => name).sort()).toEqual(['pump-one', 'pump-three', 'pump-two'])
  expect(moss.text('sync', 'stick', ...home)).toMatch(/pump-one \(\S+\) is not enrolled: moss fleet enroll/)
  for (const folder of readdirSync(join(moss.folder, 'stick/moss/hosts')))
    well('fleet', 'enroll', `stick/moss/hosts/${folder}/states/1.moss-state`, ...home)
  const { hosts: seen, bundles } = stationSync('-n')
  expect(fatesOf({ hosts: seen })).toEqual(['pump-one bundle', 'pump-three bundle', 'pump-two bundle'])
  expect(bundles).toBeUndefined()
  expect(readdirSync(join(moss.folder, 'stick/moss'))).not.toContain('bundles')
  expect(stationSync().bundles).toHaveLength(1)
  expect(readdirSync(join(moss.folder, 'stick/moss/roots'))).toEqual(['1.moss-root'])
})

test('a second time there is nothing to do, on either side', () => {
  const again = moss.text('sync', 'stick', ...home)
  expect(again).toContain('pump-one, record 1: a bundle for it lies there')
  expect(again).toContain('nothing to do')
  expect(bundlesOnStick()).toHaveLength(1)
  expect(hostSync('one')).toMatchObject({
    taken: { serial: 1 },
    applied: { state: 1 },
    state: { counter: 2 },
  })
  const second = hostSync('one')
  expect(second).toMatchObject({ applied: null, state: { counter: 2 }, bundles: [{ fate: 'before' }] })
  expect(second.taken).toBeUndefined()
  expect(versionOf('one')).toBe('1')
})

test('three hosts in three states get one bundle, hardly more than the largest of theirs', () => {
  publish()
  // One has serial 1; two was not there when the stick came by; three has it, but has not applied it.
  hostSync('three', '--policy', 'import')
  expect(versionOf('three')).toBeUndefined()
  const { hosts: planned, bundles } = stationSync()
  expect(fatesOf({ hosts: planned })).toEqual(['pump-one bundle', 'pump-three bundle', 'pump-two bundle'])
  expect(bundles).toHaveLength(1)
  const alone = hosts.map((host) => {
    const { path } = moss.json<{ path: string }>('state', 'export', `${host}.moss-state`, ...onHost(host))
    const { fileBytes } = moss.json<{ fileBytes: number }>(
      'export',
      '--for',
      path,
      '-o',
      `${host}.moss`,
      ...home,
    )
    return fileBytes
  })
  const [together = Infinity] = bundles.map(({ fileBytes }) => fileBytes)
  expect(together).toBeLessThan(alone.reduce((sum, bytes) => sum + bytes, 0))
  for (const host of hosts) {
    expect(hostSync(host)).toMatchObject({ taken: { serial: 2 }, refused: [] })
    expect(versionOf(host)).toBe('2')
  }
  expect(fatesOf(stationSync())).toEqual(['pump-one nothing', 'pump-three nothing', 'pump-two nothing'])
  expect(fleet().map(({ behind, outcome, underWay }) => [behind, outcome, underWay])).toEqual([
    [0, 'applied', undefined],
    [0, 'applied', undefined],
    [0, 'applied', undefined],
  ])
  expect(moss.text('sync', 'stick', ...home)).toContain('nothing to do')
})

test('each update takes the stick out once and back once', () => {
  let carries = 0
  const carry = (): void => void carries++
  for (const update of [1, 2, 3]) {
    publish()
    stationSync()
    carry()
    for (const host of hosts) hostSync(host)
    carry()
    // What came back is all that the station needs for the next one.
    stationSync()
    expect(fleet().map(({ behind }) => behind)).toEqual([0, 0, 0])
    expect(carries).toBe(2 * update)
  }
  expect(hosts.map(versionOf)).toEqual(['5', '5', '5'])
})

test('a stick from a drawer says nothing new', () => {
  cpSync(join(moss.folder, 'stick'), join(moss.folder, 'drawer'), { recursive: true })
  publish()
  stationSync()
  for (const host of hosts) hostSync(host)
  stationSync()
  const late = moss.json<StationSynced>('sync', 'drawer', ...home)
  expect(fatesOf(late)).toEqual(['pump-one nothing', 'pump-three nothing', 'pump-two nothing'])
  expect(fleet().map(({ behind, underWay }) => [behind, underWay])).toEqual([
    [0, undefined],
    [0, undefined],
    [0, undefined],
  ])
})

test('what is not for a host is left alone, with a word', () => {
  publish()
  well('fleet', 'group', 'some', 'pump-one', ...home)
  expect(fatesOf(stationSync('--hosts', 'some'))).toEqual(['pump-one bundle'])
  const newest = bundlesOnStick().find((name) => name.startsWith('stable-7-')) ?? ''
  writeFileSync(join(moss.folder, 'stick/moss/bundles/holiday.moss'), 'a photograph')
  writeFileSync(join(moss.folder, `stick/moss/bundles/._${newest}`), 'a dropping')
  const told = moss.text('sync', 'stick', '-n', ...onHost('two'))
  expect(told).toMatch(/stable-7-\S+ with serial 7: for pump-one; left alone/)
  expect(told).toMatch(/5 taken in before\n +1 older than what is here/)
  expect(told).toMatch(/holiday\.moss: \S*holiday\.moss is not a file that fits here/)
  expect(told).not.toContain('._')
  const { bundles, taken, applied } = hostSync('two')
  expect(bundles.filter(({ fate }) => fate === 'take')).toEqual([])
  expect([taken, applied, versionOf('two')]).toEqual([undefined, null, '6'])
  rmSync(join(moss.folder, 'stick/moss/bundles/holiday.moss'))
})

test('a spoiled bundle is told and the next one taken; where none serves, its error is the end', () => {
  const newest = bundlesOnStick().find((name) => name.startsWith('stable-7-')) ?? ''
  const path = join(moss.folder, 'stick/moss/bundles', newest)
  copyFileSync(path, join(moss.folder, 'whole.moss'))
  // Its last byte belongs to the last frame.
  const spoiled = readFileSync(path)
  spoiled[spoiled.length - 1] = (spoiled.at(-1) ?? 0) ^ 1
  writeFileSync(path, spoiled)
  const ran = moss.run(['sync', 'stick', '-y', ...onHost('one')])
  expect(ran.exit).toBe(10)
  expect(ran.stdout).toMatch(/stable-7-\S+ with serial 7: [^;]*\[CONTAINER_DAMAGED\]; /)
  expect(versionOf('one')).toBe('6')
  copyFileSync(join(moss.folder, 'whole.moss'), join(moss.folder, 'stick/moss/bundles/stable-7-zz.moss'))
  // Somebody should see to the damaged one.
  const well = moss.run(['sync', 'stick', '-y', '--json', ...onHost('one')])
  expect(well.exit).toBe(3)
  const { taken, refused } = onlyObject(well.stdout) as HostSynced
  expect([taken?.serial, refused.length]).toEqual([7, 1])
  expect(versionOf('one')).toBe('7')
  rmSync(join(moss.folder, 'stick/moss/bundles/stable-7-zz.moss'))
  copyFileSync(join(moss.folder, 'whole.moss'), path)
})

test('a host whose wishes cannot be met is told, and the others get their bundle', () => {
  publish()
  well('subscribe', 'nothing-yet', ...onHost('three'))
  hostSync('three')
  const ran = moss.run(['sync', 'stick', ...home])
  expect(ran.exit).toBe(3)
  expect(ran.stdout.replace(/\s+/g, ' ')).toMatch(
    /pump-three, record \d+: gets none: for pump-three, .*nothing-yet, which nothing provides/,
  )
  expect(ran.stdout).toMatch(/pump-two, record \d+: a bundle is made for it/)
  well('unsubscribe', 'nothing-yet', ...onHost('three'))
  hostSync('three')
  expect(fatesOf(stationSync('--hosts', 'pump-three'))).toEqual(['pump-three bundle'])
})

test('how far a host goes by itself its model says, or who calls', () => {
  stationSync()
  const model = join(moss.folder, 'two/etc/moss/model.toml')
  const before = moss.json<{ policy: string }>('sync', 'stick', '-n', ...onHost('two'))
  expect(before.policy).toBe('ask')
  const text = readFileSync(model, 'utf8')
  writeFileSync(model, `sync = "import"\n${text}`)
  expect(hostSync('two')).toMatchObject({ taken: { serial: 8 }, applied: null })
  expect(versionOf('two')).toBe('6')
  // Nobody is there to be asked: it waits, and nothing fails.
  const unasked = moss.run(['sync', 'stick', '--policy', 'ask', '--no-input', ...onHost('two')])
  expect([unasked.exit, versionOf('two')]).toEqual([0, '6'])
  expect(unasked.stdout).toContain('nobody here can be asked, so it waits: moss apply')
  writeFileSync(model, `sync = "apply"\n${text}`)
  const applied = moss.run(['sync', 'stick', '--no-input', ...onHost('two')])
  expect([applied.exit, versionOf('two')]).toEqual([0, '8'])
  writeFileSync(model, `sync = "always"\n${text}`)
  expect(codeOf('sync', 'stick', ...onHost('two'))).toBe('MODEL_INVALID')
  writeFileSync(model, text)
})

test('a newer trust root comes with the stick, whether a bundle does or not', () => {
  well('key', 'generate', 'second', '--no-passphrase', '--no-root', ...home)
  well('root', 'new', 'new.moss-root', '--add', 'exporter=second', ...home)
  well('root', 'sign', 'new.moss-root', ...home)
  well('root', 'accept', 'new.moss-root', ...home)
  stationSync('--hosts', 'pump-one')
  expect(readdirSync(join(moss.folder, 'stick/moss/roots'))).toEqual(['1.moss-root', '2.moss-root'])
  expect(hostSync('three').trustRoot).toBe(2)
  expect(hostSync('three').trustRoot).toBeUndefined()
})

test('a bundle in volumes is taken in stick by stick, and what is missing is asked for by name', () => {
  writeFileSync(join(moss.folder, 'harbour/usr/share/noise'), noise(11_000_000, 3))
  publish()
  stationSync('--hosts', 'pump-two')
  const [name = ''] = bundlesOnStick().filter((file) => file.startsWith(`stable-${version}-`))
  const path = join(moss.folder, 'stick/moss/bundles', name)
  mkdirSync(join(moss.folder, 'volumes'))
  well('split', path, '--volume', '5M', '-o', 'volumes')
  rmSync(path)
  const others = readdirSync(join(moss.folder, 'volumes')).filter((file) => file !== name)
  expect(others).toHaveLength(2)
  const onStick = (file: string): string => join(moss.folder, 'stick/moss/bundles', file)
  for (const file of others) copyFileSync(join(moss.folder, 'volumes', file), onStick(file))
  const half = moss.run(['sync', 'stick', '-y', ...onHost('two')])
  expect(half.exit).toBe(15)
  expect(half.stdout.replace(/\s+/g, ' ')).toMatch(/\[VOLUME_WANTED\]/)
  expect(half.stdout).toContain('of pump-two lies there for the station')
  for (const file of others) rmSync(onStick(file))
  copyFileSync(join(moss.folder, 'volumes', name), onStick(name))
  expect(hostSync('two')).toMatchObject({ taken: { serial: version }, refused: [] })
  expect(versionOf('two')).toBe(`${version}`)
})

test('with parity beside it a bundle whose beginning is bad is taken in all the same', () => {
  publish()
  stationSync('--hosts', 'pump-one', '--parity', '5%')
  const [name = ''] = bundlesOnStick().filter(
    (file) => file.endsWith('.moss') && file.startsWith(`stable-${version}-`),
  )
  expect(bundlesOnStick()).toContain(`${name}.parity`)
  const path = join(moss.folder, 'stick/moss/bundles', name)
  const spoiled = readFileSync(path)
  spoiled.fill(0, 0, 512)
  writeFileSync(path, spoiled)
  expect(hostSync('one').taken).toMatchObject({ serial: version })
  expect(versionOf('one')).toBe(`${version}`)
  // For whom it is the others cannot tell; that is no error of theirs.
  expect(hostSync('three').taken).toBeUndefined()
})

test('the side is told by --root or --home, and said where it is unclear', () => {
  expect(codeOf('sync', 'stick', '--root', 'one', '--home', 'station')).toBe('CLI_USAGE')
  expect(codeOf('sync', 'stick', '--policy', 'apply', ...home)).toBe('CLI_USAGE')
  expect(codeOf('sync', 'stick', '--hosts', 'some', ...onHost('one'))).toBe('CLI_USAGE')
  expect(codeOf('sync', 'stick', '--policy', 'always', ...onHost('one'))).toBe('CLI_USAGE')
  expect(codeOf('sync', 'nowhere', ...home)).toBe('MEDIUM_ABSENT')
  expect(codeOf('sync', 'nowhere', ...onHost('one'))).toBe('MEDIUM_ABSENT')
})
