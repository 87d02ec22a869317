import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestOf } from '../../../src/base/digest.ts'
import type { ContentDigest } from '../../../src/base/ids.ts'
import { baseFinder, likelyBases, pathWithoutVersions } from '../../../src/delta/find-base.ts'

const file = (path: string, sizeBytes = 100) => ({
  path,
  sizeBytes,
  content: digestOf<ContentDigest>(new TextEncoder().encode(`${path} ${sizeBytes}`)),
})

const found = (have: readonly string[], wanted: string): string | undefined =>
  baseFinder(have.map((path) => file(path))).find(file(wanted))?.path

test('the same path comes first', () => {
  expect(found(['usr/lib/liba.so.1', 'usr/lib/liba.so.2'], 'usr/lib/liba.so.2')).toBe('usr/lib/liba.so.2')
})

test('a library, a hashed asset and a versioned folder find the one before them', () => {
  expect(found(['usr/lib/libb.so.1.2', 'usr/lib/libfoo.so.1.2'], 'usr/lib/libfoo.so.1.3')).toBe(
    'usr/lib/libfoo.so.1.2',
  )
  expect(found(['usr/share/x/app.3f2a.js', 'usr/share/x/app.css'], 'usr/share/x/app.9c01.js')).toBe(
    'usr/share/x/app.3f2a.js',
  )
  expect(
    found(
      ['usr/lib/modules/6.1.0-18-amd64/kernel/fs/ext4/ext4.ko'],
      'usr/lib/modules/6.1.0-21-amd64/kernel/fs/ext4/ext4.ko',
    ),
  ).toBeDefined()
})

test('where only a folder bears the version, numbers in the name tell files apart', () => {
  const folder = (version: string) => `usr/lib/modules/${version}/kernel/fs/nls`
  const have = ['cp1250', 'cp737', 'cp775'].map((name) => `${folder('6.1.0-18')}/nls_${name}.ko`)
  expect(found(have, `${folder('6.1.0-21')}/nls_cp737.ko`)).toBe(`${folder('6.1.0-18')}/nls_cp737.ko`)
  expect(found(have, `${folder('6.1.0-21')}/nls_cp932.ko`)).toBeDefined()
  expect(found(['usr/a/x1/cp1.ko', 'usr/a/x1/cp2.ko'], 'usr/b/cp2.ko')).toBe('usr/a/x1/cp2.ko')
})

test('a file that moved is found by its name', () => {
  expect(found(['usr/lib/old/tool.bin', 'usr/lib/old/other'], 'usr/libexec/new/tool.bin')).toBe(
    'usr/lib/old/tool.bin',
  )
  expect(found(['usr/lib/old/tool.bin'], 'usr/lib/old/another.bin')).toBeUndefined()
})

test('of several that are alike the one nearest in size serves, unless it may not', () => {
  const have = [file('usr/lib/a.so.1', 10), file('usr/lib/a.so.2', 90), file('usr/lib/a.so.3', 500)]
  const finder = baseFinder(have)
  const wanted = file('usr/lib/a.so.4')
  expect(finder.find(wanted)).toBe(have[1])
  expect(finder.find(wanted, (candidate) => candidate !== have[1])).toBe(have[0])
})

test('empty files and names that everything bears are no bases', () => {
  expect(baseFinder([file('usr/a', 0)]).find(file('usr/a', 5))).toBeUndefined()
  const copyrights = Array.from({ length: 100 }, (_, i) => `usr/share/doc/p${'x'.repeat(i)}/copyright`)
  expect(found(copyrights, 'usr/share/doc/new/copyright')).toBeUndefined()
})

test('only numbers and digests are removed from a path', () => {
  expect(pathWithoutVersions('usr/lib/face/deadline.so')).toBe('usr/lib/face/deadline.so')
  expect(pathWithoutVersions('usr/lib/x86_64-linux-gnu/libz.so.1.2.13')).toBe(
    'usr/lib/x#-linux-gnu/libz.so.#',
  )
})

test('what is left out beforehand would not have been found', () => {
  const part = fc.constantFrom('lib', 'lib64', 'a1b2', '6.1.0-18', '6.1.0-21', 'x', 'X')
  const name = fc.constantFrom(
    'libz.so.1',
    'libz.so.1.3',
    'app.3f2a.js',
    'app.9c01.js',
    'cp737.ko',
    'cp1250.ko',
    'tool',
  )
  const anyFile = fc
    .tuple(fc.array(part, { maxLength: 2 }), name, fc.integer({ min: 0, max: 3 }))
    .map(([folders, last, size]) => file(['usr', ...folders, last].join('/'), size * 100))
  const files = fc.array(anyFile, { minLength: 1, maxLength: 20 })
  let left = 0
  fc.assert(
    fc.property(files, files, fc.boolean(), (have, wanted, isAlike) => {
      const alike = new Map(
        isAlike ? wanted.map(({ content }) => [content, [have[0]!.content]] as const) : [],
      )
      const likely = likelyBases(have, wanted, alike)
      left += have.length - likely.length
      const [all, some] = [baseFinder(have, alike), baseFinder(likely, alike)]
      for (const one of wanted) expect(some.find(one)).toBe(all.find(one))
    }),
  )
  expect(left).toBeGreaterThan(20)
})
