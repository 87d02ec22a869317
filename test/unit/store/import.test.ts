import { lstatSync, readdirSync, readFileSync, writeFileSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { equalBytes, fromHex } from '../../../src/base/bytes.ts'
import { encodeCbor } from '../../../src/base/cbor.ts'
import { digestOf } from '../../../src/base/digest.ts'
import type { ContentDigest } from '../../../src/base/ids.ts'
import { emptyContent } from '../../../src/delta/chunk-list.ts'
import { cutWhole } from '../../../src/delta/jobs.ts'
import type { Disk } from '../../../src/host/disk.ts'
import { linuxDisk } from '../../../src/host/linux-disk.ts'
import { assetIdOf, assetModifiedMs } from '../../../src/store/asset.ts'
import { knownBytes } from '../../support/known-bytes.ts'
import { addBody, describe0644, importBody, isRoot, makeTestStore } from '../../support/test-store.ts'

const small = knownBytes(1000, 1)
const large = knownBytes(900_000, 2)
const huge = knownBytes(9_000_000, 3)

describe('an import', () => {
  test.each([
    ['small', small],
    ['large', large],
    ['huge', huge],
    ['empty', new Uint8Array(0)],
  ])('S1: gives a %s body its name, its bytes, its attributes and the one date', async (_, bytes) => {
    using place = makeTestStore()
    const id = await importBody(place.store, bytes, { mode: 0o751 })
    const path = place.store.assetPath(id)
    expect(path).toBe(`${place.folder}/assets/${id.slice(0, 2)}/${id}`)
    expect(equalBytes(readFileSync(path), bytes)).toBe(true)
    expect(lstatSync(path).mode & 0o7777).toBe(0o751)
    expect(lstatSync(path).mtimeMs).toBe(assetModifiedMs)
    expect(place.store.hasAsset(id)).toBe(true)
    expect(place.store.describeAsset(id)).toEqual(describe0644(bytes, { mode: 0o751 }))
    expect(place.store.contentPlace(digestOf(bytes))).toEqual({ asset: id, path, sizeBytes: bytes.length })
    expect(place.store.chunkList(digestOf(bytes))).toEqual(cutWhole(bytes))
    expect(await place.store.check(() => {})).toEqual([])
  })

  test('shows nothing before the commit and leaves nothing when dropped', async () => {
    using place = makeTestStore()
    {
      using opened = place.store.beginImport('dropped')
      const id = await addBody(opened, small)
      expect(place.store.hasAsset(id)).toBe(false)
      expect(opened.hasContent(digestOf(small))).toBe(true)
      expect(place.store.hasContent(digestOf(small))).toBe(false)
      expect(readdirSync(`${place.folder}/staging`)).toEqual(['import-dropped'])
    }
    expect(readdirSync(`${place.folder}/staging`)).toEqual([])
    expect(place.store.totals()).toEqual({ assets: 0, bytes: 0 })
  })

  test('takes the place of one with its label that a crash left', async () => {
    using place = makeTestStore()
    mkdirSync(`${place.folder}/staging/import-test/deep`, { recursive: true })
    writeFileSync(`${place.folder}/staging/import-test/${digestOf(small)}`, 'half')
    const id = await importBody(place.store, small)
    expect(equalBytes(readFileSync(place.store.assetPath(id)), small)).toBe(true)
  })

  test('S1: refuses a body that is not its content, with and without a chunk list', async () => {
    using place = makeTestStore()
    for (const [bytes, wrongAt] of [
      [small, 500],
      [large, 899_999],
      [huge, 0],
    ] as const)
      for (const list of [undefined, cutWhole(bytes)]) {
        using opened = place.store.beginImport('bad')
        const wrong = bytes.slice()
        wrong[wrongAt] = (wrong[wrongAt] ?? 0) ^ 1
        const content = digestOf<ContentDigest>(bytes)
        opened.create(content, bytes.length).write(wrong, 0)
        await expect(opened.finish(content, list)).rejects.toMatchObject({ code: 'CHUNK_DIGEST_MISMATCH' })
        expect(opened.hasContent(content)).toBe(false)
        expect(() => opened.addAsset(describe0644(bytes))).toThrow(
          expect.objectContaining({ code: 'CONTENT_MISSING' }),
        )
        opened.create(content, bytes.length).write(bytes, 0)
        await opened.finish(content, list)
        opened.addAsset(describe0644(bytes))
      }
  })

  test('S1: refuses a body that is too short, has a hole, or comes with a false chunk list', async () => {
    using place = makeTestStore()
    using opened = place.store.beginImport('bad')
    const content = digestOf<ContentDigest>(large)
    const refused = { code: 'CHUNK_DIGEST_MISMATCH' }
    opened.create(content, large.length).write(large.subarray(0, -1), 0)
    await expect(opened.finish(content)).rejects.toMatchObject(refused)
    const writer = opened.create(content, large.length)
    writer.write(large.subarray(0, 1000), 0)
    writer.write(large.subarray(2000), 2000)
    await expect(opened.finish(content)).rejects.toMatchObject(refused)
    const list = cutWhole(large)
    for (const wrong of [
      { ...list, chunks: list.chunks.slice(1) },
      { ...list, sizeBytes: list.sizeBytes + 1 },
      cutWhole(huge),
    ]) {
      opened.create(content, large.length).write(large, 0)
      await expect(opened.finish(content, wrong)).rejects.toMatchObject(refused)
    }
  })

  test('an asset is named by the digest of the canonical form of its content and attributes', () => {
    for (const mode of [0o644, 0o4755, 0])
      for (const more of [{}, { uid: 70_000, gid: 3 }, { xattrs: { 'user.a': Uint8Array.of(1) } }])
        for (const bytes of [small, large]) {
          const description = describe0644(bytes, { mode, ...more })
          const { content, uid, gid, xattrs } = description
          const record = { content: fromHex(content), mode, uid, gid, xattrs }
          expect(assetIdOf(description)).toBe(digestOf(encodeCbor(record)))
        }
  })

  test('S1: digests what is written in any order', async () => {
    using place = makeTestStore()
    using opened = place.store.beginImport('pieces')
    const list = cutWhole(large)
    const half = 500_000
    const pieces = [
      [0, half],
      [half, large.length],
    ] as const
    for (const order of [pieces, pieces.toReversed()]) {
      for (const changed of [0, half, large.length - 1]) {
        const writer = opened.create(list.content, large.length)
        const wrong = Uint8Array.from(large, (byte, i) => (i === changed ? byte ^ 1 : byte))
        for (const [from, to] of order) writer.write(wrong.subarray(from, to), from)
        await expect(opened.finish(list.content, list)).rejects.toMatchObject({
          code: 'CHUNK_DIGEST_MISMATCH',
        })
      }
    }
    const again = opened.create(list.content, large.length)
    again.write(knownBytes(1000, 3), 0)
    again.write(large, 0)
    await opened.finish(list.content, list)
    opened.addAsset(describe0644(large))
    opened.commit()
    expect(place.store.chunkList(list.content)).toEqual(list)
  })

  test('S1: takes a checked body only with a list that fits it', () => {
    using place = makeTestStore()
    using opened = place.store.beginImport('checked')
    const list = cutWhole(large)
    const refused = expect.objectContaining({ code: 'CHUNK_DIGEST_MISMATCH' }) as unknown
    expect(() => opened.put(large.subarray(1), list)).toThrow(refused)
    expect(() => opened.put(large, { ...list, chunks: list.chunks.slice(1) })).toThrow(refused)
    opened.put(large, list)
    opened.addAsset(describe0644(large))
    opened.commit()
    expect(place.store.chunkList(list.content)).toEqual(list)
  })

  test('S3: lets no body outgrow its size', () => {
    using place = makeTestStore()
    using opened = place.store.beginImport('long')
    const writer = opened.create(digestOf<ContentDigest>(small), 1000)
    expect(() => writer.write(small, 1)).toThrow('keeps to its size')
    expect(() => writer.write(small, -1)).toThrow('keeps to its size')
  })

  test('writes in any order, with few files open however many are begun', async () => {
    let open = 0
    let most = 0
    const disk = linuxDisk()
    const counting: Disk = {
      ...disk,
      open: (path, how, mode) => {
        const file = disk.open(path, how, mode)
        open += 1
        most = Math.max(most, open)
        const close = file[Symbol.dispose].bind(file)
        file[Symbol.dispose] = () => {
          open -= 1
          close()
        }
        return file
      },
    }
    using place = makeTestStore({ disk: counting })
    using opened = place.store.beginImport('many')
    const bodies = Array.from({ length: 100 }, (_, i) => knownBytes(3000, i + 1))
    const writers = bodies.map((bytes) => opened.create(digestOf<ContentDigest>(bytes), bytes.length))
    for (const at of [2000, 0, 1000])
      for (const [i, bytes] of bodies.entries()) writers[i]?.write(bytes.subarray(at, at + 1000), at)
    for (const bytes of bodies) {
      await opened.finish(digestOf<ContentDigest>(bytes))
      opened.addAsset(describe0644(bytes))
    }
    opened.commit()
    expect(most).toBeLessThanOrEqual(40)
    expect(open).toBe(0)
    expect(place.store.totals()).toEqual({ assets: 100, bytes: 300_000 })
    expect(await place.store.check(() => {})).toEqual([])
  })

  test('S1: gives other attributes of one content files of their own', async () => {
    using place = makeTestStore()
    using opened = place.store.beginImport('modes')
    const first = await addBody(opened, large)
    const second = opened.addAsset(describe0644(large, { mode: 0o4755 }))
    expect(opened.addAsset(describe0644(large))).toBe(first)
    opened.commit()
    const third = place.store.beginImport('later')
    const later = third.addAsset(describe0644(large, { mode: 0o600 }))
    third.commit()
    const inodes = [first, second, later].map((id) => lstatSync(place.store.assetPath(id)).ino)
    expect(new Set(inodes).size).toBe(3)
    expect(place.store.chunkList(digestOf(large))).toEqual(cutWhole(large))
    expect(await place.store.check(() => {})).toEqual([])
  })

  test('S1: copies a stored body from an undamaged asset, or says that there is none', async () => {
    using place = makeTestStore()
    const ids = [
      await importBody(place.store, large),
      await importBody(place.store, large, { mode: 0o600 }),
    ].sort()
    const damage = (index: number): void => {
      const bytes = large.slice()
      bytes[7] = (bytes[7] ?? 0) ^ 1
      writeFileSync(place.store.assetPath(ids[index]!), bytes)
    }
    damage(0)
    using opened = place.store.beginImport('copy')
    const copied = opened.addAsset(describe0644(large, { mode: 0o640 }))
    opened.commit()
    expect(equalBytes(readFileSync(place.store.assetPath(copied)), large)).toBe(true)
    damage(1)
    writeFileSync(place.store.assetPath(copied), 'short')
    using again = place.store.beginImport('again')
    expect(() => again.addAsset(describe0644(large, { mode: 0o440 }))).toThrow(
      expect.objectContaining({ code: 'STORE_DAMAGED' }),
    )
  })

  test('S1: an unrecorded file that bears an asset’s name gives way', async () => {
    using place = makeTestStore()
    const path = place.store.assetPath(assetIdOf(describe0644(small)))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, 'left by a crash, or worse')
    await importBody(place.store, small)
    expect(equalBytes(readFileSync(path), small)).toBe(true)
  })

  test('the empty content needs no body', () => {
    using place = makeTestStore()
    expect(place.store.hasContent(emptyContent)).toBe(true)
    using opened = place.store.beginImport('empty')
    const id = opened.addAsset(describe0644(new Uint8Array(0)))
    opened.commit()
    expect(lstatSync(place.store.assetPath(id)).size).toBe(0)
    expect(place.store.chunkList(emptyContent)?.chunks).toEqual([])
  })

  test('is refused after its commit', async () => {
    using place = makeTestStore()
    using opened = place.store.beginImport('done')
    opened.commit()
    expect(() => opened.commit()).toThrow('before its commit')
    expect(() => opened.create(emptyContent, 0)).toThrow('before its commit')
    await expect(opened.finish(emptyContent)).rejects.toThrow('before its commit')
  })

  test('makes bodies and attributes durable before any moves, and moves before it records', async () => {
    const calls: string[] = []
    const disk = linuxDisk()
    using place = makeTestStore()
    const store = place.reopen({
      ...disk,
      syncFilesystem: (path) => {
        calls.push('barrier')
        disk.syncFilesystem(path)
      },
      setMode: (path, mode) => {
        calls.push('attributes')
        disk.setMode(path, mode)
      },
      rename: (from, to, how) => {
        calls.push(`move, recorded ${place.store.totals().assets}`)
        disk.rename(from, to, how)
      },
    })
    await importBody(store, small)
    expect(calls).toEqual(['attributes', 'barrier', 'move, recorded 0'])
    expect(place.store.totals().assets).toBe(1)
  })
})

describe('attributes', () => {
  test.skipIf(!isRoot)('root gives owners, setuid and capabilities', async () => {
    using place = makeTestStore({ userId: 0 })
    const capability = Uint8Array.fromHex('0100000200200000000000000000000000000000')
    const id = await importBody(place.store, small, {
      mode: 0o4750,
      uid: 12,
      gid: 34,
      xattrs: { 'security.capability': capability },
    })
    const path = place.store.assetPath(id)
    expect(lstatSync(path)).toMatchObject({ uid: 12, gid: 34 })
    expect(lstatSync(path).mode & 0o7777).toBe(0o4750)
    expect(linuxDisk().getXattrs(path)['security.capability']).toEqual(capability)
    expect(place.store.describeAsset(id)?.xattrs).toEqual({ 'security.capability': capability })
    expect(await place.store.check(() => {})).toEqual([])
  })

  test('an ordinary user records what cannot be set and can read what they own', async () => {
    using place = makeTestStore({ userId: 1000 })
    const xattrs = { 'security.capability': new Uint8Array(20) }
    const id = await importBody(place.store, small, { mode: 0o000, uid: 0, gid: 42, xattrs })
    const path = place.store.assetPath(id)
    expect(lstatSync(path)).toMatchObject({ uid: process.getuid?.(), gid: process.getgid?.() })
    expect(lstatSync(path).mode & 0o7777).toBe(0o400)
    expect(linuxDisk().getXattrs(path)).toEqual({})
    expect(place.store.describeAsset(id)).toMatchObject({ mode: 0o000, gid: 42, xattrs })
    expect(await place.store.check(() => {})).toEqual([])
  })

  test('an asset’s id depends on content and attributes, and on nothing else', () => {
    const base = describe0644(small, { uid: 0, gid: 0 })
    const ids = [
      base,
      { ...base, mode: 0o755 },
      { ...base, uid: 1 },
      { ...base, gid: 1 },
      { ...base, xattrs: { 'user.a': small } },
      describe0644(large, { uid: 0, gid: 0 }),
    ].map(assetIdOf)
    expect(new Set(ids).size).toBe(ids.length)
    expect(assetIdOf({ ...base, xattrs: {} })).toBe(assetIdOf(base))
    expect(assetIdOf(base)).toBe('8cfaf7ce629ae6c441b111acb5f7d24721523c3b2b6cd0c7530088366107f1cd')
  })
})
