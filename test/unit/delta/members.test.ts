import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { concatBytes, equalBytes } from '../../../src/base/bytes.ts'
import { limits } from '../../../src/base/limits.ts'
import { deflate } from '../../../src/delta/deflate.ts'
import { openMembers, openStreams } from '../../../src/delta/find-members.ts'
import { type Member, repack, unpackBase } from '../../../src/delta/members.ts'
import { asPlain } from '../../../src/delta/members/coding.ts'
import { knownBytes } from '../../support/known-bytes.ts'
import { oracle } from '../../support/oracle.ts'
import { gzipFile, zipFile } from '../../support/packed-files.ts'

const part = 'frame 3'
const leastMemberBytes = asPlain.leastBytes

/** Lines that resemble each other: every maker packs them otherwise. */
const linesOf = (count: number, seed = 1): Uint8Array =>
  new TextEncoder().encode(
    Array.from(
      knownBytes(count, seed),
      (byte, i) => `line ${i * byte} of ${byte}: ${'xyz'[byte % 3]}${i}\n`,
    ).join(''),
  )

const plain = linesOf(800)

/** Long enough that no two makers pack it alike. */
const long = concatBytes([linesOf(3500, 8), knownBytes(20_000), linesOf(500, 9)])

/** What a host holds after it has unpacked and packed again. */
function carried(file: Uint8Array): Uint8Array {
  const { members, opened } = openMembers(file)
  return repack({ unpacked: opened, members, totalBytes: file.length, part })
}

const makersOf = (file: Uint8Array): readonly number[] => openMembers(file).members.map(({ maker }) => maker)

describe('gzip files', () => {
  test.each([1, 4, 6, 9, 17, 22, 25, 38])('show maker %d, and pack into the same bytes again', (maker) => {
    const file = gzipFile({ packed: deflate(long, maker)! })
    expect(makersOf(file)).toEqual([maker])
    expect(equalBytes(carried(file), file)).toBe(true)
  })

  test('may have every field that a header can have', () => {
    const packed = deflate(plain, 9)!
    const whole = { extra: knownBytes(300), name: 'a name', comment: 'words', hasHeaderCheck: true }
    for (const parts of [
      { extra: knownBytes(2) },
      { name: 'x' },
      { comment: '' },
      { hasHeaderCheck: true },
      whole,
    ]) {
      const file = gzipFile({ packed, ...parts })
      expect(openMembers(file).members).toEqual([
        {
          skip: file.length - packed.length - 8,
          packedBytes: packed.length,
          plainBytes: plain.length,
          maker: 9,
        },
      ])
      expect(equalBytes(carried(file), file)).toBe(true)
    }
  })

  test('may have several members, by several makers, and something behind them', () => {
    const file = concatBytes([
      gzipFile({ packed: deflate(long, 9)! }),
      gzipFile({ packed: deflate(long, 22)!, effort: 0, name: 'second' }),
      gzipFile({ packed: deflate(linesOf(700, 3), 1)!, effort: 4 }),
      new TextEncoder().encode('and more'),
    ])
    expect(makersOf(file)).toEqual([9, 22, 1])
    expect(equalBytes(carried(file), file)).toBe(true)
  })

  test('that are cut short at any byte are carried whole all the same', () => {
    const file = gzipFile({ packed: deflate(linesOf(60), 9)!, extra: knownBytes(5), name: 'n', comment: 'c' })
    for (let length = 0; length < file.length; length++)
      expect(equalBytes(carried(file.subarray(0, length)), file.subarray(0, length))).toBe(true)
  })

  test('that no maker packs alike have no members, and serve as base all the same', () => {
    const packed = deflate(plain, 9)!
    const twoBlocks = concatBytes([Uint8Array.of(0, 0, 0, 0xff, 0xff), packed])
    const file = gzipFile({ packed: twoBlocks })
    expect(openMembers(file).members).toEqual([])
    expect(openStreams(file).members).toEqual([
      { skip: 10, packedBytes: twoBlocks.length, plainBytes: plain.length },
    ])
  })

  test('of few bytes are left as they are', () => {
    const file = gzipFile({ packed: deflate(plain.subarray(0, leastMemberBytes - 1), 9)! })
    expect(openMembers(file).members).toEqual([])
    expect(openStreams(file).members).toEqual([])
  })

  test('that would fill more than a frame stay packed, and are not unpacked to find that out', () => {
    const file = gzipFile({ packed: deflate(new Uint8Array(limits.deltaPlainBytes), 1)! })
    const before = process.memoryUsage().arrayBuffers
    expect(openMembers(file).members).toEqual([])
    expect(openStreams(file).members).toEqual([])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3 * limits.deltaPlainBytes)
  })
})

describe('zip files', () => {
  const entry = (name: string, maker: number, bytes = plain) => ({ name, bytes: deflate(bytes, maker)! })

  test('show the makers of their entries, and pack into the same bytes again', () => {
    const file = zipFile(
      [
        entry('a', 22),
        { name: 'stored', bytes: knownBytes(999), method: 0 },
        entry('b', 22, linesOf(300, 5)),
        entry('c', 25, long),
        entry('small', 22, plain.subarray(0, 100)),
      ],
      'a comment',
    )
    expect(makersOf(file)).toEqual([22, 22, 25])
    expect(equalBytes(carried(file), file)).toBe(true)
  })

  test('keep encrypted, broken and overlong entries as they are', () => {
    const good = entry('good', 22)
    const file = zipFile([
      { ...entry('secret', 22), flags: 1 },
      { name: 'broken', bytes: knownBytes(3000) },
      { ...entry('long', 22), packedBytes: 0xffff_ffff },
      { ...entry('short', 22), packedBytes: 100 },
      good,
    ])
    expect(openMembers(file).members.map(({ packedBytes, maker }) => [packedBytes, maker])).toEqual([
      [good.bytes.length, 22],
    ])
    expect(equalBytes(carried(file), file)).toBe(true)
  })

  test('whose first entries no maker packs alike are given up', () => {
    const unknown = Uint8Array.of(0, 0, 0, 0xff, 0xff, ...deflate(plain, 9)!)
    const file = zipFile([
      ...['1', '2', '3'].map((name) => ({ name, bytes: unknown })),
      ...['4', '5'].map((name) => entry(name, 22)),
    ])
    expect(openMembers(file).members).toEqual([])
    expect(openStreams(file).members).toHaveLength(5)
  })

  test('with any one byte other are carried whole all the same', () => {
    const small = linesOf(26)
    const file = zipFile([entry('a', 22, small), entry('b', 22, small)], 'end')
    for (let at = 0; at < file.length; at++) {
      const other = file.slice()
      other[at]! ^= 0x41
      expect(equalBytes(carried(other), other)).toBe(true)
    }
  })

  test.skipIf(!oracle('python3'))('of Python show zlib at their level', () => {
    const folder = mkdtempSync(join(tmpdir(), 'moss-'))
    try {
      writeFileSync(join(folder, 'plain'), long)
      const script = `
import sys, zipfile
with zipfile.ZipFile('made.zip', 'w', zipfile.ZIP_DEFLATED) as made:
    for level in 6, 9, 1:
        made.write('plain', arcname=str(level), compresslevel=level)
`
      execFileSync('python3', ['-c', script], { cwd: folder })
      const file = readFileSync(join(folder, 'made.zip'))
      expect(makersOf(file)).toEqual([22, 25, 17])
      expect(equalBytes(carried(file), file)).toBe(true)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

test('what is neither gzip nor zip has no members', () => {
  for (const file of [new Uint8Array(0), plain, knownBytes(5000), deflateRawSync(plain)]) {
    expect(openMembers(file).members).toEqual([])
    expect(openMembers(file).opened).toBe(file)
  }
})

describe('a hostile list', () => {
  const packed = deflate(plain, 9)!
  const base = gzipFile({ packed })
  const member: Member = { skip: 10, packedBytes: packed.length, plainBytes: plain.length, maker: 9 }
  const unpacked = openMembers(base).opened
  const damaged = expect.objectContaining({ code: 'CONTAINER_DAMAGED' }) as unknown
  const errorOf = (work: () => unknown): unknown => {
    try {
      return work()
    } catch (error) {
      return error
    }
  }
  const unpacking = (members: readonly Partial<Member>[], mostBytes: number = limits.deltaBaseBytes) =>
    errorOf(() => unpackBase({ base, members: members.map((m) => ({ ...member, ...m })), mostBytes, part }))
  const repacking = (
    members: readonly Partial<Member>[],
    totalBytes = base.length,
    bytes: Uint8Array = unpacked,
  ) =>
    errorOf(() =>
      repack({ unpacked: bytes, members: members.map((m) => ({ ...member, ...m })), totalBytes, part }),
    )

  test('that is honest is taken', () => {
    expect(unpacking([{}])).toEqual(unpacked)
    expect(repacking([{}])).toEqual(base)
  })

  test('of members of the base that are not there is refused', () => {
    for (const wrong of [
      { skip: 9 },
      { skip: 2 ** 40 },
      { packedBytes: packed.length - 1 },
      { packedBytes: packed.length + 1 },
      { packedBytes: 2 ** 34 },
      { plainBytes: plain.length - 1 },
      { plainBytes: plain.length + 1 },
      { plainBytes: 2 ** 34 },
      { plainBytes: leastMemberBytes - 1 },
      { packedBytes: 0 },
    ])
      expect([wrong, unpacking([wrong])]).toEqual([wrong, damaged])
    expect(unpacking([{}, {}])).toEqual(damaged)
  })

  test('that unpacks to more than is allowed is refused before it is unpacked', () => {
    expect(unpacking([{}], unpacked.length)).toEqual(unpacked)
    expect(unpacking([{}], unpacked.length - 1)).toEqual(damaged)
  })

  test('of members of the file that do not make it is refused', () => {
    for (const wrong of [
      { skip: 9 },
      { skip: 11 },
      { skip: 2 ** 34 },
      { plainBytes: plain.length - 7 },
      { plainBytes: plain.length + 9 },
      { plainBytes: leastMemberBytes - 1 },
      { maker: 1 },
      { maker: 0 },
      { maker: 10 },
      { maker: 48 + 9 },
    ]) {
      const outcome = repacking([wrong])
      if (outcome instanceof Uint8Array) expect(outcome).toHaveLength(base.length)
      else expect([wrong, outcome]).toEqual([wrong, damaged])
    }
    expect(repacking([{}], base.length - 1)).toEqual(damaged)
    expect(repacking([{}], base.length + 1)).toEqual(damaged)
    expect(repacking([])).toEqual(damaged)
  })

  test('that would take long to pack is refused after a while that its size bounds', () => {
    const slow = knownBytes(50_000, 6).map((byte) => byte % 2)
    const totalBytes = deflate(slow, 9)!.length
    const started = process.cpuUsage()
    expect(repacking([{ skip: 0, plainBytes: slow.length }], totalBytes, slow)).toEqual(damaged)
    expect(process.cpuUsage(started).user).toBeLessThan(500_000)
  })
})
