import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import { isMossError } from '../../../src/base/error.ts'
import type { PackageId } from '../../../src/base/ids.ts'
import type { LayoutEntry } from '../../../src/manifest/manifest.ts'
import { attemptMerge, type LayoutPackage, mergeLayouts } from '../../../src/manifest/merged-layout.ts'
import { file, folder, manifestOf, symlink } from '../../support/manifests.ts'

function packageOf(
  name: string,
  layout: readonly LayoutEntry[],
  replaces: readonly string[] = [],
): LayoutPackage {
  const manifest = manifestOf({
    name,
    layout,
    replaces: replaces.map((other) => ({ kind: 'name', name: other })),
  })
  return { id: digestOf<PackageId>(encodeUtf8(name)), manifest }
}

/** Lines of `owner path`, and the same for any order of the packages. */
function merged(...packages: readonly LayoutPackage[]): readonly string[] {
  const names = new Map(packages.map(({ id, manifest }) => [id, manifest.name]))
  const lines = (order: readonly LayoutPackage[]): readonly string[] =>
    mergeLayouts(order).entries.map(({ entry, owner }) => `${names.get(owner)} ${entry.path}`)
  const forwards = lines(packages)
  expect(lines(packages.toReversed())).toEqual(forwards)
  return forwards
}

function conflict(...packages: readonly LayoutPackage[]): string {
  try {
    return merged(...packages).join()
  } catch (error) {
    if (!isMossError(error, 'LAYOUT_CONFLICT')) throw error
    return error.message
  }
}

const usr = folder('usr')

describe('the merged layout', () => {
  test('has each path once, in order, with the first package by name as owner of what is shared', () => {
    const a = packageOf('a', [usr, folder('usr/bin'), file('usr/bin/a'), file('usr/same', 'x')])
    const b = packageOf('b', [
      usr,
      folder('usr/bin'),
      file('usr/bin/b'),
      file('usr/same', 'x'),
      symlink('usr/z', 'bin'),
    ])
    expect(merged(b, a)).toEqual([
      'a usr',
      'a usr/bin',
      'a usr/bin/a',
      'b usr/bin/b',
      'a usr/same',
      'b usr/z',
    ])
  })

  test('puts what is in a folder before its siblings', () => {
    const a = packageOf('a', [usr, folder('usr/a'), file('usr/a/z')])
    const b = packageOf(
      'b',
      [usr, file('usr/a.b'), file('usr/a-b')].toSorted((x, y) => (x.path < y.path ? -1 : 1)),
    )
    expect(merged(a, b)).toEqual(['a usr', 'a usr/a', 'a usr/a/z', 'b usr/a-b', 'b usr/a.b'])
  })

  test.each<readonly [string, LayoutEntry, LayoutEntry, string]>([
    ['two contents', file('usr/x', '1'), file('usr/x', '2'), 'has two contents or sets of attributes'],
    ['two modes', file('usr/x', '1'), file('usr/x', '1', 0o755), 'has two contents or sets of attributes'],
    ['two targets', symlink('usr/x', '1'), symlink('usr/x', '2'), 'is a symlink with two targets'],
    [
      'a link against a folder',
      symlink('usr/x', '1'),
      folder('usr/x'),
      'is a symlink in the one and a folder in the other',
    ],
    [
      'a file against a folder',
      file('usr/x', '1'),
      folder('usr/x'),
      'is a file in the one and a folder in the other',
    ],
    [
      'two special folders',
      folder('usr/x', 0o700),
      folder('usr/x', 0o1777),
      'is a folder with two sets of attributes',
    ],
  ])('refuses %s, with both names', (_, one, two, problem) => {
    expect(conflict(packageOf('a', [usr, one]), packageOf('b', [usr, two]))).toBe(
      `a 1.0-1, b 1.0-1 cannot be installed together: usr/x ${problem}`,
    )
  })

  test('refuses one content with different extended attributes', () => {
    const plain = file('usr/x')
    const special = { ...plain, xattrs: { 'security.capability': new Uint8Array(20) } }
    const other = { ...plain, xattrs: { 'security.capability': new Uint8Array(20).fill(1) } }
    expect(conflict(packageOf('a', [usr, plain]), packageOf('b', [usr, special]))).toContain('two contents')
    expect(conflict(packageOf('a', [usr, other]), packageOf('b', [usr, special]))).toContain('two contents')
    expect(merged(packageOf('a', [usr, special]), packageOf('b', [usr, special]))).toEqual([
      'a usr',
      'a usr/x',
    ])
  })

  test('counts further conflicts', () => {
    const layouts = ['1', '2'].map((body) => [
      usr,
      file('usr/x', body),
      file('usr/y', body),
      file('usr/z', body),
    ])
    expect(conflict(packageOf('a', layouts[0] ?? []), packageOf('b', layouts[1] ?? []))).toContain(
      'usr/x has two contents or sets of attributes, as with 2 more',
    )
  })

  test('gives a path to the package that replaces the others', () => {
    const old = packageOf('a', [usr, file('usr/x', '1')])
    const newer = packageOf('b', [usr, file('usr/x', '2')], ['a'])
    expect(merged(old, newer)).toEqual(['a usr', 'b usr/x'])
    const newest = packageOf('c', [usr, file('usr/x', '3')], ['a', 'b'])
    expect(merged(old, newer, newest)).toEqual(['a usr', 'c usr/x'])
  })

  test('refuses two that replace each other, and a third that nobody replaces', () => {
    const a = packageOf('a', [usr, file('usr/x', '1')], ['b'])
    const b = packageOf('b', [usr, file('usr/x', '2')], ['a'])
    const c = packageOf('c', [usr, file('usr/x', '3')])
    expect(conflict(a, b)).toContain('a 1.0-1, b 1.0-1 cannot be installed together')
    expect(
      conflict(
        packageOf('b', [usr, file('usr/x', '2')], ['a']),
        packageOf('a', [usr, file('usr/x', '1')]),
        c,
      ),
    ).toContain('b 1.0-1, c 1.0-1 cannot be installed together')
  })

  test('lets a folder’s special attributes stand over the plain ones', () => {
    const plain = packageOf('a', [usr, folder('usr/secret')])
    const special = packageOf('b', [usr, folder('usr/secret', 0o700)])
    expect(merged(plain, special)).toEqual(['a usr', 'b usr/secret'])
  })

  test('refuses a replaced folder that leaves files below a link', () => {
    const below = packageOf('a', [usr, folder('usr/x'), file('usr/x/y')])
    const above = packageOf('b', [usr, symlink('usr/x', '/etc')], ['a'])
    expect(conflict(below, above)).toBe(
      'a 1.0-1, b 1.0-1 cannot be installed together: usr/x/y is in the one below what is a symlink in the other',
    )
  })

  test('lists every conflict where asked, without throwing', () => {
    const a = packageOf('a', [usr, file('usr/x', '1'), file('usr/y', '1')])
    const b = packageOf('b', [usr, file('usr/x', '2'), file('usr/y', '2')])
    expect(attemptMerge([a, b]).conflicts.map(({ path }) => path)).toEqual(['usr/x', 'usr/y'])
  })

  test('is remembered for the same manifests alone', () => {
    const a = packageOf('a', [usr, file('usr/a')])
    const before = mergeLayouts([a])
    expect(mergeLayouts([{ ...a }])).toBe(before)
    expect(merged({ ...a, manifest: { ...a.manifest, layout: [usr] } })).toEqual(['a usr'])
    expect(merged(a, packageOf('b', [usr, file('usr/b')]))).toEqual(['a usr', 'a usr/a', 'b usr/b'])
  })

  test('of 400 packages with 100000 files takes less than a second of processor time', () => {
    const packages = Array.from({ length: 400 }, (_, at) =>
      packageOf(`p${at}`, [
        usr,
        folder('usr/share'),
        folder('usr/share/doc'),
        folder(`usr/share/doc/p${at}`),
        ...Array.from({ length: 250 }, (__, n) =>
          symlink(`usr/share/doc/p${at}/${String(n).padStart(4, '0')}`, 'x'),
        ),
      ]),
    )
    const before = process.cpuUsage()
    expect(mergeLayouts(packages).entries.length).toBe(400 * 251 + 3)
    const { user, system } = process.cpuUsage(before)
    console.log(`merged in ${Math.round((user + system) / 1000)} ms of processor time`)
    expect((user + system) / 1000).toBeLessThan(1000)
  })
})
