// Run by a test as a process of its own: hands one reader many damaged inputs and says how that went, as one line of JSON.
// Each input is a valid one changed as a liar or a bad stick would: bits, bytes, numbers at their limits, parts left out,
// repeated or taken from another; and for CBOR well-formed with another value in it. The seed decides everything.
import { concatBytes, decodeUtf8, encodeUtf8 } from '../../src/base/bytes.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../../src/base/cbor.ts'
import { isMossError } from '../../src/base/error.ts'
import { BaseTable } from '../../src/container/base-table.ts'
import { ContentTable } from '../../src/container/content-table.ts'
import { ChunkTable, FrameTable } from '../../src/container/frame-table.ts'
import { decodeHead } from '../../src/container/head.ts'
import type { SectionName } from '../../src/container/kinds.ts'
import { CapabilityTable, decodeHosts, decodePackages } from '../../src/container/package-table.ts'
import { readSection } from '../../src/container/sections.ts'
import type { OpenFile } from '../../src/host/disk.ts'
import { readMembers } from '../../src/ingest/deb/ar.ts'
import { readTar, TarError } from '../../src/ingest/deb/tar.ts'
import { decodeManifest, encodeManifest } from '../../src/manifest/codec.ts'
import { parseAudit, withAuditLine } from '../../src/trust/audit.ts'
import { decodeCounters, encodeCounters, startCounters } from '../../src/trust/counters.ts'
import { signerOf } from '../../src/trust/keys.ts'
import { formatPublicKey, formatSecretKey, parsePublicKey, parseSecretKey } from '../../src/trust/minisign.ts'
import { decodeRoot, encodeRoot } from '../../src/trust/root.ts'
import { parseSignatureBlock } from '../../src/trust/signature-block.ts'
import { parseSshSignature } from '../../src/trust/sshsig.ts'
import { type Random, seededRandom } from '../sim/random.ts'
import { buildBundle, noise, testKey, testRoot, verified } from './containers.ts'
import { arOf, plainControl, tarOf } from './foreign.ts'
import { samplePackage } from './sample-root.ts'

interface Reader {
  readonly seeds: readonly Uint8Array[]
  readonly read: (bytes: Uint8Array, random: Random) => unknown
  /** Of another value in well-formed CBOR. */
  readonly isCbor?: boolean
}

const few = [0, 1, 0x7f, 0x80, 0xff]
const numbers = [
  0,
  1,
  23,
  24,
  255,
  256,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
]

function damaged(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length + 1)
  const length = 1 + random.below(random.pick([2, 9, 70]))
  const changed = bytes.slice()
  const view = new DataView(changed.buffer, changed.byteOffset, changed.length)
  switch (random.below(9)) {
    case 0:
      for (let n = random.pick([1, 1, 2, 8]); n > 0 && bytes.length > 0; n--)
        changed[random.below(bytes.length)]! ^= 1 << random.below(8)
      return changed
    case 1:
      if (at < bytes.length) changed[at] = random.pick([...few, random.below(256)])
      return changed
    case 2:
      if (at + 8 <= bytes.length) view.setBigUint64(at, BigInt(random.pick(numbers)), random.below(2) === 0)
      return changed
    case 3:
      if (at + 4 <= bytes.length) view.setUint32(at, random.pick(numbers) % 2 ** 32, random.below(2) === 0)
      return changed
    case 4:
      return bytes.slice(0, at)
    case 5:
      return concatBytes([bytes.subarray(0, at), bytes.subarray(at + length)])
    case 6:
      return concatBytes([bytes.subarray(0, at + length), bytes.subarray(at)])
    case 7:
      return concatBytes([
        bytes.subarray(0, at),
        Uint8Array.from({ length }, () => random.below(256)),
        bytes.subarray(at),
      ])
    default:
      return concatBytes([bytes.subarray(0, at), other.subarray(random.below(other.length + 1))])
  }
}

/** Some value in it is another. */
function otherValue(value: CborValue, random: Random): CborValue {
  if (Array.isArray(value) && value.length > 0 && random.below(4) > 0) {
    const at = random.below(value.length)
    return (value as readonly CborValue[]).map((item, index) =>
      index === at ? otherValue(item, random) : item,
    )
  }
  if (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Uint8Array) &&
    !Array.isArray(value)
  ) {
    const keys = Object.keys(value)
    const key = random.pick(keys)
    if (key === undefined) return { more: 1 }
    const map = value as Readonly<Record<string, CborValue>>
    const { [key]: found, ...rest } = map
    const how = random.below(8)
    if (how === 0) return rest
    if (how === 1) return { ...map, [`${key}x`]: found ?? 0 }
    return { ...rest, [key]: otherValue(found ?? 0, random) }
  }
  return random.pick<CborValue>([
    random.pick(numbers),
    -1,
    true,
    null,
    '',
    'x'.repeat(random.below(300)),
    '../..',
    '\u202e',
    [],
    {},
    new Uint8Array(random.below(40)),
    [value, value],
    { value },
  ])
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

async function readerOf(name: string): Promise<Reader> {
  const { manifest } = samplePackage('tool', '1', {
    'usr/bin/tool': { text: 'tool', mode: 0o4755 },
    'usr/lib/big': { text: noise(90_000, 3) },
    'usr/share/link': { target: '../bin/tool' },
  })
  const key = testKey(1)
  switch (name) {
    case 'cbor':
      return {
        seeds: [encodeManifest(manifest), encodeRoot(testRoot), encodeCbor([1, 'a', [true, null]])],
        read: (bytes) => decodeCbor(bytes, 'fuzz'),
        isCbor: true,
      }
    case 'head': {
      const { head } = await containerSeeds()
      const start = encodeUtf8('moss-bundle 1\n')
      return {
        seeds: [head.slice(start.length)],
        read: (bytes) => decodeHead(concatBytes([start, bytes]), 'bundle'),
        isCbor: true,
      }
    }
    case 'tables': {
      const { sections, frames } = await containerSeeds()
      const all = [...sections]
      return {
        seeds: all.map(([, bytes]) => bytes),
        read: (bytes, random) => {
          const [chosen] = random.pick(all)
          const section = (wanted: SectionName): Uint8Array | undefined => {
            const found = wanted === chosen ? bytes : sections.get(wanted)
            return found === undefined || found.length === 0 ? undefined : found
          }
          const bases = new BaseTable(section('bases'))
          const frameTable = new FrameTable(section('frames'), frames, bases)
          const chunks = new ChunkTable(section('chunks'), frameTable)
          const contents = new ContentTable(section('contents'), section('links'))
          const packages = decodePackages(section('packages'), 26)
          decodeHosts(section('hosts'))
          const capabilities = new CapabilityTable(section('capabilities'), packages)
          for (const id of chunks.ids()) for (const place of chunks.places(id)) frameTable.entry(place.frame)
          for (const content of contents.digests()) contents.list(content)
          for (const { id } of packages) capabilities.providers(id)
        },
      }
    }
    case 'manifest':
      return {
        seeds: [encodeManifest(manifest)],
        read: (bytes) => decodeManifest(bytes, 'fuzz'),
        isCbor: true,
      }
    case 'root':
      return {
        seeds: [encodeRoot(testRoot), encodeCounters(startCounters(testRoot))],
        read: (bytes, random) =>
          random.below(2) === 0 ? decodeRoot(bytes, 'fuzz') : decodeCounters(bytes, 'fuzz'),
        isCbor: true,
      }
    case 'minisign': {
      const block = signerOf(key).sign(encodeUtf8('moss-bundle 1\nfuzz'))
      const files = [
        formatPublicKey(key.publicKey),
        formatSecretKey(key, undefined, new Uint8Array(32)),
        block,
      ]
      return {
        seeds: files.map(encodeUtf8),
        read: (bytes, random) => {
          const read = random.pick([
            parsePublicKey,
            (each: string) => parseSecretKey(each, undefined, { allowedBytes: 1 }),
            parseSignatureBlock,
          ])
          return read(text(bytes))
        },
      }
    }
    case 'sshsig': {
      const blob = new Uint8Array(189)
      blob.set(encodeUtf8('SSHSIG'))
      const body = (blob.toBase64().match(/.{1,70}/g) ?? []).join('\n')
      const armour = `-----BEGIN SSH SIGNATURE-----\n${body}\n-----END SSH SIGNATURE-----\n`
      return { seeds: [encodeUtf8(armour)], read: (bytes) => parseSshSignature(text(bytes), 'fuzz') }
    }
    case 'audit': {
      const event = {
        at: 1,
        kind: 'bundle',
        outcome: 'accepted',
        subject: 'a'.repeat(64),
        signers: [key.publicKey.id],
      } as const
      const audit = ['one', 'two', 'three'].reduce(
        (whole, detail) => withAuditLine(whole, { ...event, detail }),
        '',
      )
      return { seeds: [encodeUtf8(audit)], read: (bytes) => parseAudit(text(bytes)) }
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
        seeds: [whole, tar],
        read: async (bytes, random) => {
          if (random.below(2) === 0) return readMembers(fileOf(bytes))
          for await (const entry of readTar(once(bytes)))
            if (entry.kind === 'file') for await (const _ of entry.body());
          return undefined
        },
      }
    }
    default:
      throw new Error(`no reader ${name}`)
  }
}

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

// Errors are what comes out as a rule: their stacks would take longer than the reading.
Error.stackTraceLimit = 0

const [name = '', count = '0', seed = '1'] = process.argv.slice(2)
const { seeds, read, isCbor = false } = await readerOf(name)
const random = seededRandom(Number(seed))
/** Decoded once: half of the inputs are made from them. */
const values = isCbor ? seeds.map((bytes) => decodeCbor(bytes, 'seed')) : []
const failures: string[] = []
const slowMs = 1000
let refused = 0
const started = performance.now()
for (let n = 0; n < Number(count) && failures.length < 5; n++) {
  const bytes =
    isCbor && random.below(2) === 0
      ? encodedOtherwise()
      : damaged(random.pick(seeds), random.pick(seeds), random)
  const before = n % 64 === 0 ? performance.now() : 0
  try {
    const result = read(bytes, random)
    if (result instanceof Promise) await result
  } catch (error) {
    if (isMossError(error) || error instanceof TarError) refused++
    else
      failures.push(
        `input ${n}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`.slice(
          0,
          600,
        ),
      )
  }
  if (before > 0 && performance.now() - before > slowMs)
    failures.push(`input ${n} took more than ${slowMs} ms`)
}

/** What our own writer refuses to write is no input; the valid bytes are, then. */
function encodedOtherwise(): Uint8Array {
  const chosen = random.below(seeds.length)
  try {
    return encodeCbor(otherValue(values[chosen] ?? 0, random))
  } catch {
    return seeds[chosen] ?? new Uint8Array(0)
  }
}

const seconds = (performance.now() - started) / 1000
const peakBytes = process.resourceUsage().maxRSS * 1024
console.log(
  JSON.stringify({
    inputs: Number(count),
    refused,
    perSecond: Math.round(Number(count) / seconds),
    peakBytes,
    failures,
  }),
)
