// The loop on real Debian packages, as root: a fresh root from the oldest published versions, updated by stick to
// the newest, rolled back. The programs run in a chroot; the host's verbs run in a network namespace without
// interfaces. Needs apt and Debian's archive; skipped with a reason where they are absent.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { oracle } from '../support/oracle.ts'

const moss = join(import.meta.dirname, '../../dist/moss')
const wished = (
  'bash dash coreutils libc-bin openssl curl git python3-minimal python3.11 perl ' +
  'vim-tiny openssh-client ca-certificates findutils sed shared-mime-info'
).split(' ')
/** Program inside the root, and how it says its version. */
const programs: readonly (readonly [string, ...string[]])[] = [
  ['usr/bin/bash', '-c', 'echo bash $BASH_VERSION'],
  ['usr/bin/openssl', 'version'],
  ['usr/bin/ssh', '-V'],
  ['usr/bin/git', '--version'],
  ['usr/bin/curl', '--version'],
  ['usr/bin/perl', '-v'],
  [
    'usr/bin/python3.11',
    '-c',
    'import ssl, sqlite3, json; print(json.dumps({"ssl": ssl.OPENSSL_VERSION, "sqlite": sqlite3.connect(":memory:").execute("select 6*7").fetchone()[0]}))',
  ],
  ['usr/bin/dash', '-c', 'echo dash runs'],
  ['usr/bin/vim.tiny', '--version'],
]

const isRoot = process.getuid?.() === 0
const canRun = oracle('apt-get', 'apt-cache', 'dpkg', 'dpkg-deb', 'unshare', 'chroot', 'tar') && isRoot
if (!isRoot) console.warn('skipped: real packages need root (chroot, namespaces)')

const folder = canRun ? mkdtempSync(join(tmpdir(), 'moss-real-')) : ''
const [root, home, stick] = [join(folder, 'host'), join(folder, 'station'), join(folder, 'stick')]
const aptOptions = ['lists', 'cache', 'status'].flatMap((name) => {
  const option = { lists: 'Dir::State::lists', cache: 'Dir::Cache', status: 'Dir::State::status' }[name]
  return ['-o', `${option}=${join(folder, name)}`]
})

function must(
  program: string,
  args: readonly string[],
  options: { cwd?: string; input?: string } = {},
): string {
  const ran = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, LC_ALL: 'C' },
    ...options,
  })
  if (ran.status === 0) return ran.stdout + (program === 'chroot' ? ran.stderr : '')
  throw new Error(
    `${program} ${args.slice(0, 6).join(' ')}: exit ${ran.status}\n${ran.stdout.slice(-2000)}\n${ran.stderr.slice(-4000)}`,
  )
}

interface Told {
  readonly [field: string]: unknown
}
const atStation = (...args: readonly string[]): Told =>
  JSON.parse(must(moss, [...args, '--home', home, '--json'])) as Told
/** The host has no network: not even loopback is up. */
const atHost = (...args: readonly string[]): Told =>
  JSON.parse(must('unshare', ['--net', moss, ...args, '--root', root, '--json', '-y'])) as Told

interface Published {
  readonly name: string
  readonly oldest: string
  readonly newest: string
}

const isOlder = (a: string, b: string): boolean =>
  spawnSync('dpkg', ['--compare-versions', a, 'lt', b]).status === 0

function publishedVersions(names: readonly string[]): readonly Published[] {
  const versions = new Map<string, string[]>()
  for (const line of must('apt-cache', [...aptOptions, 'madison', ...names]).split('\n')) {
    const [name, version, source] = line.split('|').map((field) => field.trim())
    if (name === undefined || version === undefined || source?.endsWith(' Packages') !== true) continue
    versions.set(name, [...(versions.get(name) ?? []), version])
  }
  return [...versions].map(([name, found]) => ({
    name,
    oldest: found.reduce((a, b) => (isOlder(b, a) ? b : a)),
    newest: found.reduce((a, b) => (isOlder(a, b) ? b : a)),
  }))
}

function closureOf(names: readonly string[]): readonly string[] {
  const plan = must('apt-get', [
    ...aptOptions,
    '--print-uris',
    '--no-install-recommends',
    '-y',
    'install',
    ...names,
  ])
  return [...plan.matchAll(/^'[^']+' (\S+?)_\S+\.deb /gm)].map((match) => match[1] ?? '').sort()
}

function download(packages: readonly string[], into: string): readonly string[] {
  mkdirSync(into, { recursive: true })
  must('apt-get', [...aptOptions, '-o', 'APT::Sandbox::User=root', '-q=2', 'download', ...packages], {
    cwd: into,
  })
  return readdirSync(into)
    .sort()
    .map((name) => join(into, name))
}

const versionsTold = (): Record<string, string> =>
  Object.fromEntries(
    programs.map(([program, ...args]) => [
      program,
      must('chroot', [root, `/${program}`, ...args])
        .trim()
        .split('\n')[0] ?? '',
    ]),
  )

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The digest of a program as its .deb has it, by dpkg-deb and tar. */
function digestInDebs(debs: readonly string[], program: string): string | undefined {
  for (const deb of debs)
    for (const path of [`./${program}`, `./${program.replace(/^usr\//, '')}`]) {
      const ran = spawnSync(
        'sh',
        ['-c', 'dpkg-deb --fsys-tarfile "$0" | tar -xO "$1" 2>/dev/null', deb, path],
        { maxBuffer: 2 ** 28 },
      )
      if (ran.stdout.length > 0) return sha256(ran.stdout)
    }
  return undefined
}

/** Which package file holds a program, so that only that one is unpacked. */
const holderOf: Readonly<Record<string, string>> = {
  'usr/bin/bash': 'bash_',
  'usr/bin/openssl': 'openssl_',
  'usr/bin/ssh': 'openssh-client_',
  'usr/bin/git': 'git_',
  'usr/bin/curl': 'curl_',
  'usr/bin/perl': 'perl-base_',
  'usr/bin/python3.11': 'python3.11-minimal_',
  'usr/bin/dash': 'dash_',
  'usr/bin/vim.tiny': 'vim-tiny_',
}

function expectProgramsOf(debs: readonly string[]): void {
  for (const [program] of programs) {
    const holder = debs.filter((deb) =>
      deb.slice(deb.lastIndexOf('/') + 1).startsWith(holderOf[program] ?? ''),
    )
    expect(sha256(readFileSync(join(root, program))), program).toBe(digestInDebs(holder, program))
  }
}

afterAll(() => {
  if (folder !== '') rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(!canRun)('the loop on real Debian packages', () => {
  test('a fresh root is made, updated and rolled back, by stick alone', { timeout: 900_000 }, () => {
    mkdirSync(join(folder, 'lists'), { recursive: true })
    mkdirSync(join(folder, 'cache'))
    mkdirSync(stick)
    writeFileSync(join(folder, 'status'), '')
    must('apt-get', [...aptOptions, '-q=2', 'update'])
    const names = closureOf(wished)
    const published = publishedVersions(names)
    expect(published.length).toBe(names.length)
    const old = download(
      published.map(({ name, oldest }) => `${name}=${oldest}`),
      join(folder, 'old'),
    )
    const changed = published.filter(({ oldest, newest }) => oldest !== newest)
    const fresh = download(
      changed.map(({ name, newest }) => `${name}=${newest}`),
      join(folder, 'new'),
    )
    expect(changed.map(({ name }) => name)).toEqual(expect.arrayContaining(['openssl', 'openssh-client']))

    const key = atStation('key', 'generate', 'release', '--no-passphrase') as {
      root: { file: string; fingerprint: string }
    } & Told
    atStation('channel', 'create', 'stable')
    const added = atStation('add', 'stable', ...old) as { scriptCounts: Record<string, number> } & Told
    console.log(`${old.length} packages; maintainer scripts, actions: ${JSON.stringify(added.scriptCounts)}`)
    expect(Object.values(added.scriptCounts).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(50)
    atStation('channel', 'publish', 'stable')

    atHost('init', '--trust', key.root.file, '--expect', key.root.fingerprint, '--name', 'real')
    atHost('subscribe', ...wished)
    const first = trip('first')
    must('mknod', ['-m', '666', join(root, 'dev/null'), 'c', '1', '3'])
    expect(first.triggers).toEqual(expect.arrayContaining(['ldconfig', 'mime', 'ca-certificates']))
    expect(existsSync(join(root, 'usr/share/mime/mime.cache'))).toBe(true)
    expect(readFileSync(join(root, 'etc/ssl/certs/ca-certificates.crt'), 'utf8')).toContain(
      'BEGIN CERTIFICATE',
    )
    const firstVersions = versionsTold()
    expectProgramsOf(old)

    atStation('add', 'stable', ...fresh)
    atStation('channel', 'publish', 'stable')
    const second = trip('second')
    expect(second.triggers).toEqual(expect.arrayContaining(['ldconfig', 'mime']))
    const secondVersions = versionsTold()
    expectProgramsOf([
      ...fresh,
      ...old.filter((deb) => !changed.some(({ name }) => deb.includes(`/${name}_`))),
    ])

    const debBytes = fresh.reduce((sum, deb) => sum + statSync(deb).size, 0)
    console.log(
      `bundle 1: ${first.file} of ${first.full} bytes; bundle 2: ${second.file} of ${second.full} bytes; changed .deb files: ${debBytes} bytes in ${fresh.length} packages`,
    )
    console.log(
      `openssl: ${firstVersions['usr/bin/openssl']} → ${secondVersions['usr/bin/openssl']}; ssh: ${firstVersions['usr/bin/ssh']} → ${secondVersions['usr/bin/ssh']}`,
    )
    for (const program of ['usr/bin/openssl', 'usr/bin/ssh'])
      expect(secondVersions[program]).not.toBe(firstVersions[program])
    const told = (name: string): Published =>
      published.find((entry) => entry.name === name) ?? { name, oldest: '?', newest: '?' }
    expect(firstVersions['usr/bin/openssl']).toContain(told('openssl').oldest.split('-')[0])
    expect(secondVersions['usr/bin/openssl']).toContain(told('openssl').newest.split('-')[0])
    expect(second.file).toBeLessThan(debBytes)

    atHost('rollback')
    expect(treeNow()).toBe(first.tree)
    expect(versionsTold()).toEqual(firstVersions)
    expectProgramsOf(old)
    expect(existsSync(join(root, 'usr/lib/ld.so.cache'))).toBe(true)
    expect((atHost('verify') as { findings: readonly string[] } & Told).findings).toEqual([])
  })
})

/** Digest of the whole usr. */
const treeNow = (): string => (atHost('state', 'show', '--digest') as { tree: string } & Told).tree

/** One trip: state out, bundle in, applied. Sizes in bytes. */
function trip(name: string): {
  readonly triggers: readonly string[]
  readonly file: number
  readonly full: number
  readonly tree: string
} {
  const state = join(stick, `${name}.moss-state`)
  const bundle = join(stick, `${name}.moss`)
  atHost('state', 'export', state)
  atStation('fleet', 'enroll', state, '-y')
  const made = atStation('export', '--for', state, '-o', bundle) as {
    fileBytes: number
    seconds: number
    plan: { fullBytes: number }
  } & Told
  const started = performance.now()
  atHost('import', bundle)
  const imported = performance.now()
  const applied = atHost('apply') as {
    tree: string
    files: number
    notes: readonly string[]
    triggers: readonly { readonly name: string; readonly outcome: string }[]
  } & Told
  const seconds = (from: number, to: number): string => ((to - from) / 1000).toFixed(1)
  console.log(
    `${name}: export ${made.seconds.toFixed(1)} s, import ${seconds(started, imported)} s, apply ${seconds(imported, performance.now())} s, ${applied.files} files; triggers ${JSON.stringify(applied.triggers)}`,
  )
  expect(applied.triggers.filter(({ outcome }) => outcome !== 'done')).toEqual([])
  const triggers = applied.triggers.map(({ name }) => name)
  return { triggers, file: made.fileBytes, full: made.plan.fullBytes, tree: treeNow() }
}
