// Parity files that lie, were cut or were altered: they are of no use, or what they give is the file. Never is a shard taken
// for repaired that does not fit its digest, and no number in them costs more than the file is long.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { equalBytes } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import {
  decodeParityHeader,
  encodeParityHeader,
  type ParityHeader,
} from '../../src/container/parity-header.ts'
import { parityPages } from '../../src/container/parity-pages.ts'
import { dataShardsOf, shardBytes } from '../../src/container/parity-shape.ts'
import { encodeTablePage, ShardDigests } from '../../src/container/parity-table.ts'
import { openParity } from '../../src/container/read-parity.ts'
import { parityName } from '../../src/container/write-parity.ts'
import { bytesSource } from '../../src/host/byte-source.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import { seededRandom } from '../sim/random.ts'
import { noise } from '../support/containers.ts'
import { byEffort, faultSeed, faultTimeoutMs, sampleOf } from '../support/fault-effort.ts'
import { makeParity, mend, spoil } from '../support/parity.ts'
import { scratchFolder } from '../support/scratch.ts'

const folder = scratchFolder()
const outside = linuxOutside()
const path = join(folder, 'a.moss')
const bytes = noise(20_000, 3)
const spoiled = Uint8Array.from(bytes)
let parity: Uint8Array
let header: ParityHeader

beforeAll(async () => {
  writeFileSync(path, bytes)
  await makeParity(outside, path, 5)
  parity = outside.disk.readFile(parityName(path), 2 ** 20)
  const found = decodeParityHeader(parity.subarray(0, shardBytes))
  if (found === undefined) throw new Error('no header')
  header = found
  spoil(spoiled, [{ at: 5000, sizeBytes: 6000 }])
})
afterAll(() => rmSync(folder, { recursive: true }))

/** With this beside it. */
async function outcome(beside: Uint8Array): Promise<'useless' | 'whole' | 'beyond' | 'wrong'> {
  writeFileSync(parityName(path), beside)
  const mended = await mend(outside, path, bytesSource(path, spoiled))
  if (mended === undefined) return 'useless'
  if (equalBytes(mended.bytes, bytes)) return 'whole'
  const isUntouched = mended.bytes.every((byte, at) => byte === spoiled[at] || byte === bytes[at])
  return isUntouched ? 'beyond' : 'wrong'
}

const changed = (change: (copy: Uint8Array) => void): Uint8Array => {
  const copy = Uint8Array.from(parity)
  change(copy)
  return copy
}

test(
  'every bit of a header: one copy that is altered is passed over, three make parity useless',
  async () => {
    const { headers } = parityPages(header.shape)
    const bits = sampleOf(8 * shardBytes, byEffort({ sample: 97, slow: 1, all: 1 }))
    for (const bit of [...Array.from({ length: 8 * 96 }, (_, n) => n), ...bits.map((n) => n - 1)]) {
      const flip = (copy: Uint8Array, page: number): void => {
        const at = page * shardBytes + (bit >> 3)
        copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7))
      }
      const one = changed((copy) => flip(copy, headers[bit % 3] ?? 0))
      expect(openParity(bytesSource('one', one), one.length)?.shape).toEqual(header.shape)
      const all = changed((copy) => headers.forEach((page) => flip(copy, page)))
      expect([bit, openParity(bytesSource('all', all), all.length)]).toEqual([bit, undefined])
    }
  },
  faultTimeoutMs,
)

test(
  'one that is cut at any length is useless, or helps as far as it goes',
  async () => {
    const seen = new Set<string>()
    for (const length of sampleOf(parity.length, byEffort({ sample: 509, slow: 16, all: 1 }))) {
      const found = await outcome(parity.subarray(0, length - 1))
      expect([length, found]).not.toEqual([length, 'wrong'])
      seen.add(found)
    }
    expect(await outcome(parity)).toBe('whole')
    expect(seen).toContain('useless')
  },
  faultTimeoutMs,
)

test('any page of it may be bad', async () => {
  for (let page = 0; page * shardBytes < parity.length; page++)
    expect([
      page,
      await outcome(changed((copy) => copy.fill(9, page * shardBytes, (page + 1) * shardBytes))),
    ]).toEqual([page, 'whole'])
})

test(
  'headers that lie about a layout are bounded, and nothing wrong comes of them',
  async () => {
    const random = seededRandom(faultSeed)
    const size = (): number =>
      random.pick([0, 1, 5, 4096, 20_000, 20_001, 2 ** 20, 2 ** 31, 2 ** 40, 2 ** 52])
    const count = (): number => random.pick([0, 1, 2, 5, 6, 255, 8192, 8193, 65_535, 2 ** 31, 2 ** 32 - 1])
    const seen = new Set<string>()
    for (let n = 0; n < byEffort({ sample: 200, slow: 3000, all: 20_000 }); n++) {
      const shape = {
        storedBytes: random.below(2) === 0 ? 20_000 : size(),
        groups: random.below(2) === 0 ? 1 : count(),
        parityPerGroup: count(),
      }
      const page = encodeParityHeader({ ...header, shape })
      const lie = changed((copy) => {
        for (const number of parityPages(header.shape).headers) copy.set(page, number * shardBytes)
      })
      const found = await outcome(lie)
      expect([shape, found]).not.toEqual([shape, 'wrong'])
      seen.add(found)
    }
    expect(seen).toContain('useless')
  },
  faultTimeoutMs,
)

test('parity shards that are other ones, with digests that fit them, repair nothing', async () => {
  const other = join(folder, 'b.moss')
  writeFileSync(other, noise(20_000, 4))
  await makeParity(outside, other, 5)
  expect(await outcome(outside.disk.readFile(parityName(other), 2 ** 20))).not.toBe('whole')
})

test('forged parity shards, with digests that fit them, give nothing that is taken for repaired', async () => {
  const { headers, tables, tablePages, parityShard } = parityPages(header.shape)
  const known = openParity(bytesSource('whole', parity), parity.length)
  if (known === undefined) throw new Error('no parity')
  const digests = new ShardDigests(Uint8Array.from(known.digests.bytes))
  const forged = changed((copy) => {
    for (let n = 0; n < header.shape.parityPerGroup; n++) {
      const shard = noise(shardBytes, 90 + n)
      copy.set(shard, parityShard(n) * shardBytes)
      digests.set(dataShardsOf(header.shape) + n, shard)
    }
    const page = encodeParityHeader({ ...header, table: digestOf(digests.bytes) })
    for (const number of headers) copy.set(page, number * shardBytes)
    for (let number = 0; number < tablePages; number++)
      for (const table of tables)
        copy.set(encodeTablePage(page, number, digests.bytes), (table + number) * shardBytes)
  })
  expect(await outcome(forged)).toBe('beyond')
})
