// A root of real Debian packages, as dpkg-deb unpacks them, is adopted: its programs run before, from the tree that moss puts in
// its place, and again when it is back, the same to the nanosecond. Needs apt and Debian's archive; skipped with a reason
// where they are absent.
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { oracle } from '../support/oracle.ts'
import { listingOf } from '../support/tree-listing.ts'

const moss = join(import.meta.dirname, '../../dist/moss')
const isRoot = process.getuid?.() === 0
const canRun = oracle('apt-get', 'dpkg-deb', 'chroot', 'python3') && isRoot
if (!isRoot) console.warn('skipped: real packages need root (chroot, owners)')

const folder = canRun ? mkdtempSync(join(tmpdir(), 'moss-adopt-')) : ''
const [root, home, debs] = [join(folder, 'root'), join(folder, 'station'), join(folder, 'debs')]
const wished =
  'base-files dash coreutils libc-bin perl-base findutils sed grep util-linux mount passwd'.split(' ')
const aptOptions = Object.entries({
  'Dir::State::lists': 'lists',
  'Dir::Cache': 'cache',
  'Dir::State::status': 'status',
}).flatMap(([option, name]) => ['-o', `${option}=${join(folder, name)}`])

afterAll(() => {
  if (folder !== '') rmSync(folder, { recursive: true, force: true })
})

function must(program: string, args: readonly string[], cwd?: string): string {
  const ran = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, LC_ALL: 'C' },
    ...(cwd !== undefined && { cwd }),
  })
  if (ran.status === 0) return ran.stdout
  throw new Error(`${program} ${args.slice(0, 6).join(' ')}: exit ${ran.status}\n${ran.stderr.slice(-4000)}`)
}

interface Told {
  readonly [field: string]: unknown
}
const atStation = (...args: readonly string[]): Told =>
  JSON.parse(must(moss, [...args, '--home', home, '--json', '-y'])) as Told
const atHost = (...args: readonly string[]): Told =>
  JSON.parse(must(moss, [...args, '--root', root, '--json', '-y'])) as Told

/** The closure of what is wished, as apt has it for a system that has nothing. */
function download(): readonly string[] {
  for (const name of ['lists', 'cache', 'debs']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'status'), '')
  must('apt-get', [...aptOptions, '-q=2', 'update'])
  const plan = must('apt-get', [
    ...aptOptions,
    '--print-uris',
    '--no-install-recommends',
    '-y',
    'install',
    ...wished,
  ])
  const names = [...plan.matchAll(/^'[^']+' (\S+?)_\S+\.deb /gm)].map((match) => match[1] ?? '')
  must('apt-get', [...aptOptions, '-o', 'APT::Sandbox::User=root', '-q=2', 'download', ...names], debs)
  return readdirSync(debs).map((name) => join(debs, name))
}

/** Merged, with what dpkg notes of it. */
function unpack(files: readonly string[]): void {
  for (const name of ['usr/bin', 'usr/sbin', 'usr/lib', 'usr/lib64', 'var/lib/dpkg', 'proc', 'dev'])
    mkdirSync(join(root, name), { recursive: true })
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name))
  for (const file of files) {
    must('dpkg-deb', ['--extract', file, root])
    const about = must('dpkg-deb', ['--field', file])
    appendFileSync(
      join(root, 'var/lib/dpkg/status'),
      about.replace(/\n/, '\nStatus: install ok installed\n') + '\n',
    )
  }
  must('mknod', ['-m', '666', join(root, 'dev/null'), 'c', '1', '3'])
  must('chroot', [root, '/sbin/ldconfig'])
  must('chroot', [root, '/usr/bin/perl', '-e', 'link "/usr/bin/perl", "/usr/bin/perl-again" or die $!'])
}

const said = (): string =>
  must('chroot', [
    root,
    '/bin/dash',
    '-c',
    'echo dash runs; /usr/bin/perl -e "print 6*7"; /bin/ls /usr | wc -l >/dev/null',
  ])

test.skipIf(!canRun)('a Debian root is adopted, replaced and brought back', { timeout: 900_000 }, () => {
  const files = download()
  unpack(files)
  const before = listingOf(join(root, 'usr'))
  expect(said()).toBe('dash runs\n42')
  const key = atStation('key', 'generate', 'sample', '--no-passphrase') as { root: { file: string } }
  const plan = atHost('init', '--adopt', '-n') as { packages: { packages: object[] }; system: string }
  expect(plan.packages.packages.length).toBe(files.length)
  expect(plan.system).toMatch(/^Debian GNU\/Linux/)
  atHost('init', '--adopt', '--trust', key.root.file, '--name', 'pump')
  expect(listingOf(join(root, 'usr'))).toBe(before)
  expect(said()).toBe('dash runs\n42')
  expect(atHost('verify')['findings']).toEqual([])
  atStation('channel', 'create', 'stable')
  atStation('add', 'stable', ...files)
  atStation('channel', 'publish', 'stable')
  atHost('subscribe', ...wished)
  const state = join(folder, 'pump.moss-state')
  atHost('state', 'export', state)
  atStation('fleet', 'enroll', state)
  atStation('export', '--for', state, '-o', join(folder, '1.moss'))
  atHost('import', join(folder, '1.moss'))
  atHost('apply')
  expect(existsSync(join(root, 'usr/lib/moss/state'))).toBe(true)
  expect(existsSync(join(root, 'usr/bin/perl-again'))).toBe(false)
  expect(lstatSync(join(root, 'etc/ld.so.cache')).isSymbolicLink()).toBe(true)
  expect(said()).toBe('dash runs\n42')
  expect(listingOf(join(root, '.moss/states/0/usr'))).toBe(before)
  expect(atHost('verify', '--all')['findings']).toEqual([])
  atHost('rollback', '0')
  expect(listingOf(join(root, 'usr'))).toBe(before)
  expect(lstatSync(join(root, 'etc/ld.so.cache')).isFile()).toBe(true)
  expect(said()).toBe('dash runs\n42')
  atHost('rollback', '1')
  expect(said()).toBe('dash runs\n42')
  const lines = before.split('\n').length - 1
  console.log(`${files.length} packages, ${lines} paths of usr: the same after adoption, apply and rollback`)
})
