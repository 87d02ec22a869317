import { expect, test } from 'vitest'
import { digestOf } from '../../../src/base/digest.ts'
import type { ChunkId, ContentDigest, HostId, PackageId } from '../../../src/base/ids.ts'
import { type Catalogue, type HostWish, planCarry } from '../../../src/carry/plan.ts'
import type { ChunkList } from '../../../src/delta/chunk-list.ts'
import type { LayoutEntry, Manifest } from '../../../src/manifest/manifest.ts'

const digest = (text: string): string => digestOf(new TextEncoder().encode(text))
const host = (text: string): HostId => text as HostId
const content = (text: string): ContentDigest => digest(text) as ContentDigest
const packageId = (name: string): PackageId => digest(`package ${name}`) as PackageId

/** A file's body is written as its chunks: `aaa|bbb` is two chunks of three bytes. */
type Files = Readonly<Record<string, string>>

function catalogueOf(packages: Readonly<Record<string, Files>>): Catalogue {
  const lists = new Map<ContentDigest, ChunkList>()
  const manifests = new Map<PackageId, Manifest>()
  for (const [name, files] of Object.entries(packages)) {
    const layout: LayoutEntry[] = Object.entries(files).map(([path, body]) => {
      const parts = body === '' ? [] : body.split('|')
      const plain = parts.join('')
      const chunks = parts.map((part) => ({ id: digest(part) as ChunkId, sizeBytes: part.length }))
      lists.set(content(plain), { content: content(plain), sizeBytes: plain.length, chunks })
      return {
        kind: 'file',
        path: `usr/${path}`,
        mode: 0o644,
        uid: 0,
        gid: 0,
        sizeBytes: plain.length,
        content: content(plain),
      }
    })
    manifests.set(packageId(name), { name, layout } as unknown as Manifest)
  }
  return {
    manifest: (id) => manifests.get(id),
    chunkList: (_id, file) => lists.get(file.content) ?? expect.fail(`no chunks of ${file.path}`),
  }
}

const catalogue = catalogueOf({
  old: { 'bin/tool': 'head|old-|tail', 'share/readme': 'text', 'share/empty': '' },
  new: { 'bin/tool': 'head|new-|tail', 'share/moved': 'text', 'share/empty': '' },
  other: { 'bin/other': 'head|xyz', 'bin/twin': 'head|xyz' },
})
const wish = (name: string, wants: readonly string[], has: readonly string[]): HostWish => ({
  host: host(name),
  wants: wants.map(packageId),
  has: has.map(packageId),
})
const ids = (...parts: readonly string[]): readonly string[] => parts.map(digest)

test('a fresh host is brought every chunk once', () => {
  const plan = planCarry({ hosts: [wish('a', ['new', 'other'], [])], catalogue })
  expect(plan.chunks.map((chunk) => chunk.id)).toEqual(ids('head', 'new-', 'tail', 'text', 'xyz'))
  expect(plan.totals).toEqual({
    allBytes: 12 + 4 + 7,
    allContents: 3,
    changedBytes: 12 + 4 + 7,
    changedContents: 3,
    sharedBytes: 4,
    chunkBytes: 19,
    chunks: 5,
  })
})

test('what the host has as content or as chunks costs nothing, whatever its path', () => {
  const plan = planCarry({ hosts: [wish('a', ['new'], ['old'])], catalogue })
  expect(plan.chunks.map((chunk) => chunk.id)).toEqual(ids('new-'))
  expect(plan.manifests).toEqual([packageId('new')])
  expect(plan.lists.map((list) => list.content)).toEqual([content('headnew-tail')])
  expect(plan.totals).toMatchObject({ allBytes: 16, changedBytes: 12, sharedBytes: 8, chunkBytes: 4 })
})

test('a host that has all of it is brought nothing', () => {
  const plan = planCarry({ hosts: [wish('a', ['new'], ['new'])], catalogue })
  expect(plan).toMatchObject({ manifests: [], lists: [], chunks: [] })
  expect(plan.totals).toMatchObject({ allBytes: 16, changedBytes: 0, chunkBytes: 0 })
})

test('contents that a host lacks are carried though its packages name them', () => {
  const mended = { ...wish('a', ['new'], ['new']), lacking: [content('headnew-tail'), content('text')] }
  const plan = planCarry({ hosts: [mended], catalogue })
  expect(plan.chunks.map((chunk) => chunk.id)).toEqual(ids('head', 'new-', 'tail', 'text'))
  const manifest = { ...wish('a', ['new'], ['new']), lacking: [packageId('new') as string as ContentDigest] }
  expect(planCarry({ hosts: [manifest], catalogue }).manifests).toEqual([packageId('new')])
})

test('two hosts cost their union, not their sum', () => {
  const one = wish('b', ['new'], ['old'])
  const two = wish('a', ['new', 'other'], [])
  const both = planCarry({ hosts: [one, two], catalogue })
  expect(both.totals.chunkBytes).toBe(19)
  expect(both.hosts.map((each) => [each.host, each.totals.chunkBytes])).toEqual([
    ['a', 19],
    ['b', 4],
  ])
})

test('the same question in another order gives the same plan', () => {
  const one = wish('b', ['new', 'other'], ['old'])
  const two = wish('a', ['other', 'new'], [])
  const turned = { ...one, wants: [...one.wants].reverse() }
  expect(planCarry({ hosts: [two, turned], catalogue })).toEqual(planCarry({ hosts: [one, two], catalogue }))
})

test('a package that nobody knows is refused when wanted, and worth nothing when held', () => {
  expect(() => planCarry({ hosts: [wish('a', ['lost'], [])], catalogue })).toThrow(
    expect.objectContaining({ code: 'NOT_FOUND' }),
  )
  expect(planCarry({ hosts: [wish('a', ['new'], ['lost'])], catalogue }).totals.chunkBytes).toBe(16)
})
