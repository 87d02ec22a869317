// The same archive over HTTP, from a server that does badly what servers do badly: nothing wrong comes in, nothing that came
// is fetched again, and the person is told what to do.
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

const atStation = ['--home', 'station'] as const
const packages = join('station', 'mirror/packages')
const inFolder = (path: string): string => join(moss.folder, path)
const pathOf = (name: string): string => `/${poolFile(name, '1-1')}`

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
      | read indexes
      | archive  http://127.0.0.1:PORT, suite tidal: 3 packages
      | chosen   3 packages, 0 here already
      | to fetch 3 packages, <size>
      |  +  gauge  1-1  <size>
      |  +  moon  1-1  <size>
      |  +  tide  1-1  <size>
      | fetch
      | add
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
    expect(stderr).toMatch(/moss: note: cannot fetch http.*: .*: it is asked again/)
    const asked = server.asked().filter((line) => line.startsWith(pathOf('tide')))
    expect(asked[0]).toBe(pathOf('tide'))
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
      /cannot fetch .*\[NETWORK_FAILED\]\n.*what came is kept: run the same command again/,
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
    const [digest = ''] = /[0-9a-f]{64}/.exec(paragraphs[1] ?? '') ?? []
    for (const sizeBytes of [1000, bodyBytes * 2]) {
      mkdirSync(inFolder(packages), { recursive: true })
      writeFileSync(join(inFolder(packages), `${digest}.deb`), Buffer.alloc(sizeBytes, 'y'))
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
      writeFileSync(path, whole)
      expect(taken(mirror())).toEqual(all)
    }
    server.how({ moreBytes: 40_000_000 })
    expect(moss.code(...mirror())).toBe('ARCHIVE_REFUSED')
    expect(readdirSync(inFolder('station/mirror'))).not.toContain('signed')
  })

  test('says what is not there', () => {
    expect(
      moss
        .text(...mirrorFrom({ address: server.address, suite: 'nosuch' }))
        .replaceAll(/:\d{4,5}\b/g, ':PORT'),
    ).toMatchInlineSnapshot(`
      "$ moss mirror from-20 gauge --from http://127.0.0.1:PORT --suite nosuch --keyring FOLDER/archive.gpg -y --home station
      | moss: error: no archive at http://127.0.0.1:PORT/dists/nosuch/InRelease [NOT_FOUND]
      | moss: hint: see --from and --suite; nothing was changed
      [exit 13]"
    `)
    rmSync(inFolder(`archive${pathOf('moon')}`))
    expect(moss.code(...mirror())).toBe('NOT_FOUND')
    archive.add('moon', '1-1', { body: 'x'.repeat(bodyBytes) })
    expect(moss.code(...mirrorFrom({ address: 'http://127.0.0.1:9' }))).toBe('NETWORK_FAILED')
  })

  test('fetches no faster than it shall', () => {
    const sizeBytes = all.reduce((sum, name) => sum + statSync(inFolder(`archive${pathOf(name)}`)).size, 0)
    rmSync(inFolder(packages), { recursive: true })
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
    sources(`Types: deb\nURIs: ftp://example.org\nSuites: tidal\nComponents: main\n`)
    expect(moss.code(...named())).toBe('SOURCES_INVALID')
    expect(moss.code('mirror', channel(), 'gauge', '--from', 'nosuch', ...atStation)).toBe('NOT_FOUND')
  })
})
