// A Debian archive in a folder, signed by a key of the test's own: what is wished for and all that it needs comes into a
// channel; what anybody changed in the archive is refused, and nothing comes.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DebianArchive, debianArchive } from '../support/debian-archive.ts'
import { oracle } from '../support/oracle.ts'
import { type Program, programIn } from '../support/program.ts'
import { initPump, sendState } from '../support/pump.ts'
import { scratchFolder } from '../support/scratch.ts'

const canRun = oracle('gpg', 'gpgv')
let moss: Program
let archive: DebianArchive

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

const left = (): readonly string[] => readdirSync(join(moss.folder, 'station/mirror/packages'))

describe.skipIf(!canRun)('mirror', () => {
  let first: readonly string[]

  beforeAll(() => {
    moss = programIn(scratchFolder())
    moss.json('key', 'generate', 'sample', '--no-passphrase', '--home', 'station')
    moss.json('channel', 'create', 'stable', '--home', 'station')
    archive = debianArchive(moss.folder)
    first = [
      archive.add('gauge', '2-1', { fields: 'Depends: tide (>= 1), almanac\n' }),
      archive.add('tide', '1-1'),
      archive.add('moon', '1-1', { fields: 'Provides: almanac\nConflicts: sun\n' }),
      archive.add('sun', '1-1', { fields: 'Provides: almanac\nDepends: nosuch\n' }),
      archive.add('other', '1-1', { fields: 'Recommends: tide (>= 3), chart | sun\n' }),
      archive.add('chart', '1-1'),
    ]
    archive.sign(first)
  })
  afterAll(() => rmSync(moss.folder, { recursive: true }))

  test('takes what is wished for and all that it needs', () => {
    expect(moss.text('mirror', 'stable', 'gauge', ...from, '-y')).toMatchInlineSnapshot(`
      "$ moss mirror stable gauge --from archive --suite tidal --keyring archive.gpg --home station -y
      | archive  FOLDER/archive, suite tidal: 6 packages
      | chosen   3 packages, 0 here already
      | to fetch 3 packages, <size>
      |  +  gauge  2-1  <size>
      |  +  moon  1-1  <size>
      |  +  tide  1-1  <size>
      mirrored 3 packages, <size>, into channel stable
      next     moss channel publish stable
      [exit 0]"
    `)
    expect(packages()).toEqual(['gauge 2-1', 'moon 1-1', 'tide 1-1'])
    expect(left()).toEqual([])
  })

  test('has nothing to do the second time, and takes only what is new', () => {
    expect(moss.text('mirror', 'stable', 'gauge', ...from)).toMatchInlineSnapshot(`
      "$ moss mirror stable gauge --from archive --suite tidal --keyring archive.gpg --home station
      archive  FOLDER/archive, suite tidal: 6 packages
      chosen   3 packages, 3 here already
      to fetch 0 packages, <size>
      nothing to do
      [exit 0]"
    `)
    archive.sign([...first, archive.add('tide', '2-1')])
    const { added } = moss.json<{ added: { name: string }[] }>('mirror', 'stable', 'gauge', ...from, '-y')
    expect(added).toMatchObject([{ name: 'tide', version: '2-1' }])
    expect(moss.text('mirror', 'stable', 'sun', ...from, '-y')).toMatchInlineSnapshot(`
      "$ moss mirror stable sun --from archive --suite tidal --keyring archive.gpg --home station -y
      | moss: error: not all can be taken from tidal: you ask for sun; sun 1-1 requires nosuch, which nothing provides [ARCHIVE_LACKING]
      | moss: hint: ask for something else, or name one more --suite or --component; nothing was changed
      [exit 13]"
    `)
  })

  test('takes what is recommended, if asked, and as far as it can', () => {
    archive.sign(first)
    const chosen = (...more: readonly string[]): readonly string[] =>
      moss
        .json<{ packages: { name: string }[] }>('mirror', 'stable', 'other', ...from, '-n', ...more)
        .packages.map(({ name }) => name)
    expect(chosen()).toEqual(['other'])
    expect(chosen('--recommends')).toEqual(['chart', 'other'])
  })

  test('takes packages of another architecture to stand beside the machine’s own, and what serves both', () => {
    const i386 = (name: string, version: string, fields = ''): string =>
      archive.add(name, version, { fields, architecture: 'i386' })
    const both = [
      ...first,
      archive.add('libtide', '1-1', { fields: 'Multi-Arch: same\n' }),
      archive.add('harbour', '1-1', { fields: 'Depends: libtide\n' }),
      archive.add('config', '1-1', { fields: 'Multi-Arch: foreign\n', architecture: 'all' }),
      i386('libtide', '1-1', 'Multi-Arch: same\n'),
      i386('oldgauge', '1-1', 'Depends: libtide, config\n'),
      i386('tide', '1-1'),
      i386('config-user', '1-1', 'Depends: config\n'),
    ]
    archive.sign(both, { architectures: ['amd64', 'i386'] })
    const wish = ['mirror', 'stable', 'oldgauge:i386', 'harbour', ...from] as const
    expect(moss.code(...wish)).toBe('ARCHIVE_LACKING')
    expect(moss.code(...wish, '--foreign', 'arm64')).toBe('NOT_FOUND')
    const { archives, packages: chosen } = moss.json<{
      archives: { architecture: string; offeredPackages: number }[]
      packages: { name: string }[]
    }>(...wish, '--foreign', 'i386', '-y')
    expect(archives).toMatchObject([
      { architecture: 'amd64', offeredPackages: 9 },
      { architecture: 'i386', offeredPackages: 4 },
    ])
    const names = ['config', 'harbour', 'libtide', 'libtide:i386', 'oldgauge:i386']
    expect(chosen.map(({ name }) => name)).toEqual(names)
    expect(moss.json('mirror', 'stable', 'oldgauge:i386', ...from, '--foreign', 'i386', '-n')).toMatchObject({
      packages: [],
    })
    // The machine's own tide and the other's cannot be together, for nothing says that they are the same.
    expect(moss.code('mirror', 'stable', 'tide', 'tide:i386', ...from, '--foreign', 'i386')).toBe(
      'ARCHIVE_LACKING',
    )
    moss.json('channel', 'publish', 'stable', '--home', 'station')
    initPump(moss, '--architecture', 'amd64')
    moss.json('subscribe', 'oldgauge:i386', 'libtide', '--root', 'pump')
    sendState(moss, '1.moss-state')
    moss.json('export', '--for', '1.moss-state', '-o', '1.moss', '--home', 'station')
    const model = join(moss.folder, 'pump/etc/moss/model.toml')
    const text = readFileSync(model, 'utf8')
    writeFileSync(model, text.replace('architecture = "amd64"', 'architecture = "arm64"'))
    expect(moss.run(['import', '1.moss', '--root', 'pump']).stderr).toMatch(
      /libtide 1-1 is for amd64, not arm64.*\[BUNDLE_SET_REFUSED\]/,
    )
    writeFileSync(model, text)
    moss.json('import', '1.moss', '--apply', '-y', '--root', 'pump')
    const bin = join(moss.folder, 'pump/usr/bin')
    expect(readdirSync(bin).sort()).toEqual(['config', 'libtide', 'libtide-i386', 'oldgauge-i386'])
    expect(moss.text('list', '--root', 'pump')).toMatch(/^libtide:i386 +1-1 +i386 /m)
    // Only what the machine's own has is found in its files.
    const found = moss.json<{ provides: string[] }>('info', 'libtide:i386', '--root', 'pump').provides
    expect(found).toEqual([])
    // What a channel below has is not taken in again.
    moss.json('channel', 'create', 'site', '--over', 'stable', '--home', 'station')
    const above = ['mirror', 'site', 'oldgauge:i386', 'tide', ...from, '--foreign', 'i386', '-n'] as const
    expect(moss.json<{ packages: { name: string }[] }>(...above).packages).toEqual([])
  })

  test('tells of an archive that is older than it shall be believed', () => {
    archive.sign(first, { fields: 'Valid-Until: Sat, 01 Jan 2022 00:00:00 UTC\n' })
    expect(moss.text('mirror', 'stable', 'gauge', ...from)).toMatch(/to be believed until/)
  })

  test('refuses what anybody changed, and takes nothing', () => {
    const whole = join(moss.folder, 'archive')
    const changed = (path: string, change: (bytes: Buffer) => Buffer, wish = 'other'): string | undefined => {
      archive.sign(first)
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
    // One that is here already is not read again.
    expect(changed('dists/tidal/main/binary-amd64/Packages.gz', flipped, 'gauge')).toBeUndefined()
    rmSync(join(moss.folder, 'station/mirror/indexes'), { recursive: true })
    expect(changed('dists/tidal/main/binary-amd64/Packages.gz', flipped)).toBe('ARCHIVE_REFUSED')
    expect(changed('pool/main/other_1-1_amd64.deb', flipped)).toBe('ARCHIVE_REFUSED')
    expect(changed('pool/main/other_1-1_amd64.deb', (bytes) => bytes.subarray(0, 100))).toBe(
      'ARCHIVE_REFUSED',
    )
    expect(changed('pool/main/other_1-1_amd64.deb', (bytes) => Buffer.concat([bytes, bytes]))).toBe(
      'ARCHIVE_REFUSED',
    )
    expect(packages()).not.toContain('other 1-1')
    expect(left()).toEqual([])
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
