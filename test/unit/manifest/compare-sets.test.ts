import { expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import type { PackageId } from '../../../src/base/ids.ts'
import { compareSets, type SetMember } from '../../../src/manifest/compare-sets.ts'
import { manifestOf } from '../../support/manifests.ts'

function member(name: string, version: string, privileged: readonly string[] = [], build = ''): SetMember {
  const id = digestOf<PackageId>(encodeUtf8(`${name} ${version} ${build}`))
  return { id, manifest: manifestOf({ name, version, privileged }) }
}

test('two sets differ in what comes, goes, rises, falls, is rebuilt, and in what is privileged', () => {
  const before = [
    member('gone', '1'),
    member('up', '1.9', ['usr/bin/old']),
    member('down', '2'),
    member('again', '1'),
  ]
  const after = [
    member('again', '1', [], 'rebuilt'),
    member('up', '1.10', ['usr/bin/su']),
    member('down', '1'),
    member('fresh', '1'),
  ]
  const same = member('same', '1', ['usr/bin/mount'])
  const found = compareSets([...before, same], [same, ...after])
  expect(found.added.map(({ name }) => name)).toEqual(['fresh'])
  expect(found.removed.map(({ name }) => name)).toEqual(['gone'])
  expect(
    found.changed.map(({ name, from, to, direction }) => [name, from.version, to.version, direction]),
  ).toEqual([
    ['again', '1', '1', 'rebuilt'],
    ['down', '2', '1', 'older'],
    ['up', '1.9', '1.10', 'newer'],
  ])
  expect(found.unchanged).toBe(1)
  expect(found.privilegedAdded).toEqual([{ path: 'usr/bin/su', package: 'up' }])
  expect(found.privilegedRemoved).toEqual([{ path: 'usr/bin/old', package: 'up' }])
})
