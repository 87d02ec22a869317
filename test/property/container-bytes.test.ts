// What goes into a container comes out of it, for any contents and any grouping; and no bytes make the reader crash.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestOf } from '../../src/base/digest.ts'
import { isMossError } from '../../src/base/error.ts'
import type { ChunkId, ContentDigest, PackageId } from '../../src/base/ids.ts'
import { encodePrelude } from '../../src/container/prelude.ts'
import { chunkReader, verifyWhole } from '../../src/container/read-frames.ts'
import { readManifests, readTables } from '../../src/container/tables.ts'
import { decodeZstd, encodeZstd } from '../../src/container/zstd.ts'
import { concatBytes } from '../../src/base/bytes.ts'
import { inlinePool } from '../../src/host/pool.ts'
import { buildBundle, noise, opened, verified } from '../support/containers.ts'

const content = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.tuple(fc.integer({ min: 1, max: 90_000 }), fc.nat(50)).map(([size, seed]) => noise(size, seed)),
)

test('every content and manifest comes back from its digest', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(content, { maxLength: 12 }),
      fc.uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 40 }), {
        selector: (bytes) => digestOf(bytes),
        maxLength: 5,
      }),
      fc.integer({ min: 1, max: 40_000 }),
      async (contents, manifests, groupBytes) => {
        const container = verified(
          await buildBundle({ contents, manifests, spool: { groupBytes, level: 1 } }),
        )
        await verifyWhole(container, inlinePool)
        const tables = readTables(container)
        const reader = chunkReader(container, inlinePool)
        for (const bytes of contents) {
          const list = tables.chunkList(digestOf<ContentDigest>(bytes))
          const parts: Uint8Array[] = []
          for (const chunk of list?.chunks ?? []) parts.push(await reader.get(chunk.id))
          expect(concatBytes(parts)).toEqual(bytes)
        }
        const found = readManifests(container)
        for (const bytes of manifests) expect(found.get(digestOf<PackageId>(bytes))).toEqual(bytes)
        const ids = [...tables.chunkIds()]
        expect(ids).toEqual([...new Set<ChunkId>(ids)].toSorted((a, b) => (a < b ? -1 : 1)))
      },
    ),
    { numRuns: 40 },
  )
})

test('any bytes after a good prelude are refused with a code', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(400), (bytes, headBytes) => {
      const head = bytes.subarray(0, headBytes)
      const prelude = encodePrelude({
        kind: 'bundle',
        headBytes: Math.max(1, head.length),
        signaturesBytes: bytes.length - head.length,
        id: digestOf(head),
      })
      try {
        opened(concatBytes([prelude, bytes]))
      } catch (error) {
        return isMossError(error)
      }
      return false
    }),
    { numRuns: 300 },
  )
})

test('zstd gives back any bytes, and any changed frame gives a code or bytes of the promised size', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 600 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (bytes, at, by) => {
        const plain = bytes.map((byte) => byte & 7)
        const stored = encodeZstd(plain, 3)
        expect(decodeZstd(stored, plain.length, 'x')).toEqual(plain)
        const changed = Uint8Array.from(stored)
        const place = at % stored.length
        changed[place] = (changed[place] ?? 0) ^ by
        try {
          return decodeZstd(changed, plain.length, 'x').length === plain.length
        } catch (error) {
          return isMossError(error, 'CONTAINER_DAMAGED')
        }
      },
    ),
    { numRuns: 500 },
  )
})
