// Tables as a signer of bad will could write them: each wrong number is refused and named.
import { describe, expect, test } from 'vitest'
import { encodeUtf8, fromHex } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import { MossError } from '../../../src/base/error.ts'
import type { ChunkId, ContentDigest, Digest, HostId, PackageId } from '../../../src/base/ids.ts'
import { ContentTable, encodeLists } from '../../../src/container/content-table.ts'
import { ChunkTable, FrameTable, encodeChunks, encodeFrames } from '../../../src/container/frame-table.ts'
import { viewOf, writeU64 } from '../../../src/container/little-endian.ts'
import {
  CapabilityTable,
  cutManifests,
  decodeHosts,
  decodePackages,
  encodeCapabilities,
  encodeHosts,
  encodeManifests,
} from '../../../src/container/package-table.ts'
import { readTables } from '../../../src/container/tables.ts'
import { buildBundle, noise, verified } from '../../support/containers.ts'

const id = <T extends Digest>(name: string): T => digestOf<T>(encodeUtf8(name))

const refusal = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (!(error instanceof MossError)) throw error
    const { part, problem } = error.details as { part: string; problem?: string }
    return `${part}: ${problem ?? error.code}`
  }
  return 'accepted'
}

const edges = [2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1]
const wideEdges = [...edges, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1]

const frames = [
  { offset: 0, storedBytes: 30, plainBytes: 30, codec: 0 as const, digest: id('f0') },
  { offset: 30, storedBytes: 20, plainBytes: 50, codec: 2 as const, digest: id('f1') },
]
const total = { count: 2, storedBytes: 50 }
const places = [
  { id: id<ChunkId>('c0'), frame: 0, offset: 0, sizeBytes: 10 },
  { id: id<ChunkId>('c1'), frame: 0, offset: 10, sizeBytes: 20 },
  { id: id<ChunkId>('c2'), frame: 1, offset: 0, sizeBytes: 50 },
]

function changed(bytes: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = Uint8Array.from(bytes)
  change(viewOf(copy))
  return copy
}

describe('table frames', () => {
  const bytes = encodeFrames(frames)

  test('gives each frame as it was', () => {
    const table = new FrameTable(bytes, total)
    expect([table.entry(0), table.entry(1)]).toEqual(frames)
    expect(() => table.entry(2)).toThrow(RangeError)
  })

  test.each<[string, (view: DataView) => void]>([
    ['an offset that leaves a gap', (view) => writeU64(view, 64 + 32, 31)],
    ['an offset from 2^53', (view) => view.setUint32(64 + 36, 0x20_0000, true)],
    ['a stored size of 0', (view) => view.setUint32(64 + 40, 0, true)],
    ['a plain size above its limit', (view) => view.setUint32(64 + 44, 8 * 2 ** 20 + 1, true)],
    ['a packed frame that is not smaller', (view) => view.setUint32(64 + 44, 20, true)],
    ['a stored frame of two sizes', (view) => view.setUint32(44, 31, true)],
    ['a codec without meaning', (view) => view.setUint16(48, 9, true)],
    ['a bit set for nothing', (view) => view.setUint16(50, 1, true)],
    ['another bit set for nothing', (view) => view.setUint32(60, 2 ** 31, true)],
    ['a base', (view) => view.setUint32(56, 1, true)],
    ...edges.map((size): [string, (view: DataView) => void] => [
      `sizes of ${size}`,
      (view) => {
        view.setUint32(40, size, true)
        view.setUint32(44, size, true)
      },
    ]),
    ...wideEdges.map((offset): [string, (view: DataView) => void] => [
      `an offset of ${offset}`,
      (view) => writeU64(view, 64 + 32, offset),
    ]),
  ])('is refused for %s', (_, change) => {
    expect(refusal(() => new FrameTable(changed(bytes, change), total))).toMatch(/^(table frames|frame \d): /)
  })

  test('is refused when the head says another number or size', () => {
    expect(refusal(() => new FrameTable(bytes, { count: 3, storedBytes: 50 }))).toMatch(/^table frames: /)
    expect(refusal(() => new FrameTable(bytes, { count: 2, storedBytes: 51 }))).toMatch(/^table frames: /)
    expect(refusal(() => new FrameTable(bytes.subarray(1), total))).toMatch(/not whole records/)
    expect(refusal(() => new FrameTable(undefined, total))).toMatch(/^table frames: /)
  })

  test('names codec 1 as one that a newer moss knows', () => {
    for (const codec of [1])
      expect(
        refusal(
          () =>
            new FrameTable(
              changed(bytes, (view) => view.setUint16(48, codec, true)),
              total,
            ),
        ),
      ).toBe('frame 0: CONTAINER_CODEC_UNKNOWN')
  })
})

describe('table chunks', () => {
  const bytes = encodeChunks(places)
  const frameTable = new FrameTable(encodeFrames(frames), total)
  const sorted = places.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const record = (name: string): number => 1024 + 44 * sorted.findIndex((place) => place.id === id(name))

  test('finds each chunk and nothing else', () => {
    const table = new ChunkTable(bytes, frameTable)
    for (const { id: chunk, ...place } of places) expect(table.place(chunk)).toEqual(place)
    expect(table.place(id('none'))).toBeUndefined()
    expect(table.ofFrame(0).map((chunk) => chunk.id)).toEqual([id('c0'), id('c1')])
  })

  test.each<[string, (view: DataView) => void]>([
    ['a frame that is not there', (view) => view.setUint32(record('c0') + 32, 2, true)],
    ['a gap', (view) => view.setUint32(record('c1') + 36, 11, true)],
    ['an overlap', (view) => view.setUint32(record('c1') + 36, 9, true)],
    ['a chunk of no bytes', (view) => view.setUint32(record('c2') + 40, 0, true)],
    ['less than its frame', (view) => view.setUint32(record('c2') + 40, 49, true)],
    ['more than its frame', (view) => view.setUint32(record('c2') + 40, 51, true)],
    ['a fan-out that is wrong', (view) => view.setUint32(0, 1, true)],
    ...edges.flatMap((size): [string, (view: DataView) => void][] => [
      [`a size of ${size}`, (view) => view.setUint32(record('c2') + 40, size, true)],
      [`an offset of ${size}`, (view) => view.setUint32(record('c1') + 36, size, true)],
      [`frame ${size}`, (view) => view.setUint32(record('c1') + 32, size, true)],
    ]),
  ])('is refused for %s', (_, change) => {
    expect(refusal(() => new ChunkTable(changed(bytes, change), frameTable))).toMatch(/^table chunks: /)
  })

  test('is refused for records out of order, a chunk twice, part of a record, or a fan-out alone', () => {
    const swapped = Uint8Array.from(bytes)
    swapped.set(bytes.subarray(1024 + 44, 1024 + 88), 1024)
    swapped.set(bytes.subarray(1024, 1024 + 44), 1024 + 44)
    const twice = Uint8Array.from(bytes)
    twice.copyWithin(1024, 1024 + 44, 1024 + 88)
    for (const wrong of [
      swapped,
      twice,
      bytes.subarray(0, -1),
      bytes.subarray(0, 1024),
      bytes.subarray(0, 7),
    ])
      expect(refusal(() => new ChunkTable(wrong, frameTable))).toMatch(/^table chunks: /)
  })
})

describe('a chunk in several frames', () => {
  const sizes = [30, 20, 30]
  const plain = sizes.map((plainBytes, n) => ({
    offset: 10 * n,
    storedBytes: 10,
    plainBytes,
    codec: 2 as const,
    digest: id(`f${n}`),
  }))
  const frameTable = new FrameTable(encodeFrames(plain), { count: 3, storedBytes: 30 })
  const [often, once] = [id<ChunkId>('often'), id<ChunkId>('once')]
  const at = (chunk: ChunkId, frame: number, sizeBytes: number) => ({
    id: chunk,
    frame,
    offset: 0,
    sizeBytes,
  })
  const all = [at(often, 2, 30), at(once, 1, 20), at(often, 0, 30)]

  test('is found in each, in their order, and counted once', () => {
    const table = new ChunkTable(encodeChunks(all), frameTable)
    expect([...table.places(often)].map(({ frame }) => frame)).toEqual([0, 2])
    expect(table.place(often)?.frame).toBe(0)
    expect([...table.places(once)].length).toBe(1)
    expect([...table.places(id('none'))]).toEqual([])
    expect([...table.ids()].toSorted()).toEqual([often, once].toSorted())
  })

  test('may lie twice in one frame, but not twice in one place, out of order, or with another size', () => {
    const wide = plain.map((frame, n) => (n === 0 ? { ...frame, plainBytes: 60 } : frame))
    const wideTable = new FrameTable(encodeFrames(wide), { count: 3, storedBytes: 30 })
    const twice = [...all, { ...at(often, 0, 30), offset: 30 }]
    expect(new ChunkTable(encodeChunks(twice), wideTable).ofFrame(0)).toHaveLength(2)
    const alike = [...all, at(often, 0, 30)]
    expect(refusal(() => new ChunkTable(encodeChunks(alike), wideTable))).toMatch(/is not in order/)
    const other = [at(often, 0, 30), at(often, 1, 20), at(once, 2, 30)]
    expect(refusal(() => new ChunkTable(encodeChunks(other), frameTable))).toMatch(/another size/)
    const good = encodeChunks(all)
    const first = often < once ? 1024 : 1024 + 44
    const swapped = Uint8Array.from(good)
    swapped.set(good.subarray(first + 44, first + 88), first)
    swapped.set(good.subarray(first, first + 44), first + 44)
    expect(refusal(() => new ChunkTable(swapped, frameTable))).toMatch(/is not in order/)
  })
})

describe('table chunks with ids that begin alike', () => {
  const names = Array.from({ length: 400 }, (_, index) => `c${index}`)
  const alike = names
    .map((name) => id<ChunkId>(name))
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((chunk, index) => ({ id: chunk, frame: 0, offset: index, sizeBytes: 1 }))
  const frame = { offset: 0, storedBytes: 400, plainBytes: 400, codec: 0 as const, digest: id('f') }
  const frameTable = new FrameTable(encodeFrames([frame]), { count: 1, storedBytes: 400 })
  const bytes = encodeChunks(alike)

  test('finds each, and refuses two of them in the wrong order, which the fan-out cannot see', () => {
    const table = new ChunkTable(bytes, frameTable)
    for (const { id: chunk, offset } of alike) expect(table.place(chunk)?.offset).toBe(offset)
    const first = alike.findIndex((chunk, index) => alike[index + 1]?.id.slice(0, 2) === chunk.id.slice(0, 2))
    const swapped = Uint8Array.from(bytes)
    const at = 1024 + first * 44
    swapped.set(bytes.subarray(at + 44, at + 88), at)
    swapped.set(bytes.subarray(at, at + 44), at + 44)
    expect(refusal(() => new ChunkTable(swapped, frameTable))).toMatch(/^table chunks: .* not in order/)
  })
})

describe('tables contents and links', () => {
  const list = (name: string, sizes: readonly number[]) => ({
    content: id<ContentDigest>(name),
    sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
    chunks: sizes.map((sizeBytes, index) => ({ id: id<ChunkId>(`${name}${index}`), sizeBytes })),
  })
  const lists = [list('one', [16384, 20000, 3]), list('two', [65536, 262144])]
  const { contents, links } = encodeLists([...lists, list('single', [7])])

  test('give each list as it was, and none for a content of one chunk', () => {
    const table = new ContentTable(contents, links)
    for (const item of lists) expect(table.list(item.content)).toEqual(item)
    expect(table.list(id('single'))).toBeUndefined()
    expect([...table.digests()]).toEqual(lists.map((item) => item.content).toSorted())
  })

  test.each<[string, (view: DataView) => void]>([
    ['links that do not start where the last ended', (view) => view.setUint32(40, 1, true)],
    ['links beyond the last', (view) => view.setUint32(44, 2 ** 32 - 1, true)],
    ['a list of one', (view) => view.setUint32(44, 1, true)],
    ['another chunker', (view) => view.setUint32(48, 2, true)],
    ...wideEdges.map((size): [string, (view: DataView) => void] => [
      `a size of ${size}`,
      (view) => writeU64(view, 32, size),
    ]),
    ['a size from 2^53', (view) => view.setUint32(36, 0x20_0000, true)],
  ])('are refused for %s', (_, change) => {
    expect(refusal(() => new ContentTable(changed(contents, change), links))).toMatch(/^table contents: /)
  })

  test('are refused for links nobody uses, links too short before the last, and links too long', () => {
    const more = new Uint8Array(links.length + 36)
    more.set(links)
    expect(refusal(() => new ContentTable(contents, more))).toMatch(/^table links: /)
    for (const size of [0, 1, 16383, 262145, ...edges])
      expect(
        refusal(
          () =>
            new ContentTable(
              contents,
              changed(links, (view) => view.setUint32(32, size, true)),
            ),
        ),
      ).toMatch(/^table links: /)
    expect(refusal(() => new ContentTable(undefined, links))).toMatch(/^table links: /)
  })
})

describe('tables packages, capabilities and hosts', () => {
  const items = ['first', 'second', 'third'].map((name) => {
    const bytes = encodeUtf8(name)
    return { id: digestOf<PackageId>(bytes), bytes }
  })
  const { manifests, packages } = encodeManifests(items)

  test('give each manifest by its package', () => {
    const cut = cutManifests(manifests, decodePackages(packages, manifests.length))
    for (const item of items) expect(cut.get(item.id)).toEqual(item.bytes)
  })

  test('are refused where a manifest is not the one its package names', () => {
    const wrong = changed(manifests, (view) => view.setUint8(0, view.getUint8(0) + 1))
    expect(refusal(() => cutManifests(wrong, decodePackages(packages, manifests.length)))).toMatch(
      /^section manifests: /,
    )
  })

  test.each(wideEdges)('are refused for a manifest at or of %d bytes', (size) => {
    for (const at of [32, 40])
      expect(
        refusal(() =>
          decodePackages(
            changed(packages, (view) => writeU64(view, at, size)),
            manifests.length,
          ),
        ),
      ).toMatch(/^table packages: /)
  })

  test('are refused for manifests that no package names', () => {
    expect(refusal(() => decodePackages(packages, manifests.length + 1))).toMatch(/^table packages: /)
    expect(refusal(() => decodePackages(undefined, 1))).toMatch(/^table packages: /)
  })

  test('find the providers of a capability', () => {
    const ids = items.map((item) => item.id)
    const providers = [
      { capability: id('soname(a)'), package: ids[0] ?? id('') },
      { capability: id('soname(a)'), package: ids[2] ?? id('') },
      { capability: id('soname(b)'), package: ids[1] ?? id('') },
    ]
    const bytes = encodeCapabilities(providers.toReversed(), ids)
    const table = new CapabilityTable(bytes, decodePackages(packages, manifests.length))
    expect(new Set(table.providers(id('soname(a)')))).toEqual(new Set([ids[0], ids[2]]))
    expect(table.providers(id('soname(b)'))).toEqual([ids[1]])
    expect(table.providers(id('soname(c)'))).toEqual([])
    const wrong = changed(bytes, (view) => view.setUint32(32, 3, true))
    expect(refusal(() => new CapabilityTable(wrong, decodePackages(packages, manifests.length)))).toMatch(
      /^table capabilities: /,
    )
  })

  test('give each host its own set', () => {
    const sets = new Map([
      ['0000000000000001' as HostId, [items[0]!.id, items[1]!.id].toSorted()],
      ['ff00000000000001' as HostId, [items[2]!.id]],
    ])
    const bytes = encodeHosts(sets)
    expect(decodeHosts(bytes)).toEqual(sets)
    const twice = Uint8Array.from(bytes)
    twice.copyWithin(40, 0, 40)
    expect(refusal(() => decodeHosts(twice))).toMatch(/^table hosts: /)
    expect(fromHex('0000000000000001')).toEqual(bytes.subarray(0, 8))
  })
})

describe('the tables of a whole bundle', () => {
  test('lead from a content to its chunks and their frames', async () => {
    const big = noise(400_000, 5)
    const container = verified(await buildBundle({ contents: [big, encodeUtf8('small'), new Uint8Array(0)] }))
    const tables = readTables(container)
    const list = tables.chunkList(digestOf<ContentDigest>(big))
    expect(list?.sizeBytes).toBe(big.length)
    for (const chunk of list?.chunks ?? [])
      expect(tables.chunkPlace(chunk.id)?.sizeBytes).toBe(chunk.sizeBytes)
    expect(tables.chunkList(id('small'))).toEqual({
      content: id('small'),
      sizeBytes: 5,
      chunks: [{ id: id('small'), sizeBytes: 5 }],
    })
    expect(tables.chunkList(id(''))).toEqual({ content: id(''), sizeBytes: 0, chunks: [] })
    expect(tables.chunkList(id('unknown'))).toBeUndefined()
    expect(readTables(container)).toBe(tables)
  })

  test('are refused with bases that no frame uses', async () => {
    const bytes = await buildBundle({
      sections: [{ name: 'bases', bytes: new Uint8Array(48) }],
    })
    expect(refusal(() => readTables(verified(bytes)))).toMatch(/^table (bases|frames): /)
  })
})
