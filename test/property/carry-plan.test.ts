import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestOf } from '../../src/base/digest.ts'
import type { ChunkId, ContentDigest, HostId, PackageId } from '../../src/base/ids.ts'
import { type CarryPlan, planCarry, type Catalogue, type HostWish } from '../../src/carry/plan.ts'
import type { ChunkList } from '../../src/delta/chunk-list.ts'
import type { LayoutFile, Manifest } from '../../src/manifest/manifest.ts'

const digest = (text: string): string => digestOf(new TextEncoder().encode(text))
const count = 6

/** Packages of files, each file a list of chunk numbers; a chunk's size is its number plus one. */
const packages = fc.array(fc.array(fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }), { maxLength: 4 }), {
  minLength: count,
  maxLength: count,
})
const someIds = fc.uniqueArray(fc.nat(count - 1), { maxLength: count })
const wishes = fc.array(fc.record({ wants: someIds, has: someIds }), { minLength: 1, maxLength: 4 })

const idOf = (index: number): PackageId => digest(`package ${index}`) as PackageId
const chunk = (number: number) => ({
  id: digest(`chunk ${number}`) as ChunkId,
  sizeBytes: 100 * (number + 1),
})
function listOf(numbers: readonly number[]): ChunkList {
  const chunks = numbers.map(chunk)
  const content = (numbers.length === 1 ? chunks[0]?.id : digest(numbers.join())) as string as ContentDigest
  return { content, sizeBytes: chunks.reduce((sum, each) => sum + each.sizeBytes, 0), chunks }
}

function catalogueOf(made: readonly (readonly (readonly number[])[])[]): Catalogue {
  const lists = new Map<ContentDigest, ChunkList>()
  const manifests = made.map((files, index): Manifest => {
    const layout = files.map((numbers, file): LayoutFile => {
      const { content, sizeBytes } = listOf(numbers)
      lists.set(content, listOf(numbers))
      return {
        kind: 'file',
        path: `usr/lib/${index}/lib${'abcd'[file]}.so`,
        mode: 0o644,
        uid: 0,
        gid: 0,
        sizeBytes,
        content,
      }
    })
    return { name: `p${index}`, layout } as unknown as Manifest
  })
  return {
    manifest: (id) => manifests.find((_, index) => idOf(index) === id),
    chunkList: (_, file) => lists.get(file.content) ?? expect.fail('listed'),
  }
}

/** Whichever way is taken, whoever lacks a chunk of the file has a base of it, or the chunk travels whole as well. */
function checkDeltas(
  made: readonly (readonly (readonly number[])[])[],
  asked: readonly { readonly wants: readonly number[]; readonly has: readonly number[] }[],
  plan: CarryPlan,
): void {
  const listsOf = (ids: readonly number[]) => ids.flatMap((index) => (made[index] ?? []).map(listOf))
  const chunksOf = (lists: readonly ChunkList[]) =>
    new Set(lists.flatMap(({ chunks }) => chunks.map(({ id }) => id)))
  let end = 0
  for (const delta of plan.deltas) {
    expect(delta.firstChunk).toBeGreaterThanOrEqual(end)
    end = delta.firstChunk + delta.chunks
    const chunks = plan.chunks.slice(delta.firstChunk, end)
    expect(chunks.length).toBe(delta.chunks)
    expect(chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(delta.sizeBytes)
    const asChunks = new Set(delta.alsoWhole.map((n) => plan.chunks[n]?.id))
    for (const { wants, has } of asked) {
      const held = listsOf(has)
      const lacked = chunksOf(listsOf(wants)).difference(chunksOf(held))
      const needed = chunks.filter(({ id }) => lacked.has(id) && !asChunks.has(id))
      if (needed.length === 0) continue
      for (const way of delta.ways)
        expect(way.some(({ base }) => held.some(({ content }) => content === base.content))).toBe(true)
    }
  }
}

test('whatever is planned, each host can assemble all it wants from what it has and what is carried', () => {
  fc.assert(
    fc.property(packages, wishes, (made, asked) => {
      const catalogue = catalogueOf(made)
      const hosts = asked.map(({ wants, has }, index): HostWish => ({
        host: `${index}` as HostId,
        wants: wants.map(idOf),
        has: has.map(idOf),
      }))
      const plan = planCarry({ hosts, catalogue })
      const carried = new Set(plan.chunks.map((each) => each.id))
      expect(carried.size).toBe(plan.chunks.length)
      const { chunkBytes, changedBytes, allBytes, sharedBytes } = plan.totals
      expect(chunkBytes + sharedBytes).toBe(changedBytes)
      expect(changedBytes).toBeLessThanOrEqual(allBytes)
      const alone = hosts.map((wish) => planCarry({ hosts: [wish], catalogue }).totals.chunkBytes)
      expect(chunkBytes).toBeLessThanOrEqual(alone.reduce((sum, each) => sum + each, 0))
      expect(chunkBytes).toBeGreaterThanOrEqual(Math.max(...alone))
      checkDeltas(made, asked, plan)
      asked.forEach(({ wants, has }) => {
        const held = new Set(
          has.flatMap((index) => (made[index] ?? []).flat().map((number) => chunk(number).id)),
        )
        for (const index of wants)
          for (const number of (made[index] ?? []).flat())
            expect(held.has(chunk(number).id) || carried.has(chunk(number).id)).toBe(true)
      })
    }),
    { numRuns: 300 },
  )
})
