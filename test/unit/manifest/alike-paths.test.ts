import { expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import type { PackageId } from '../../../src/base/ids.ts'
import { alikePaths } from '../../../src/manifest/alike-paths.ts'
import { mergeLayouts } from '../../../src/manifest/merged-layout.ts'
import { file, folder, manifestOf } from '../../support/manifests.ts'

function alike(...names: readonly string[]): readonly (readonly string[])[] {
  const folders = new Set(names.flatMap((name) => name.split('/').slice(0, -1)))
  const layout = [
    folder('usr'),
    ...[...folders].map((name) => folder(`usr/${name}`)),
    ...names.map((name) => file(`usr/${name}`)),
  ]
  const manifest = manifestOf({ name: 'a', layout: layout.toSorted((a, b) => (a.path < b.path ? -1 : 1)) })
  const { entries } = mergeLayouts([{ id: digestOf<PackageId>(encodeUtf8('a')), manifest }])
  return alikePaths(entries).map((group) => group.map(({ entry }) => entry.path))
}

test('names are alike in capitals, and in how an accented letter is written', () => {
  expect(alike('Makefile', 'makefile', 'MAKEFILE', 'make')).toEqual([
    ['usr/MAKEFILE', 'usr/Makefile', 'usr/makefile'],
  ])
  expect(alike('caf\u00e9', 'cafe\u0301', 'CAF\u00c9', 'cafe')).toHaveLength(1)
  expect(alike('a', 'b', 'ab')).toEqual([])
})

test('only names in one folder are compared, so that two folders are told once and not with all that is in them', () => {
  expect(alike('Data/x', 'data/x', 'data/X')).toEqual([
    ['usr/Data', 'usr/data'],
    ['usr/data/X', 'usr/data/x'],
  ])
})
