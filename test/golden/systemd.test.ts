// systemd's own programs read the same lines on a root of the same accounts: the same users and groups must come out, and
// below /etc and /var the same entries. On lines that we wrote, and on those of this machine's own packages.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silent } from '../../src/base/progress.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import { oracle } from '../support/oracle.ts'
import {
  freshRoot,
  importSamples,
  type SampleEntry,
  samplePackage,
  sampleRequest,
} from '../support/sample-root.ts'
import { scratchFolder } from '../support/scratch.ts'

const outside = linuxOutside()
const isRoot = process.getuid?.() === 0
const hasOracle = isRoot && oracle('systemd-sysusers', 'systemd-tmpfiles')
if (!isRoot) console.warn('skipped: systemd-sysusers and systemd-tmpfiles need root')

let folder: string
beforeEach(() => {
  folder = scratchFolder()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

type Files = Readonly<Record<string, string>>

const accounts = ['passwd', 'group', 'shadow', 'gshadow'] as const

/** Every line of each file, in any order; so are the members of a group, which systemd sorts. */
const accountsOf = (root: string) =>
  Object.fromEntries(
    accounts.map((name) => {
      const path = join(root, 'etc', name)
      const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : []
      const sorted = (line: string): string =>
        line.replace(/[^:]*$/, (members) => members.split(',').toSorted().join())
      return [name, lines.map(sorted).toSorted()]
    }),
  )

/** What is below etc and var but the accounts, the lock and what only an init makes. */
function entriesOf(root: string): readonly string[] {
  const listed = execFileSync('find', ['etc', 'var', '-mindepth', '1', '-printf', '%y %m %U:%G %p %l\n'], {
    cwd: root,
    encoding: 'utf8',
  })
  const own =
    /(^| )etc\/((passwd|group|shadow|gshadow)-?|\.pwd\.lock|ld\.so\.cache|moss|moss\/model\.toml)( |$)/
  return listed
    .split('\n')
    .filter((line) => line !== '' && !own.test(line))
    .map((line) => line.trimEnd().replace(/^l 777/, 'l'))
    .toSorted()
}

/** Both roots after both did their work, and what moss left out. */
async function compare(files: Files) {
  const ours = join(folder, 'ours')
  const theirs = join(folder, 'theirs')
  using opened = freshRoot(outside, ours)
  mkdirSync(join(theirs, 'etc'), { recursive: true })
  for (const name of ['passwd', 'group'])
    writeFileSync(join(theirs, 'etc', name), readFileSync(join(ours, 'etc', name)))
  const entries: Record<string, SampleEntry> = {}
  for (const [path, text] of Object.entries(files)) {
    entries[`usr/${path}`] = text
    mkdirSync(join(theirs, 'usr', path, '..'), { recursive: true })
    writeFileSync(join(theirs, 'usr', path), text)
  }
  const packages = [samplePackage('all', '1', entries)]
  await importSamples(opened.store, packages)
  const staged = await opened.states.stage(sampleRequest(packages), silent)
  const { problems } = await opened.states.publish(staged, {}, silent)
  mkdirSync(join(theirs, 'var'))
  const said = [
    spawnSync('systemd-sysusers', [`--root=${theirs}`], { encoding: 'utf8' }).stderr,
    spawnSync('systemd-tmpfiles', ['--create', `--root=${theirs}`], { encoding: 'utf8' }).stderr,
  ].join('')
  return { ours, theirs, problems, said }
}

const hand: Files = {
  'lib/sysusers.d/a.conf': [
    'r - 300-340',
    'u foo - "Foo, the \\"x\\"" /var/lib/foo',
    'g grp 77',
    'u grp -',
    'm foo adm',
    'm newu grp',
    'u shell 500 "x" - /bin/bash',
    'u owner /usr/lib',
    'u bad: 3',
    'u col - "a:b"',
    'u uid0 0',
    'x foo',
    'u two - "g" relative',
    'g two 600-601',
    'u nogroup1 700:701',
    'u number 700:77',
    'u late -:baz',
    'u bar 45:foo',
    'u root 12',
    'g root 13',
    'u same 44',
    'g same2 77',
  ].join('\n'),
  'lib/sysusers.d/b.conf': 'u foo 9\ng late 310\nu zoo 339\nm foo nogroup\nm foo grp\nm nobody grp\n',
  'lib/tmpfiles.d/a.conf': [
    String.raw`f /var/a - - - - hello\nworld\x21`,
    'f /var/b 0600 - - - two  spaces "q"',
    'f+ /var/c - foo grp',
    'd "/var/with space" 0750',
    'f /var/deep/er/file - - - - -',
    'L /var/l - - - - ../x%%y',
    'L /var/none',
    'f /var/per - - - - 100%%',
    'C /var/copy 0700 - - - /usr/lib/tmpfiles.d',
    'd /var/m :0711',
    'z /var/m 0700',
    'd /var/../x',
    'd /var//twice/',
    'Z /var/copy ~0640',
    'd /var/g 2755 - nosuch',
    'd /var/own 1775 foo 77',
    'D /var/own/below 0700 foo foo',
    'q /var/q 0700',
    'Q /var/q/q',
    'e /var/q/* 0711',
    'z /var/[m 0711',
    'z /var/dee?/er/* 0600 foo',
    'F /var/masked ~0640',
    'f /etc/plain',
    'd /var/m 0755',
    'L+ /etc/there - - - - /usr/bin',
    'x /var/q/*',
    'r /var/nothing',
  ].join('\n'),
  'lib/tmpfiles.d/b.conf': 'd /etc/later - - - -\nf /var/a - - - - other\n',
}

test.skipIf(!hasOracle)('lines of every kind: the same accounts, byte for byte', async () => {
  const { ours, theirs } = await compare(hand)
  expect(accountsOf(ours)).toEqual(accountsOf(theirs))
})

test.skipIf(!hasOracle)('lines of every kind: the same entries and texts', async () => {
  const { ours, theirs } = await compare(hand)
  expect(entriesOf(ours)).toEqual(entriesOf(theirs))
  for (const path of ['var/a', 'var/b', 'var/c', 'var/per', 'var/deep/er/file', 'var/copy/a.conf'])
    expect(readFileSync(join(ours, path), 'utf8')).toBe(readFileSync(join(theirs, path), 'utf8'))
})

/** The configuration of every package that is installed here. */
function installed(): Files {
  const files: Record<string, string> = {}
  for (const name of ['sysusers.d', 'tmpfiles.d'])
    for (const entry of existsSync(`/usr/lib/${name}`) ? readdirSync(`/usr/lib/${name}`) : [])
      if (entry.endsWith('.conf'))
        files[`lib/${name}/${entry}`] = readFileSync(`/usr/lib/${name}/${entry}`, 'utf8')
  return files
}

test.skipIf(!hasOracle)('this machine’s own packages: the same accounts and entries', async () => {
  const files = installed()
  const { ours, theirs, problems } = await compare(files)
  console.log(`${Object.keys(files).length} files; left out by moss: ${problems.join('; ')}`)
  expect(Object.keys(files).length).toBeGreaterThan(10)
  expect(accountsOf(ours)).toEqual(accountsOf(theirs))
  expect(entriesOf(ours)).toEqual(entriesOf(theirs))
})
