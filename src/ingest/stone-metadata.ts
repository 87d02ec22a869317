// What `.stone` files (version 1) say of packages: the metadata payloads of a package, of a repository's index or of a build
// manifest. Numbers are big-endian; a payload is a header of 32 bytes and records, packed by zstd or not. Nothing is
// trusted: what breaks the format is PACKAGE_UNREADABLE. Checksums of payloads (XXH3) are not looked at: they guard
// against accidents alone, and what is taken in gets a digest.
import { zstdDecompressSync } from 'node:zlib'
import { decodeUtf8 } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { PackageId } from '../base/ids.ts'
import { type Capability, checkCapability, isPackageName } from '../manifest/capability.ts'
import { isVersion } from '../manifest/version.ts'
import type { Description } from './source.ts'

export interface StonePackage {
  /** SHA-256 of its metadata, for nobody has made a manifest of it yet. */
  readonly id: PackageId
  readonly manifest: Description
}

const headerBytes = 32
const magic = 0x006d6f73
const metadataKind = 1
/** More than the metadata of any package; an index has a payload for each. */
const mostPlainBytes = 16 * 1024 * 1024

const Packing = { none: 1, zstd: 2 } as const
const Tag = {
  name: 1,
  architecture: 2,
  version: 3,
  summary: 4,
  description: 5,
  source: 7,
  depends: 8,
  provides: 9,
  conflicts: 10,
  release: 11,
  licence: 12,
} as const

/** The first byte of a dependency or provider. */
const kinds = [
  'name',
  'soname',
  'pkgconfig',
  'interpreter',
  'cmake',
  'python',
  'binary',
  'sysbinary',
  'pkgconfig32',
] as const

type Refuse = (problem: string) => never

/** `path` names the bytes in errors. Throws PACKAGE_UNREADABLE. */
export function* readStoneMetadata(bytes: Uint8Array, path: string): Generator<StonePackage> {
  const refuse: Refuse = (problem) => {
    throw new MossError('PACKAGE_UNREADABLE', { path, problem })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < headerBytes || view.getUint32(0) !== magic) refuse('not a .stone')
  if (view.getUint32(28) !== 1) refuse(`version ${view.getUint32(28)} of .stone is not known`)
  let at = headerBytes
  for (let payloads = view.getUint16(4); payloads > 0; payloads--) {
    if (bytes.length - at < headerBytes) refuse('it is cut short')
    const stored = Number(view.getBigUint64(at))
    const header = {
      plainBytes: Number(view.getBigUint64(at + 8)),
      records: view.getUint32(at + 24),
      kind: view.getUint8(at + 30),
      packing: view.getUint8(at + 31),
    }
    at += headerBytes
    if (stored > bytes.length - at) refuse('it is cut short')
    const body = bytes.subarray(at, at + stored)
    at += stored
    if (header.kind !== metadataKind) continue
    const plain = unpack(body, header, refuse)
    yield { id: digestOf<PackageId>(plain), manifest: describe(plain, header.records, refuse) }
  }
}

function unpack(
  body: Uint8Array,
  { plainBytes, packing }: { readonly plainBytes: number; readonly packing: number },
  refuse: Refuse,
): Uint8Array {
  if (plainBytes > mostPlainBytes) return refuse(`metadata of more than ${mostPlainBytes} bytes`)
  if (packing === Packing.none && body.length === plainBytes) return body
  if (packing !== Packing.zstd) return refuse('metadata that is packed in an unknown way')
  try {
    const plain = zstdDecompressSync(body, { maxOutputLength: Math.max(1, plainBytes) })
    if (plain.length === plainBytes) return plain
  } catch {
    // Told below.
  }
  return refuse('metadata that zstd cannot unpack to the size it should have')
}

interface Found {
  readonly texts: Map<number, string>
  readonly numbers: Map<number, number>
  readonly capabilities: { readonly tag: number; readonly capability: Capability }[]
}

/** A record: length, tag, type and a byte without meaning, then so many bytes. */
function readRecords(plain: Uint8Array, records: number, refuse: Refuse): Found {
  const found: Found = { texts: new Map(), numbers: new Map(), capabilities: [] }
  const view = new DataView(plain.buffer, plain.byteOffset, plain.length)
  let at = 0
  for (let n = 0; n < records; n++) {
    if (plain.length - at < 8) refuse('metadata that is cut short')
    const [length, tag] = [view.getUint32(at), view.getUint16(at + 4)]
    at += 8
    if (length > plain.length - at) refuse('metadata that is cut short')
    const value = plain.subarray(at, at + length)
    at += length
    if (tag === Tag.depends || tag === Tag.provides || tag === Tag.conflicts)
      found.capabilities.push({ tag, capability: readCapability(value, refuse) })
    else if (tag === Tag.release && length === 8)
      found.numbers.set(tag, Number(new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0)))
    else if ((Object.values(Tag) as number[]).includes(tag)) found.texts.set(tag, readText(value, refuse))
  }
  return found
}

/** Ends with a zero byte. */
const readText = (value: Uint8Array, refuse: Refuse): string =>
  decodeUtf8(value.at(-1) === 0 ? value.subarray(0, -1) : value) ?? refuse('a text that is not UTF-8')

function readCapability(value: Uint8Array, refuse: Refuse): Capability {
  const kind = kinds[value[0] ?? kinds.length]
  if (kind === undefined) return refuse(`a capability of unknown kind ${value[0]}`)
  const capability = { kind, name: readText(value.subarray(1), refuse) }
  const problem = checkCapability(capability)
  return problem === undefined ? capability : refuse(problem)
}

function describe(plain: Uint8Array, records: number, refuse: Refuse): Description {
  const { texts, numbers, capabilities } = readRecords(plain, records, refuse)
  const text = (tag: number): string => texts.get(tag) ?? ''
  const of = (wanted: number): readonly Capability[] =>
    capabilities.filter(({ tag }) => tag === wanted).map(({ capability }) => capability)
  const name = text(Tag.name)
  const version = `${text(Tag.version)}-${numbers.get(Tag.release) ?? 0}`
  if (!isPackageName(name)) refuse(`${name} is not a package name`)
  if (!isVersion('moss', version)) refuse(`${version} is not a version`)
  return {
    name,
    version,
    scheme: 'moss',
    architecture: text(Tag.architecture),
    summary: text(Tag.summary),
    description: text(Tag.description),
    licence: text(Tag.licence),
    origin: text(Tag.source),
    provides: of(Tag.provides),
    requires: of(Tag.depends).map((capability) => [capability]),
    conflicts: of(Tag.conflicts),
    replaces: [],
  }
}
