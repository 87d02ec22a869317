// Sections against what a host has: they come back to the byte, are small where much repeats, and say what is missing.
import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8, fromHex } from '../../../src/base/bytes.ts'
import { digestOf } from '../../../src/base/digest.ts'
import { MossError } from '../../../src/base/error.ts'
import type { ChunkId, ContentDigest } from '../../../src/base/ids.ts'
import { limits } from '../../../src/base/limits.ts'
import { encodeFront, type ContainerDraft } from '../../../src/container/encode.ts'
import { encodeChunks } from '../../../src/container/frame-table.ts'
import { decodeHead, encodeHead, type Head, type SectionEntry } from '../../../src/container/head.ts'
import { BytesBefore, decodeKnown, encodeKnown, type ReadKnown } from '../../../src/container/known.ts'
import { packChunks, packedChunksBytes, unpackChunks } from '../../../src/container/packed-chunks.ts'
import { openContainer } from '../../../src/container/read.ts'
import { readSection, type SectionDraft } from '../../../src/container/sections.ts'
import { verifyContainer, withKnown } from '../../../src/container/verify.ts'
import { bytesSource } from '../../../src/host/byte-source.ts'
import { noise, testKey, testRoot } from '../../support/containers.ts'
import { signerOf } from '../../../src/trust/keys.ts'

const signer = signerOf(testKey(1))
const idOf = (bytes: Uint8Array): ContentDigest => digestOf<ContentDigest>(bytes)

const snapshot = noise(5000, 1)
const manifest = noise(9000, 2)
const nextSnapshot = concatBytes([snapshot, encodeUtf8('one more package')])
const nextManifest = concatBytes([manifest, encodeUtf8('one more file')])
const known = { inHead: [snapshot], listed: [{ content: idOf(manifest), bytes: manifest }] }
const sections: readonly SectionDraft[] = [
  { name: 'snapshot', bytes: nextSnapshot },
  { name: 'summary', bytes: snapshot.subarray(0, 500) },
  { name: 'manifests', bytes: nextManifest },
  { name: 'hosts', bytes: concatBytes([snapshot.subarray(100, 200), manifest.subarray(0, 700)]) },
]

const bundle = (more: Partial<ContainerDraft> = {}): Uint8Array =>
  encodeFront({ kind: 'bundle', created: 1_700_000_000, about: {}, sections, known, ...more }, [signer]).bytes

function opened(bytes: Uint8Array, readKnown?: ReadKnown) {
  const container = verifyContainer(openContainer(bytesSource('x', bytes)), {
    role: 'exporter',
    root: testRoot,
  })
  return readKnown === undefined ? container : withKnown(container, readKnown)
}

const having =
  (...contents: readonly Uint8Array[]): ReadKnown =>
  (content) =>
    contents.find((bytes) => idOf(bytes) === content)

function errorOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (!(error instanceof MossError)) throw error
    const { part, problem, names } = error.details as Record<string, unknown>
    return [error.code, part ?? (names as readonly string[]).length, problem].join(' ').trim()
  }
  return 'none'
}

describe('sections of a bundle', () => {
  test('come back in any order, to the byte, and what repeats costs next to nothing', () => {
    const bytes = bundle()
    const container = opened(bytes, having(snapshot, manifest))
    for (const { name, bytes: plain } of sections.toReversed())
      expect(readSection(container, name)).toEqual(plain)
    const codecs = new Map(container.head.sections.map(({ name, codec }) => [name, codec]))
    expect([codecs.get('snapshot'), codecs.get('manifests'), codecs.get('hosts')]).toEqual([3, 3, 3])
    expect(codecs.get('summary')).toBe(0)
    expect(container.head.known).toEqual([idOf(snapshot)])
    const stored = container.head.sections.reduce((sum, { storedBytes }) => sum + storedBytes, 0)
    expect(stored - 500).toBeLessThan(250)
  })

  test('that were decoded are checked when the file is opened again, and so is what they build on', () => {
    const bytes = bundle({ created: 1_700_000_001 })
    const read = (file: Uint8Array, known: ReadKnown): void => {
      const container = opened(file, known)
      for (const { name, bytes: plain } of sections) expect(readSection(container, name)).toEqual(plain)
    }
    const all = having(snapshot, manifest)
    for (let attempt = 0; attempt < 2; attempt++) read(bytes, all)
    const spoiled = bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1)
    expect(errorOf(() => read(spoiled, all))).toMatch(/^CONTAINER_DAMAGED section hosts/)
    expect(errorOf(() => read(bytes, having(snapshot)))).toBe('BUNDLE_BASE_MISSING 1')
    expect(errorOf(() => read(bytes, having(manifest)))).toBe('BUNDLE_BASE_MISSING 1')
  })

  test('build on each other also where a host need have nothing', () => {
    const container = opened(bundle({ known: { inHead: [], listed: [] } }))
    expect(container.head.known).toBeUndefined()
    for (const { name, bytes } of sections) expect(readSection(container, name)).toEqual(bytes)
    expect(container.head.sections.find(({ name }) => name === 'hosts')).toMatchObject({ codec: 3 })
  })

  test('of a package, a snapshot or a state build on nothing', () => {
    for (const kind of ['package', 'channel', 'state'] as const) {
      const drafts: readonly SectionDraft[] =
        kind === 'package' ? sections.slice(2) : [{ name: 'record', bytes: nextSnapshot }]
      const draft = { kind, created: 1_700_000_000, about: {}, sections: drafts }
      const { head } = openContainer(bytesSource('x', encodeFront(draft, [signer]).bytes))
      expect(head.sections.every(({ codec }) => codec !== 3)).toBe(true)
    }
  })

  test('the record of a snapshot is never packed: a difference from it would not show', () => {
    const record = encodeUtf8('the same again '.repeat(50))
    const draft = {
      kind: 'channel' as const,
      created: 1,
      about: {},
      sections: [{ name: 'record' as const, bytes: record }],
    }
    const { head } = openContainer(bytesSource('x', encodeFront(draft, [signer]).bytes))
    expect(head.sections[0]?.codec).toBe(0)
  })
})

describe('a host that lacks what they build on is told', () => {
  test.each<[string, ReadKnown | undefined]>([
    ['everything', undefined],
    ['what the head names', having(manifest)],
    ['what is listed', having(snapshot)],
    ['the right bytes', () => manifest],
  ])('%s', (_, readKnown) => {
    const container = opened(bundle(), readKnown)
    for (let attempt = 0; attempt < 2; attempt++)
      expect(errorOf(() => readSection(container, 'manifests'))).toBe('BUNDLE_BASE_MISSING 1')
    expect(readSection(container, 'summary')).toEqual(snapshot.subarray(0, 500))
  })

  test('only for what needs it', () => {
    const container = opened(bundle(), having(snapshot))
    expect(readSection(container, 'snapshot')).toEqual(nextSnapshot)
  })
})

describe('table known', () => {
  test('is sorted, each content once', () => {
    const [a, b] = [idOf(snapshot), idOf(manifest)].toSorted() as [ContentDigest, ContentDigest]
    expect(decodeKnown(encodeKnown([b, a, b]))).toEqual([a, b])
    const rows = (...ids: readonly ContentDigest[]) => concatBytes(ids.map(fromHex))
    const refused = (bytes: Uint8Array) => errorOf(() => decodeKnown(bytes))
    expect(refused(rows(b, a))).toBe('CONTAINER_DAMAGED table known record 1 is not in order')
    expect(refused(rows(a, a))).toBe('CONTAINER_DAMAGED table known record 1 is not in order')
    expect(refused(rows(a, b).subarray(1))).toBe(
      'CONTAINER_DAMAGED table known not whole records of 32 bytes',
    )
  })

  test('asks no host to read more than 24 MiB', () => {
    const before = new BytesBefore()
    before.addKnown(new Uint8Array(limits.zstdBaseBytes))
    expect(before.bytes().length).toBe(limits.zstdBaseBytes)
    expect(errorOf(() => before.addKnown(new Uint8Array(1)))).toMatch(
      /^CONTAINER_DAMAGED table known it names more/,
    )
  })

  test('sections beyond that are reached from their end', () => {
    const before = new BytesBefore()
    before.addSection(new Uint8Array(limits.zstdBaseBytes))
    before.addSection(Uint8Array.of(1, 2, 3))
    const bytes = before.bytes()
    expect([bytes.length, ...bytes.subarray(-4)]).toEqual([limits.zstdBaseBytes, 0, 1, 2, 3])
  })
})

describe('table chunks on its way', () => {
  const chunks = Array.from({ length: 40 }, (_, n) => ({
    id: digestOf<ChunkId>(encodeUtf8(`chunk ${n}`)),
    frame: Math.floor(n / 15),
    offset: (n % 15) * 100,
    sizeBytes: 100,
  }))
  const table = encodeChunks(chunks)

  test('stands in the order of the frames and comes back as it was', () => {
    const packed = packChunks(table, 3)
    expect(packed?.length).toBe(packedChunksBytes(table.length, 3))
    expect(unpackChunks(packed as Uint8Array, 3)).toEqual(table)
    expect(digestOf((packed as Uint8Array).subarray(12, 12 + 32))).toBe(
      digestOf(fromHex(chunks[0]?.id as string)),
    )
  })

  test.each<[string, Uint8Array, number]>([
    ['of a frame that is none', table, 2],
    ['with a gap', encodeChunks(chunks.with(3, { ...(chunks[3] as (typeof chunks)[0]), offset: 301 })), 3],
    ['with another fan-out', Uint8Array.from(table, (byte, at) => (at === 3 ? 1 : byte)), 3],
    ['that is cut short', table.subarray(0, -1), 3],
  ])('what would not come back is not packed: a table %s', (_, bytes, frames) => {
    expect(packChunks(bytes, frames)).toBeUndefined()
  })

  test('of more frames than chunks is none, so no head makes a reader ask for memory', () => {
    expect(packedChunksBytes(table.length, 41)).toBeUndefined()
    expect(packedChunksBytes(table.length, 2 ** 32 - 1)).toBeUndefined()
    expect(packChunks(table, 41)).toBeUndefined()
  })

  test('with counts that do not fit is refused, whatever they claim', () => {
    const packed = packChunks(table, 3) as Uint8Array
    for (const [at, value] of [
      [0, 14],
      [0, 16],
      [3, 0xff],
      [11, 1],
    ] as const) {
      const turned = Uint8Array.from(packed)
      turned[at] = value
      expect(errorOf(() => unpackChunks(turned, 3))).toMatch(/^CONTAINER_DAMAGED section chunks/)
    }
  })
})

describe('a head is refused', () => {
  const entry = (name: SectionEntry['name'], codec: SectionEntry['codec']): SectionEntry => ({
    name,
    codec,
    storedBytes: codec === 0 ? 20 : 10,
    plainBytes: 20,
    digest: digestOf(snapshot),
  })
  const head = (more: Partial<Head>): Head => ({
    kind: 'bundle',
    created: 1,
    signers: [signer.publicKey.id],
    about: {},
    sections: [entry('manifests', 3)],
    frames: { count: 0, storedBytes: 0 },
    ...more,
  })
  const refusal = (more: Partial<Head>): string => errorOf(() => encodeHead(head(more)))

  test('where a section builds on something that must be readable alone, or anything but a bundle does', () => {
    expect(decodeHead(encodeHead(head({ known: [idOf(snapshot)] })), 'bundle').known).toEqual([
      idOf(snapshot),
    ])
    for (const name of ['roots', 'summary', 'frames'] as const)
      expect(refusal({ sections: [entry(name, 3)] })).toMatch(/^CONTAINER_DAMAGED head/)
    expect(refusal({ kind: 'package' })).toMatch(/^CONTAINER_DAMAGED head/)
    expect(refusal({ kind: 'package', sections: [entry('known', 0)] })).toMatch(/^CONTAINER_DAMAGED head/)
    expect(refusal({ kind: 'package', sections: [], known: [idOf(snapshot)] })).toMatch(
      /^CONTAINER_DAMAGED head/,
    )
  })

  test('where it names contents twice, none, or too many', () => {
    const id = idOf(snapshot)
    expect(refusal({ known: [] })).toMatch(/^CONTAINER_DAMAGED head/)
    expect(refusal({ known: [id, id] })).toMatch(/^CONTAINER_DAMAGED head/)
    const many = Array.from({ length: 17 }, (_, n) => idOf(Uint8Array.of(n)))
    expect(refusal({ known: many })).toMatch(/^SHAPE_INVALID head.known/)
  })
})

test('every byte changed in a section gives a code, also where its digest is made to fit', () => {
  const container = opened(bundle(), having(snapshot, manifest))
  const { sectionsOffset, head } = container
  const entry = head.sections.find(({ name }) => name === 'manifests') as SectionEntry
  let at = sectionsOffset
  for (const { name, storedBytes } of head.sections) {
    if (name === 'manifests') break
    at += storedBytes
  }
  const bytes = bundle()
  for (let place = at; place < at + entry.storedBytes; place++) {
    const turned = Uint8Array.from(bytes)
    turned[place] = (turned[place] ?? 0) ^ 0x55
    const fitting = { ...entry, digest: digestOf(turned.subarray(at, at + entry.storedBytes)) }
    const lying = {
      ...opened(turned, having(snapshot, manifest)),
      head: { ...head, sections: head.sections.map((each) => (each === entry ? fitting : each)) },
    }
    const code = errorOf(() => readSection(lying, 'manifests')).split(' ')[0]
    expect(['CONTAINER_DAMAGED', 'none']).toContain(code)
  }
})
