// The golden containers of bundles/, made from fixed keys and fixed numbers, so that every run makes the same bytes.
// A bad file is signed by the right key unless its name says otherwise: it shows what a reader refuses even then.
import { concatBytes, encodeUtf8, fromHex } from '../../src/base/bytes.ts'
import { encodeCbor, type CborValue } from '../../src/base/cbor.ts'
import { digestOf } from '../../src/base/digest.ts'
import type { ChunkId, ContainerId, ContentDigest, PackageId } from '../../src/base/ids.ts'
import { chunkSizes } from '../../src/base/limits.ts'
import { volumeName } from '../../src/base/volume-names.ts'
import { catalogueDifference } from '../../src/channel/catalogue-difference.ts'
import { type CatalogueEntry, encodeCatalogue } from '../../src/channel/encode-catalogue.ts'
import { encodeGrants } from '../../src/channel/grant-file.ts'
import { encodeBases } from '../../src/container/base-table.ts'
import { encodeLists } from '../../src/container/content-table.ts'
import { encodeFront } from '../../src/container/encode.ts'
import { FrameSpool } from '../../src/container/frames.ts'
import { viewOf, writeU32 } from '../../src/container/little-endian.ts'
import { encodeNote } from '../../src/bundle/note.ts'
import { encodeHosts, encodeManifests } from '../../src/container/package-table.ts'
import { encodePrelude } from '../../src/container/prelude.ts'
import { encodeRoots } from '../../src/container/root-chain.ts'
import { encodeRootFile } from '../../src/container/root-file.ts'
import type { KnownBytes, SectionDraft } from '../../src/container/sections.ts'
import { encodeZstd } from '../../src/container/zstd.ts'
import type { DeltaPair } from '../../src/delta/encode-delta.ts'
import type { Manifest } from '../../src/manifest/manifest.ts'
import type { Signer } from '../../src/trust/keys.ts'
import { formatPublicKey } from '../../src/trust/minisign.ts'
import { encodeRoot } from '../../src/trust/root.ts'
import { addDeltas, noise, spoolOutside } from './containers.ts'
import {
  at,
  byHand,
  created,
  goldenRoot,
  type HandFrame,
  host,
  item,
  manifestOf,
  owner,
  packager,
  program,
  stranger,
  table,
} from './golden-by-hand.ts'
import { offer, type Relations } from './universe.ts'
import { cutIntoVolumes } from './volumes.ts'
import { badDeltas, goodDeltas, kindsContents, kindsManifest } from './golden-deltas.ts'

interface GoldenFile {
  readonly path: string
  readonly bytes: Uint8Array
}

async function packed(
  kind: 'bundle' | 'package',
  parts: {
    manifest: Manifest
    contents: readonly Uint8Array[]
    deltas?: readonly DeltaPair[]
    sections?: readonly SectionDraft[]
    known?: KnownBytes
    signer?: Signer
  },
): Promise<Uint8Array> {
  const { outside, spooled } = spoolOutside()
  using spool = new FrameSpool(outside, 'spool', { groupBytes: 1024 * 1024 })
  if (parts.deltas !== undefined) await addDeltas(spool, parts.deltas)
  for (const content of parts.contents) await spool.addContent([content])
  const frames = await spool.finish()
  const { id, bytes } = item(parts.manifest)
  const { manifests, packages } = encodeManifests([{ id, bytes }])
  const sections: SectionDraft[] = [
    { name: 'manifests', bytes: manifests },
    { name: 'packages', bytes: packages },
    ...(parts.sections ?? []),
  ]
  const about: Record<string, CborValue> = { name: parts.manifest.name }
  const { known, signer = owner } = parts
  const front = encodeFront({ kind, created, about, sections, frames, ...(known && { known }) }, [signer])
  return concatBytes([front.bytes, spooled()])
}

const alone = (kind: 'state' | 'channel' | 'root' | 'audit' | 'grant', record: Uint8Array): Uint8Array =>
  encodeFront({ kind, created, about: {}, sections: [{ name: 'record', bytes: record }] }, [owner]).bytes

async function goodFiles(): Promise<readonly GoldenFile[]> {
  const files = { 'usr/bin/hello': program, 'usr/share/table': table }
  const first = manifestOf('1', { ...files, 'usr/share/empty': new Uint8Array(0) })
  const second = manifestOf('2', { ...files, 'usr/share/table': concatBytes([table, encodeUtf8('new')]) })
  const changed = Uint8Array.from(table, (byte, i) => (i % 1000 < 3 ? byte + 1 : byte))
  const third = manifestOf('3', { ...files, 'usr/share/table': concatBytes([encodeUtf8('moved'), changed]) })
  const hosts = encodeHosts(new Map([[host, [item(second).id]]]))
  const packages = encodeCbor({ packages: [item(first).id, item(second).id] })
  const snapshot = alone('channel', packages)
  const newer = alone('channel', encodeCbor({ packages: [item(second).id, item(third).id] }))
  const had = item(second).bytes
  const nextRoot = encodeRootFile({ ...goldenRoot, version: 2 }, [owner])
  const grant = alone(
    'grant',
    encodeCbor({ channel: 'stable', epoch: 1, host: fromHex(host), from: 2, to: 1, expires: created }),
  )
  return [
    {
      path: 'good/hello-1.moss',
      bytes: await packed('package', { manifest: first, contents: [program, table], signer: packager }),
    },
    {
      path: 'good/hello-2.moss',
      bytes: await packed('bundle', {
        manifest: second,
        contents: [concatBytes([table, encodeUtf8('new')])],
        sections: [
          { name: 'hosts', bytes: hosts },
          { name: 'summary', bytes: encodeUtf8('hello 1 becomes hello 2') },
        ],
      }),
    },
    {
      path: 'good/hello-3.moss',
      bytes: await packed('bundle', {
        manifest: third,
        deltas: [{ base: table, target: concatBytes([encodeUtf8('moved'), changed]) }],
        contents: [],
      }),
    },
    {
      path: 'good/hello-4.moss',
      bytes: await packed('bundle', {
        manifest: third,
        contents: [program],
        sections: [
          { name: 'snapshot', bytes: newer },
          { name: 'hosts', bytes: encodeHosts(new Map([[host, [item(third).id]]])) },
        ],
        known: { inHead: [snapshot], listed: [{ content: digestOf<ContentDigest>(had), bytes: had }] },
      }),
    },
    {
      path: 'good/kinds-1.moss',
      bytes: await packed('package', { manifest: kindsManifest, contents: kindsContents, signer: packager }),
    },
    ...goodDeltas().map(([name, bytes]) => ({ path: `good/${name}.moss`, bytes })),
    { path: 'good/hello-2.manifest', bytes: had },
    { path: 'good/host.moss-state', bytes: alone('state', encodeUtf8('a state '.repeat(20))) },
    { path: 'good/hello.moss-channel', bytes: snapshot },
    {
      path: 'good/hello-5.moss',
      bytes: await packed('bundle', {
        manifest: second,
        contents: [program],
        sections: [
          { name: 'roots', bytes: encodeRoots([nextRoot]) },
          { name: 'snapshot', bytes: newer },
          { name: 'grants', bytes: encodeGrants([grant]) },
          { name: 'hosts', bytes: hosts },
        ],
      }),
    },
    {
      path: 'good/hello-6.moss',
      bytes: await packed('bundle', {
        manifest: second,
        contents: [program],
        sections: [
          { name: 'snapshot', bytes: newer },
          { name: 'notes', bytes: encodeNote('approved for the night of the second') },
          { name: 'hosts', bytes: hosts },
        ],
      }),
    },
    ...volumeFiles(),
    ...(await catalogueBundles(second)),
    { path: 'good/golden-2.moss-root', bytes: nextRoot },
    { path: 'good/hello.moss-grant', bytes: grant },
    { path: 'good/host.moss-audit', bytes: alone('audit', encodeUtf8('{"number":1}\n'.repeat(20))) },
    { path: 'good/golden.moss-root', bytes: alone('root', encodeRoot(goldenRoot)) },
    { path: 'good/golden.pub', bytes: encodeUtf8(formatPublicKey(owner.publicKey)) },
    { path: 'good/golden-packager.pub', bytes: encodeUtf8(formatPublicKey(packager.publicKey)) },
  ]
}

const partFrames = [40, 80, 120, 160].map((size, seed): HandFrame => {
  const plain = noise(size, seed + 1)
  return { stored: plain, plain, codec: 0 }
})

/** A bundle of four frames, and its three volumes: two frames, one, and one. */
function partsOfOne(): { readonly whole: Uint8Array; readonly volumes: readonly Uint8Array[] } {
  const whole = byHand(partFrames)
  return { whole, volumes: cutIntoVolumes(whole, whole.length - 240) }
}

function volumeFiles(): readonly GoldenFile[] {
  const { whole, volumes } = partsOfOne()
  return [
    { path: 'good/parts-whole.moss', bytes: whole },
    ...volumes.map((bytes, index) => ({ path: `good/${volumeName('parts.moss', index + 1)}`, bytes })),
  ]
}

/** Of the volume in the middle, but for what the name says. */
function badVolumes(): readonly (readonly [string, string, Uint8Array])[] {
  const { volumes } = partsOfOne()
  const [first = volumes[0], second = first, third = first] = volumes
  if (first === undefined || second === undefined || third === undefined) throw new Error('not cut')
  return [
    ['CONTAINER_DAMAGED--volume-0', 'prelude', at(second, 10, 0)],
    ['CONTAINER_DAMAGED--volume-4-of-3', 'prelude', at(second, 10, 4)],
    ['CONTAINER_DAMAGED--volume-as-the-last', 'prelude', at(second, 10, 3)],
    ['CONTAINER_DAMAGED--volume-as-the-first', 'prelude', at(second, 10, 1)],
    ['CONTAINER_DAMAGED--volume-of-no-frame', 'prelude', at(second, 55, 2)],
    ['CONTAINER_DAMAGED--volume-that-leaves-none-for-the-next', 'prelude', at(second, 55, 4)],
    ['CONTAINER_DAMAGED--volume-beyond-the-frames', 'prelude', at(third, 55, 5)],
    ['CONTAINER_DAMAGED--volume-of-1', 'prelude', at(first, 58, 1)],
    ['CONTAINER_DAMAGED--volume-of-another-frame', 'frame 1', at(second, 52, 1)],
    ['CONTAINER_DAMAGED--byte-after-a-volume', 'end', concatBytes([second, Uint8Array.of(0)])],
    ['CONTAINER_TRUNCATED--volume-without-its-last-byte', 'frame 2', second.subarray(0, -1)],
    ['CONTAINER_TRUNCATED--volume-without-its-last-frame', 'frame 1', first.subarray(0, -80)],
  ]
}

/** A catalogue whole, and the difference to it when one package of it has a newer version and another is gone. */
async function catalogueBundles(manifest: Manifest): Promise<readonly GoldenFile[]> {
  const entry = (title: string, relations: Relations, files: readonly string[]): CatalogueEntry => {
    const { id, manifest: told } = offer(title, relations)
    return { id, manifest: { ...told, summary: `says: ${title}` }, sizeBytes: 5000, files }
  }
  const shared = [
    entry('hello 1', { provides: ['feature(greeting) = 2'] }, ['usr/bin/hello', 'usr/share/doc/hello/ü']),
    entry('world 0.9', { requires: ['hello >= 1 | feature(greeting)'], conflicts: ['moon << 2'] }, []),
  ]
  const gone = entry('old 3', { requires: ['hello >= 1 | feature(greeting)'] }, ['usr/bin/old'])
  const fresh = entry('hello 2', { recommends: ['world | moon'] }, ['usr/bin/hello', 'usr/bin/greet'])
  const [before, after] = [encodeCatalogue([...shared, gone]), encodeCatalogue([...shared, fresh])]
  const bundle = async (name: string, catalogue: Uint8Array): Promise<GoldenFile> => ({
    path: `good/${name}.moss`,
    bytes: await packed('bundle', {
      manifest,
      contents: [program],
      sections: [{ name: 'catalogue', bytes: catalogue }],
    }),
  })
  return [
    await bundle('catalogue-1', catalogueDifference(before)),
    await bundle('catalogue-2', catalogueDifference(after, before)),
  ]
}

/** Signs whatever head it is given. */
function signedHead(cbor: Uint8Array): Uint8Array {
  const head = concatBytes([encodeUtf8('moss-bundle 1\n'), cbor])
  const block = encodeUtf8(owner.sign(head))
  const length = new Uint8Array(4)
  writeU32(viewOf(length), 0, block.length)
  const signatures = concatBytes([length, block])
  const id = digestOf<ContainerId>(head)
  const prelude = encodePrelude({
    kind: 'bundle',
    headBytes: head.length,
    signaturesBytes: signatures.length,
    id,
  })
  return concatBytes([prelude, head, signatures])
}

const plain = encodeUtf8('words that repeat, '.repeat(40))
const good: HandFrame = { stored: encodeZstd(plain, 9), plain }
const tableStart = { content: digestOf<ContentDigest>(table), offset: 0, sizeBytes: 5000 }

/** 100 times the letter a: one run-length block behind the header given. */
const runFrame = (...header: readonly number[]): HandFrame => ({
  stored: Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, ...header, 0x23, 0x03, 0x00, 0x61),
  plain: encodeUtf8('a'.repeat(100)),
})

const headFields = (): Record<string, CborValue> => ({
  about: {},
  created,
  frames: { count: 0, stored: 0 },
  sections: [],
  signers: [Uint8Array.fromHex(owner.publicKey.id)],
})

/** Says that it was made against `named`, a file that the reader has. */
function knowing(named: Uint8Array, bytes: Uint8Array): Uint8Array {
  const known = { inHead: [], listed: [{ content: digestOf<ContentDigest>(named), bytes }] }
  const { manifests, packages } = encodeManifests([{ id: digestOf<PackageId>(bytes), bytes }])
  const sections: readonly SectionDraft[] = [
    { name: 'manifests', bytes: manifests },
    { name: 'packages', bytes: packages },
  ]
  return encodeFront({ kind: 'bundle', created, about: {}, sections, known }, [owner]).bytes
}

const unsorted: readonly SectionDraft[] = [
  { name: 'known', bytes: concatBytes([new Uint8Array(32).fill(2), new Uint8Array(32).fill(1)]) },
  { name: 'manifests', bytes: new Uint8Array(64).fill(2) },
]

const leaningSummary = {
  name: 'summary',
  codec: 3,
  digest: new Uint8Array(32),
  plain: 20,
  stored: 10,
} satisfies CborValue

/** The name says the code and what is wrong; the second item is the part that the error must name. */
function badFiles(): readonly (readonly [string, string, Uint8Array])[] {
  const whole = byHand([good])
  const headEnd = 64 + viewOf(whole).getUint32(12, true)
  const framesAt = whole.length - good.stored.length
  const other = (signer: Signer): Uint8Array =>
    encodeFront({ kind: 'bundle', created, about: {}, sections: [] }, [signer]).bytes
  const headWithFloat = encodeCbor({ ...headFields(), created: 1_700_000_000 })
  const long = new Uint8Array(9 * 1024 * 1024)
  const shortLink = (sizeBytes: number) => ({ id: digestOf<ChunkId>(Uint8Array.of(1)), sizeBytes })
  const shortLinks = encodeLists([
    {
      content: digestOf<ContentDigest>(Uint8Array.of(2)),
      sizeBytes: chunkSizes.min,
      chunks: [shortLink(chunkSizes.min - 1), shortLink(1)],
    },
  ])
  const swapOwner = concatBytes([other(owner).subarray(0, -110), other(stranger).subarray(-110)])
  return [
    ['CONTAINER_NOT_ONE--empty', '', new Uint8Array(0)],
    [
      'CONTAINER_NOT_ONE--copied-as-text',
      '',
      Uint8Array.from([...whole].flatMap((byte) => (byte === 0x0a ? [0x0d, 0x0a] : [byte]))),
    ],
    ['CONTAINER_NOT_ONE--zip', '', encodeUtf8('PK\u0003\u0004 not ours')],
    ['CONTAINER_TOO_NEW--version-2', '', at(whole, 60, 2)],
    ['CONTAINER_TRUNCATED--in-the-prelude', 'prelude', whole.subarray(0, 63)],
    ['CONTAINER_TRUNCATED--in-the-head', 'head', whole.subarray(0, headEnd - 1)],
    ['CONTAINER_TRUNCATED--in-a-section', 'section chunks', whole.subarray(0, framesAt - 1)],
    ['CONTAINER_TRUNCATED--in-a-frame', 'frame 0', whole.subarray(0, -1)],
    ['CONTAINER_DAMAGED--kind-changed', 'head', at(whole, 8, 2)],
    ['CONTAINER_DAMAGED--volume-2', 'prelude', at(whole, 10, 2)],
    ['CONTAINER_DAMAGED--bit-in-the-head', 'head', at(whole, 90, 0xff)],
    [
      'CONTAINER_DAMAGED--bit-in-a-section',
      'section chunks',
      at(whole, framesAt - 1, (whole[framesAt - 1] ?? 0) ^ 1),
    ],
    ['CONTAINER_DAMAGED--bit-in-a-frame', 'frame 0', at(whole, -1, (whole.at(-1) ?? 0) ^ 1)],
    ['CONTAINER_DAMAGED--byte-after-the-end', 'end', concatBytes([whole, Uint8Array.of(0)])],
    [
      'CONTAINER_DAMAGED--two-zstd-frames',
      'frame 0',
      byHand([{ ...good, stored: concatBytes([good.stored, good.stored]) }]),
    ],
    [
      'CONTAINER_DAMAGED--zstd-skippable-after',
      'frame 0',
      byHand([
        { ...good, stored: concatBytes([good.stored, Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0)]) },
      ]),
    ],
    ['CONTAINER_DAMAGED--zstd-window-16-mib', 'frame 0', byHand([runFrame(0x80, 14 * 8, 100, 0, 0, 0)])],
    ['CONTAINER_DAMAGED--zstd-no-content-size', 'frame 0', byHand([runFrame(0x00, 13 * 8)])],
    ['CONTAINER_DAMAGED--zstd-dictionary', 'frame 0', byHand([runFrame(0x21, 7, 100)])],
    [
      'CONTAINER_DAMAGED--zstd-another-size',
      'frame 0',
      byHand([{ ...good, stored: encodeZstd(plain.subarray(1), 9) }]),
    ],
    [
      'CONTAINER_DAMAGED--frame-of-9-mib',
      'table frames',
      byHand([{ stored: encodeZstd(long, 1), plain: long }]),
    ],
    [
      'CONTAINER_DAMAGED--frames-with-a-gap',
      'table frames',
      byHand([good], (name, bytes) => (name === 'frames' ? at(bytes, 32, 1) : bytes)),
    ],
    [
      'CONTAINER_DAMAGED--chunk-beyond-its-frame',
      'table chunks',
      byHand([good], (name, bytes) => (name === 'chunks' ? at(bytes, -4, 255) : bytes)),
    ],
    [
      'CONTAINER_DAMAGED--chunk-fan-out',
      'table chunks',
      byHand([good], (name, bytes) => (name === 'chunks' ? at(bytes, 1020, 2) : bytes)),
    ],
    [
      'CONTAINER_DAMAGED--link-of-16383-bytes',
      'table links',
      byHand([good], undefined, [
        { name: 'contents', bytes: shortLinks.contents },
        { name: 'links', bytes: shortLinks.links },
      ]),
    ],
    [
      'CONTAINER_DAMAGED--bases',
      'table bases',
      byHand([good], undefined, [{ name: 'bases', bytes: new Uint8Array(48) }]),
    ],
    [
      'CONTAINER_DAMAGED--bases-of-no-frame',
      'table frames',
      byHand([good], undefined, [{ name: 'bases', bytes: encodeBases([tableStart]) }]),
    ],
    [
      'CONTAINER_DAMAGED--known-of-other-bytes',
      'section manifests',
      knowing(program, table.subarray(0, 300)),
    ],
    [
      'CONTAINER_DAMAGED--known-not-sorted',
      'table known',
      encodeFront({ kind: 'bundle', created, about: {}, sections: unsorted }, [owner]).bytes,
    ],
    [
      'CONTAINER_DAMAGED--summary-that-builds-on-something',
      'head',
      signedHead(encodeCbor({ ...headFields(), sections: [leaningSummary] })),
    ],
    [
      'CONTAINER_DAMAGED--links-of-129-mib',
      'head',
      signedHead(
        encodeCbor({
          ...headFields(),
          sections: [{ ...leaningSummary, name: 'links', codec: 2, plain: 129 * 1024 * 1024 }],
        }),
      ),
    ],
    ['CONTAINER_CODEC_UNKNOWN--deflate', 'frame 0', byHand([{ ...good, codec: 1 }])],
    ...badDeltas(),
    [
      'CHUNK_DIGEST_MISMATCH--lying-id',
      'chunk',
      byHand([good], (name, bytes) => (name === 'chunks' ? at(bytes, 1024 + 31, 0) : bytes)),
    ],
    [
      'CBOR_INVALID--float-in-the-head',
      'head',
      signedHead(
        Uint8Array.from(headWithFloat).fill(
          0xfa,
          headWithFloat.indexOf(0x1a),
          headWithFloat.indexOf(0x1a) + 1,
        ),
      ),
    ],
    [
      'CBOR_INVALID--bytes-after-the-head',
      'head',
      signedHead(concatBytes([encodeCbor(headFields()), Uint8Array.of(0)])),
    ],
    ['SHAPE_INVALID--unknown-field', 'head.more', signedHead(encodeCbor({ ...headFields(), more: 1 }))],
    [
      'SHAPE_INVALID--section-of-2-to-the-31',
      'head.sections[0].plain',
      signedHead(
        encodeCbor({
          ...headFields(),
          sections: [
            { name: 'summary', codec: 0, digest: new Uint8Array(32), plain: 2 ** 31, stored: 2 ** 31 },
          ],
        }),
      ),
    ],
    ['TRUST_UNKNOWN_KEY--stranger', 'head', other(stranger)],
    ['TRUST_THRESHOLD--packager-as-exporter', 'head', other(packager)],
    ['TRUST_SIGNATURE_INVALID--comment-signed-by-another', 'signature 1 of head', swapOwner],
  ]
}

export interface BadVerdict {
  readonly code: string
  readonly part: string
}

/** Everything in bundles/good and bundles/bad, by path; a bad file's verdict lies beside it. */
export async function goldenFiles(): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for (const { path, bytes } of await goodFiles()) files.set(path, bytes)
  for (const [name, part, bytes] of [...badFiles(), ...badVolumes()]) {
    const verdict: BadVerdict = { code: name.slice(0, name.indexOf('--')), part }
    files.set(`bad/${name}.moss`, bytes)
    files.set(`bad/${name}.verdict`, encodeUtf8(`${JSON.stringify(verdict)}\n`))
  }
  return files
}
