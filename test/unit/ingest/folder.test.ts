import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { describeFolder } from '../../../src/ingest/folder-description.ts'
import { readFolder } from '../../../src/ingest/folder.ts'
import { formatCapability, formatRelation } from '../../../src/manifest/capability.ts'
import { entryAt, fileAt, Workshop } from '../../support/ingested.ts'

const shop = new Workshop()
afterAll(() => shop[Symbol.dispose]())

const describeToml = (toml: string, options = {}) => describeFolder(toml, { path: 'x.toml', options })

describe('moss-package.toml', () => {
  test('describes the package; what is not said has a default', () => {
    expect(describeToml('name = "tide"\nversion = "1.0"')).toEqual({
      name: 'tide',
      version: '1.0',
      scheme: 'moss',
      architecture: 'any',
      summary: '',
      description: '',
      licence: '',
      origin: '',
      provides: [],
      requires: [],
      conflicts: [],
      replaces: [],
    })
  })

  test('relations with alternatives, bounds and bare names', () => {
    const found = describeToml(`name = "tide"
version = "1.0-1"
scheme = "deb"
provides = ["binary(tide)", "feature(tides) = 2"]
requires = ["bash >= 5", "binary(awk) | binary(gawk)"]
conflicts = ["ebb << 2"]
replaces = ["name(flood)"]
`)
    expect(found.provides.map(formatCapability)).toEqual(['binary(tide)', 'feature(tides) = 2'])
    expect(found.requires.map((alternatives) => alternatives.map(formatRelation))).toEqual([
      ['name(bash) >= 5'],
      ['binary(awk)', 'binary(gawk)'],
    ])
    expect(found.conflicts.map(formatRelation)).toEqual(['name(ebb) << 2'])
    expect(found.replaces.map(formatRelation)).toEqual(['name(flood)'])
  })

  test('what the caller says goes before', () => {
    const options = { name: 'ebb', version: '2', architecture: 'amd64' }
    expect(describeToml('name = "tide"\nversion = "1.0"', options)).toMatchObject(options)
    expect(describeToml('', options)).toMatchObject(options)
  })

  test.each([
    ['', /no name/],
    ['name = "tide"', /no version/],
    ['name = "../x"\nversion = "1"', /not a package name/],
    ['name = "a"\nversion = "one two"', /not a version/],
    ['name = "a"\nversion = "1"\nscheme = "semver"', /scheme is one of/],
    ['name = "a"\nversion = "1"\nrequiers = []', /unknown key requiers/],
    ['name = "a"\nversion = "1"\nrequires = "b"', /requires is not a list/],
    ['name = 7\nversion = "1"', /name is not a text/],
    ['name = "a"\nversion = "1"\nrequires = ["odd(b)"]', /requires: .*odd/],
    ['name = "a"\nversion = "1"\nsummary = "a\\nb"', /more than one line/],
    ['name = ', /Invalid TOML/],
  ])('%j is refused', (toml, problem) => {
    expect(() => describeToml(toml)).toThrow(
      expect.objectContaining({
        code: 'PACKAGE_UNREADABLE',
        message: expect.stringMatching(problem) as string,
      }),
    )
  })
})

describe('a directory', () => {
  test('is a package of root’s, whoever built it and whenever its folders were made', async () => {
    shop.write('first/moss-package.toml', 'name = "tide"\nversion = "1.0"\n')
    shop.write('first/usr/bin/tide', '#!/bin/sh\n', 0o755)
    shop.write('first/usr/share/tide/table', 'x'.repeat(700_000))
    shop.write('first/etc/tide.conf', 'port = north\n', 0o640)
    shop.link('first/usr/bin/ebb', 'tide')
    const made = await shop.make(await readFolder(shop.outside, join(shop.folder, 'first')))
    expect(made.manifest.layout.map(({ path }) => path)).toEqual([
      'usr',
      'usr/bin',
      'usr/bin/ebb',
      'usr/bin/tide',
      'usr/share',
      'usr/share/factory',
      'usr/share/factory/etc',
      'usr/share/factory/etc/tide.conf',
      'usr/share/tide',
      'usr/share/tide/table',
    ])
    expect(fileAt(made, 'usr/bin/tide')).toMatchObject({ mode: 0o755, uid: 0, gid: 0 })
    expect(entryAt(made, 'usr/bin/ebb')).toMatchObject({ target: 'tide' })
    expect(made.manifest.provides.map(formatCapability)).toEqual(['binary(ebb)', 'binary(tide)'])
    const contents = await shop.readBack(made)
    expect(contents.get('usr/share/tide/table')).toHaveLength(700_000)
    expect(contents.get('usr/share/factory/etc/tide.conf')).toEqual(
      new Uint8Array(Buffer.from('port = north\n')),
    )
  })

  test('needs no file when the caller names it', async () => {
    shop.write('second/usr/share/a', 'a')
    const path = join(shop.folder, 'second')
    const made = await shop.make(await readFolder(shop.outside, path, { name: 'a', version: '2' }))
    expect(made.manifest).toMatchObject({ name: 'a', version: '2', scheme: 'moss' })
    await expect(readFolder(shop.outside, path)).rejects.toMatchObject({ code: 'PACKAGE_UNREADABLE' })
  })

  test('with a fifo, or a file elsewhere, is refused by name', async () => {
    for (const [name, make] of [
      ['usr/fifo', (path: string) => execFileSync('mkfifo', [path])],
      ['opt', (path: string) => writeFileSync(path, 'x')],
    ] as const) {
      const path = join(shop.emptyFolder(), 'package')
      mkdirSync(join(path, 'usr'), { recursive: true })
      make(join(path, name))
      const source = await readFolder(shop.outside, path, { name: 'a', version: '1' })
      await expect(shop.make(source)).rejects.toMatchObject({
        code: 'PACKAGE_PATH_REFUSED',
        details: { path: name },
      })
    }
  })

  test.each([
    ['good.toml', 'paths = ["usr/share/a/*"]\ncommand = ["true"]', undefined],
    ['bad.toml', 'paths = "usr"', 'paths must be a list of texts'],
    ['Big.toml', '', 'its name must be small letters'],
    ['notes', '', 'its name must be small letters'],
    ['long.toml', '#'.repeat(20_000), 'it has 20000 bytes'],
    ['huge.toml', '#'.repeat(600_000), 'it has 600000 bytes'],
    ['deep/er.toml', '', 'it is a folder'],
  ])('with the trigger %s is made only if hosts will take it', async (name, toml, problem) => {
    const folder = join(shop.emptyFolder(), 'package')
    const path = join(folder, 'usr/share/moss/triggers', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, toml)
    const made = readFolder(shop.outside, folder, { name: 'a', version: '1' }).then((from) => shop.make(from))
    if (problem === undefined) expect((await made).manifest.name).toBe('a')
    else
      await expect(made).rejects.toMatchObject({
        code: 'TRIGGER_INVALID',
        details: { problem: expect.stringContaining(problem) },
      })
  })

  test('with a name that is not UTF-8 is refused', async () => {
    const path = join(shop.emptyFolder(), 'package')
    mkdirSync(join(path, 'usr'), { recursive: true })
    execFileSync('sh', ['-c', 'printf x > "$1/usr/$(printf "a\\377")"', 'sh', path])
    const source = await readFolder(shop.outside, path, { name: 'a', version: '1' })
    await expect(shop.make(source)).rejects.toThrow(/not UTF-8|UTF-8/)
  })
})
