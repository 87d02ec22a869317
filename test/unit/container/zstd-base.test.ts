// Codec 3: a base's bytes stand before the content, as for `zstd --patch-from`, which reads ours and writes what we read.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, zstdCompressSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../../src/base/bytes.ts'
import { MossError } from '../../../src/base/error.ts'
import { limits } from '../../../src/base/limits.ts'
import { decodeZstd, encodeZstd } from '../../../src/container/zstd.ts'
import { noise } from '../../support/containers.ts'
import { oracle } from '../../support/oracle.ts'

const magic = Uint8Array.of(0x37, 0xa4, 0x30, 0xec)

/** `base` with a byte changed here and there and some bytes put in. */
function nextVersion(base: Uint8Array): Uint8Array {
  const half = Math.floor(base.length / 2)
  const next = concatBytes([base.subarray(0, half), encodeUtf8('something new'), base.subarray(half)])
  for (let at = 100; at < next.length; at += 9_973) next[at] = ((next[at] ?? 0) + 1) % 256
  return next
}

const problemOf = (stored: Uint8Array, plainBytes: number, base: Uint8Array): string => {
  try {
    decodeZstd(stored, plainBytes, 'frame 3', base)
  } catch (error) {
    if (!(error instanceof MossError)) throw error
    expect(error.code).toBe('CONTAINER_DAMAGED')
    return (error.details as { problem: string }).problem
  }
  return 'none'
}

describe('a frame with a base', () => {
  test('comes back as it was, at any level and size, and is small where base and content are alike', () => {
    for (const size of [0, 1, 7, 8, 300, 70_000, 1 << 20]) {
      const base = noise(size, size)
      const plain = nextVersion(base)
      for (const level of [1, 3, 9, 16]) {
        const stored = encodeZstd(plain, level, base)
        expect(decodeZstd(stored, plain.length, 'x', base)).toEqual(plain)
        if (size > 60_000) expect(stored.length).toBeLessThan(400 + plain.length / 400)
      }
    }
  })

  test('reaches the beginning of a base of 24 MiB from the end of 8 MiB', { timeout: 20_000 }, () => {
    const start = noise(4 << 20, 1)
    const base = concatBytes([start, new Uint8Array(limits.zstdBaseBytes - start.length)])
    const plain = concatBytes([noise(4 << 20, 2), start])
    const stored = encodeZstd(plain, 3, base)
    expect(stored.length).toBeLessThan((4 << 20) + 20_000)
    expect(decodeZstd(stored, plain.length, 'x', base)).toEqual(plain)
  })

  test('gives the same bytes twice', () => {
    const base = noise(70_000, 5)
    const plain = nextVersion(base)
    expect(encodeZstd(plain, 9, base)).toEqual(encodeZstd(plain, 9, base))
  })

  test('with a base of more than 24 MiB is neither written nor read', () => {
    const base = new Uint8Array(limits.zstdBaseBytes + 1)
    expect(() => encodeZstd(magic, 3, base)).toThrow(RangeError)
    expect(problemOf(encodeZstd(magic, 3, magic), 4, base)).toBe(`a base of ${base.length} bytes`)
  })

  test('with another base gives bytes of the promised size or a code', () => {
    const base = noise(10_000, 3)
    const plain = nextVersion(base)
    const stored = encodeZstd(plain, 9, base)
    for (const other of [new Uint8Array(0), base.subarray(1), noise(10_000, 4), new Uint8Array(10_000)])
      problemOf(stored, plain.length, other)
    expect(problemOf(stored, plain.length, new Uint8Array(0))).toBe('zstd cannot decode it')
    for (let at = 0; at < Math.min(stored.length, 400); at++)
      for (const change of [1, 0x80, 0xff]) {
        const turned = Uint8Array.from(stored)
        turned[at] = (turned[at] ?? 0) ^ change
        problemOf(turned, plain.length, base)
      }
  })

  test('may have a window of up to 32 MiB', () => {
    const window = (exponent: number, mantissa: number) => {
      const header = [0x28, 0xb5, 0x2f, 0xfd, 0x80, exponent * 8 + mantissa, 100, 0, 0, 0]
      return Uint8Array.from([...header, 0x23, 0x03, 0x00, 0x61])
    }
    expect(problemOf(window(15, 0), 100, magic)).toBe('none')
    expect(problemOf(window(15, 1), 100, magic)).toBe(`zstd window of ${36 * 2 ** 20} bytes`)
  })
})

describe('a base that begins like a dictionary of zstd', () => {
  const base = concatBytes([magic, noise(70_000, 9)])
  const plain = nextVersion(base)

  test('is bytes like any other', () => {
    const stored = encodeZstd(plain, 9, base)
    expect(stored.length).toBeLessThan(1_000)
    expect(decodeZstd(stored, plain.length, 'x', base)).toEqual(plain)
    const short = encodeZstd(magic, 9, magic)
    expect(decodeZstd(short, 4, 'x', magic)).toEqual(magic)
  })

  test('never sets tables, whatever stands behind its magic', () => {
    const tables = concatBytes([magic, Uint8Array.of(1, 0, 0, 0), new Uint8Array(1_000)])
    const stored = encodeZstd(plain, 9, tables)
    expect(decodeZstd(stored, plain.length, 'x', tables)).toEqual(plain)
  })
})

describe.skipIf(!oracle('zstd'))('the zstd program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'moss-zstd-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const zstd = (...args: readonly string[]) =>
    execFileSync('zstd', ['-q', '-c', '--patch-from=base', ...args], {
      cwd: folder,
      maxBuffer: 1 << 24,
      stdio: 'pipe',
    })
  const bases = {
    small: noise(5_000, 1),
    large: noise(1 << 20, 2),
    'like a dictionary': concatBytes([magic, noise(50_000, 3)]),
  }

  test.each(Object.entries(bases))('reads ours and writes what we read: %s', (name, base) => {
    const plain = nextVersion(base)
    // The program itself takes only the rest of one that begins so.
    writeFileSync(join(folder, 'base'), base.subarray(name === 'like a dictionary' ? 1 : 0))
    writeFileSync(join(folder, 'plain'), plain)
    for (const level of [3, 9, 16]) {
      writeFileSync(join(folder, 'ours.zst'), encodeZstd(plain, level, base))
      expect(Buffer.compare(zstd('-d', 'ours.zst'), plain)).toBe(0)
      const theirs = zstd(`-${level}`, '--no-check', 'plain')
      expect(decodeZstd(theirs, plain.length, 'x', base)).toEqual(plain)
    }
  })

  test('a frame without a base is one with an empty base', () => {
    const plain = noise(1_000, 7).map((byte) => byte & 3)
    const params = { [constants.ZSTD_c_contentSizeFlag]: 1 }
    const theirs = zstdCompressSync(plain, { params, pledgedSrcSize: plain.length })
    expect(decodeZstd(theirs, plain.length, 'x', new Uint8Array(0))).toEqual(plain)
  })
})
