// A manifest as canonical CBOR and back. A package's id is the digest of these bytes, so there is one encoding
// of each manifest, and what decodes encodes again to the same bytes. On disk a path is the list of its
// components as byte strings; in memory it is text. Everything that rules.ts asks holds of what comes out.
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import { fromHex } from '../base/bytes.ts'
import { type CborValue, decodeCbor, decodeCborApart, encodeCbor } from '../base/cbor.ts'
import { digestOf } from '../base/digest.ts'
import { MossError } from '../base/error.ts'
import type { ContentDigest, PackageId } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import {
  bytes,
  dictionary,
  digest,
  integer,
  list,
  oneOf,
  optional,
  record,
  type Shape,
  text,
} from '../base/shape.ts'
import { type Capability, type Relation, longestName, relationOperators } from './capability.ts'
import type { LayoutEntry, LayoutFile, Manifest } from './manifest.ts'
import { DecodedManifests, type MeasuredManifest } from './decoded-manifests.ts'
import { pathFromComponents, pathToComponents } from './path.ts'
import { readPlainLayout } from './plain-layout.ts'
import { checkManifest } from './rules.ts'
import { versionSchemes } from './version.ts'

/** The name of a package: the digest of its manifest's bytes. */
export const packageIdOf = (manifestBytes: Uint8Array): PackageId => digestOf<PackageId>(manifestBytes)

/** Throws MANIFEST_INVALID where the manifest breaks a rule, so that nothing unreadable is ever written. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  assertValid(manifest)
  return encodeCbor({
    ...textsOf(manifest),
    provides: manifest.provides.map(capabilityValue),
    requires: manifest.requires.map((alternatives) => alternatives.map(relationValue)),
    recommends: manifest.recommends?.map((alternatives) => alternatives.map(relationValue)),
    conflicts: manifest.conflicts.map(relationValue),
    replaces: manifest.replaces.map(relationValue),
    layout: manifest.layout.map(entryValue),
    privileged: manifest.privileged.map(pathToComponents),
  })
}

/**
 * `part` names the bytes in errors; `id` is theirs where the caller has just digested them. Throws CBOR_INVALID,
 * SHAPE_INVALID or MANIFEST_INVALID. The same bytes give the same value: what one verb asks several times is decoded once.
 */
export function decodeManifest(
  manifestBytes: Uint8Array,
  part: string,
  id: PackageId = packageIdOf(manifestBytes),
): Manifest {
  const known = recentlyDecoded.get(id)
  if (known !== undefined) return known
  const manifest = readPlain(manifestBytes, part) ?? manifestShape(decodeCbor(manifestBytes, part), part)
  assertValid(manifest)
  recentlyDecoded.add(manifest, { id, sizeBytes: manifestBytes.length })
  return manifest
}

/** Undefined where the layout is not as nearly all are, or is wrong. */
function readPlain(manifestBytes: Uint8Array, part: string): Manifest | undefined {
  const found = decodeCborApart(manifestBytes, part, 'layout')
  const layout = found && readPlainLayout(found.apart)
  return layout && { ...manifestShape(found.value, part), layout }
}

/** What `encodeManifest` would give, named and measured. Known without encoding of what was decoded. */
export function measureManifest(manifest: Manifest): MeasuredManifest {
  const known = recentlyDecoded.measured(manifest)
  if (known !== undefined) return known
  const bytes = encodeManifest(manifest)
  return { id: packageIdOf(bytes), sizeBytes: bytes.length }
}

const recentlyDecoded = new DecodedManifests()

function assertValid(manifest: Manifest): void {
  const problem = checkManifest(manifest)
  if (problem !== undefined) throw new MossError('MANIFEST_INVALID', { package: manifest.name, problem })
}

const textsOf = (manifest: Manifest): { readonly [key: string]: string } => ({
  name: manifest.name,
  version: manifest.version,
  scheme: manifest.scheme,
  architecture: manifest.architecture,
  summary: manifest.summary,
  description: manifest.description,
  licence: manifest.licence,
  origin: manifest.origin,
})

const capabilityValue = ({ kind, name, version }: Capability): CborValue => ({ kind, name, version })

const relationValue = ({ kind, name, bound }: Relation): CborValue =>
  bound === undefined
    ? { kind, name }
    : { kind, name, bound: { operator: bound.operator, version: bound.version } }

function entryValue(entry: LayoutEntry): CborValue {
  const { kind } = entry
  const path = pathToComponents(entry.path)
  if (kind === 'symlink') return { kind, path, target: encodeUtf8(entry.target) }
  const { mode, uid, gid } = entry
  if (kind === 'folder') return { kind, path, mode, uid, gid }
  const { sizeBytes, content, xattrs } = entry
  return { kind, path, mode, uid, gid, size: sizeBytes, content: fromHex(content), xattrs }
}

const capability = record({
  kind: text(32, 1),
  name: text(longestName, 1),
  version: optional(text(255, 1)),
})

const relation = record({
  kind: text(32, 1),
  name: text(longestName, 1),
  bound: optional(record({ operator: oneOf(...relationOperators), version: text(255, 1) })),
})

const components = list(bytes(limits.pathComponentBytes, 1), limits.pathDepth)

const path: Shape<string> = (value, place) => {
  const joined = pathFromComponents(components(value, place))
  if (joined === undefined)
    throw new MossError('SHAPE_INVALID', { part: place, problem: 'a component is not the name of a file' })
  return joined
}

const target: Shape<string> = (value, place) => {
  const decoded = decodeUtf8(bytes(4095, 1)(value, place))
  if (decoded === undefined)
    throw new MossError('SHAPE_INVALID', { part: place, problem: 'a target that is not UTF-8' })
  return decoded
}

const attributes = { mode: integer(0, 0o7777), uid: integer(0, 0xfffffffe), gid: integer(0, 0xfffffffe) }

const folder = record({ kind: oneOf('folder'), path, ...attributes })
const symlink = record({ kind: oneOf('symlink'), path, target })
const file = record({
  kind: oneOf('file'),
  path,
  ...attributes,
  size: integer(),
  content: digest<ContentDigest>(),
  xattrs: optional(dictionary(bytes(4096), 16)),
})

const entry: Shape<LayoutEntry> = (value, place) => {
  const kind = (value as { readonly kind?: CborValue } | undefined | null)?.kind
  if (kind === 'symlink') return symlink(value, place)
  if (kind === 'folder') return folder(value, place)
  const { size, ...rest } = file(value, place)
  const read: LayoutFile = { ...rest, sizeBytes: size }
  return read
}

const manifestShape: Shape<Manifest> = record({
  name: text(128, 1),
  version: text(255, 1),
  scheme: oneOf(...versionSchemes),
  architecture: text(64, 1),
  summary: text(1024),
  description: text(64 * 1024),
  licence: text(64 * 1024),
  origin: text(1024),
  provides: list(capability, 100_000),
  requires: list(list(relation, 1000), 100_000),
  recommends: optional(list(list(relation, 1000), 100_000)),
  conflicts: list(relation, 100_000),
  replaces: list(relation, 100_000),
  layout: list(entry),
  privileged: list(path),
})
