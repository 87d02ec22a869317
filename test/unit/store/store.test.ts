import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { equalBytes } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import { MossError } from '../../../src/base/error.ts'
import type { AssetId, ChunkId, ContentDigest } from '../../../src/base/ids.ts'
import { chunkOfContent } from '../../../src/delta/chunk-list.ts'
import { cutWhole } from '../../../src/delta/jobs.ts'
import { linuxDisk } from '../../../src/host/linux-disk.ts'
import type { StoreFinding } from '../../../src/store/check.ts'
import type { Store } from '../../../src/store/store.ts'
import { knownBytes } from '../../support/known-bytes.ts'
import { addBody, describe0644, importBody, isRoot, makeTestStore } from '../../support/test-store.ts'

const small = knownBytes(1000, 1)
const large = knownBytes(900_000, 2)
const silentCheck = (store: Store): Promise<readonly StoreFinding[]> => store.check(() => {})

function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
}

describe('the store as a reader of chunks', () => {
  test('gives whole short contents and chunks inside long ones', async () => {
    using place = makeTestStore()
    await importBody(place.store, small)
    await importBody(place.store, large)
    const { chunks } = cutWhole(large)
    expect(chunks.length).toBeGreaterThan(5)
    let start = 0
    for (const { id, sizeBytes } of chunks) {
      expect(place.store.has(id)).toBe(true)
      expect(equalBytes(await place.store.get(id), large.subarray(start, start + sizeBytes))).toBe(true)
      start += sizeBytes
    }
    expect(equalBytes(await place.store.get(digestOf<ChunkId>(small)), small)).toBe(true)
  })

  test('reads many in a row without a check, and says afterwards which was not what it should be', async () => {
    using place = makeTestStore()
    const asset = await importBody(place.store, large)
    await importBody(place.store, small)
    const { chunks } = cutWhole(large)
    using source = place.store.openChunks()
    let start = 0
    for (const { id, sizeBytes } of chunks) {
      expect(equalBytes(source.read(id), large.subarray(start, start + sizeBytes))).toBe(true)
      start += sizeBytes
    }
    expect(equalBytes(source.read(digestOf<ChunkId>(small)), small)).toBe(true)
    expect(() => source.read(chunkOfContent(digestOf(large)))).toThrow(MossError)
    flip(place.store.assetPath(asset), 5)
    const [first, second] = chunks
    expect(digestOf(source.read(first!.id))).not.toBe(first!.id)
    expect(() => source.check(first!.id)).toThrow('is not what it was')
    source.check(second!.id)
    rmSync(place.store.assetPath(asset))
    using again = place.store.openChunks()
    expect(() => again.read(second!.id)).toThrow('is not what it was')
  })

  test('has no chunk that is longer than a chunk may be, and none that it never saw', async () => {
    using place = makeTestStore()
    await importBody(place.store, large)
    for (const id of [chunkOfContent(digestOf(large)), digestOf<ChunkId>(small)]) {
      expect(place.store.has(id)).toBe(false)
      await expect(place.store.get(id)).rejects.toMatchObject({ code: 'CONTENT_MISSING' })
    }
  })

  test('S1: passes over damaged assets, and never gives bytes that are not the chunk', async () => {
    using place = makeTestStore()
    const first = await importBody(place.store, large)
    const second = await importBody(place.store, large, { mode: 0o600 })
    const id = cutWhole(large).chunks[0]!.id
    flip(place.store.assetPath(first), 5)
    expect(digestOf(await place.store.get(id))).toBe(id)
    rmSync(place.store.assetPath(second))
    expect(place.store.has(id)).toBe(true)
    await expect(place.store.get(id)).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
    writeFileSync(place.store.assetPath(first), 'short')
    await expect(place.store.get(id)).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
  })

  test('lists assets and contents in order, past a page of rows', async () => {
    using place = makeTestStore()
    using opened = place.store.beginImport('many')
    await addBody(opened, small)
    for (let mode = 0; mode < 0o2100; mode++) opened.addAsset(describe0644(small, { mode: mode | 0o400 }))
    opened.commit()
    const ids = [...place.store.assets()].map(({ id }) => id)
    expect(ids.length).toBe(place.store.totals().assets)
    expect(ids).toEqual([...new Set(ids)].sort())
    expect([...place.store.contents()]).toEqual([{ content: digestOf(small), sizeBytes: 1000 }])
  })

  test('is as it was when opened again', async () => {
    using place = makeTestStore()
    const id = await importBody(place.store, large)
    const again = place.reopen()
    expect(again.hasAsset(id)).toBe(true)
    expect(again.chunkList(digestOf(large))).toEqual(cutWhole(large))
  })
})

describe('recut', () => {
  test('puts right what was said of chunks, and leaves alone what is right, or damaged', async () => {
    using place = makeTestStore()
    const { store } = place
    const bodies = [2, 3, 4].map((seed) => knownBytes(900_000, seed))
    const said = (bytes: Uint8Array) => {
      const list = cutWhole(bytes)
      return { ...list, chunks: list.chunks.toReversed() }
    }
    using opened = store.beginImport('lies')
    for (const bytes of bodies) {
      opened.put(bytes, bytes === bodies[0] ? cutWhole(bytes) : said(bytes))
      opened.addAsset(describe0644(bytes))
    }
    opened.commit()
    const [honest, told, damaged] = bodies.map((bytes) => digestOf<ContentDigest>(bytes))
    flip(store.contentPlace(damaged!)!.path, 5)
    expect(await store.recut(() => {})).toBe(1)
    expect(store.chunkList(honest!)).toEqual(cutWhole(bodies[0]!))
    expect(store.chunkList(told!)).toEqual(cutWhole(bodies[1]!))
    expect(store.chunkList(damaged!)).toEqual(said(bodies[2]!))
    expect(await store.recut(() => {})).toBe(0)
  })
})

describe('check', () => {
  test('S1: finds what is missing, changed, cut short, replaced, or has other attributes', async () => {
    using place = makeTestStore()
    const { store } = place
    const bodies = [1, 2, 3, 4, 5, 6].map((seed) => knownBytes(2000 * seed, seed))
    const ids: AssetId[] = []
    for (const bytes of bodies) ids.push(await importBody(store, bytes))
    const long = await importBody(store, knownBytes(8_500_000, 9))
    expect(await silentCheck(store)).toEqual([])
    const paths = ids.map((id) => store.assetPath(id))
    rmSync(paths[0]!)
    flip(paths[1]!, 17)
    writeFileSync(paths[2]!, 'short')
    chmodSync(paths[3]!, 0o666)
    renameSync(paths[4]!, `${place.folder}/away`)
    symlinkSync(`${place.folder}/away`, paths[4]!)
    if (isRoot) linuxDisk().setXattrs(paths[5]!, { 'security.capability': capability })
    flip(store.assetPath(long), 8_400_000)
    const found = new Map(
      (await silentCheck(store)).map((finding) => ['asset' in finding && finding.asset, finding.kind]),
    )
    expect(found).toEqual(
      new Map<AssetId | false, string>([
        [ids[0]!, 'missing'],
        [ids[1]!, 'wrong-content'],
        [ids[2]!, 'wrong-content'],
        [ids[3]!, 'wrong-attributes'],
        [ids[4]!, 'wrong-content'],
        ...(isRoot ? ([[ids[5]!, 'wrong-attributes']] as const) : []),
        [long, 'wrong-content'],
      ]),
    )
  })

  test('finds files that nobody recorded', async () => {
    using place = makeTestStore()
    const id = await importBody(place.store, small)
    const stray = place.store.assetPath(digestOf<AssetId>(large))
    mkdirSync(stray.slice(0, stray.lastIndexOf('/')), { recursive: true })
    writeFileSync(stray, 'x')
    writeFileSync(`${place.folder}/assets/readme`, 'x')
    writeFileSync(`${place.store.assetPath(id)}.part`, 'x')
    mkdirSync(`${place.folder}/staging/import-old`)
    mkdirSync(`${place.folder}/staging/7`)
    const paths = (await silentCheck(place.store)).map(({ kind, path }) => `${kind} ${path}`)
    expect(paths.sort()).toEqual(
      [
        stray,
        `${place.folder}/assets/readme`,
        `${place.store.assetPath(id)}.part`,
        `${place.folder}/staging/import-old`,
      ]
        .map((path) => `stray ${path}`)
        .sort(),
    )
  })

  test('reports progress to its totals', async () => {
    using place = makeTestStore()
    await importBody(place.store, small)
    await importBody(place.store, large)
    const last: unknown[] = []
    await place.store.check((progress) => last.push(progress))
    expect(last.at(-1)).toMatchObject({
      doneItems: 2,
      totalItems: 2,
      doneBytes: 901_000,
      totalBytes: 901_000,
    })
  })
})

const capability = Uint8Array.fromHex('0100000200200000000000000000000000000000')

describe('collection', () => {
  test('S2: removes what is not kept, files and chunks, and nothing that is', async () => {
    using place = makeTestStore()
    const { store } = place
    const kept = await importBody(store, large)
    const twin = await importBody(store, large, { mode: 0o600 })
    const gone = await importBody(store, small)
    const plan = store.planCollect(new Set([kept]))
    expect(plan.assets.map(({ id }) => id).sort()).toEqual([gone, twin].sort())
    expect(plan.assets.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(901_000)
    store.collect(plan)
    expect([...store.assets()].map(({ id }) => id)).toEqual([kept])
    expect(store.hasContent(digestOf(small))).toBe(false)
    expect(store.chunkList(digestOf(large))).toEqual(cutWhole(large))
    expect(await silentCheck(store)).toEqual([])
    store.collect(store.planCollect(new Set()))
    expect(store.has(cutWhole(large).chunks[0]!.id)).toBe(false)
    expect(store.totals()).toEqual({ assets: 0, bytes: 0 })
    expect(await silentCheck(store)).toEqual([])
  })

  test('S2: leaves what an open import counts on, planned before or after it', async () => {
    using place = makeTestStore()
    const { store } = place
    const id = await importBody(store, small)
    const early = store.planCollect(new Set())
    expect(early.assets.map((asset) => asset.id)).toEqual([id])
    {
      using opened = store.beginImport('counts')
      expect(opened.addAsset(describe0644(small))).toBe(id)
      expect(store.planCollect(new Set()).assets).toEqual([])
      expect(store.planCollect(new Set()).strays).toEqual([])
      expect(() => store.collect(early)).toThrow(expect.objectContaining({ code: 'PLAN_STALE' }))
      expect(store.hasAsset(id)).toBe(true)
    }
    store.collect(early)
    expect(store.hasAsset(id)).toBe(false)
  })

  test('S2: a stray that an import has made an asset meanwhile stays', async () => {
    using place = makeTestStore()
    const { store } = place
    const id = await importBody(store, small)
    renameSync(store.assetPath(id), `${place.folder}/away`)
    store.collect(store.planCollect(new Set()))
    renameSync(`${place.folder}/away`, store.assetPath(id))
    const plan = store.planCollect(new Set())
    expect(plan.strays).toEqual([store.assetPath(id)])
    await importBody(store, small)
    expect(() => store.collect(plan)).toThrow(expect.objectContaining({ code: 'PLAN_STALE' }))
    expect(await silentCheck(store)).toEqual([])
  })

  test('rows go before files: what fails midway leaves strays, which the next collection removes', async () => {
    using place = makeTestStore()
    const id = await importBody(place.store, small)
    const broken = place.reopen({
      ...linuxDisk(),
      remove: (path) => {
        throw new MossError('HOST_IO', { action: 'remove', path, problem: 'EIO' })
      },
    })
    expect(() => broken.collect(broken.planCollect(new Set()))).toThrow('EIO')
    expect(place.store.hasAsset(id)).toBe(false)
    expect(await silentCheck(place.store)).toEqual([{ kind: 'stray', path: place.store.assetPath(id) }])
    place.store.collect(place.store.planCollect(new Set()))
    expect(await silentCheck(place.store)).toEqual([])
  })

  test('forgets damaged assets, so that they can be brought again', async () => {
    using place = makeTestStore()
    const { store } = place
    const id = await importBody(store, large)
    flip(store.assetPath(id), 3)
    const findings = await silentCheck(store)
    store.discard(findings.flatMap((finding) => ('asset' in finding ? [finding.asset] : [])))
    expect(store.hasContent(digestOf(large))).toBe(false)
    await importBody(store, large)
    expect(await silentCheck(store)).toEqual([])
  })
})
