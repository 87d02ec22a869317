// Files and their bases for trying the delta codec on: each shape is one that an aligner, a rule about references or a
// packer might get wrong. The seed decides everything.
import { deflateRawSync, zstdCompressSync } from 'node:zlib'
import { concatBytes } from '../../src/base/bytes.ts'
import { deflate } from '../../src/delta/deflate.ts'
import type { DeltaPair } from '../../src/delta/encode-delta.ts'
import type { Random } from '../sim/random.ts'
import { elfFile } from './elf-file.ts'
import { elfProgram, type TestFunction } from './elf-program.ts'
import { knownBytes } from './known-bytes.ts'
import { gzipFile, zipFile } from './packed-files.ts'

/** Sizes around those at which something changes: seeds, windows, granules, samples, pieces. */
const edges = [0, 1, 2, 15, 16, 17, 31, 32, 33, 255, 511, 512, 513, 4095, 4096, 4097]

const noise = (random: Random, length: number): Uint8Array<ArrayBuffer> =>
  knownBytes(length, 1 + random.below(1_000_000))

const someLength = (random: Random, most: number): number =>
  random.below(3) === 0 ? Math.min(most, random.pick(edges)) : random.below(most)

function letters(random: Random, length: number, count: number): Uint8Array<ArrayBuffer> {
  return noise(random, length).map((byte) => byte % count)
}

/** The same with a few bytes other, and pieces moved, repeated and left out. */
export function changed(random: Random, base: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = []
  for (let count = random.below(5); count >= 0; count--) {
    const from = random.below(base.length + 1)
    pieces.push(base.slice(from, from + random.below(base.length + 1)))
    if (random.below(2) === 0) pieces.push(noise(random, someLength(random, 80)))
  }
  const target = random.below(3) === 0 ? base.slice() : concatBytes(pieces)
  for (let count = random.below(20); count > 0; count--)
    if (target.length > 0) target[random.below(target.length)]! += random.below(256)
  return target
}

function functionsOf(random: Random, count: number): readonly TestFunction[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `f${index}`,
    body: noise(random, 8 + random.below(60)),
    calls: Array.from({ length: random.below(5) }, () => `f${random.below(count)}`),
  }))
}

/** A program, and the same with functions put in, as two builds of it. */
export function programPair(random: Random, most = 40): DeltaPair {
  const before = functionsOf(random, 4 + random.below(most))
  const at = random.below(before.length)
  const added = functionsOf(random, 1 + random.below(3)).map((each, i) => ({ ...each, name: `new${i}` }))
  const after = [...before.slice(0, at), ...added, ...before.slice(at + random.below(2))]
  const isRelocatable = random.below(2) === 0
  return { base: elfProgram(before, isRelocatable), target: elfProgram(after, isRelocatable) }
}

/** Records of unwinding that are too short for what they say, so that their fields overlap. */
export function overlappingRecords(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at + 44 < length;) {
    const recordBytes = 1 + random.below(24)
    bytes[at] = recordBytes
    for (let i = at + 4; i < at + 4 + recordBytes; i++)
      bytes[i] = random.pick([0, 0, 1, 4, 4, random.below(256)])
    at += 4 + recordBytes
    if (at + 44 >= length) bytes[at] = length - at - 4
  }
  return bytes
}

function unwindingPair(random: Random): DeltaPair {
  const records = overlappingRecords(random, 100 + random.below(5000))
  const more = overlappingRecords(random, 60 + random.below(200))
  const code = { name: '.text', type: 1, flags: 6, bytes: noise(random, 400).map((byte) => byte | 0x40) }
  const file = (bytes: Uint8Array): Uint8Array =>
    elfFile([code, { name: '.eh_frame', type: 1, flags: 2, bytes }])
  return { base: file(records), target: file(concatBytes([records.subarray(0, 60), more, records])) }
}

/** Bytes of the header and the table of sections other, at random. */
function lyingProgramPair(random: Random): DeltaPair {
  const { base, target } = programPair(random)
  for (const file of [base, target]) {
    const tableAt = file.length - 7 * 64
    for (let count = random.below(5); count > 0; count--) {
      const at = random.below(2) === 0 ? 16 + random.below(48) : tableAt + random.below(7 * 64)
      file[at] = random.pick([0, 1, 2, 4, 8, 0x7f, 0xff, random.below(256)])
    }
  }
  return { base, target }
}

const makers = [1, 4, 6, 9, 17, 22, 25, 33, 38, 41]

const someText = (random: Random, most: number): Uint8Array => {
  const words = letters(random, someLength(random, most), random.pick([2, 9, 40]))
  return concatBytes([words, words.subarray(words.length / 3), noise(random, random.below(40))])
}

const gzipOf = (random: Random, plain: Uint8Array): Uint8Array => {
  const packed = deflate(plain, random.pick(makers))
  if (packed === undefined) throw new Error('a maker without bounds gives a stream')
  return gzipFile({ packed, effort: random.pick([0, 2, 4]), name: 'a' })
}

function gzipPair(random: Random): DeltaPair {
  const plain = someText(random, 3000)
  const file = (bytes: Uint8Array): Uint8Array =>
    concatBytes([gzipOf(random, bytes), ...(random.below(4) === 0 ? [noise(random, 50)] : [])])
  return { base: file(plain), target: file(changed(random, plain)) }
}

function zipPair(random: Random): DeltaPair {
  const texts = Array.from({ length: 1 + random.below(4) }, () => someText(random, 1500))
  const file = (entries: readonly Uint8Array[]): Uint8Array =>
    zipFile(
      entries.map((plain, i) => ({
        name: `entry${i}`,
        bytes:
          random.below(5) === 0
            ? new Uint8Array(deflateRawSync(plain))
            : deflate(plain, random.pick(makers))!,
      })),
    )
  return { base: file(texts), target: file(texts.map((text) => changed(random, text))) }
}

/** Packed data that is no member, since nothing says where it stands. */
function nestedPair(random: Random): DeltaPair {
  const plain = someText(random, 2000)
  const file = (bytes: Uint8Array): Uint8Array =>
    concatBytes([noise(random, 100), gzipOf(random, bytes), zstdCompressSync(bytes), noise(random, 70)])
  return { base: file(plain), target: file(changed(random, plain)) }
}

const repeated = (phrase: Uint8Array, length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => phrase[i % Math.max(1, phrase.length)] ?? 0)

export const deltaShapes: Readonly<Record<string, (random: Random) => DeltaPair>> = {
  'two that have nothing to do with each other': (random) => ({
    base: noise(random, someLength(random, 5000)),
    target: noise(random, someLength(random, 5000)),
  }),
  'one of an edge size, the other near it': (random) => {
    const base = noise(random, random.pick(edges))
    return { base, target: concatBytes([base, noise(random, random.below(3))]).slice(random.below(3)) }
  },
  'one changed here and there': (random) => {
    const base = noise(random, someLength(random, 6000))
    return { base, target: changed(random, base) }
  },
  'few letters': (random) => {
    const base = letters(random, someLength(random, 4000), random.pick([1, 2, 3]))
    return { base, target: changed(random, base) }
  },
  'all equal bytes': (random) => ({
    base: new Uint8Array(someLength(random, 5000)).fill(random.below(2)),
    target: new Uint8Array(someLength(random, 5000)).fill(random.below(2)),
  }),
  'one phrase again and again': (random) => {
    const phrase = noise(random, random.pick([1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 97]))
    const target = repeated(phrase.subarray(random.below(phrase.length)), someLength(random, 6000))
    for (let count = random.below(6); count > 0; count--)
      if (target.length > 0) target[random.below(target.length)] = random.below(256)
    return { base: repeated(phrase, someLength(random, 6000)), target }
  },
  'swapped halves': (random) => {
    const base = noise(random, someLength(random, 6000))
    const middle = random.below(base.length + 1)
    return { base, target: concatBytes([base.subarray(middle), base.subarray(0, middle)]) }
  },
  'the same backwards': (random) => {
    const base = noise(random, someLength(random, 3000))
    return { base, target: base.toReversed() }
  },
  'a file and its base the other way about': (random) => {
    const target = noise(random, someLength(random, 3000))
    return { base: changed(random, target), target }
  },
  programs: (random) => programPair(random),
  'programs that lie about their sections': lyingProgramPair,
  'records of unwinding that overlap': unwindingPair,
  'gzip files': gzipPair,
  'zip files': zipPair,
  'packed data inside noise': nestedPair,
}
