import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chownSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { readDeb } from '../../../src/ingest/deb.ts'
import { oracle } from '../../support/oracle.ts'
import { arOf, debOf, plainControl, tarOf } from '../../support/foreign.ts'
import { entryAt, fileAt, Workshop } from '../../support/ingested.ts'

const shop = new Workshop()
afterAll(() => shop[Symbol.dispose]())

const noise = (sizeBytes: number): Uint8Array => {
  const bytes = Buffer.alloc(sizeBytes)
  for (let at = 0, block = 0; at < sizeBytes; at += 32, block++)
    createHash('sha256').update(`noise ${block}`).digest().copy(bytes, at)
  return bytes
}

describe('a .deb that dpkg-deb makes', () => {
  const tree = join(shop.folder, 'tree')
  const big = noise(700_000)

  function makeTree(): void {
    shop.write('tree/DEBIAN/control', plainControl)
    shop.write('tree/DEBIAN/postinst', '#!/bin/sh\nldconfig\nfrobnicate\n', 0o755)
    shop.write('tree/DEBIAN/conffiles', '/etc/tide.conf\n')
    shop.write('tree/usr/bin/tide', '#!/bin/sh\necho tide\n', 0o755)
    shop.write('tree/usr/bin/tide-as-root', 'x', 0o4755)
    shop.write('tree/usr/share/tide/big', big)
    shop.write(`tree/usr/share/${'long-'.repeat(30)}/${'name-'.repeat(30)}`, 'long')
    shop.write('tree/usr/share/größe', 'unicode')
    shop.write('tree/usr/share/empty', '')
    shop.write('tree/lib/x86_64-linux-gnu/libtide.so.1.0', 'not an ELF file')
    shop.link('tree/lib/x86_64-linux-gnu/libtide.so.1', 'libtide.so.1.0')
    shop.link('tree/sbin/tided', '../usr/bin/tide')
    shop.write('tree/etc/tide.conf', 'port = north\n', 0o640)
    shop.write('tree/var/lib/tide/state', 'none')
    shop.write('tree/boot/vmlinuz-6.1.0-9-amd64', 'kernel')
    execFileSync('ln', ['-f', join(tree, 'usr/bin/tide'), join(tree, 'usr/bin/ebb')])
    execFileSync('mkdir', ['-p', join(tree, 'run/lock'), join(tree, 'mnt')])
    if (process.getuid?.() === 0) chownSync(join(tree, 'var/lib/tide/state'), 8, 42)
  }

  const kinds = [
    ['xz', '-Zxz'],
    ['gz', '-Zgzip'],
    ['zst', '-Zzstd'],
    ['none', '-Znone'],
  ] as const

  test.skipIf(!oracle('dpkg-deb', 'tar'))(
    'has the same files, modes, owners and links as dpkg-deb unpacks, in each compression',
    async () => {
      makeTree()
      const ids = new Set<string>()
      for (const [kind, option] of kinds) {
        const path = join(shop.folder, `${kind}.deb`)
        execFileSync('dpkg-deb', [option, '--uniform-compression', '-b', tree, path], { stdio: 'pipe' })
        const made = await shop.make(await readDeb(shop.outside, path), { level: 1 })
        compareWithOracle(path, made)
        expect(made.report.scripts.counts).toEqual({ handled: 2, reported: 0, unknown: 1 })
        expect(made.report.outsideFolders).toEqual(['boot', 'mnt', 'run', 'run/lock'])
        expect((await shop.readBack(made)).get('usr/share/tide/big')).toEqual(Uint8Array.from(big))
        ids.add(made.id)
      }
      // The compression of a .deb is no part of the package.
      expect(ids.size).toBe(1)
    },
  )

  function compareWithOracle(deb: string, made: Awaited<ReturnType<typeof shop.make>>): void {
    const out = shop.emptyFolder()
    execFileSync('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" | tar -xpf - -C "$2"', 'sh', deb, out])
    const place = (path: string): string =>
      /^(bin|sbin|lib|lib64)\//.test(path)
        ? `usr/${path}`
        : /^(etc|var)\//.test(path)
          ? `usr/share/factory/${path}`
          : path.replace(/^boot\/(\w+)-(.*)/, 'usr/lib/modules/$2/$1')
    let files = 0
    for (const found of readdirSync(out, { recursive: true, withFileTypes: true })) {
      const full = join(found.parentPath, found.name)
      const path = full.slice(out.length + 1)
      const stat = lstatSync(full)
      if (stat.isDirectory()) continue
      files++
      if (stat.isSymbolicLink()) {
        const moved = { 'sbin/tided': '../bin/tide' }[path] ?? readlinkSync(full)
        expect(entryAt(made, place(path))).toMatchObject({ kind: 'symlink', target: moved })
      } else
        expect(fileAt(made, place(path))).toMatchObject({
          content: createHash('sha256').update(readFileSync(full)).digest('hex'),
          mode: stat.mode & 0o7777,
          uid: stat.uid,
          gid: stat.gid,
          sizeBytes: stat.size,
        })
    }
    expect(made.manifest.layout.filter((entry) => entry.kind !== 'folder')).toHaveLength(files)
    expect(made.manifest.privileged).toEqual(['usr/bin/tide-as-root'])
  }
})

describe('what is not a .deb is refused with PACKAGE_UNREADABLE', () => {
  const binary = { name: 'debian-binary', bytes: Buffer.from('2.0\n') }
  const control = {
    name: 'control.tar.gz',
    bytes: gzipSync(tarOf([{ name: './control', body: plainControl }])),
  }
  const data = { name: 'data.tar.gz', bytes: gzipSync(tarOf([{ name: './usr/a', body: 'a' }])) }
  const good = arOf([binary, control, data])

  test('the good one, to begin with, also with a member to be ignored', async () => {
    const ignored = { name: '_gpgorigin', bytes: Buffer.from('odd') }
    for (const bytes of [good, arOf([binary, ignored, control, data])]) {
      const made = await shop.deb(bytes)
      expect(made.manifest).toMatchObject({ name: 'tide', version: '1.0-1' })
      expect(entryAt(made, 'usr/a')).toBeDefined()
    }
  })

  test.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /does not start as an ar file/],
    ['an ar of nothing', arOf([]), /debian-binary/],
    ['another version', arOf([{ ...binary, bytes: Buffer.from('3.0\n') }, control, data]), /format 2/],
    ['no control', arOf([binary, data]), /no control\.tar/],
    ['no data', arOf([binary, control]), /no data\.tar/],
    ['members in another order', arOf([binary, data, control]), /no control\.tar/],
    ['a member too many', arOf([binary, control, data, data]), /does not belong/],
    [
      'a compression of no name',
      arOf([binary, control, { ...data, name: 'data.tar.lzma' }]),
      /does not know/,
    ],
    [
      'another compression than its name says',
      arOf([binary, control, { ...data, name: 'data.tar.xz' }]),
      /data\.tar\.xz: /,
    ],
    [
      'xz that is cut short',
      arOf([binary, control, { name: 'data.tar.xz', bytes: Buffer.from('fd377a585a00', 'hex') }]),
      /damaged or cut short/,
    ],
    [
      'zstd that is cut short',
      arOf([binary, control, { name: 'data.tar.zst', bytes: Buffer.from('28b52ffd', 'hex') }]),
      /data\.tar\.zst: /,
    ],
    [
      'gz that is cut short',
      arOf([binary, control, { ...data, bytes: data.bytes.subarray(0, -9) }]),
      /data\.tar\.gz: /,
    ],
    [
      'a tar that is cut short',
      arOf([binary, control, { ...data, bytes: gzipSync(new Uint8Array(512)) }]),
      /cut short/,
    ],
    ['no control file', arOf([binary, { ...control, bytes: gzipSync(tarOf([])) }, data]), /no control file/],
    ['a file that is cut short', good.subarray(0, -5), /cut short in member/],
    [
      'a size that is no number',
      Buffer.from(Buffer.from(good).toString('latin1').replace('4         `', '-4        `'), 'latin1'),
      /broken member header/,
    ],
  ])('%s', async (_, bytes, problem) => {
    await expect(shop.deb(bytes)).rejects.toMatchObject({
      code: 'PACKAGE_UNREADABLE',
      message: expect.stringMatching(problem) as string,
    })
  })

  test('after a refused .xz the next one is read all the same', { timeout: 10_000 }, async () => {
    const broken = arOf([binary, control, { name: 'data.tar.xz', bytes: Buffer.from('fd377a585a00', 'hex') }])
    for (let i = 0; i < 3; i++) await expect(shop.deb(broken)).rejects.toThrow()
    const source = await readDeb(shop.outside, shop.write('x.deb', good))
    for await (const entry of source.entries()) expect(entry.path).toBe('usr/a')
  })

  test.skipIf(!oracle('xz'))(
    'an .xz that is left in the middle, because a path is refused, does not keep the next from being read',
    { timeout: 10_000 },
    async () => {
      const xz = (tar: Uint8Array): Uint8Array => execFileSync('xz', ['-c', '-0'], { input: tar })
      const packed = (name: string): Uint8Array =>
        arOf([
          binary,
          control,
          {
            name: 'data.tar.xz',
            bytes: xz(
              tarOf([
                { name, body: noise(300_000) },
                { name: 'usr/b', body: noise(300_000) },
              ]),
            ),
          },
        ])
      for (let i = 0; i < 2; i++)
        await expect(shop.deb(packed('opt/a'))).rejects.toMatchObject({ code: 'PACKAGE_PATH_REFUSED' })
      expect(fileAt(await shop.deb(packed('usr/a')), 'usr/b').sizeBytes).toBe(300_000)
    },
  )

  test('a control file of endless zeros stops at its bound', async () => {
    const endless = gzipSync(tarOf([{ name: './control', body: new Uint8Array(8 * 1024 * 1024) }]))
    await expect(shop.deb(arOf([binary, { ...control, bytes: endless }, data]))).rejects.toThrow(/too large/)
  })
})

describe('what a package may hold', () => {
  test.each<[string, Parameters<typeof debOf>[0], RegExp]>([
    ['a device', [{ name: './usr/null', kind: '3' }], /a device cannot be in a package/],
    ['a file in /opt', [{ name: './opt/tool/run', body: 'x' }], /opt\/tool\/run, which is outside/],
    ['a file of moss', [{ name: './usr/lib/moss/state', body: 'x' }], /reserved to moss/],
    ['a link to nothing', [{ name: './usr/a', kind: '2', target: '' }], /no possible path/],
    [
      'two files at one place',
      [
        { name: './bin/a', body: '1' },
        { name: './usr/bin/a', body: '2' },
      ],
      /usr\/bin\/a, which would be usr\/bin\/a, where bin\/a goes too/,
    ],
    [
      'a file below a link',
      [
        { name: './usr/a', kind: '2', target: '/etc' },
        { name: './usr/a/passwd', body: 'x' },
      ],
      /would stand below usr\/a/,
    ],
    [
      'a folder in place of a file',
      [
        { name: './usr/a', body: 'x' },
        { name: './usr/a/', kind: '5' },
      ],
      /goes too/,
    ],
  ])('%s is refused by name, and leaves nothing behind', async (_, parts, problem) => {
    const folder = shop.emptyFolder()
    await expect(shop.deb(debOf(parts), { folder })).rejects.toMatchObject({
      code: 'PACKAGE_PATH_REFUSED',
      message: expect.stringMatching(problem) as string,
    })
    expect(readdirSync(folder)).toEqual([])
  })

  test('the same file at /bin and at /usr/bin is one', async () => {
    const made = await shop.deb(
      debOf([
        { name: './bin/a', body: '1' },
        { name: './usr/bin/a', body: '1' },
      ]),
    )
    expect(made.manifest.layout.filter((entry) => entry.kind === 'file')).toHaveLength(1)
  })

  test('merged folders and links of init are no entries of their own', async () => {
    const made = await shop.deb(
      debOf([
        { name: './bin', kind: '2', target: 'usr/bin' },
        { name: './lib/', kind: '5', mode: 0o700 },
        { name: './etc/', kind: '5', mode: 0o755 },
        { name: './run/', kind: '5', mode: 0o755 },
      ]),
    )
    expect(made.manifest.layout.map(({ path }) => path)).toEqual([
      'usr',
      'usr/lib',
      'usr/share',
      'usr/share/factory',
      'usr/share/factory/etc',
    ])
    expect(entryAt(made, 'usr/lib')).toMatchObject({ mode: 0o755, uid: 0, gid: 0 })
    expect(made.report.outsideFolders).toEqual(['run'])
  })

  test('a hard link is the same content under its own name', async () => {
    const made = await shop.deb(
      debOf([
        { name: './usr/a', body: 'one', mode: 0o755 },
        { name: './usr/b', kind: '1', target: './usr/a' },
      ]),
    )
    expect(fileAt(made, 'usr/b')).toEqual({ ...fileAt(made, 'usr/a'), path: 'usr/b' })
    await expect(shop.deb(debOf([{ name: './usr/b', kind: '1', target: 'usr/a' }]))).rejects.toMatchObject({
      code: 'PACKAGE_UNREADABLE',
    })
  })

  test('--place puts elsewhere what would be refused', async () => {
    const parts = [{ name: './opt/tool/run', body: 'x', mode: 0o755 }]
    const made = await shop.deb(debOf(parts), { place: { opt: 'usr/lib/opt' } })
    expect(fileAt(made, 'usr/lib/opt/tool/run').mode).toBe(0o755)
  })

  test('owners from the machine that built it, and attributes that are left out, are told', async () => {
    const made = await shop.deb(debOf([{ name: './usr/a', uid: 1000, gid: 1000 }]))
    expect(made.report.notes).toEqual([expect.stringMatching(/usr\/a: belongs to 1000:1000/)])
  })
})
