// A root of three officers, two of whom must sign, whose keys never meet: drafted at the station, signed on copies, put
// together, accepted, carried to a host by the next bundle. Then keys are stolen, and each is got rid of.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { oracle } from '../support/oracle.ts'
import { type Program, programIn, type Ran } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'

let moss: Program

const at = (home: string) => ['--home', home] as const
const words = (text: string): readonly string[] => text.split(' ')
const onHost = ['--root', 'host'] as const
const well = (...args: readonly string[]): Ran => moss.well(...args)
const codeOf = (...args: readonly string[]): string | undefined => moss.code(...args)

/** Copies go round as on sticks: one for each officer. */
function carry(file: string, to: string): string {
  const copy = `stick-${to}/${file}`
  mkdirSync(join(moss.folder, `stick-${to}`), { recursive: true })
  copyFileSync(join(moss.folder, file), join(moss.folder, copy))
  return copy
}

interface Told {
  readonly version: number
  readonly words: string
  readonly signers: readonly { readonly hasSigned: boolean }[]
}

/** Signs copies of a draft in these homes and puts them together at the station. */
function signBy(draft: string, homes: readonly string[]): Told {
  const copies = homes.map((home) => carry(draft, home))
  for (const [index, home] of homes.entries()) well('root', 'sign', copies[index] ?? '', ...at(home))
  return moss.json<Told>('root', 'assemble', ...copies, '-o', draft, ...at('station'))
}

let serial = 0
function publish(name = `pkg-${++serial}`): void {
  const folder = join(moss.folder, name)
  mkdirSync(join(folder, 'usr/share'), { recursive: true })
  writeFileSync(join(folder, 'usr/share', name), `of ${name}`)
  well('add', 'stable', folder, '--name', name, '--version', '1', ...at('station'))
  well('channel', 'publish', 'stable', ...at('station'))
}

/** The name of the bundle made for the host as it is now. */
function bundleFor(file: string): string {
  well('state', 'export', 'host.moss-state', ...onHost)
  well('fleet', 'enroll', 'host.moss-state', '-y', ...at('station'))
  rmSync(join(moss.folder, file), { force: true })
  well('export', '--for', 'host.moss-state', '-o', file, ...at('station'))
  return file
}

beforeAll(() => {
  moss = programIn(scratchFolder())
  well('key', 'generate', 'release', '--no-passphrase', ...at('station'))
  for (const officer of ['ann', 'bob', 'cid', 'dee']) {
    well('key', 'generate', officer, '--no-passphrase', '--no-root', ...at(officer))
    copyFileSync(join(moss.folder, `${officer}/keys/${officer}.pub`), join(moss.folder, `${officer}.pub`))
  }
  well('channel', 'create', 'stable', ...at('station'))
})
afterAll(() => rmSync(moss.folder, { recursive: true }))

test('a home of a key alone has no root', () => {
  expect(readdirSync(join(moss.folder, 'ann')).sort()).toEqual(['channels', 'keys', 'lock', 'spool'])
})

test('the sole key hands over to three officers', () => {
  const officers = ['ann', 'bob', 'cid']
  well(
    'root',
    'new',
    'two.moss-root',
    ...officers.flatMap((name) => ['--add', `root=./${name}.pub`]),
    ...words('--remove root=release --threshold root=2'),
    ...words('--signer release --signer ./ann.pub --signer ./bob.pub'),
    ...at('station'),
  )
  expect(codeOf('root', 'accept', 'two.moss-root', ...at('station'))).toBe('TRUST_ROOT_UNSIGNED')
  expect(codeOf('root', 'sign', 'two.moss-root', ...at('cid'))).toBe('KEY_ABSENT')
  const assembled = signBy('two.moss-root', ['station', 'ann', 'bob'])
  expect(assembled.signers.every(({ hasSigned }) => hasSigned)).toBe(true)
  expect(codeOf('root', 'accept', 'two.moss-root', '--expect', 'wrong', ...at('station'))).toBe(
    'TRUST_FINGERPRINT',
  )
  well('root', 'accept', 'two.moss-root', '--expect', assembled.words, ...at('station'))
  expect(moss.json<Told>('root', 'show', ...at('station')).version).toBe(2)
})

test('a host begins with the second root by its eight words, and gets its packages', () => {
  const { words } = moss.json<Told>('root', 'show', ...at('station'))
  expect(codeOf('init', '--trust', 'two.moss-root', '--expect', 'abandon '.repeat(8), ...onHost)).toBe(
    'TRUST_FINGERPRINT',
  )
  const short = words
    .split(' ')
    .map((word) => word.slice(0, 4).toUpperCase())
    .join('-')
  well('init', '--trust', 'two.moss-root', '--expect', short, ...onHost)
  publish('harbour')
  well('subscribe', 'harbour', ...onHost)
  well('import', bundleFor('one.moss'), ...onHost)
  well('apply', ...onHost)
})

test('the release key is stolen: officers name another, and the next bundle brings that about', () => {
  publish()
  const before = bundleFor('before.moss')
  well('import', before, ...onHost)
  well('key', 'generate', 'release-2', '--no-passphrase', ...at('station'))
  const roles = ['channel', 'packager', 'exporter']
  well(
    'root',
    'new',
    'three.moss-root',
    ...roles.flatMap((role) => ['--add', `${role}=release-2`, '--remove', `${role}=release`]),
    ...words('--new-epoch --signer ./bob.pub --signer ./cid.pub'),
    ...at('station'),
  )
  signBy('three.moss-root', ['bob', 'cid'])
  well('root', 'accept', 'three.moss-root', ...at('station'))
  well('state', 'export', 'host.moss-state', ...onHost)
  expect(codeOf('export', '--for', 'host.moss-state', '-o', 'no.moss', ...at('station'))).toBe(
    'CHANNEL_BEHIND_ROOT',
  )
  // Whoever has the stolen key could have put that serial there: all of it is shown, and somebody has to say yes.
  const asked = moss.run(['channel', 'publish', 'stable', '--no-input', ...at('station')])
  expect(asked.exit).toBe(2)
  expect(
    moss.run(['channel', 'advise', 'stable', 'harbour', 'it floods', '--before', '2', ...at('station')])
      .stderr,
  ).toContain('moss channel publish stable first')
  const published = well('channel', 'publish', 'stable', ...at('station'))
  expect(published.stderr).toMatch(
    /serial 2 is signed by keys that the trust root does not name[^]*harbour +1 /,
  )
  const { stdout, stderr } = well('import', bundleFor('after.moss'), ...onHost)
  expect(stdout).toContain('root 3 came with it and counts now')
  expect(stderr).toContain('which waited, is not applied any more')
  expect(codeOf('import', before, ...onHost)).toBe('TRUST_UNKNOWN_KEY')
  well('apply', ...onHost)
  expect(moss.json<{ version: number; epoch: number }>('trust', 'show', ...onHost)).toMatchObject({
    version: 3,
    epoch: 2,
  })
  expect(moss.run(['verify', 'after.moss', ...onHost]).stdout).toContain('every byte is the signed one')
})

test('a host that missed several roots follows them all; one that lacks some between is told which', () => {
  mkdirSync(join(moss.folder, 'late'), { recursive: true })
  const late = ['--root', 'late'] as const
  well('init', '--trust', 'two.moss-root', ...late)
  well('subscribe', 'harbour', ...late)
  for (const version of [4, 5]) {
    const file = `${version}.moss-root`
    well(
      'root',
      'new',
      file,
      ...words('--threshold channel=1 --signer ./ann.pub --signer ./cid.pub'),
      ...at('station'),
    )
    signBy(file, ['ann', 'cid'])
    well('root', 'accept', file, ...at('station'))
  }
  well('state', 'export', 'late.moss-state', ...late)
  well('fleet', 'enroll', 'late.moss-state', '-y', ...at('station'))
  well('export', '--for', 'late.moss-state', '-o', 'late.moss', ...at('station'))
  expect(well('import', 'late.moss', ...late).stdout).toContain('root 5 came with it')
  well('apply', ...late)
  rmSync(join(moss.folder, 'station/roots/4.moss-root'))
  well('init', '--trust', 'two.moss-root', '--root', 'later')
  well('state', 'export', 'later.moss-state', '--root', 'later')
  well('fleet', 'enroll', 'later.moss-state', '-y', ...at('station'))
  expect(moss.run(['plan', '--for', 'later.moss-state', ...at('station')]).stdout).toContain(
    'what leads from it is not here (root 4)',
  )
})

test('the audit tells all of it, and a changed line is found', () => {
  const shown = well('trust', 'log', '-o', 'host.moss-audit', ...onHost).stdout
  expect(shown).toContain('root    accepted  trust root 2, epoch 1; by ')
  expect(shown).toContain('bundle  accepted  channel stable, serial 1; by ')
  expect(shown).toContain('root    accepted  trust root 3, epoch 2; by ')
  expect(shown).toMatch(/bundle {2}refused {3}before\.moss: .*\[TRUST_UNKNOWN_KEY\]/)
  expect(shown).toContain('apply   accepted  transaction 2: state 2 after 1')
  expect(well('verify', 'host.moss-audit', ...at('nowhere')).stdout).toContain(
    'each following the one before',
  )
  const path = join(moss.folder, 'host/.moss/audit')
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace('refused', 'accepted'))
  const ran = moss.run(['trust', 'log', ...onHost])
  expect(ran.exit).toBe(3)
  expect(ran.stdout).toMatch(/^! line \d+ of the audit does not hold/)
  writeFileSync(path, text)
  expect(moss.run(['trust', 'log', ...onHost]).exit).toBe(0)
})

test('root keys are lost: the host begins anew with another root, only by its fingerprint', () => {
  well('key', 'generate', 'fresh', '--no-passphrase', ...at('fresh'))
  const { words } = moss.json<Told>('root', 'show', ...at('fresh'))
  copyFileSync(join(moss.folder, 'fresh/root.moss-root'), join(moss.folder, 'fresh.moss-root'))
  expect(codeOf('trust', 'init', 'fresh.moss-root', ...onHost)).toBe('CLI_USAGE')
  expect(codeOf('trust', 'init', 'fresh.moss-root', '--expect', '0'.repeat(64), ...onHost)).toBe(
    'TRUST_FINGERPRINT',
  )
  expect(moss.json<{ version: number }>('trust', 'show', ...onHost).version).toBe(3)
  well('trust', 'init', 'fresh.moss-root', '--expect', words, ...onHost)
  expect(moss.json<{ version: number; words: string }>('trust', 'show', ...onHost)).toMatchObject({
    version: 1,
    words,
  })
  expect(codeOf('import', 'after.moss', ...onHost)).toBe('TRUST_ROOT_ORDER')
})

test.skipIf(!oracle('ssh-keygen'))('an officer whose key is OpenSSH’s signs without moss', () => {
  const ssh = (...args: readonly string[]) => {
    const ran = spawnSync('ssh-keygen', args, { cwd: moss.folder, encoding: 'utf8' })
    expect(ran.status, ran.stderr).toBe(0)
  }
  ssh('-q', '-t', 'ed25519', '-N', '', '-f', 'eve')
  const fresh = at('fresh')
  well(
    'root',
    'new',
    'ssh.moss-root',
    ...words('--add root=./eve.pub --signer fresh --signer ./eve.pub'),
    ...fresh,
  )
  well('root', 'sign', 'ssh.moss-root', ...fresh)
  expect(moss.text('root', 'accept', 'ssh.moss-root', ...fresh)).toMatch(
    /ssh\.moss-root is not signed yet by <id> \[TRUST_ROOT_UNSIGNED\]/,
  )
  well('root', 'sign', 'ssh.moss-root', '--head', 'head', ...fresh)
  ssh('-q', '-Y', 'sign', '-n', 'moss', '-f', 'eve', 'head')
  well('root', 'sign', 'ssh.moss-root', '--signature', 'head.sig', ...fresh)
  expect(codeOf('root', 'sign', 'ssh.moss-root', '--signature', 'eve.pub', ...fresh)).toBe(
    'TRUST_SIGNATURE_INVALID',
  )
  well('root', 'accept', 'ssh.moss-root', ...fresh)
  expect(moss.run(['verify', 'ssh.moss-root', ...fresh]).stdout).toContain(
    'a trust root signed by its own keys',
  )
})
