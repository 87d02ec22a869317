// The cuts are part of the format's economy: two moss that cut differently share nothing. So they are pinned.
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../../src/base/digest.ts'
import { chunkSizes } from '../../../src/base/limits.ts'
import { chunkerVersion, cutPoints, makeGearTable } from '../../../src/delta/chunker.ts'
import { knownBytes } from '../../support/known-bytes.ts'

/** The chunks of `bytes`, by digest. */
function chunkIds(bytes: Uint8Array): string[] {
  let start = 0
  return cutPoints(bytes, true).map((end) => {
    const id = digestOf(bytes.subarray(start, end))
    start = end
    return id
  })
}

describe('chunker version 1', () => {
  test('has the gear table that its rule gives', () => {
    const table = makeGearTable()
    expect(chunkerVersion).toBe(1)
    expect(table.slice(0, 4)).toEqual(new Int32Array([-373987310, -1651381653, -1111824610, -1494044762]))
    expect(digestOf(new Uint8Array(table.buffer))).toBe(
      '4f8c90041b10ae30a457b5fc343841f8277f885940c2051f020c76cbaf4bc075',
    )
  })

  test('cuts known bytes where it always did', () => {
    expect(cutPoints(knownBytes(1024 * 1024), true)).toEqual([
      102213, 168893, 247593, 307836, 362010, 423483, 521428, 588267, 725504, 747025, 808273, 870550, 935233,
      1032695, 1048576,
    ])
  })

  test('pins the cuts of 16 MiB by their digest', () => {
    const ends = new Float64Array(cutPoints(knownBytes(16 * 1024 * 1024, 7), true))
    expect(ends.length).toBe(259)
    expect(digestOf(new Uint8Array(ends.buffer))).toBe(
      'cf2049e744cfae7a0707a6a272b3cadc3dc4a67ad902085d116a03ddd4078b65',
    )
  })

  test('gives chunks of 62 KiB on average on bytes without structure', () => {
    const sizeBytes = 32 * 1024 * 1024
    const average = sizeBytes / cutPoints(knownBytes(sizeBytes, 3), true).length / 1024
    expect(average).toBeGreaterThan(57)
    expect(average).toBeLessThan(68)
  })

  test('leaves the empty content without chunks and a small one whole', () => {
    expect(cutPoints(new Uint8Array(0), true)).toEqual([])
    for (const size of [1, 2, chunkSizes.min - 1, chunkSizes.min])
      expect(cutPoints(knownBytes(size), true)).toEqual([size])
  })

  test('cuts at the least size where a strict cut falls there, and not one byte sooner', () => {
    const bytes = knownBytes(1024 * 1024)
    const strictCut = 747_025
    expect(cutPoints(bytes.subarray(strictCut - chunkSizes.min), true)[0]).toBe(chunkSizes.min)
    expect(cutPoints(bytes.subarray(strictCut - chunkSizes.min + 1), true)[0]).toBeGreaterThan(chunkSizes.min)
  })

  test('cuts bytes that are all alike at the greatest size, whichever byte it is', () => {
    for (let byte = 0; byte < 256; byte++) {
      const same = new Uint8Array(chunkSizes.max + 5).fill(byte)
      expect(cutPoints(same, true)).toEqual([chunkSizes.max, chunkSizes.max + 5])
    }
  })

  test('finds its cuts again after bytes inserted near the start', () => {
    const old = knownBytes(8 * 1024 * 1024, 11)
    for (const [at, count] of [
      [0, 1],
      [100, 1],
      [70_000, 12_345],
    ] as const) {
      const changed = new Uint8Array(old.length + count)
      changed.set(old.subarray(0, at))
      changed.fill(0x2a, at, at + count)
      changed.set(old.subarray(at), at + count)
      const before = new Set(chunkIds(old))
      const fresh = chunkIds(changed).filter((id) => !before.has(id))
      expect(fresh.length, `${count} bytes at ${at}`).toBeLessThanOrEqual(6)
    }
  })

  test('finds its cuts again after bytes removed from the middle', () => {
    const old = knownBytes(8 * 1024 * 1024, 12)
    const changed = new Uint8Array(old.length - 77)
    changed.set(old.subarray(0, 4_000_000))
    changed.set(old.subarray(4_000_077), 4_000_000)
    const before = new Set(chunkIds(old))
    expect(chunkIds(changed).filter((id) => !before.has(id)).length).toBeLessThanOrEqual(6)
  })

  test('says nothing of a chunk whose end may still lie ahead', () => {
    const bytes = knownBytes(chunkSizes.max * 4, 5)
    const whole = cutPoints(bytes, true)
    for (const size of [0, 1, chunkSizes.min, chunkSizes.min + 1, 53_248, 60_000, chunkSizes.max, 500_000]) {
      const known = cutPoints(bytes.subarray(0, size), false)
      expect(known).toEqual(whole.filter((end) => end <= size))
    }
  })
})
