// Golden bundles with frames that have bases: two of files in all forms of codec 4, one with a chunk in two frames
// for hosts that have different bases, one of texts (codec 3), and bad ones, each with one number that breaks a rule of
// moss-bundle(5). They are made by hand, so that no choice of what to carry how decides what they show.
import { crc32 } from 'node:zlib'
import { concatBytes, encodeUtf8 } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import type { ContentDigest, HostId } from '../../src/base/ids.ts'
import { type BaseRange, encodeBases } from '../../src/container/base-table.ts'
import { encodeDeltaFrame } from '../../src/container/delta-frame.ts'
import { viewOf, writeU32 } from '../../src/container/little-endian.ts'
import { encodeHosts, encodeManifests } from '../../src/container/package-table.ts'
import { encodeZstd } from '../../src/container/zstd.ts'
import { deflate, type Maker } from '../../src/delta/deflate.ts'
import { form } from '../../src/delta/delta-forms.ts'
import { type DeltaStreams, StreamWriter } from '../../src/delta/delta-streams.ts'
import { openMembers, openStreams } from '../../src/delta/find-members.ts'
import { asTokens } from '../../src/delta/members/coding.ts'
import { DeltaEncoder, type DeltaPair, encodeDelta } from '../../src/delta/encode-delta.ts'
import { deflateTokens } from '../../src/delta/tokens.ts'
import { elfLibrary } from './elf-library.ts'
import { elfProgram, type TestFunction } from './elf-program.ts'
import { at, byHand, type HandFrame, host, item, manifestOf, table } from './golden-by-hand.ts'
import { knownBytes } from './known-bytes.ts'
import { gzipFile, zipFile } from './packed-files.ts'

const functions: readonly TestFunction[] = Array.from({ length: 20 }, (_, i) => ({
  name: `function_${i}`,
  body: knownBytes(60 + 8 * ((i * 5) % 9), i + 1).map((byte) => byte | 0xc0),
  calls: [`function_${(i * 7 + 3) % 20}`, `function_${(i * 11 + 5) % 20}`],
}))
const more: TestFunction = { name: 'more', body: knownBytes(333, 99), calls: ['function_3'] }
const moreFunctions = [...functions.slice(0, 7), more, ...functions.slice(7)]
const inLibrary = Array.from({ length: 24 }, (_, i) => i)
/** A new one, one twice, and one less. */
const inNewLibrary = [...inLibrary.slice(0, 7), 50, ...inLibrary.slice(7, 18), ...inLibrary.slice(19), 3]

const words = 'moss carries what a host lacks over sticks satellites and patience'.split(' ')
const text = (seed: number, count: number): Uint8Array =>
  encodeUtf8(Array.from(knownBytes(count, seed), (byte) => words[byte % words.length]).join(' '))
const first = concatBytes([text(1, 300), text(2, 300), text(3, 300)])
const second = concatBytes([text(1, 300), text(4, 9), text(2, 300), text(3, 280)])
const third = concatBytes([text(5, 12), text(1, 300), text(4, 9), text(3, 290)])

/** So many that every maker of level 1 packs them otherwise. */
const letters = knownBytes(24_000, 7).map((byte) => 65 + (byte % 30))

function gzip(plain: Uint8Array, maker: Maker): Uint8Array {
  const file = gzipFile({ packed: deflate(plain, maker)!, effort: maker === 9 ? 2 : 0, name: 'a' })
  const trailer = viewOf(file.subarray(-8))
  trailer.setUint32(0, crc32(plain), true)
  trailer.setUint32(4, plain.length, true)
  return file
}

const zip = (...entries: readonly (readonly [name: string, plain: Uint8Array, maker: Maker])[]): Uint8Array =>
  zipFile(entries.map(([name, plain, maker]) => ({ name, bytes: deflate(plain, maker)! })))

/** By path: as package kinds has it in version 1, and in version 2. */
const kinds: Readonly<Record<string, DeltaPair>> = {
  'usr/bin/program': { base: elfProgram(functions), target: elfProgram(moreFunctions) },
  'usr/share/library': {
    base: elfLibrary(inLibrary),
    target: elfLibrary(inNewLibrary),
  },
  'usr/share/module': { base: elfProgram(functions, true), target: elfProgram(moreFunctions, true) },
  'usr/share/notes.gz': { base: gzip(first, 9), target: gzip(second, 6) },
  'usr/share/pack.zip': {
    base: zip(['one', first, 22], ['two', letters, 22], ['three', second, 1]),
    target: zip(['one', second, 22], ['two', letters, 33], ['four', third, 9]),
  },
  'usr/share/words': { base: first, target: second },
}

const packedPaths = ['usr/share/notes.gz', 'usr/share/pack.zip'] as const
const packedKinds = Object.fromEntries(packedPaths.map((path) => [path, kinds[path]!]))

const tokensOf = (pairs: readonly DeltaPair[]): DeltaStreams => {
  const encoder = new DeltaEncoder({ step: 8, mostStride: 5, isQuick: true, members: 'tokens' })
  for (const pair of pairs) encoder.add(pair)
  return encoder.finish()
}

const filesOf = (side: keyof DeltaPair): Readonly<Record<string, Uint8Array>> =>
  Object.fromEntries(Object.entries(kinds).map(([path, pair]) => [path, pair[side]]))

export const kindsManifest = manifestOf('1', filesOf('base'), 'kinds')
export const kindsContents = Object.values(filesOf('base'))
/** Whatever a delta here is made from. */
export const goldenBases = [table, ...Object.values(kinds).flatMap(({ base, target }) => [base, target])]

const wholeOf = (content: Uint8Array): BaseRange => ({
  content: digestOf<ContentDigest>(content),
  offset: 0,
  sizeBytes: content.length,
})

const deltaOf = (pairs: readonly DeltaPair[], change: Partial<DeltaStreams> = {}): HandFrame => ({
  stored: encodeDeltaFrame({ ...encodeDelta(pairs), ...change }, 9),
  plain: concatBytes(pairs.map(({ target }) => target)),
  chunks: pairs.map(({ target }) => target),
  codec: 4,
  bases: pairs.length,
})

function upgrade(
  version: string,
  files: Readonly<Record<string, Uint8Array>>,
  frames: readonly { readonly frame: HandFrame; readonly bases: readonly Uint8Array[] }[],
  hosts: readonly HostId[],
): Uint8Array {
  const manifest = item(manifestOf(version, files, 'kinds'))
  const { manifests, packages } = encodeManifests([manifest])
  return byHand(
    frames.map(({ frame }) => frame),
    undefined,
    [
      { name: 'manifests', bytes: manifests },
      { name: 'packages', bytes: packages },
      { name: 'hosts', bytes: encodeHosts(new Map(hosts.map((each) => [each, [manifest.id]]))) },
      { name: 'bases', bytes: encodeBases(frames.flatMap(({ bases }) => bases.map(wholeOf))) },
    ],
  )
}

/** By name. */
export function goodDeltas(): readonly (readonly [string, Uint8Array])[] {
  const pairs = Object.values(kinds)
  const bases = pairs.map(({ base }) => base)
  const fromEither = [first, second].map((base) => ({
    frame: deltaOf([{ base, target: third }]),
    bases: [base],
  }))
  const texts: readonly DeltaPair[] = [
    { base: first, target: second },
    { base: second, target: third },
  ]
  const hosts = [host, 'ffeeddccbbaa9988' as HostId]
  return [
    ['kinds-2', upgrade('2', filesOf('target'), [{ frame: deltaOf(pairs), bases }], [host])],
    [
      'kinds-4',
      upgrade(
        '4',
        { 'usr/share/more': second, 'usr/share/words': third },
        [{ frame: textsOf(texts), bases: [first, second] }],
        [host],
      ),
    ],
    [
      'kinds-5',
      upgrade(
        '5',
        Object.fromEntries(packedPaths.map((path) => [path, kinds[path]!.target])),
        [
          {
            frame: deltaOf(Object.values(packedKinds), tokensOf(Object.values(packedKinds))),
            bases: Object.values(packedKinds).map(({ base }) => base),
          },
        ],
        [host],
      ),
    ],
    ['kinds-3', upgrade('3', { 'usr/share/words': third }, fromEither, hosts)],
  ]
}

/** Two texts as one frame of codec 3. */
function textsOf(pairs: readonly DeltaPair[]): HandFrame {
  const [bases, targets] = [pairs.map(({ base }) => base), pairs.map(({ target }) => target)]
  return {
    stored: encodeZstd(concatBytes(targets), 9, concatBytes(bases)),
    plain: concatBytes(targets),
    chunks: targets,
    codec: 3,
    bases: pairs.length,
  }
}

const plainPair: DeltaPair = { base: table.subarray(0, 5000), target: table.subarray(1000, 4000) }
const range = { ...wholeOf(table), sizeBytes: plainPair.base.length }
const withBases = (frame: HandFrame, ...ranges: readonly BaseRange[]): Uint8Array =>
  byHand([frame], undefined, [{ name: 'bases', bytes: encodeBases(ranges) }])
const plainDelta = (change: Partial<DeltaStreams> = {}): HandFrame => deltaOf([plainPair], change)
const withPlain = (change: Partial<DeltaStreams>): Uint8Array => withBases(plainDelta(change), range)

function numbers(...values: readonly number[]): Uint8Array {
  const writer = new StreamWriter()
  for (const value of values) writer.number(value)
  return writer.finish()
}

const packedPair = kinds['usr/share/notes.gz']!
/** Numbers of stream forms for that pair. */
const packed = {
  sizeBytes: packedPair.target.length,
  baseMembers: 1,
  baseSkip: 12,
  basePacked: packedPair.base.length - 20,
  basePlain: first.length,
  members: 1,
  skip: 12,
  plain: second.length,
  maker: 6,
}
const withPacked = (change: Partial<typeof packed>, streams: Partial<DeltaStreams> = {}): Uint8Array => {
  const forms = numbers(form.members, ...Object.values({ ...packed, ...change }))
  return withBases(deltaOf([packedPair], { forms, ...streams }), wholeOf(packedPair.base))
}

/** The same as tokens; what was copied from the base is not other for what stream forms says of it. */
const tokenStreams = tokensOf([packedPair])
const baseTokens = openStreams(packedPair.base, asTokens).opened.length - 20
const targetTokens = openMembers(packedPair.target, asTokens).opened.length - 20
const asTokenNumbers = { ...packed, basePlain: baseTokens, plain: targetTokens }
const withTokens = (
  change: Partial<typeof packed>,
  streams: Partial<DeltaStreams> = {},
  target = packedPair.target,
): Uint8Array => {
  const forms = numbers(form.tokens, ...Object.values({ ...asTokenNumbers, ...change }))
  const frame = deltaOf([{ ...packedPair, target }], { ...tokenStreams, forms, ...streams })
  return withBases(frame, wholeOf(packedPair.base))
}

/** All of it extra bytes: the header, tokens of one's own, zeros. A lenient reader packs them to `packedBytes`. */
const ofTokens = (tokens: Uint8Array, packedBytes: number): Uint8Array => {
  const { target } = packedPair
  const behind = new Uint8Array(1000)
  const extra = concatBytes([target.subarray(0, 12), tokens, behind])
  const control = numbers(extra.length, 0, extra.length)
  const none = new Uint8Array(0)
  const streams = { control, seeks: numbers(0), gaps: none, runs: none, differences: none, extra }
  const sizeBytes = 12 + packedBytes + behind.length
  return withTokens({ sizeBytes, plain: tokens.length }, streams, new Uint8Array(sizeBytes))
}

/** A match of three bytes behind 300 literals. */
const matchFrom = (distance: number): Uint8Array =>
  concatBytes([text(6, 90).subarray(0, 300), Uint8Array.of(128, 1, distance - 257)])
const noise = knownBytes(600, 3)
const noiseTokens = Uint8Array.from([...noise].flatMap((byte) => (byte < 128 ? [byte] : [255, byte])))
const storedBytes = 5

const MiB = 1024 * 1024

/** One of one file, with a number of its header other. */
function withHeader(place: number, value: number): Uint8Array {
  const frame = plainDelta()
  const stored = Uint8Array.from(frame.stored)
  writeU32(viewOf(stored), place, value)
  return withBases({ ...frame, stored }, range)
}

/** Two frames with one chunk, whose second size is other. */
function ofTwoSizes(): Uint8Array {
  const frames = [plainDelta(), plainDelta()]
  const change = (name: string, bytes: Uint8Array): Uint8Array =>
    name === 'chunks' ? at(bytes, -4, (bytes.at(-4) ?? 0) - 1) : bytes
  return byHand(frames, change, [{ name: 'bases', bytes: encodeBases([range, range]) }])
}

function ofPlainBytes(plainBytes: number): Uint8Array {
  const change = (name: string, bytes: Uint8Array): Uint8Array => {
    if (name === 'frames') writeU32(viewOf(bytes), 44, plainBytes)
    return bytes
  }
  return byHand([plainDelta()], change, [{ name: 'bases', bytes: encodeBases([range]) }])
}

const mostSegments = 2_097_152

/** As badFiles() in golden.ts: the name, the part, the bytes. */
export function badDeltas(): readonly (readonly [string, string, Uint8Array])[] {
  const frame = plainDelta()
  const two: HandFrame = { ...frame, bases: 2 }
  const damaged: Readonly<Record<string, readonly [part: string, bytes: Uint8Array]>> = {
    'base-of-129-mib': ['table bases', withBases(frame, { ...range, sizeBytes: 129 * MiB })],
    'bases-of-160-mib-together': [
      'table frames',
      withBases(two, { ...range, sizeBytes: 80 * MiB }, { ...range, sizeBytes: 80 * MiB }),
    ],
    'delta-of-129-mib': ['table frames', ofPlainBytes(129 * MiB)],
    'zstd-without-bases': ['table frames', byHand([{ ...frame, codec: 3, bases: 0 }])],
    'zstd-base-of-25-mib': [
      'table frames',
      withBases({ ...frame, codec: 3 }, { ...range, sizeBytes: 25 * MiB }),
    ],
    'delta-without-bases': ['table frames', byHand([{ ...frame, bases: 0 }])],
    'delta-with-a-base-too-many': ['table frames', withBases(frame, range, range)],
    'chunk-of-two-sizes': ['table chunks', ofTwoSizes()],
    'delta-of-fewer-files': ['frame 0', withBases(two, range, range)],
    'delta-leaves-its-base': ['frame 0', withBases(frame, { ...range, sizeBytes: 3000 })],
    'delta-extra-goes-on': ['frame 0', withPlain({ extra: Uint8Array.of(1) })],
    'delta-endless-number': ['frame 0', withPlain({ control: new Uint8Array(9).fill(255) })],
    'delta-cut-short': ['frame 0', withBases({ ...frame, stored: frame.stored.subarray(0, -1) }, range)],
    'delta-header-cut-short': [
      'frame 0',
      withBases({ ...frame, stored: frame.stored.subarray(0, 55) }, range),
    ],
    'delta-streams-of-33-mib': ['frame 0', withHeader(48, 33 * MiB)],
    'delta-of-form-4': ['frame 0', withPlain({ forms: numbers(4) })],
    'delta-of-no-form': ['frame 0', withPlain({ forms: numbers() })],
    'delta-references-of-no-program': ['frame 0', withPlain({ forms: numbers(form.references) })],
    'delta-difference-beyond-its-files': [
      'frame 0',
      withPlain({ gaps: numbers(2999), runs: numbers(2), differences: Uint8Array.of(1, 1) }),
    ],
    'delta-empty-run': ['frame 0', withPlain({ gaps: numbers(0), runs: numbers(0) })],
    'delta-of-2097153-segments': [
      'frame 0',
      withPlain({
        control: concatBytes([numbers(3000), new Uint8Array(2 * mostSegments), numbers(3000, 0)]),
        seeks: concatBytes([new Uint8Array(mostSegments), numbers(2000)]),
      }),
    ],
    'delta-member-outside-its-base': ['frame 0', withPacked({ baseSkip: 40 })],
    'delta-member-that-ends-early': ['frame 0', withPacked({ basePacked: packed.basePacked + 1 })],
    'delta-member-of-another-size': ['frame 0', withPacked({ basePlain: packed.basePlain + 1 })],
    'delta-member-of-511-bytes': ['frame 0', withPacked({ plain: 511 })],
    'delta-member-of-no-maker': ['frame 0', withPacked({ maker: 16 })],
    'delta-member-beyond-its-file': ['frame 0', withPacked({ plain: packed.plain + 9 })],
    'delta-members-65537': ['frame 0', withPacked({ members: 65_537 })],
    'delta-file-longer-than-promised': ['frame 0', withPacked({ sizeBytes: packed.sizeBytes - 1 })],
    'delta-tokens-of-another-number': ['frame 0', withTokens({ basePlain: baseTokens - 1 })],
    'delta-tokens-of-255-bytes': ['frame 0', withTokens({ plain: 255 })],
    'delta-tokens-of-no-maker': ['frame 0', withTokens({ maker: 10 })],
    'delta-tokens-beyond-their-file': ['frame 0', withTokens({ plain: targetTokens + 9 })],
    'delta-tokens-longer-than-promised': ['frame 0', withTokens({ sizeBytes: packed.sizeBytes - 1 })],
    'delta-tokens-cut-short': ['frame 0', withTokens({ plain: targetTokens - 1 })],
    'delta-tokens-from-before-the-beginning': [
      'frame 0',
      ofTokens(matchFrom(301), deflateTokens(matchFrom(300), 6)!.length),
    ],
    'delta-tokens-of-a-stored-block': ['frame 0', ofTokens(noiseTokens, noise.length + storedBytes)],
    'delta-base-of-65-mib-unpacked': ['frame 0', withPacked({ basePlain: 65 * MiB })],
    'delta-file-of-65-mib-unpacked': ['frame 0', withPacked({}, { control: numbers(65 * MiB) })],
  }
  return [
    ...Object.entries(damaged).map(
      ([name, [part, bytes]]) => [`CONTAINER_DAMAGED--${name}`, part, bytes] as const,
    ),
    ['CHUNK_DIGEST_MISMATCH--delta-of-another-base', 'chunk', withBases(frame, { ...range, offset: 1 })],
    ['CHUNK_DIGEST_MISMATCH--zstd-of-another-base', 'chunk', ofAnotherBase()],
    ['CHUNK_DIGEST_MISMATCH--delta-of-another-form', 'chunk', ofAnotherForm()],
  ]
}

/** Of the same size, and with what the content was made from elsewhere. */
function ofAnotherBase(): Uint8Array {
  const pair = { base: table.subarray(0, 3000), target: table.subarray(1000, 2500) }
  return withBases(textsOf([pair]), { ...range, offset: 1, sizeBytes: 3000 })
}

/** A program as differences that are meant to be added after its references were moved. */
function ofAnotherForm(): Uint8Array {
  const pair = kinds['usr/bin/program']!
  return withBases(deltaOf([pair], { forms: numbers(form.plain) }), wholeOf(pair.base))
}
