// A Debian archive in a folder, signed by a key of the test's own: what is wished for and all that it needs comes into a
// channel; what anybody changed in the archive is refused, and nothing comes.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { arOf, tarOf } from '../support/foreign.ts'
import { oracle } from '../support/oracle.ts'
import { type Program, programIn } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'

const canRun = oracle('gpg', 'gpgv')
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
let moss: Program

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: moss.folder })
  if (status !== 0) throw new Error(`${program}: ${stderr}`)
}

/** Writes a .deb into the pool and gives its paragraph of the index. */
function debianPackage(name: string, version: string, fields = ''): string {
  const control = `Package: ${name}\nVersion: ${version}\nArchitecture: amd64\nMaintainer: Nobody <nobody@example.org>\n${fields}Description: the package ${name}\n`
  const bytes = arOf([
    { name: 'debian-binary', bytes: Buffer.from('2.0\n') },
    { name: 'control.tar', bytes: tarOf([{ name: './control', body: control }]) },
    {
      name: 'data.tar',
      bytes: tarOf([
        { name: './usr/', kind: '5', mode: 0o755 },
        { name: './usr/bin/', kind: '5', mode: 0o755 },
        { name: `./usr/bin/${name}`, body: `${name} ${version}\n`, mode: 0o755 },
      ]),
    },
  ])
  const file = `pool/main/${name}_${version}_amd64.deb`
  const path = join(moss.folder, 'archive', file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
  return `${control}Filename: ${file}\nSize: ${bytes.length}\nSHA256: ${sha256(bytes)}\n`
}

const gpg = (...args: readonly string[]): void =>
  run('gpg', '--homedir', join(moss.folder, 'gnupg'), '--batch', '--quiet', ...args)

/** The indexes and the Release file that signs them. */
function sign(paragraphs: readonly string[], fields = ''): void {
  const dists = join(moss.folder, 'archive/dists/tidal')
  const plain = Buffer.from(paragraphs.join('\n'))
  const files = { 'main/binary-amd64/Packages': plain, 'main/binary-amd64/Packages.gz': gzipSync(plain) }
  const lines = Object.entries(files).map(([name, bytes]) => {
    mkdirSync(dirname(join(dists, name)), { recursive: true })
    writeFileSync(join(dists, name), bytes)
    return ` ${sha256(bytes)} ${bytes.length} ${name}`
  })
  const release = `Suite: stable\nCodename: tidal\n${fields}SHA256:\n${lines.join('\n')}\n`
  writeFileSync(join(moss.folder, 'Release'), release)
  gpg('--yes', '--clearsign', '--output', join(dists, 'InRelease'), join(moss.folder, 'Release'))
}

const from = [
  '--from',
  'archive',
  '--suite',
  'tidal',
  '--keyring',
  'archive.gpg',
  '--home',
  'station',
] as const
const packages = (): readonly string[] =>
  moss
    .json<{ packages: { name: string; version: string }[] }>('channel', 'show', 'stable', '--home', 'station')
    .packages.map(({ name, version }) => `${name} ${version}`)

describe.skipIf(!canRun)('mirror', () => {
  let first: readonly string[]

  beforeAll(() => {
    moss = programIn(scratchFolder())
    moss.json('key', 'generate', 'sample', '--no-passphrase', '--home', 'station')
    moss.json('channel', 'create', 'stable', '--home', 'station')
    mkdirSync(join(moss.folder, 'gnupg'), { mode: 0o700 })
    gpg('--passphrase', '', '--quick-generate-key', 'archive@example.org', 'ed25519', 'sign', 'never')
    gpg('--export', '--output', join(moss.folder, 'archive.gpg'), 'archive@example.org')
    first = [
      debianPackage('gauge', '2-1', 'Depends: tide (>= 1), almanac\n'),
      debianPackage('tide', '1-1'),
      debianPackage('moon', '1-1', 'Provides: almanac\nConflicts: sun\n'),
      debianPackage('sun', '1-1', 'Provides: almanac\nDepends: nosuch\n'),
      debianPackage('other', '1-1'),
    ]
    sign(first)
  })
  afterAll(() => rmSync(moss.folder, { recursive: true }))

  test('takes what is wished for and all that it needs', () => {
    expect(moss.text('mirror', 'stable', 'gauge', ...from, '-y')).toMatchInlineSnapshot(`
      "$ moss mirror stable gauge --from archive --suite tidal --keyring archive.gpg --home station -y
      | archive  FOLDER/archive, suite tidal: 5 packages
      | chosen   3 packages, 0 here already
      | to read  3 packages, <size>
      |  +  gauge  2-1  <size>
      |  +  moon  1-1  <size>
      |  +  tide  1-1  <size>
      | copy
      | add
      mirrored 3 packages, <size>, into channel stable
      next     moss channel publish stable
      [exit 0]"
    `)
    expect(packages()).toEqual(['gauge 2-1', 'moon 1-1', 'tide 1-1'])
    expect(readdirSync(join(moss.folder, 'station/spool'))).toEqual([])
  })

  test('has nothing to do the second time, and takes only what is new', () => {
    expect(moss.text('mirror', 'stable', 'gauge', ...from)).toMatchInlineSnapshot(`
      "$ moss mirror stable gauge --from archive --suite tidal --keyring archive.gpg --home station
      archive  FOLDER/archive, suite tidal: 5 packages
      chosen   3 packages, 3 here already
      to read  0 packages, <size>
      nothing to do
      [exit 0]"
    `)
    sign([...first, debianPackage('tide', '2-1')])
    const { added } = moss.json<{ added: { name: string }[] }>('mirror', 'stable', 'gauge', ...from, '-y')
    expect(added).toMatchObject([{ name: 'tide', version: '2-1' }])
    expect(moss.text('mirror', 'stable', 'sun', ...from, '-y')).toMatchInlineSnapshot(`
      "$ moss mirror stable sun --from archive --suite tidal --keyring archive.gpg --home station -y
      | moss: error: the model cannot be satisfied: it asks for sun; sun 1-1 requires nosuch, which nothing provides; adding nosuch to channel tidal would help [SOLVE_NO_SOLUTION]
      | moss: hint: change the subscriptions or holds, or add what is missing to the channel
      [exit 13]"
    `)
  })

  test('tells of an archive that is older than it shall be believed', () => {
    sign(first, 'Valid-Until: Sat, 01 Jan 2022 00:00:00 UTC\n')
    expect(moss.text('mirror', 'stable', 'gauge', ...from)).toMatch(/to be believed until/)
  })

  test('refuses what anybody changed, and takes nothing', () => {
    const whole = join(moss.folder, 'archive')
    const changed = (path: string, change: (bytes: Buffer) => Buffer, wish = 'other'): string | undefined => {
      sign(first)
      const kept = readFileSync(join(whole, path))
      writeFileSync(join(whole, path), change(kept))
      const code = moss.code('mirror', 'stable', wish, ...from)
      writeFileSync(join(whole, path), kept)
      return code
    }
    const flipped = (bytes: Buffer): Buffer => {
      const other = Buffer.from(bytes)
      other[Math.floor(bytes.length / 2)]! ^= 1
      return other
    }
    expect(changed('dists/tidal/InRelease', flipped)).toBe('ARCHIVE_REFUSED')
    // What stands outside of the signature is not read.
    const added = (bytes: Buffer): Buffer => Buffer.from(`Suite: evil\n\n${bytes.toString()}`)
    expect(changed('dists/tidal/InRelease', added, 'gauge')).toBeUndefined()
    expect(changed('dists/tidal/main/binary-amd64/Packages.gz', flipped)).toBe('ARCHIVE_REFUSED')
    expect(changed('pool/main/other_1-1_amd64.deb', flipped)).toBe('ARCHIVE_REFUSED')
    expect(changed('pool/main/other_1-1_amd64.deb', (bytes) => bytes.subarray(0, 100))).toBe(
      'ARCHIVE_REFUSED',
    )
    expect(changed('pool/main/other_1-1_amd64.deb', (bytes) => Buffer.concat([bytes, bytes]))).toBe(
      'ARCHIVE_REFUSED',
    )
    expect(packages()).not.toContain('other 1-1')
    expect(readdirSync(join(moss.folder, 'station/spool'))).toEqual([])
    expect(moss.code('mirror', 'stable', 'other', ...from)).toBeUndefined()
    expect(packages()).toContain('other 1-1')
  })

  test('refuses a suite under another one’s name, a foreign key, and an index that is not signed', () => {
    cpSync(join(moss.folder, 'archive/dists/tidal'), join(moss.folder, 'archive/dists/later'), {
      recursive: true,
    })
    const asked = ['mirror', 'stable', 'gauge', '--from', 'archive', '--home', 'station'] as const
    expect(moss.code(...asked, '--suite', 'later', '--keyring', 'archive.gpg')).toBe('ARCHIVE_REFUSED')
    writeFileSync(join(moss.folder, 'none.gpg'), '')
    expect(moss.code(...asked, '--suite', 'tidal', '--keyring', 'none.gpg')).toBe('ARCHIVE_REFUSED')
    expect(
      moss.code(...asked, '--suite', 'tidal', '--keyring', 'archive.gpg', '--component', 'contrib'),
    ).toBe('NOT_FOUND')
    expect(moss.code(...asked, '--keyring', 'archive.gpg')).toBe('CLI_USAGE')
  })
})
