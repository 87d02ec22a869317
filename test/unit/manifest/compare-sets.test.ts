import { expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import type { PackageId } from '../../../src/base/ids.ts'
import { compareSets, type SetMember } from '../../../src/manifest/compare-sets.ts'
import { manifestOf } from '../../support/manifests.ts'

function member(name: string, version: string, build = ''): SetMember {
  const id = digestOf<PackageId>(encodeUtf8(`${name} ${version} ${build}`))
  return { id, manifest: manifestOf({ name, version }) }
}

test('two sets differ in what comes, goes, rises, falls and is built again', () => {
  const before = [member('gone', '1'), member('up', '1.9'), member('down', '2'), member('again', '1')]
  const after = [
    member('again', '1', 'built again'),
    member('up', '1.10'),
    member('down', '1'),
    member('fresh', '1'),
  ]
  const same = member('same', '1')
  expect(compareSets([...before, same], [same, ...after])).toEqual([
    { name: 'again', from: '1', to: '1' },
    { name: 'down', from: '2', to: '1' },
    { name: 'fresh', to: '1' },
    { name: 'gone', from: '1' },
    { name: 'up', from: '1.9', to: '1.10' },
  ])
})
