import { packTar } from 'modern-tar'
import { describe, expect, test } from 'vitest'
import { readTar, TarError } from '../../../src/ingest/deb/tar.ts'
import type { SourceEntry } from '../../../src/ingest/source.ts'
import { paxRecord, tarEntry, type TarPart, tarOf, withSum } from '../../support/foreign.ts'

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

type Read = SourceEntry & { readonly text?: string }

async function readAll(bytes: Uint8Array, size = 1000): Promise<readonly Read[]> {
  const found: Read[] = []
  for await (const entry of readTar(inPieces(bytes, size)))
    if (entry.kind === 'file')
      found.push({ ...entry, text: Buffer.concat(await Array.fromAsync(entry.body())).toString() })
    else found.push(entry)
  return found
}

const refusal = (parts: readonly (TarPart | Uint8Array)[]): Promise<string> =>
  readAll(tarOf(parts)).then(
    () => 'accepted',
    (error: unknown) => {
      expect(error).toBeInstanceOf(TarError)
      return (error as Error).message
    },
  )

const longName = `usr/share/${'long-'.repeat(40)}name`

describe('reads what tar writers write', () => {
  test('files, folders, symlinks and hard links, whatever the pieces they arrive in', async () => {
    const bytes = tarOf([
      { name: './', kind: '5', mode: 0o755 },
      { name: './usr/', kind: '5', mode: 0o755 },
      { name: './usr/a', body: 'alpha', mode: 0o4755, uid: 7, gid: 8, modified: 99 },
      { name: './usr/b', kind: '1', target: './usr/a' },
      { name: './usr/c', kind: '2', target: '../etc/c' },
      { name: './usr/empty' },
    ])
    const expected = [
      { path: 'usr', kind: 'folder', mode: 0o755 },
      {
        path: 'usr/a',
        kind: 'file',
        text: 'alpha',
        mode: 0o4755,
        uid: 7,
        gid: 8,
        modified: 99,
        sizeBytes: 5,
      },
      { path: 'usr/b', kind: 'link', earlier: 'usr/a' },
      { path: 'usr/c', kind: 'symlink', target: '../etc/c' },
      { path: 'usr/empty', kind: 'file', text: '', sizeBytes: 0 },
    ]
    for (const size of [1, 7, 512, 513, 100_000]) expect(await readAll(bytes, size)).toMatchObject(expected)
  })

  test('what another program of the same format writes, with long names and names beyond ASCII', async () => {
    const body = 'x'.repeat(70_000)
    const bytes = await packTar([
      { header: { name: longName, size: body.length, mode: 0o640, uid: 3_000_000 }, body },
      { header: { name: 'usr/größe', type: 'symlink', size: 0, linkname: `${longName}-target` } },
    ])
    expect(await readAll(bytes)).toMatchObject([
      { path: longName, kind: 'file', text: body, mode: 0o640, uid: 3_000_000 },
      { path: 'usr/größe', kind: 'symlink', target: `${longName}-target` },
    ])
  })

  test('long names in GNU form', async () => {
    const bytes = tarOf([
      { name: '././@LongLink', kind: 'K', body: `${longName}-target\0` },
      { name: '././@LongLink', kind: 'L', body: `./${longName}\0` },
      { name: 'cut', kind: '2', target: 'cut' },
    ])
    expect(await readAll(bytes)).toMatchObject([{ path: longName, target: `${longName}-target` }])
  })

  test('extended attributes as bytes, and dates with fractions', async () => {
    const pax = Buffer.concat([
      paxRecord('SCHILY.xattr.security.capability', new Uint8Array([1, 0, 0, 2, 0xff])),
      paxRecord('mtime', '1700000001.75'),
    ])
    const [entry] = await readAll(
      tarOf([
        { name: 'pax', kind: 'x', body: pax },
        { name: 'usr/ping', body: 'p' },
      ]),
    )
    expect(entry).toMatchObject({ modified: 1_700_000_001, text: 'p' })
    expect(entry?.kind === 'file' && entry.xattrs?.['security.capability']).toEqual(
      new Uint8Array([1, 0, 0, 2, 0xff]),
    )
  })

  test('a body that nobody reads is skipped', async () => {
    const names: string[] = []
    const bytes = tarOf([
      { name: 'usr/a', body: 'a'.repeat(1300) },
      { name: 'usr/b', body: 'b' },
    ])
    for await (const entry of readTar(inPieces(bytes, 100))) names.push(entry.path)
    expect(names).toEqual(['usr/a', 'usr/b'])
  })

  test('numbers of owners beyond octal, in GNU form', async () => {
    const entry = Buffer.from(tarEntry({ name: 'usr/a' }))
    entry.set([0x80, 0, 0, 0, 0, 0x40, 0, 1], 108)
    withSum(entry.subarray(0, 512))
    expect(await readAll(tarOf([entry]))).toMatchObject([{ uid: 0x400001 }])
  })
})

describe('refuses what a lenient reader would guess at', () => {
  test.each<[string, readonly (TarPart | Uint8Array)[], RegExp]>([
    ['a way up', [{ name: '../etc/passwd' }], /not a plain path/],
    ['a way up inside', [{ name: 'usr/../etc/passwd' }], /not a plain path/],
    ['an entry without a name', [{ name: './' }], /without a name/],
    ['a name that is not UTF-8', [{ name: new Uint8Array([0x75, 0xff, 0x61]) }], /not UTF-8/],
    ['a kind that nobody knows', [{ name: 'usr/a', kind: 'Z' }], /of a kind/],
    ['a sparse file of GNU', [{ name: 'usr/a', kind: 'S', body: 'x' }], /of a kind/],
    [
      'a sparse file of pax',
      [{ name: 'p', kind: 'x', body: paxRecord('GNU.sparse.major', '1') }, { name: 'usr/a' }],
      /sparse/,
    ],
    [
      'a pax record that lies about its length',
      [{ name: 'p', kind: 'x', body: '99 path=a\n' }],
      /broken pax/,
    ],
    ['a pax record without an end', [{ name: 'p', kind: 'x', body: '9 path=ab' }], /broken pax/],
    [
      'a pax size that is no number',
      [{ name: 'p', kind: 'x', body: paxRecord('size', '-1') }, { name: 'a' }],
      /number/,
    ],
    ['a name of a megabyte and more', [{ name: 'L', kind: 'L', size: 2 ** 21 }], /too long/],
    ['a lone zero block', [new Uint8Array(512), { name: 'usr/a' }], /lone zero block/],
  ])('%s', async (_, parts, problem) => {
    expect(await refusal(parts)).toMatch(problem)
  })

  test('devices and fifos are named, for the refusal with the package’s name', async () => {
    const bytes = tarOf([
      { name: 'dev/null', kind: '3' },
      { name: 'run/fifo', kind: '6' },
    ])
    expect(await readAll(bytes)).toMatchObject([
      { kind: 'special', what: 'device' },
      { kind: 'special', what: 'fifo' },
    ])
  })

  test('a header with one wrong bit', async () => {
    const bytes = Buffer.from(tarOf([{ name: 'usr/a', body: 'a' }]))
    bytes[100] = (bytes[100] ?? 0) ^ 1
    await expect(readAll(bytes)).rejects.toThrow(/damaged/)
  })

  test('every way of being cut short', async () => {
    const bytes = tarOf([{ name: 'usr/a', body: 'a'.repeat(600) }])
    for (const length of [0, 511, 512, 900, 1111, 1536, 2048, bytes.length - 1])
      await expect(readAll(bytes.subarray(0, length))).rejects.toThrow(TarError)
  })

  test('bytes after the end', async () => {
    const bytes = Buffer.concat([tarOf([{ name: 'usr/a' }]), Buffer.from('more')])
    await expect(readAll(bytes)).rejects.toThrow(/after its end/)
    await expect(readAll(Buffer.concat([tarOf([]), Buffer.alloc(10_240)]))).resolves.toEqual([])
  })
})
