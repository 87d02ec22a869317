// The readers of foreign bytes, each with what it reads where all is well: the seeds of what damages them.
import { zipSync } from 'fflate'
import { concatBytes, decodeUtf8, encodeUtf8 } from '../../src/base/bytes.ts'
import { decodeCbor, encodeCbor } from '../../src/base/cbor.ts'
import { isMossError } from '../../src/base/error.ts'
import { BaseTable } from '../../src/container/base-table.ts'
import { claimedFrames } from '../../src/container/claimed-frames.ts'
import { ContentTable } from '../../src/container/content-table.ts'
import { checkVolumeEnd } from '../../src/container/frame-place.ts'
import { ChunkTable, FrameTable } from '../../src/container/frame-table.ts'
import { decodeHead } from '../../src/container/head.ts'
import type { SectionName } from '../../src/container/kinds.ts'
import { CapabilityTable, decodeHosts, decodePackages } from '../../src/container/package-table.ts'
import { preludeBytes } from '../../src/container/prelude.ts'
import { openVolume } from '../../src/container/read.ts'
import { readSection } from '../../src/container/sections.ts'
import { wholeOf } from '../../src/container/volume-file.ts'
import type { OpenFile } from '../../src/host/disk.ts'
import { readMembers } from '../../src/ingest/deb/ar.ts'
import { readTar, TarError } from '../../src/ingest/deb/tar.ts'
import { parseRecipe } from '../../src/ingest/parse-recipe.ts'
import { readZip, ZipError } from '../../src/ingest/zip.ts'
import { decodeManifest, encodeManifest } from '../../src/manifest/codec.ts'
import { nextAuditLine, parseAudit } from '../../src/trust/audit.ts'
import { decodeCounters, encodeCounters, startCounters } from '../../src/trust/counters.ts'
import { signerOf } from '../../src/trust/keys.ts'
import { formatPublicKey, formatSecretKey, parsePublicKey, parseSecretKey } from '../../src/trust/minisign.ts'
import { decodeRoot, encodeRoot } from '../../src/trust/root.ts'
import { parseSignatureBlock } from '../../src/trust/signature-block.ts'
import { parseSshSignature } from '../../src/trust/sshsig.ts'
import { buildBundle, noise, sourceOf, testKey, testRoot, verified } from './containers.ts'
import { arOf, plainControl, tarOf } from './foreign.ts'
import { samplePackage } from './sample-root.ts'
import { armoured, fileKey, tokenKey, unarmoured } from './ssh-key.ts'
import { cutIntoVolumes } from './volumes.ts'

/** What is read where all is well, and what reads it. */
interface Seed {
  readonly bytes: Uint8Array
  readonly read: (bytes: Uint8Array) => unknown
}

export interface Reader {
  readonly seeds: readonly Seed[]
  /** All seeds are CBOR. */
  readonly isCbor?: boolean
}

const text = (bytes: Uint8Array): string =>
  decodeUtf8(bytes) ?? String.fromCharCode(...bytes.subarray(0, 4096))

async function containerSeeds(): Promise<{
  readonly head: Uint8Array
  readonly sections: ReadonlyMap<SectionName, Uint8Array>
  readonly frames: { readonly count: number; readonly storedBytes: number }
}> {
  const base = noise(60_000, 1)
  const bundle = verified(
    await buildBundle({
      contents: [noise(400_000, 2), encodeUtf8('the same words again, '.repeat(2000)), encodeUtf8('short')],
      deltas: [
        { base, target: concatBytes([base.subarray(0, 30_000), noise(100, 5), base.subarray(30_000)]) },
      ],
      manifests: [encodeUtf8('a manifest'), encodeUtf8('another manifest')],
    }),
  )
  const names = [
    'frames',
    'chunks',
    'bases',
    'packages',
    'capabilities',
    'hosts',
    'contents',
    'links',
  ] as const
  const sections = new Map<SectionName, Uint8Array>()
  for (const name of names) sections.set(name, readSection(bundle, name) ?? new Uint8Array(0))
  return { head: bundle.headBytes, sections, frames: bundle.head.frames }
}

/** As join does: to its last frame, by nobody's key. */
function readVolumeAlone(bytes: Uint8Array): void {
  const volume = openVolume(sourceOf(bytes))
  const frames = claimedFrames(volume)
  checkVolumeEnd(frames, volume)
  for (const piece of wholeOf([volume], frames).pieces())
    if (piece.length === 0) throw new Error('an empty piece')
}

/** How a reader may end besides with a value. */
export const isRefusal = (error: unknown): boolean =>
  isMossError(error) || error instanceof TarError || error instanceof ZipError

export async function readerOf(name: string): Promise<Reader> {
  const { manifest } = samplePackage('tool', '1', {
    'usr/bin/tool': { text: 'tool', mode: 0o4755 },
    'usr/lib/big': { text: noise(90_000, 3) },
    'usr/share/link': { target: '../bin/tool' },
  })
  const key = testKey(1)
  switch (name) {
    case 'cbor':
      return {
        seeds: [encodeManifest(manifest), encodeRoot(testRoot), encodeCbor([1, 'a', [true, null]])].map(
          (bytes) => ({ bytes, read: (each) => decodeCbor(each, 'fuzz') }),
        ),
        isCbor: true,
      }
    case 'head': {
      const { head } = await containerSeeds()
      const start = encodeUtf8('moss-bundle 1\n')
      const read = (bytes: Uint8Array) => decodeHead(concatBytes([start, bytes]), 'bundle')
      return { seeds: [{ bytes: head.slice(start.length), read }], isCbor: true }
    }
    case 'tables': {
      const { sections, frames } = await containerSeeds()
      const readChunks = (section: SectionReader): void => {
        const frameTable = new FrameTable(section('frames'), frames, new BaseTable(section('bases')))
        const chunks = new ChunkTable(section('chunks'), frameTable)
        for (const id of chunks.ids()) for (const place of chunks.places(id)) frameTable.entry(place.frame)
      }
      const readers = [
        [['bases', 'frames', 'chunks'], readChunks],
        [['contents', 'links'], readContents],
        [['packages', 'capabilities'], readCapabilities],
        [['hosts'], (section: SectionReader) => decodeHosts(section('hosts'))],
      ] as const
      // Each with the tables that it is read with, and no others: they would be the same every time.
      return {
        seeds: readers.flatMap(([names, readGroup]) =>
          names.map((changed) => ({
            bytes: sections.get(changed) ?? new Uint8Array(0),
            read: (bytes) =>
              readGroup((wanted) => {
                const found = wanted === changed ? bytes : sections.get(wanted)
                return found === undefined || found.length === 0 ? undefined : found
              }),
          })),
        ),
      }
    }
    case 'volumes': {
      const whole = await buildBundle({
        contents: [50, 60, 70, 80].map((size, seed) => noise(size, seed)),
        spool: { groupBytes: 1 },
      })
      // All that nobody signs stands in the prelude: damaged alone it is found more often.
      const seeds = cutIntoVolumes(whole, whole.length - 1).flatMap((bytes) => [
        { bytes, read: readVolumeAlone },
        {
          bytes: bytes.subarray(0, preludeBytes),
          read: (prelude: Uint8Array) =>
            readVolumeAlone(concatBytes([prelude, bytes.subarray(preludeBytes)])),
        },
      ])
      return { seeds }
    }
    case 'manifest':
      return {
        seeds: [{ bytes: encodeManifest(manifest), read: (bytes) => decodeManifest(bytes, 'fuzz') }],
        isCbor: true,
      }
    case 'root':
      return {
        seeds: [
          { bytes: encodeRoot(testRoot), read: (bytes) => decodeRoot(bytes, 'fuzz') },
          { bytes: encodeCounters(startCounters(testRoot)), read: (bytes) => decodeCounters(bytes, 'fuzz') },
        ],
        isCbor: true,
      }
    case 'minisign':
      return {
        seeds: [
          ofText(formatPublicKey(key.publicKey), parsePublicKey),
          ofText(formatSecretKey(key, undefined, new Uint8Array(32)), (each) =>
            parseSecretKey(each, undefined, { allowedBytes: 1 }),
          ),
          ofText(signerOf(key).sign(encodeUtf8('moss-bundle 1\nfuzz')), parseSignatureBlock),
        ],
      }
    case 'sshsig': {
      const armour = (each: string) => parseSshSignature(each, 'fuzz')
      return {
        seeds: [tokenKey('ssh:', key.seed), fileKey(key.seed)].flatMap(({ line, sign }) => {
          const block = sign(encodeUtf8('moss-bundle 1\nfuzz'))
          return [
            ofText(block, armour),
            // Damage below the armour.
            { bytes: unarmoured(block), read: (bytes: Uint8Array) => armour(armoured(bytes)) },
            ofText(line, parsePublicKey),
          ]
        }),
      }
    }
    case 'audit': {
      const event = {
        at: 1,
        kind: 'bundle',
        outcome: 'accepted',
        subject: 'a'.repeat(64),
        signers: [key.publicKey.id],
      } as const
      const bytes = ['one', 'two', 'three'].reduce<Uint8Array>(
        (whole, detail) => concatBytes([whole, nextAuditLine([whole], { ...event, detail })?.bytes ?? whole]),
        new Uint8Array(0),
      )
      return { seeds: [{ bytes, read: (each) => parseAudit([each]) }] }
    }
    case 'deb': {
      const tar = tarOf([
        { name: './usr/', kind: '5', mode: 0o755 },
        { name: './usr/a', body: 'alpha '.repeat(200), mode: 0o755 },
        { name: './usr/b', kind: '2', target: 'a' },
      ])
      const whole = arOf([
        { name: 'debian-binary', bytes: Buffer.from('2.0\n') },
        { name: 'control.tar', bytes: tarOf([{ name: './control', body: plainControl }]) },
        { name: 'data.tar', bytes: tar },
      ])
      return {
        seeds: [
          { bytes: whole, read: (bytes) => readMembers(fileOf(bytes)) },
          { bytes: tar, read: readWholeTar },
        ],
      }
    }
    case 'recipe': {
      const zip = zipSync({
        'tide/': new Uint8Array(0),
        'tide/a': [encodeUtf8('alpha '.repeat(200)), { os: 3, attrs: 0o100755 << 16 }],
        'tide/b': [encodeUtf8('beta'), { level: 0 }],
        'tide/c': [encodeUtf8('a'), { os: 3, attrs: 0o120777 << 16 }],
      })
      return {
        seeds: [
          { bytes: encodeUtf8(fuzzedRecipe), read: (bytes) => parseRecipe(bytes, 'fuzz') },
          { bytes: zip, read: readWholeZip },
        ],
      }
    }
    default:
      throw new Error(`no reader ${name}`)
  }
}

type SectionReader = (name: SectionName) => Uint8Array | undefined

function readContents(section: SectionReader): void {
  const contents = new ContentTable(section('contents'), section('links'))
  for (const content of contents.digests()) contents.list(content)
}

function readCapabilities(section: SectionReader): void {
  const packages = decodePackages(section('packages'), 26)
  const capabilities = new CapabilityTable(section('capabilities'), packages)
  for (const { id } of packages) capabilities.providers(id)
}

const ofText = (written: string, read: (written: string) => unknown): Seed => ({
  bytes: encodeUtf8(written),
  read: (bytes) => read(text(bytes)),
})

async function readWholeTar(bytes: Uint8Array): Promise<void> {
  for await (const entry of readTar(once(bytes)))
    if (entry.kind === 'file') for await (const _ of entry.body());
}

async function readWholeZip(bytes: Uint8Array): Promise<void> {
  for (const entry of readZip(fileOf(bytes))) if (entry.kind === 'file') for await (const _ of entry.body());
}

const fuzzedRecipe = `name = "tide"
version = "1.0"
release = 2
date = 2026-01-01T00:00:00Z
summary = "Says when the water is high"
licence = "CC0-1.0"
requires = ["bash >= 5", "binary(awk) | binary(gawk)"]
[[source]]
file = "tide.tar.gz"
sha256 = "${'ab'.repeat(32)}"
[steps]
build = "make"
[[file]]
to = "etc/tide.conf"
text = "x"
[[package]]
name = "tide-doc"
paths = ["usr/share/**"]
`

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

const fileOf = (bytes: Uint8Array): OpenFile =>
  ({
    path: 'fuzz.deb',
    stat: () => ({ sizeBytes: bytes.length }),
    read: (into: Uint8Array, at: number) => {
      const found = bytes.subarray(at, at + into.length)
      into.set(found)
      return found.length
    },
  }) as unknown as OpenFile
