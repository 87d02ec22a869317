import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import type { ContentDigest, PackageId } from '../../src/base/ids.ts'
import { silent } from '../../src/base/progress.ts'
import { importBundle } from '../../src/bundle/import.ts'
import type { HostWish } from '../../src/carry/plan.ts'
import { priceOfStreams } from '../../src/container/delta-frame.ts'
import { encodeZstd } from '../../src/container/zstd.ts'
import { encodeDelta } from '../../src/delta/encode-delta.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import { noise } from '../support/containers.ts'
import { type TestHost, TestLoop } from '../support/loop.ts'

/** How a file becomes the file of the next version. */
const changes = {
  same: (bytes) => bytes,
  relinked: (bytes, seed) => Uint8Array.from(bytes, (byte, i) => ((i + seed) % 350 === 0 ? byte + 1 : byte)),
  grown: (bytes, seed) => concatBytes([bytes.subarray(0, 900), noise(700, seed), bytes.subarray(900)]),
  front: (bytes, seed) => concatBytes([noise(400, seed), bytes.subarray(400)]),
  other: (bytes, seed) => noise(bytes.length, seed),
  words: (_, seed) => encodeUtf8(`line ${seed} of a text that is long enough to matter\n`.repeat(60)),
} satisfies Record<string, (bytes: Uint8Array, seed: number) => Uint8Array>

const change = fc.constantFrom<keyof typeof changes>(
  'same',
  'relinked',
  'relinked',
  'grown',
  'front',
  'other',
  'words',
)
const versions = 3
/** For each file of a package its size and what each new version does to it. */
const files = fc.array(
  fc.record({
    sizeBytes: fc.integer({ min: 200, max: 30_000 }),
    changes: fc.array(change, { minLength: versions - 1, maxLength: versions - 1 }),
  }),
  { minLength: 1, maxLength: 4 },
)
const history = fc.array(files, { minLength: 2, maxLength: 3 })
type History = typeof history extends fc.Arbitrary<infer T> ? T : never
/** For each host and each package the version it has, −1 for none; it wants the last of all it has, and the first package. */
const states = fc.array(
  fc.array(fc.integer({ min: -1, max: versions - 1 }), { minLength: 3, maxLength: 3 }),
  {
    minLength: 2,
    maxLength: 4,
  },
)

/** Bodies by package, version, file. */
function bodiesOf(made: History): readonly (readonly (readonly Uint8Array[])[])[] {
  return made.map((each, p) => {
    const first = each.map(({ sizeBytes }, f) => noise(sizeBytes, 1000 * p + f))
    const all = [first]
    for (let v = 1; v < versions; v++)
      all.push(
        each.map((file, f) => changes[file.changes[v - 1]!](all[v - 1]![f]!, 10_000 * v + 100 * p + f)),
      )
    return all
  })
}

const contentOf = (bytes: Uint8Array): ContentDigest => digestOf<ContentDigest>(bytes)
const wholePrice = (bytes: Uint8Array): number => Math.min(bytes.length, encodeZstd(bytes, 9).length)

/** What a few frames more than files take for their headers. */
const frameBytes = 400

interface Scene {
  readonly bodies: ReturnType<typeof bodiesOf>
  readonly has: readonly (readonly number[])[]
  readonly wants: readonly (readonly number[])[]
}

/** Over distinct contents that some host lacks, of the encodings that all who lack it can use the cheapest. */
function sumOfCheapest({ bodies, has, wants }: Scene): number {
  const held = has.map((set) => contentsOf(bodies, set))
  const lackers = new Map<ContentDigest, { body: Uint8Array; olds: readonly Uint8Array[]; hosts: number[] }>()
  wants.forEach((set, host) =>
    set.forEach((version, p) => {
      if (version < 0) return
      bodies[p]![version]!.forEach((body, f) => {
        const content = contentOf(body)
        if (held[host]!.has(content)) return
        const known = lackers.get(content) ?? { body, olds: bodies[p]!.map((each) => each[f]!), hosts: [] }
        if (!known.hosts.includes(host)) known.hosts.push(host)
        lackers.set(content, known)
      })
    }),
  )
  let total = 0
  for (const { body, olds, hosts } of lackers.values()) {
    const usable = olds.filter((old) => hosts.every((host) => held[host]!.has(contentOf(old))))
    const prices = usable.map((base) => priceOfStreams(encodeDelta([{ base, target: body }]), 9))
    total += Math.min(wholePrice(body), ...prices)
  }
  return total
}

const contentsOf = (bodies: Scene['bodies'], set: readonly number[]): Set<ContentDigest> =>
  new Set(set.flatMap((version, p) => (version < 0 ? [] : bodies[p]![version]!.map(contentOf))))

/** Nothing here loses its power: what is not waited for is quick. */
function unsynced(): ReturnType<typeof linuxOutside> {
  const outside = linuxOutside()
  const { disk } = outside
  const open: typeof disk.open = (path, how, mode) => {
    const file = disk.open(path, how, mode)
    file.sync = () => {}
    return file
  }
  return { ...outside, disk: { ...disk, open, syncFolder: () => {}, syncFilesystem: () => {} } }
}

async function bring(loop: TestLoop, host: TestHost, path: string): Promise<void> {
  using taken = await loop.takeIn(host, path)
  await importBundle(loop.outside, taken, { store: host.store, report: silent })
}

test('a bundle for several hosts costs about the union, and each of them takes it in', async () => {
  await fc.assert(
    fc.asyncProperty(history, states, async (made, chosen) => {
      await using loop = new TestLoop(unsynced())
      const bodies = bodiesOf(made)
      const ids: PackageId[][] = bodies.map(() => [])
      for (const [p, all] of bodies.entries())
        for (const [v, each] of all.entries()) {
          const named = each.map((body, f): [string, Uint8Array] => [
            `usr/lib/p${p}/lib${'abcd'[f]}.so`,
            body,
          ])
          ids[p]!.push(await loop.add(`p${p}`, `${v}`, Object.fromEntries(named)))
        }
      loop.publish()
      const has = chosen.map((set) => set.slice(0, bodies.length))
      const wants = has.map((set) => set.map((version, p) => (version < 0 && p > 0 ? -1 : versions - 1)))
      const idsOf = (set: readonly number[]) =>
        set.flatMap((version, p) => (version < 0 ? [] : [ids[p]![version]!]))
      const hosts = has.map((_, n) => loop.host(`host ${n}`))
      for (const [n, host] of hosts.entries())
        await bring(loop, host, (await loop.export([{ host: host.id, wants: idsOf(has[n]!), has: [] }])).path)
      const wishes = hosts.map(({ id }, n): HostWish => ({
        host: id,
        wants: idsOf(wants[n]!),
        has: idsOf(has[n]!),
      }))
      const together = await loop.export(wishes)
      let alone = 0
      for (const wish of wishes) alone += (await loop.export([wish])).sizeBytes
      expect(together.sizeBytes).toBeLessThanOrEqual(alone)
      expect(together.storedBytes).toBeLessThanOrEqual(
        1.05 * sumOfCheapest({ bodies, has, wants }) + frameBytes,
      )
      for (const [n, host] of hosts.entries()) {
        await bring(loop, host, together.path)
        for (const content of contentsOf(bodies, wants[n]!)) expect(host.store.hasContent(content)).toBe(true)
      }
    }),
    { numRuns: Number(process.env['MOSS_RUNS'] ?? 10), endOnFailure: true },
  )
})
