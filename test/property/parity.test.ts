// What parity promises: bad stretches of 64 KiB or more, wherever they begin, the first sector included, come to 4 % of a file
// with parity of 5 %, and the file is repaired whole; whether the medium gives other bytes there, or none. What is more than
// parity can repair stays as it is, and nothing else is touched.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { equalBytes } from '../../src/base/bytes.ts'
import { planParity, shardBytes } from '../../src/container/parity-shape.ts'
import { parityName } from '../../src/container/write-parity.ts'
import { type ByteSource, bytesSource } from '../../src/host/byte-source.ts'
import { linuxOutside } from '../../src/host/linux-outside.ts'
import { ioError } from '../../src/host/problem.ts'
import { seededRandom } from '../sim/random.ts'
import { noise } from '../support/containers.ts'
import { byEffort, faultSeed, faultTimeoutMs } from '../support/fault-effort.ts'
import { badStretches, makeParity, mend, type Mended, spoil, type Stretch } from '../support/parity.ts'
import { scratchFolder } from '../support/scratch.ts'

const folder = scratchFolder()
const outside = linuxOutside()
afterAll(() => rmSync(folder, { recursive: true }))

interface Stored {
  readonly path: string
  readonly bytes: Uint8Array
}

async function storedFile(sizeBytes: number, percent: number): Promise<Stored> {
  const path = join(folder, `${sizeBytes}-${percent}.moss`)
  const bytes = noise(sizeBytes, 7)
  writeFileSync(path, bytes)
  await makeParity(outside, path, percent)
  return { path, bytes }
}

/** A medium that gives nothing where it is bad. */
function failing(path: string, bytes: Uint8Array, stretches: readonly Stretch[]): ByteSource {
  const source = bytesSource(path, bytes)
  return {
    ...source,
    read(into, at) {
      if (stretches.some((bad) => at < bad.at + bad.sizeBytes && bad.at < at + into.length))
        throw ioError('read', path, 'EIO')
      return source.read(into, at)
    },
  }
}

function mendSpoiled(
  { path, bytes }: Stored,
  stretches: readonly Stretch[],
  isFailing: boolean,
): Promise<Mended | undefined> {
  if (isFailing) return mend(outside, path, failing(path, bytes, stretches))
  const spoiled = Uint8Array.from(bytes)
  spoil(spoiled, stretches)
  return mend(outside, path, bytesSource(path, spoiled))
}

const isWhole = ({ bytes }: Stored, mended: Mended | undefined): boolean =>
  mended !== undefined && mended.findings.beyond === 0 && equalBytes(mended.bytes, bytes)

test(
  'bad stretches of 4 % anywhere, the first sector included, are repaired whole by parity of 5 %',
  async () => {
    // The first is the shortest that has such a stretch.
    const sizes = [1_638_400, 1_999_999, 4_194_304, 7_000_001]
    const files = await Promise.all(sizes.map((size) => storedFile(size, 5)))
    const count = byEffort({ sample: 60, slow: 1000, all: 5000 })
    let stretched = 0
    for (let seed = faultSeed; seed < faultSeed + count; seed++) {
      const random = seededRandom(seed)
      const file = random.pick(files)
      const stretches = badStretches(random, file.bytes.length, Math.floor(file.bytes.length * 0.04), {
        isFirst: random.below(3) === 0,
      })
      stretched += stretches.length
      const mended = await mendSpoiled(file, stretches, random.below(3) === 0)
      expect([seed, stretches, isWhole(file, mended)]).toEqual([seed, stretches, true])
    }
    expect(stretched).toBeGreaterThan(count)
  },
  faultTimeoutMs,
)

test('the whole share is repaired where a file is one group, in stretches that lie as badly as they can', async () => {
  const file = await storedFile(8_000_000, 5)
  const stretches: Stretch[] = []
  for (let at = 4095; (stretches.length + 1) * 65_538 <= 400_000; at += 300 * shardBytes)
    stretches.push({ at, sizeBytes: 65_538 })
  const mended = await mendSpoiled(file, stretches, false)
  expect(mended?.findings.badShards).toBe(18 * stretches.length)
  expect(isWhole(file, mended)).toBe(true)
})

test(
  'a file of several groups',
  async () => {
    const file = await storedFile(byEffort({ sample: 260_000_000, slow: 600_000_000, all: 900_000_000 }), 5)
    expect(planParity(file.bytes.length, 5)?.groups).toBeGreaterThan(1)
    for (let seed = faultSeed; seed < faultSeed + byEffort({ sample: 1, slow: 10, all: 40 }); seed++) {
      const random = seededRandom(seed)
      const stretches = badStretches(random, file.bytes.length, Math.floor(file.bytes.length * 0.04), {
        isFirst: true,
      })
      expect([seed, isWhole(file, await mendSpoiled(file, stretches, false))]).toEqual([seed, true])
    }
  },
  faultTimeoutMs,
)

test('a short file bears one bad stretch, whatever its share is', async () => {
  for (const size of [1, 4095, 4096, 4097, 70_000, 400_000]) {
    const file = await storedFile(size, 1)
    const sizeBytes = Math.min(size, 65_536)
    for (const at of [0, Math.max(0, size - sizeBytes), Math.floor((size - sizeBytes) / 2)])
      expect([size, at, isWhole(file, await mendSpoiled(file, [{ at, sizeBytes }], false))]).toEqual([
        size,
        at,
        true,
      ])
  }
})

test('a file that was cut short or goes on is as long again as it was', async () => {
  const file = await storedFile(2_000_000, 5)
  const short = file.bytes.subarray(0, 1_940_000)
  expect(isWhole(file, await mend(outside, file.path, bytesSource('short', short)))).toBe(true)
  const long = new Uint8Array(2_000_100)
  long.set(file.bytes)
  expect(isWhole(file, await mend(outside, file.path, bytesSource('long', long)))).toBe(true)
})

test('what is beyond parity stays as it is, and everything else is what it was', async () => {
  const file = await storedFile(4_194_304, 5)
  const stretches = [
    { at: 0, sizeBytes: 70_000 },
    { at: 1_000_000, sizeBytes: 400_000 },
  ]
  const mended = await mendSpoiled(file, stretches, false)
  expect(mended?.findings.beyond).toBeGreaterThan(100)
  expect(mended?.findings.leftBytes).toBe(0)
  const isBad = (at: number): boolean => stretches.some((bad) => at >= bad.at && at < bad.at + bad.sizeBytes)
  expect(mended?.bytes.every((byte, at) => isBad(at) || byte === file.bytes[at])).toBe(true)
})

describe('percentages and sizes', () => {
  test('all have a layout that fits the field, and room for their share', () => {
    const random = seededRandom(faultSeed)
    for (let percent = 1; percent <= 50; percent++)
      for (let n = 0; n < 200; n++) {
        const storedBytes = Math.ceil(2 ** (random.next() * 35.2))
        const shape = planParity(storedBytes, percent)
        expect([percent, storedBytes, shape !== undefined]).toEqual([percent, storedBytes, true])
        const { groups = 0, parityPerGroup = 0 } = shape ?? {}
        const shards = storedBytes / shardBytes
        expect(parityPerGroup * groups * 800 + 1e-3).toBeGreaterThanOrEqual(shards * percent * 9)
      }
    expect(planParity(2 ** 40, 5)).toBeUndefined()
    expect(planParity(0, 5)).toBeUndefined()
  })
})

test(
  'a bad stretch anywhere in the parity file takes no more of it than its length',
  async () => {
    const file = await storedFile(16_000_000, 5)
    const name = parityName(file.path)
    const whole = outside.disk.readFile(name, 2 ** 24)
    for (let seed = faultSeed; seed < faultSeed + byEffort({ sample: 8, slow: 100, all: 400 }); seed++) {
      const random = seededRandom(seed)
      const beside = Uint8Array.from(whole)
      spoil(beside, badStretches(random, whole.length, 65_536, { isFirst: random.below(3) === 0 }))
      writeFileSync(name, beside)
      const stretches = badStretches(random, file.bytes.length, 480_000, { isFirst: true })
      expect([seed, isWhole(file, await mendSpoiled(file, stretches, false))]).toEqual([seed, true])
    }
    writeFileSync(name, whole)
  },
  faultTimeoutMs,
)
