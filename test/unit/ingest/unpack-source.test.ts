import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { zipSync, type ZipOptions } from 'fflate'
import { afterAll, describe, expect, test } from 'vitest'
import { isMossError } from '../../../src/base/error.ts'
import { type SourceRoom, unpackSource, wholeRoom } from '../../../src/ingest/unpack-source.ts'
import { type TarPart, tarOf } from '../../support/foreign.ts'
import { Workshop } from '../../support/ingested.ts'
import { oracle } from '../../support/oracle.ts'

const shop = new Workshop()
afterAll(() => shop[Symbol.dispose]())

const date = 1_700_000_000

interface How {
  readonly to?: string
  readonly strip?: number
  readonly sha256?: string
  readonly unpack?: boolean
  readonly room?: SourceRoom
}

/** Unpacks into a folder of its own, and says where. */
async function unpack(file: string, bytes: Uint8Array, how: How = {}): Promise<string> {
  const folder = shop.emptyFolder()
  const { to = '', strip = 0, unpack: isUnpacked = true, room = wholeRoom() } = how
  const sha256 = how.sha256 ?? createHash('sha256').update(bytes).digest('hex')
  const path = shop.write(`${file}.${folder.length}`, bytes)
  const source = { file, sha256, unpack: isUnpacked, to, strip }
  mkdirSync(join(folder, 'src'))
  await unpackSource(shop.outside, {
    source,
    path,
    isProgram: false,
    folder: join(folder, 'src'),
    date,
    room,
  })
  return join(folder, 'src')
}

/** Every path with what is there. */
function seen(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((path) => {
      const full = join(folder, path)
      const stat = lstatSync(full)
      if (stat.isSymbolicLink()) return `${path} → ${readlinkSync(full)}`
      if (stat.isDirectory()) return `${path}/ ${(stat.mode & 0o7777).toString(8)} ${stat.mtimeMs / 1000}`
      return `${path} ${(stat.mode & 0o7777).toString(8)} ${stat.mtimeMs / 1000} ${readFileSync(full, 'utf8')}`
    })
}

const refusal = (file: string, bytes: Uint8Array, how: How = {}): Promise<string> =>
  unpack(file, bytes, how).then(
    () => 'accepted',
    (error: unknown) => {
      if (!isMossError(error, 'RECIPE_SOURCE_REFUSED')) throw error
      return error.message
    },
  )

const parts: readonly TarPart[] = [
  { name: 'tide-1.0/', kind: '5', mode: 0o700 },
  { name: 'tide-1.0/a.c', body: 'alpha', mode: 0o600, modified: 99 },
  { name: 'tide-1.0/configure', body: '#!', mode: 0o4777, modified: date + 5 },
  { name: 'tide-1.0/sub/b', kind: '2', target: '../a.c' },
  { name: 'tide-1.0/again', kind: '1', target: 'tide-1.0/a.c' },
]
const unpacked = [
  `again 644 99 alpha`,
  `a.c 644 99 alpha`,
  `configure 755 ${date} #!`,
  `sub/ 755 ${date}`,
  `sub/b → ../a.c`,
].sort()

describe('archives', () => {
  test.each([
    ['x.tar', (tar: Uint8Array) => tar],
    ['x.tar.gz', (tar: Uint8Array) => gzipSync(tar)],
    ['x.tgz', (tar: Uint8Array) => gzipSync(tar)],
    ['x.tar.zst', (tar: Uint8Array) => zstdCompressSync(tar)],
  ])('%s is unpacked with plain modes, and no date after the recipe’s', async (name, pack) => {
    expect(seen(await unpack(name, pack(tarOf(parts)), { strip: 1 })).toSorted()).toEqual(unpacked)
  })

  test.skipIf(!oracle('xz')).each(['x.tar.xz', 'x.txz'])('%s likewise', async (name) => {
    const { stdout } = spawnSync('xz', ['-c'], { input: tarOf(parts) })
    expect(seen(await unpack(name, stdout, { strip: 1 })).toSorted()).toEqual(unpacked)
  })

  test('.zip, with modes and links where it says them', async () => {
    const unix = (mode: number): ZipOptions => ({ os: 3, attrs: mode * 65_536, mtime: '2001-02-03T04:05:06' })
    const zip = zipSync({
      'plain.txt': [Buffer.from('plain'), { level: 0, mtime: '2001-02-03T04:05:06' }],
      'sub/run': [Buffer.from('run '.repeat(50)), unix(0o100755)],
      'sub/link': [Buffer.from('../plain.txt'), unix(0o120777)],
      'empty/': [new Uint8Array(0), unix(0o040755)],
    })
    const found = seen(await unpack('x.zip', zip, { to: 'into/here' }))
    expect(found.map((line) => line.replace(/ 98\d{7}/, ' DATE').trimEnd())).toEqual([
      `into/ 755 ${date}`,
      `into/here/ 755 ${date}`,
      `into/here/empty/ 755 ${date}`,
      'into/here/plain.txt 644 DATE plain',
      `into/here/sub/ 755 ${date}`,
      'into/here/sub/link → ../plain.txt',
      `into/here/sub/run 755 DATE ${'run '.repeat(50).trimEnd()}`,
    ])
  })

  test('other files are put there as they are', async () => {
    const folder = await unpack('x.zip', Buffer.from('no zip'), { unpack: false, to: 'a' })
    expect(seen(folder)).toEqual([`a/ 755 ${date}`, `a/x.zip 644 ${date} no zip`])
  })
})

describe('is refused', () => {
  test('what is not what the recipe names, before it is looked into', async () => {
    const said = await refusal('x.tar', Buffer.from('no tar at all'), { sha256: 'ab'.repeat(32) })
    expect(said).toMatch(/its sha256 is [0-9a-f]{64}, the recipe’s abab/)
  })

  test.each<readonly [string, readonly TarPart[], RegExp]>([
    ['a name with ..', [{ name: 'a/../../x', body: 'x' }], /not a plain path/],
    ['a link to a whole path', [{ name: 'a', kind: '2', target: '/etc/passwd' }], /out of the archive/],
    ['a link that leads above', [{ name: 'a/b', kind: '2', target: '../../x' }], /out of the archive/],
    ['a link that goes down and up', [{ name: 'a', kind: '2', target: 'b/../../x' }], /out of the archive/],
    [
      'a file through a link',
      [
        { name: 'real/', kind: '5' },
        { name: 'a', kind: '2', target: 'real' },
        { name: 'a/x', body: 'x' },
      ],
      /a is a symlink, and a folder is wanted/,
    ],
    [
      'a file where a link is',
      [
        { name: 'a', kind: '2', target: 'b' },
        { name: 'a', body: 'x' },
      ],
      /a is there already/,
    ],
    [
      'a hard link to what is not there',
      [{ name: 'a', kind: '1', target: '/etc/passwd' }],
      /no file before it/,
    ],
    ['a device', [{ name: 'a', kind: '3' }], /a is a device/],
  ])('%s', async (_, entries, problem) => {
    expect(await refusal('x.tar', tarOf(entries))).toMatch(problem)
  })

  test('a link that strip would bring out of the folder', async () => {
    const entries: readonly TarPart[] = [{ name: 'a/b/c', kind: '2', target: '../../x' }]
    expect(await refusal('x.tar', tarOf(entries), { strip: 1 })).toMatch(/out of the archive/)
    expect(seen(await unpack('x.tar', tarOf(entries)))).toContain('a/b/c → ../../x')
  })

  test('more bytes or names than there is room for', async () => {
    const tar = tarOf([
      { name: 'a', body: 'x'.repeat(600) },
      { name: 'b', body: 'x'.repeat(600) },
    ])
    expect(await refusal('x.tar', tar, { room: { bytes: 1000, entries: 10 } })).toMatch(/unpack to more than/)
    expect(await refusal('x.tar', tar, { room: { bytes: 10_000, entries: 1 } })).toMatch(
      /unpack to more than/,
    )
  })

  test('archives that are damaged, and their names said', async () => {
    expect(await refusal('x.tar.gz', gzipSync(tarOf(parts)).subarray(0, 60))).toMatch(/x\.tar\.gz is refused/)
    expect(await refusal('x.tar', tarOf(parts).subarray(0, 700))).toMatch(/cut short/)
    expect(await refusal('x.zip', Buffer.from('no zip'))).toMatch(/no end of a zip/)
  })

  describe('zips', () => {
    const zip = (name: string, body: string): Buffer => Buffer.from(zipSync({ [name]: Buffer.from(body) }))
    const directoryOf = (bytes: Buffer): number => bytes.readUInt32LE(bytes.length - 6)

    test('with names that lead out', async () => {
      expect(await refusal('x.zip', zip('../x', 'x'))).toMatch(/not a plain path/)
      expect(await refusal('x.zip', zip('/x', 'x'))).toMatch(/not a plain path/)
    })

    test('that unpack to another length, or have another CRC, than they say', async () => {
      const bomb = zip('x', 'x'.repeat(100_000))
      bomb.writeUInt32LE(10, directoryOf(bomb) + 24)
      expect(await refusal('x.zip', bomb)).toMatch(/x is damaged/)
      const other = zip('x', 'abc')
      other.writeUInt32LE(1, directoryOf(other) + 16)
      expect(await refusal('x.zip', other)).toMatch(/x is damaged/)
    })

    test('whose entries share bytes', async () => {
      const bytes = Buffer.from(zipSync({ a: [Buffer.from('x'.repeat(5000)), { level: 0 }] }))
      const at = directoryOf(bytes)
      const record = bytes.subarray(at, bytes.length - 22)
      const second = Buffer.from(record)
      second.write('b', 46)
      const end = Buffer.from(bytes.subarray(bytes.length - 22))
      end.writeUInt16LE(2, 8)
      end.writeUInt16LE(2, 10)
      end.writeUInt32LE(record.length * 2, 12)
      const both = Buffer.concat([bytes.subarray(0, at), record, second, end])
      expect(await refusal('x.zip', both)).toMatch(/b shares bytes/)
    })

    test('that are encrypted, packed otherwise, or cut short', async () => {
      const marked = (field: number, value: number): Buffer => {
        const bytes = zip('x', 'abc')
        bytes.writeUInt16LE(value, directoryOf(bytes) + field)
        return bytes
      }
      expect(await refusal('x.zip', marked(8, 1))).toMatch(/x is encrypted/)
      expect(await refusal('x.zip', marked(10, 12))).toMatch(/packed in a way \(12\)/)
      expect(await refusal('x.zip', zip('x', 'abc').subarray(0, 50))).toMatch(/no end of a zip/)
    })
  })
})
