// The same archive over HTTP, from a server that does badly what servers do badly: nothing wrong comes in, nothing that came
// is fetched again, and the person is told what to do.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ArchiveServer, archiveServer } from '../support/archive-server.ts'
import { type DebianArchive, debianArchive, poolFile } from '../support/debian-archive.ts'
import { oracle } from '../support/oracle.ts'
import { type Program, programIn } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'

const canRun = oracle('gpg', 'gpgv')
const bodyBytes = 300_000
let moss: Program
let archive: DebianArchive
let server: ArchiveServer
let paragraphs: readonly string[]
let channels = 0
/** Where nobody listens. */
let closed = ''

const atStation = ['--home', 'station'] as const
const packages = join('station', 'mirror/packages')
const inFolder = (path: string): string => join(moss.folder, path)
const pathOf = (name: string): string => `/${poolFile(name, '1-1')}`

/** Of its file, as the index says. */
const digestOf = (name: string): string =>
  /[0-9a-f]{64}/.exec(paragraphs.find((each) => each.startsWith(`Package: ${name}\n`)) ?? '')?.[0] ?? ''

/** Into a channel of its own, so that nothing is there already. */
function channel(): string {
  const name = `from-${++channels}`
  moss.json('channel', 'create', name, ...atStation)
  return name
}

const mirrorFrom = (
  { address, suite = 'tidal' }: { readonly address: string; readonly suite?: string },
  ...more: readonly string[]
): readonly string[] => {
  const from = ['--from', address, '--suite', suite, '--keyring', archive.keyring]
  return ['mirror', channel(), 'gauge', ...from, '-y', ...more, ...atStation]
}

const mirror = (...more: readonly string[]): readonly string[] => mirrorFrom(server, ...more)

const taken = (args: readonly string[]): readonly string[] =>
  moss
    .json<{ added: readonly { name: string }[] }>(...args)
    .added.map(({ name }) => name)
    .toSorted()

const all = ['gauge', 'moon', 'tide']

describe.skipIf(!canRun)('mirror over HTTP', () => {
  beforeAll(async () => {
    moss = programIn(scratchFolder())
    moss.json('key', 'generate', 'sample', '--no-passphrase', ...atStation)
    archive = debianArchive(moss.folder)
    const body = 'x'.repeat(bodyBytes)
    paragraphs = [
      archive.add('gauge', '1-1', { fields: 'Depends: tide, moon\n', body }),
      archive.add('tide', '1-1', { body }),
      archive.add('moon', '1-1', { body }),
    ]
    {
      using other = await archiveServer(inFolder('archive'), inFolder('other'))
      closed = other.address
    }
    server = await archiveServer(inFolder('archive'), inFolder('server'))
  })
  afterAll(() => {
    server[Symbol.dispose]()
    rmSync(moss.folder, { recursive: true })
  })
  beforeEach(() => {
    archive.sign(paragraphs)
    server.how({})
    server.asked()
  })

  test('takes the packages, and an index that did not change only once', () => {
    expect(moss.text(...mirror()).replaceAll(/:\d{4,5}\b/g, ':PORT')).toMatchInlineSnapshot(`
      "$ moss mirror from-1 gauge --from http://127.0.0.1:PORT --suite tidal --keyring FOLDER/archive.gpg -y --home station
      | archive  http://127.0.0.1:PORT, suite tidal: 3 packages
      | chosen   3 packages, 0 here already
      | to fetch 3 packages, <size>
      |  +  gauge  1-1  <size>
      |  +  moon  1-1  <size>
      |  +  tide  1-1  <size>
      mirrored 3 packages, <size>, into channel from-1
      next     moss channel publish from-1
      [exit 0]"
    `)
    expect(server.asked().toSorted()).toEqual([
      '/dists/tidal/InRelease',
      '/dists/tidal/main/binary-amd64/Packages.gz',
      ...all.map(pathOf),
    ])
    expect(taken(mirror())).toEqual(all)
    expect(server.asked().toSorted()).toEqual(['/dists/tidal/InRelease', ...all.map(pathOf)])
    expect(readdirSync(inFolder(packages))).toEqual([])
  })

  test('goes on where a connection broke, and tells so', () => {
    server.how({ cutBytes: 100_000 })
    const { stderr } = moss.well(...mirror())
    expect(stderr).toMatch(/moss: note: cannot fetch http.*: .*: asking again/)
    const asked = server.asked().filter((line) => line.startsWith(pathOf('tide')))
    expect(asked[0]).toBe(pathOf('tide'))
    expect(asked.length).toBeGreaterThan(1)
    for (const [number, line] of asked.entries()) if (number > 0) expect(line).toMatch(/ from [1-9]/)
  })

  test('begins anew where the server gives no parts', () => {
    server.how({ cutBytes: 100_000, noParts: true })
    expect(moss.code(...mirror())).toBe('NETWORK_FAILED')
    server.how({ noParts: true })
    expect(taken(mirror())).toEqual(all)
  })

  test('what came before it gave up is kept: the next call goes on from it', () => {
    server.how({ cutBytes: 50_000, dies: true })
    expect(moss.text(...mirror('-q')).replaceAll(/:\d{4,5}\b/g, ':PORT')).toMatch(
      /cannot fetch .*\[NETWORK_FAILED\]\n.*see that the address is right[^]*it goes on from what came/,
    )
    server.how({})
    server.asked()
    expect(taken(mirror())).toEqual(all)
    expect(server.asked().some((line) => / from [1-9]/.test(line))).toBe(true)
  })

  test('waits for a server that is busy, follows one that moved', () => {
    server.how({ busy: 2 })
    expect(taken(mirror())).toEqual(all)
    server.how({ moves: true })
    expect(taken(mirror())).toEqual(all)
  })

  test('a part that is of another file, or longer than the file, is not gone on from', () => {
    server.how({ busy: 1000 })
    expect(moss.code(...mirror())).toBe('NETWORK_FAILED')
    server.how({})
    for (const sizeBytes of [1000, bodyBytes * 2]) {
      mkdirSync(inFolder(packages), { recursive: true })
      writeFileSync(join(inFolder(packages), `${digestOf('tide')}.deb`), Buffer.alloc(sizeBytes, 'y'))
      expect(taken(mirror())).toEqual(all)
    }
  })

  test('refuses what is longer, shorter or other than its index says, and keeps none of it', () => {
    const path = inFolder(`archive${pathOf('tide')}`)
    const whole = readFileSync(path)
    const other = Buffer.from(whole)
    other[1000]! ^= 1
    for (const bytes of [other, whole.subarray(0, 9000), Buffer.concat([whole, whole])]) {
      writeFileSync(path, bytes)
      expect(moss.code(...mirror())).toBe('ARCHIVE_REFUSED')
      expect(readdirSync(inFolder(packages))).not.toContain(`${digestOf('tide')}.deb`)
      writeFileSync(path, whole)
      expect(taken(mirror())).toEqual(all)
    }
    server.how({ moreBytes: 40_000_000 })
    expect(moss.code(...mirror())).toBe('ARCHIVE_REFUSED')
    server.how({})
    const release = inFolder('archive/dists/tidal/InRelease')
    writeFileSync(release, readFileSync(release, 'utf8').replace('Suite: stable', 'Suite: stabel'))
    expect(moss.code(...mirror())).toBe('ARCHIVE_REFUSED')
    const left = readdirSync(inFolder('station/mirror/indexes'))
    expect(left.filter((name) => !/^[0-9a-f]{64}$/.test(name))).toEqual([])
  })

  test('asks for an index by its digest where the archive says that it can, and else by its name', () => {
    archive.sign(paragraphs, { fields: 'Acquire-By-Hash: yes\n' })
    const folder = 'dists/tidal/main/binary-amd64'
    const index = readFileSync(inFolder(`archive/${folder}/Packages.gz`))
    const digest = createHash('sha256').update(index).digest('hex')
    const byDigest = `/${folder}/by-hash/SHA256/${digest}`
    const askedFor = (): readonly string[] => {
      rmSync(inFolder('station/mirror/indexes'), { recursive: true })
      server.asked()
      expect(taken(mirror())).toEqual(all)
      return server.asked().filter((path) => path.startsWith(`/${folder}/`))
    }
    expect(askedFor()).toEqual([byDigest, `/${folder}/Packages.gz`])
    mkdirSync(inFolder(`archive/${folder}/by-hash/SHA256`), { recursive: true })
    writeFileSync(inFolder(`archive${byDigest}`), index)
    expect(askedFor()).toEqual([byDigest])
  })

  test('says what is not there', () => {
    expect(
      moss
        .text(...mirrorFrom({ address: server.address, suite: 'nosuch' }))
        .replaceAll(/:\d{4,5}\b/g, ':PORT')
        .replace(/from-\d+/, 'from-N'),
    ).toMatchInlineSnapshot(`
      "$ moss mirror from-N gauge --from http://127.0.0.1:PORT --suite nosuch --keyring FOLDER/archive.gpg -y --home station
      | moss: error: no archive at http://127.0.0.1:PORT/dists/nosuch/InRelease [NOT_FOUND]
      | moss: hint: see --from and --suite; nothing was changed
      [exit 13]"
    `)
    rmSync(inFolder(packages), { recursive: true })
    rmSync(inFolder(`archive${pathOf('moon')}`))
    expect(moss.code(...mirror())).toBe('NOT_FOUND')
    archive.add('moon', '1-1', { body: 'x'.repeat(bodyBytes) })
    server.how({ forbids: true })
    expect(moss.text(...mirror())).toMatch(
      /\n\| moss: error: cannot fetch .*: the server answers 403 Forbidden/,
    )
    expect(server.asked().filter((path) => path.endsWith('InRelease'))).toHaveLength(3)
    const ran = moss.run(mirrorFrom({ address: closed }))
    expect(ran.stderr).toMatch(/ECONNREFUSED[^]*asking again[^]*\[NETWORK_FAILED\]/)
  })

  test('fetches no faster than it shall', () => {
    const sizeBytes = all.reduce((sum, name) => sum + statSync(inFolder(`archive${pathOf(name)}`)).size, 0)
    rmSync(inFolder(packages), { recursive: true, force: true })
    const started = performance.now()
    expect(taken(mirror('--limit-rate', '400k'))).toEqual(all)
    expect(performance.now() - started).toBeGreaterThan((sizeBytes / 400_000) * 1000)
    expect(moss.code(...mirror('--limit-rate', 'fast'))).toBe('CLI_USAGE')
  })

  test('reads where archives are as apt does, several suites at once', () => {
    archive.sign([...paragraphs, archive.add('tide', '2-1')], { codename: 'tidal-security' })
    const sources = (text: string): void => writeFileSync(inFolder('own.sources'), text)
    const named = (...more: readonly string[]): readonly string[] => [
      'mirror',
      channel(),
      'gauge',
      '--from',
      'own.sources',
      '-y',
      ...more,
      ...atStation,
    ]
    sources(
      `# ours\nTypes: deb deb-src\nURIs: ${server.address}/\nSuites: tidal tidal-security\nComponents: main\nSigned-By: ${archive.keyring}\n\nEnabled: no\nTypes: deb\nURIs: http://127.0.0.1:9\nSuites: later\nComponents: main\n`,
    )
    const { archives, added } = moss.json<{
      archives: readonly { suite: string }[]
      added: readonly { name: string; version: string }[]
    }>(...named())
    expect(archives.map(({ suite }) => suite)).toEqual(['tidal', 'tidal-security'])
    expect(added).toContainEqual(expect.objectContaining({ name: 'tide', version: '2-1' }))
    const one = moss.json<{ added: readonly object[] }>(...named('--suite', 'tidal'))
    expect(one.added).toContainEqual(expect.objectContaining({ name: 'tide', version: '1-1' }))
    expect(moss.code(...named('--suite', 'nosuch'))).toBe('NOT_FOUND')
    expect(moss.code(...named('--component', 'contrib'))).toBe('NOT_FOUND')
    writeFileSync(inFolder('none.gpg'), '')
    expect(moss.code(...named('--keyring', 'none.gpg'))).toBe('ARCHIVE_REFUSED')
    expect(moss.code(...named('--architecture', 'arm64'))).toBe('NOT_FOUND')
    sources(`Types: deb\nURIs: ftp://example.org\nSuites: tidal\nComponents: main\n`)
    expect(moss.code(...named())).toBe('SOURCES_INVALID')
    expect(moss.code('mirror', channel(), 'gauge', '--from', 'nosuch', ...atStation)).toBe('NOT_FOUND')
    const hostile = '\u001b[31m.sources'
    writeFileSync(inFolder(hostile), 'Types: deb-src\n')
    const { stderr } = moss.run(['mirror', channel(), 'gauge', '--from', hostile, ...atStation])
    expect(stderr).toMatch(/u\{1b\}.*nothing in it is enabled/)
    expect(stderr).not.toContain('\u001b')
  })
})
