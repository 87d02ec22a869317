import { expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import type { ContentDigest, PackageId } from '../../../src/base/ids.ts'
import { type KnownRequest, planKnown } from '../../../src/carry/plan-known.ts'
import type { Manifest } from '../../../src/manifest/manifest.ts'

const idOf = (text: string): PackageId => digestOf<PackageId>(encodeUtf8(text))
const contentOf = (text: string): ContentDigest => digestOf<ContentDigest>(encodeUtf8(text))

/** Packages by `name version`. */
const texts = ['tool 9', 'tool 10', 'tool 11', 'shell 1', 'shell 2', 'other 1']
const packages = new Map(
  texts.map((text) => {
    const [name, version] = text.split(' ')
    return [idOf(text), { manifest: { name, version, scheme: 'deb' } as Manifest, sizeBytes: 1000 }]
  }),
)
const snapshots = [1, 2, 3].map((serial) => ({
  serial,
  content: contentOf(`serial ${serial}`),
  sizeBytes: 100,
}))

const plan = (request: Partial<KnownRequest>) =>
  planKnown({ hosts: [], carried: [], snapshots, package: (id) => packages.get(id), ...request })
const has = (...names: readonly string[]) => ({ has: names.map(idOf) })
const serials = (...numbers: readonly number[]) => numbers.map((serial) => contentOf(`serial ${serial}`))

test('a carried manifest builds on the newest of its name that the host has', () => {
  const hosts = [has('tool 9', 'tool 10', 'shell 1', 'other 1')]
  const carried = [idOf('tool 11')]
  expect(plan({ hosts, carried }).manifests).toEqual([idOf('tool 10')])
  expect(plan({ hosts: [has('shell 1')], carried }).manifests).toEqual([])
})

test('what one of several hosts does not have, or says is damaged, is not counted on', () => {
  const carried = [idOf('tool 11'), idOf('shell 2')]
  const all = has('tool 9', 'tool 10', 'shell 1')
  expect(plan({ hosts: [all, has('tool 9', 'shell 1')], carried }).manifests).toEqual(
    [idOf('tool 9'), idOf('shell 1')].toSorted(),
  )
  const lacking = [contentOf('tool 10'), contentOf('shell 1')]
  expect(plan({ hosts: [{ ...all, lacking }], carried }).manifests).toEqual([idOf('tool 9')])
})

test('the snapshot is the newest that all keep and that is here', () => {
  expect(plan({ hosts: [{ ...has(), snapshots: serials(1, 2, 7) }] }).snapshot).toBe(2)
  const both = [serials(1, 2), serials(1, 3)].map((kept) => ({ ...has(), snapshots: kept }))
  expect(plan({ hosts: both }).snapshot).toBe(1)
  expect(plan({ hosts: [...both, has()] }).snapshot).toBeUndefined()
})

test('packages that are unknown here are no bases', () => {
  expect(plan({ hosts: [has('nobody 1')], carried: [idOf('tool 11')] }).manifests).toEqual([])
})

test('together they leave room for the sections themselves', () => {
  const large = new Map([...packages].map(([id, each]) => [id, { ...each, sizeBytes: 9 * 1024 * 1024 }]))
  const hosts = [has('tool 10', 'shell 1')]
  const carried = [idOf('tool 11'), idOf('shell 2')]
  const chosen = plan({ hosts, carried, package: (id) => large.get(id) }).manifests
  expect(chosen).toHaveLength(1)
})
