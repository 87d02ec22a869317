// Every shape of file and base that might trip the codec comes back, at every thoroughness, from a base that only gives
// what is asked for, whole or in pages, and through the stored form; and no base costs more than its size deserves.
import { constants, deflateRawSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { concatBytes } from '../../src/base/bytes.ts'
import { limits } from '../../src/base/limits.ts'
import { decodeDeltaFrame, encodeDeltaFrame } from '../../src/container/delta-frame.ts'
import { decodeDelta, decodePieces } from '../../src/delta/decode-delta.ts'
import { deflate } from '../../src/delta/deflate.ts'
import { type DeltaEffort, DeltaEncoder, type DeltaPair, encodeDelta } from '../../src/delta/encode-delta.ts'
import { openStreams } from '../../src/delta/find-members.ts'
import { bytesInMemory } from '../../src/delta/base-bytes.ts'
import { lendBase } from '../../src/delta/base-in-kernel.ts'
import { takeKernel } from '../../src/delta/kernel.ts'
import { seededRandom } from '../sim/random.ts'
import { deltaShapes, overlappingRecords, programPair } from '../support/delta-pairs.ts'
import { elfFile } from '../support/elf-file.ts'
import { findReferences } from '../support/find-references.ts'
import { knownBytes } from '../support/known-bytes.ts'
import { gzipFile, zipFile } from '../support/packed-files.ts'
import { strictBase } from '../support/strict-base.ts'

const seed = Number(process.env['MOSS_SEED'] ?? Date.now() % 1_000_000)
const isAll = process.env['MOSS_FAULTS'] === 'all'

vi.setConfig({ testTimeout: isAll ? 600_000 : 60_000 })
const rounds = isAll ? 1000 : 40

const thoroughnesses: readonly DeltaEffort[] = [
  { step: 16, mostStride: 8, isQuick: true, members: 'tokens' },
  { step: 8, mostStride: 4, isQuick: false, members: 'balanced' },
  { step: 4, mostStride: 1, isQuick: false, members: 'plain' },
]

function comesBack(pairs: readonly DeltaPair[], thoroughness: DeltaEffort): boolean {
  const encoder = new DeltaEncoder(thoroughness)
  for (const pair of pairs) encoder.add(pair)
  const streams = decodeDeltaFrame(encodeDeltaFrame(encoder.finish(), 3), 'a frame')
  const plainBytes = pairs.reduce((sum, { target }) => sum + target.length, 0)
  const bases = pairs.map(({ base }) => strictBase(base))
  const targets = concatBytes(pairs.map(({ target }) => target))
  // As short bases are read, and as long ones are.
  return [undefined, 0].every((heldBytes) => {
    const input = { streams, plainBytes, part: 'a frame', ...(heldBytes !== undefined && { heldBytes }) }
    const pieces = Array.from(decodePieces(input, bases), (piece) => piece.slice())
    return Buffer.compare(concatBytes(pieces), targets) === 0
  })
}

for (const [shape, make] of Object.entries(deltaShapes))
  test(`${shape} come back`, () => {
    const random = seededRandom(seed)
    for (let round = 0; round < rounds; round++) {
      const pairs = Array.from({ length: 1 + random.below(3) }, () => make(random))
      for (const thoroughness of thoroughnesses)
        expect(comesBack(pairs, thoroughness), `round ${round} of MOSS_SEED=${seed}`).toBe(true)
    }
  })

test('files of every shape in one frame come back', () => {
  const random = seededRandom(seed)
  for (let round = 0; round < rounds / 8; round++) {
    const pairs = Object.values(deltaShapes).map((make) => make(random))
    for (const thoroughness of thoroughnesses)
      expect(comesBack(pairs, thoroughness), `round ${round} of MOSS_SEED=${seed}`).toBe(true)
  }
})

test('files longer than the pieces in which they are made come back', () => {
  const pieceBytes = 256 * 1024
  for (const length of [pieceBytes - 1, pieceBytes, pieceBytes + 1, 2 * pieceBytes + 3]) {
    const base = knownBytes(length, length)
    const target = base.slice()
    for (let at = 5; at < length; at += 4999) target[at]! += 7
    const swapped = concatBytes([base.subarray(pieceBytes / 2), base.subarray(0, pieceBytes / 2)])
    const pairs = [
      { base, target },
      { base, target: swapped },
    ]
    for (const thoroughness of thoroughnesses) expect(comesBack(pairs, thoroughness)).toBe(true)
  }
  const random = seededRandom(seed)
  const programs = [programPair(random, 6000), programPair(random, 6000)]
  for (const thoroughness of thoroughnesses) expect(comesBack(programs, thoroughness)).toBe(true)
})

test('runs of every length from anywhere in a base too long to be held come back', () => {
  const random = seededRandom(seed)
  const base = knownBytes(17 * 1024 * 1024 + 5, seed)
  const runs = Array.from({ length: 60 }, () => {
    const at = random.below(base.length)
    return base.subarray(at, at + 1 + random.below(4 ** (5 + random.below(5))))
  })
  const target = concatBytes([...runs, base.subarray(-300_000), base.subarray(0, 400_000)])
  expect(comesBack([{ base, target }], thoroughnesses[0]!), `MOSS_SEED=${seed}`).toBe(true)
})

test('however a run is cut into pieces, its references become the same', () => {
  const random = seededRandom(seed)
  for (let round = 0; round < 30; round++) {
    const records = overlappingRecords(random, 6000)
    const base = elfFile([{ name: '.eh_frame', type: 1, flags: 2, bytes: records }])
    const references = findReferences(base)!
    for (let i = 1; i < references.count; i++)
      expect(references.fields[i]).toBeGreaterThanOrEqual(references.fields[i - 1]! + 4)
    const end = 3000 + random.below(1000)
    const length = base.length - end
    using kernel = takeKernel()
    const { calls } = kernel
    lendBase(kernel, bytesInMemory(base))
    calls.findReferences()
    calls.startRuns()
    calls.addRun(0, 0, end, 160)
    calls.addRun(end + 160, end, length, 0)
    calls.predict(base.length)
    const whole = kernel.put(base.subarray(0, end))
    const inPieces = kernel.put(base.subarray(0, end))
    calls.applyReferences(whole, end, 0, 0)
    for (let at = 0; at < end;) {
      const most = at + 4 + random.below(200)
      const pieceEnd = most >= end ? end : calls.endOfPiece(at, most)
      calls.applyReferences(inPieces + at, pieceEnd - at, at, at)
      at = pieceEnd
    }
    expect(
      Buffer.compare(kernel.view(inPieces, end), kernel.view(whole, end)),
      `round ${round} of MOSS_SEED=${seed}`,
    ).toBe(0)
  }
})

test('a base whose sections all want one large table of symbols costs no more than that table', () => {
  const symbols = new Uint8Array(8 * 1024 * 1024 - 8)
  const relocations = Array.from({ length: 2000 }, () => ({
    name: '.rela',
    type: 4,
    bytes: new Uint8Array(24),
    link: 1,
    info: 2,
  }))
  const code = { name: '.text', type: 1, flags: 6, bytes: new Uint8Array(64) }
  const base = elfFile([{ name: '.symtab', type: 2, bytes: symbols }, code, ...relocations], true)
  const started = process.cpuUsage()
  const found = findReferences(base)
  const { user, system } = process.cpuUsage(started)
  expect(found!.count).toBeGreaterThan(1000)
  expect(user + system).toBeLessThan(1_500_000)
})

test('the same files give the same streams', () => {
  const random = seededRandom(seed)
  for (const make of Object.values(deltaShapes)) {
    const pair = make(random)
    expect(encodeDelta([pair])).toEqual(
      encodeDelta([{ base: pair.base.slice(), target: pair.target.slice() }]),
    )
  }
})

test('an empty base and an empty file are a pair like others', () => {
  const empty = new Uint8Array(0)
  const streams = encodeDelta([
    { base: empty, target: empty },
    { base: empty, target: Uint8Array.of(7) },
  ])
  const plain = decodeDelta({ streams, bases: [empty, empty], plainBytes: 1, part: 'a frame' })
  expect(plain).toEqual(Uint8Array.of(7))
})

test('a packed file comes back from a base that is too long to unpack', () => {
  const base = new Uint8Array(limits.deltaUnpackedBytes + 1)
  const packed = deflate(
    knownBytes(3000).map((byte) => byte % 9),
    6,
  )!
  const target = gzipFile({ packed })
  base.set(target, 5000)
  expect(comesBack([{ base: target, target }], thoroughnesses[1]!)).toBe(true)
  expect(comesBack([{ base, target }], thoroughnesses[1]!)).toBe(true)
})

test.skipIf(!isAll)('a file that could have more segments than a file may have comes back', () => {
  const phraseBytes = 48
  const phrases = 65_536
  const base = knownBytes(phraseBytes * phrases, 5)
  const target = new Uint8Array(phraseBytes * 2_300_000)
  const random = seededRandom(seed)
  for (let at = 0; at < target.length; at += phraseBytes) {
    const from = phraseBytes * random.below(phrases)
    target.set(base.subarray(from, from + phraseBytes), at)
  }
  const encoder = new DeltaEncoder(thoroughnesses[2])
  encoder.add({ base, target })
  const plain = decodeDelta({
    streams: encoder.finish(),
    bases: [base],
    plainBytes: target.length,
    part: 'a frame',
  })
  expect(Buffer.compare(plain, target)).toBe(0)
})

test('a zip file that names one broken stream again and again costs no more than a few of them', () => {
  const unfinished = deflateRawSync(new Uint8Array(1_000_000), { finishFlush: constants.Z_SYNC_FLUSH })
  const bytes = concatBytes([unfinished, new Uint8Array(300_000).fill(7)])
  const entries = Array.from({ length: 400 }, (_, i) => ({
    name: 'a',
    bytes: i === 0 ? bytes : bytes.subarray(0, 1),
  }))
  const file = zipFile(entries)
  const view = new DataView(file.buffer)
  // All names lead to the first.
  for (let at = file.length - 22 - 400 * 47; at < file.length - 22; at += 47) {
    view.setUint32(at + 20, bytes.length, true)
    view.setUint32(at + 42, 0, true)
  }
  const heldBytes = process.memoryUsage().arrayBuffers
  expect(openStreams(file).members).toEqual([])
  expect(process.memoryUsage().arrayBuffers - heldBytes).toBeLessThan(60_000_000)
})
