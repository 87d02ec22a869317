// npm start: builds moss, then carries the loop round once in a temporary folder, with the real verbs on a real
// root: a sample channel made from the recipes in man/sample, a fresh host, two bundles, a rollback and the way forward again. With --json it prints one object.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sampleDates, sampleRecipes, type SampleVersion } from '../support/built-sample.ts'

const top = join(import.meta.dirname, '../..')
const moss = join(top, 'dist/moss')
const isJson = process.argv.includes('--json')
const say = (text: string): void => void (isJson ? process.stderr : process.stdout).write(`${text}\n`)

function must(program: string, args: readonly string[], shown: string): string {
  const ran = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  if (ran.status === 0) return ran.stdout
  process.stderr.write(`${shown}\n${ran.stdout}${ran.stderr}\nnpm start stopped: exit code ${ran.status}\n`)
  return process.exit(ran.status ?? 1)
}

process.stderr.write(must(process.execPath, [join(top, 'test/tools/build.ts')], 'build'))

const folder = mkdtempSync(join(tmpdir(), 'moss-loop-'))
const home = join(folder, 'station')
const root = join(folder, 'host')
const stick = join(folder, 'stick')
spawnSync('mkdir', [stick])

interface Told {
  readonly seconds: number
}

/** Runs a verb, shows the command and what people would see, and returns its JSON. */
function verb<T>(...args: readonly string[]): T & Told {
  const started = performance.now()
  say(`\n$ moss ${args.join(' ').replaceAll(folder, '.').replaceAll(`${top}/`, '')}`)
  const value = JSON.parse(must(moss, [...args, '--json', '-y'], `moss ${args.join(' ')}`)) as T
  return { ...value, seconds: (performance.now() - started) / 1000 }
}

const told = (text: string, { seconds }: Told): void => say(`  ${text}, ${seconds.toFixed(2)} s`)
const bytes = (count: number): string =>
  count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(2)} MB`
const atStation = ['--home', home] as const
const atHost = ['--root', root] as const

interface Exported {
  readonly path: string
  readonly fileBytes: number
  readonly plan: { readonly fullBytes: number; readonly sharedBytes: number; readonly serial: number }
}
interface Imported {
  readonly bundles: readonly { readonly files: number; readonly contentBytes: number }[]
}
interface Applied {
  readonly state: number
  readonly files: number
}

say('moss carries a machine without internet from one state to the next by stick. Here it is once round.')

say('\n— the connected station: a key, a channel, packages —')
const key = verb<{ root: { file: string; fingerprint: string } }>(
  'key',
  'generate',
  'sample',
  '--no-passphrase',
  ...atStation,
)
told(`trust root made, fingerprint ${key.root.fingerprint.slice(0, 24)}…`, key)
verb('channel', 'create', 'stable', ...atStation)

function offer(version: SampleVersion): void {
  const { made, ...built } = verb<{ made: readonly { file: string }[] }>(
    'build',
    ...sampleRecipes(version),
    '-o',
    join(folder, 'packages'),
    ...atStation,
  )
  told(`${made.length} packages are made, each from a recipe`, built)
  const added = verb<{ added: readonly { sizeBytes: number }[] }>(
    'add',
    'stable',
    ...made.map(({ file }) => file),
    ...atStation,
  )
  told(
    `${added.added.length} packages, ${bytes(added.added.reduce((sum, entry) => sum + entry.sizeBytes, 0))}`,
    added,
  )
  const published = verb<{ serial: number }>(
    'channel',
    'publish',
    'stable',
    '--date',
    `${sampleDates[version]}`,
    ...atStation,
  )
  told(`serial ${published.serial} is signed`, published)
}

/** Somebody reads the words of the host's key to the station, once. */
let isEnrolled = false
function enrolOnce({ path, key }: { readonly path: string; readonly key: { readonly words: string } }): void {
  if (isEnrolled) return
  const enrolled = verb<{ host: string }>('fleet', 'enroll', path, '--expect', key.words, ...atStation)
  told(`the host is known by its words: ${key.words}`, enrolled)
  isEnrolled = true
}

/** One trip: the host's state out, a bundle back in, applied. */
function trip(name: string): { full: number; carried: number; tree: string } {
  say('\n— the air-gapped host: its state goes on the stick —')
  const state = verb<{ path: string; sizeBytes: number; key: { words: string } }>(
    'state',
    'export',
    join(stick, `${name}.moss-state`),
    ...atHost,
  )
  told(`${bytes(state.sizeBytes)} of state`, state)
  say('\n— the station: only what is missing comes back —')
  enrolOnce(state)
  const made = verb<Exported>('export', '--for', state.path, '-o', join(stick, `${name}.moss`), ...atStation)
  told(`${bytes(made.plan.fullBytes)} in full, ${bytes(made.fileBytes)} carried`, made)
  say('\n— the host: verify, import, apply —')
  const taken = verb<Imported>('import', made.path, ...atHost)
  told(
    `${taken.bundles[0]?.files ?? 0} new files, ${bytes(taken.bundles[0]?.contentBytes ?? 0)} verified and stored`,
    taken,
  )
  const applied = verb<Applied>('apply', ...atHost)
  told(`state ${applied.state} is current, ${applied.files} files`, applied)
  greet()
  return { full: made.plan.fullBytes, carried: made.fileBytes, tree: treeNow() }
}

/** Digest of the whole usr. */
const treeNow = (): string => verb<{ tree: string }>('state', 'show', '--digest', ...atHost).tree

function greet(): void {
  const program = join(root, 'usr/bin/harbour')
  const said = must('/bin/sh', [program], program).trimEnd()
  say(`\n$ ${program.replace(folder, '.')}\n  ${said.replaceAll('\n', '\n  ')}`)
}

offer('first')
say('\n— the host: made once, told whom to trust and what it must be able to do —')
const host = verb<{ host: string; name: string }>(
  'init',
  '--trust',
  key.root.file,
  '--expect',
  key.root.fingerprint,
  '--name',
  'pump-07',
  ...atHost,
)
told(`host ${host.name}, id ${host.host}`, host)
verb('subscribe', 'harbour', 'pilot-books', 'signal-flags', ...atHost)
const first = trip('first')

say('\n— half a year later: new versions —')
offer('second')
const second = trip('second')

say('\n— something is wrong with it? back, and forth —')
const back = verb<Applied>('rollback', ...atHost)
told(`state ${back.state} is current`, back)
greet()
const backTree = treeNow()
const forth = verb<Applied>('rollback', '2', ...atHost)
told(`state ${forth.state} is current`, forth)
greet()
const forthTree = treeNow()

const summary = {
  bundles: [first, second].map(({ full, carried }) => ({ fullBytes: full, carriedBytes: carried })),
  trees: { first: first.tree, second: second.tree, rolledBack: backTree },
}
if (backTree !== first.tree || forthTree !== second.tree || first.tree === second.tree) {
  process.stderr.write('npm start stopped: the trees are not what they should be\n')
  process.exit(1)
}
say(`\nfirst bundle   ${bytes(first.full)} in full, ${bytes(first.carried)} carried`)
say(`second bundle  ${bytes(second.full)} in full, ${bytes(second.carried)} carried`)
say(
  `trees          ${first.tree.slice(0, 16)} → ${second.tree.slice(0, 16)} → back ${backTree.slice(0, 16)} → forth ${forthTree.slice(0, 16)}`,
)
say(
  `\neverything is in ${folder} (${readFileSync(join(root, 'etc/moss/model.toml'), 'utf8').trim().split('\n').length} lines of model, stick ${bytes(statSync(join(stick, 'second.moss')).size)})`,
)
const screens = ['tui', '--root', root, '--home', home, stick]
say(`play on with:    ${moss} ${screens.join(' ')}`)
if (isJson) process.stdout.write(`${JSON.stringify(summary)}\n`)
if (!isJson && process.stdin.isTTY && process.stdout.isTTY)
  process.exitCode = spawnSync(moss, screens, { stdio: 'inherit' }).status ?? 1
