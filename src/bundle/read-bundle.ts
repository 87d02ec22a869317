// A bundle judged before anything of it is kept: whose word counts now, who signed it, whether it is for this host, whether its snapshot
// is genuine and not older than what the host has seen, whether each package is one the snapshot names. The
// steps stand in the order of the protocol; everything up to the first frame is read, nothing is written.
import { compareText } from '../base/bytes.ts'
import { isMossError, MossError } from '../base/error.ts'
import type { ContainerId, ContentDigest, Digest, HostId, KeyId, PackageId } from '../base/ids.ts'
import { decodeGrants, readGrant } from '../channel/grant-file.ts'
import { decodeSnapshotRecord, type OfferedPackage, type Snapshot } from '../channel/snapshot.ts'
import { decodeKnown } from '../container/known.ts'
import { openContainer, type OpenedContainer, openVolumeOf } from '../container/read.ts'
import { followRoots, readCarriedRoots, type SignedRoot } from '../container/root-chain.ts'
import { readRecord, readSection } from '../container/sections.ts'
import { type PackageTables, readManifests, readPackageTables } from '../container/tables.ts'
import { verifyContainer, type VerifiedContainer, withKnown } from '../container/verify.ts'
import { bytesSource, type ByteSource } from '../host/byte-source.ts'
import { decodeManifest, packageIdOf } from '../manifest/codec.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { acceptRoot, acceptSnapshot, assertRootKept, type Counters, daysExpired } from '../trust/counters.ts'
import type { SignedGrant } from '../trust/grant.ts'
import type { Root } from '../trust/root.ts'
import { type BundleAbout, decodeAbout, type ServedHost } from './about.ts'
import { decodeNote } from './note.ts'
import { decodeSummary, type Summary } from './summary.ts'

/** What the host brings to the judgement. */
export interface Judge {
  readonly root: Root
  readonly host: HostId
  /** What people call it. */
  readonly hostName?: string
  readonly counters: Counters
  readonly nowSeconds: number
  /** By the machine's clock, which may be wrong: otherwise it is only told. */
  readonly refusesExpired?: boolean
  /** Manifests in the host's own store: the bundle carries only others. Throws STORE_DAMAGED for one that is damaged. */
  readonly heldManifest: (id: PackageId) => Uint8Array | undefined
  /** A snapshot's file that the host keeps. */
  readonly heldSnapshot?: (content: ContentDigest) => Uint8Array | undefined
  /** Told of what has been proven, as it goes: what is refused after that is refused to somebody. */
  readonly onProven?: (proven: Proven) => void
}

export interface Proven {
  readonly id: ContainerId
  /** Whose signatures were found genuine. */
  readonly signers: readonly KeyId[]
  /** The serial of its channel that it counts on having come to this host before. */
  readonly after?: { readonly channel: string; readonly serial: number }
}

export interface BundlePackage {
  readonly id: PackageId
  readonly manifest: Manifest
  readonly manifestBytes: Uint8Array
}

export interface ReadBundle {
  readonly id: ContainerId
  readonly container: VerifiedContainer
  readonly about: BundleAbout
  /** Those that it carries and this host does not have yet, each vouched for by the one before; the last judged the rest. */
  readonly roots: readonly SignedRoot[]
  readonly snapshot: Snapshot
  /** Its whole file. */
  readonly snapshotBytes: Uint8Array
  /** What the host must have so that the metadata can be read. */
  readonly known: readonly ContentDigest[]
  /** The channel keys that signed the snapshot, and the exporter's. */
  readonly snapshotSigners: readonly KeyId[]
  readonly exporters: readonly KeyId[]
  /** By the machine's clock. */
  readonly expiredDays?: number
  /** By which it may lead back to an older serial. */
  readonly granted?: SignedGrant
  /** As they shall be once the bundle is applied. */
  readonly counters: Counters
  /** The whole set of this host, sorted by name. Whether it is closed and wanted is for the caller to check. */
  readonly packages: readonly BundlePackage[]
  readonly summary: Summary | undefined
  /** Of whoever made it. */
  readonly note?: string
  /** Size of the whole file, also of one that is cut into volumes. */
  readonly sizeBytes: number
}

/**
 * Of a volume, too, which has all of that. `keepSections` is called when the head is trusted and before its sections are read. Throws as
 * said in codes.
 */
export function readBundle(
  source: ByteSource,
  judge: Judge,
  keepSections: (opened: OpenedContainer) => void = () => {},
): ReadBundle {
  const opened = openVolumeOf(source, 'bundle')
  const roots = followRoots(judge.root, readCarriedRoots(opened))
  const root = roots.at(-1)?.root ?? judge.root
  assertRootKept(judge.counters, root)
  const container = withKnown(
    verifyContainer(opened, { role: 'exporter', root }),
    (content) => judge.heldManifest(content as Digest as PackageId) ?? judge.heldSnapshot?.(content),
  )
  const proven = { id: opened.id, signers: opened.head.signers }
  judge.onProven?.(proven)
  keepSections(opened)
  const about = decodeAbout(container.head.about)
  const summary = readSummary(container)
  const { after } = servedHere({ about, summary, judge })
  const forHere = {
    ...proven,
    ...(after !== undefined && { after: { channel: about.channel, serial: after } }),
  }
  judge.onProven?.(forHere)
  const { snapshot, snapshotBytes, signers } = readCarriedSnapshot(container, about, root)
  judge.onProven?.({ ...forHere, signers: [...signers, ...proven.signers] })
  const { nowSeconds } = judge
  const underRoot = roots.reduce((before, next) => acceptRoot(before, next.root, nowSeconds), judge.counters)
  const offered = { ...snapshot, snapshot: about.snapshot }
  const grant = readCarriedGrant(container, { root, host: judge.host, about })
  const counters = acceptSnapshot(underRoot, offered, nowSeconds, grant)
  const expiredDays = daysExpired(snapshot, judge)
  return {
    id: opened.id,
    container,
    about,
    roots,
    snapshot,
    snapshotBytes,
    known: readKnown(container),
    snapshotSigners: signers,
    exporters: opened.head.signers,
    ...(expiredDays !== undefined && { expiredDays }),
    ...(grant !== undefined && counters.used.includes(grant.id) && { granted: grant }),
    counters,
    packages: readPackages({ container, tables: readPackageTables(container), snapshot, judge }),
    summary,
    ...readNote(container),
    sizeBytes: opened.endOffset,
  }
}

function readSummary(container: VerifiedContainer): Summary | undefined {
  const bytes = readSection(container, 'summary')
  return bytes === undefined ? undefined : decodeSummary(bytes)
}

function readNote(container: VerifiedContainer): Pick<ReadBundle, 'note'> {
  const bytes = readSection(container, 'notes')
  return bytes === undefined ? {} : { note: decodeNote(bytes) }
}

const readKnown = (container: VerifiedContainer): readonly ContentDigest[] => [
  ...(container.head.known ?? []),
  ...decodeKnown(readSection(container, 'known') ?? new Uint8Array(0)),
]

function servedHere(claim: {
  readonly about: BundleAbout
  readonly summary: Summary | undefined
  readonly judge: Judge
}): ServedHost {
  const { about, summary, judge } = claim
  const here = about.hosts.find((served) => served.host === judge.host)
  if (here !== undefined) return here
  const names = new Map(summary?.hosts.map((each) => [each.host, each.name]))
  throw new MossError('BUNDLE_WRONG_HOST', {
    hosts: about.hosts.map((served) => names.get(served.host) || served.host),
    thisHost: judge.hostName ?? judge.host,
  })
}

/** The snapshot inside a bundle is a container of its own, signed by the channel. */
function readCarriedSnapshot(
  container: VerifiedContainer,
  about: BundleAbout,
  root: Root,
): { readonly snapshot: Snapshot; readonly snapshotBytes: Uint8Array; readonly signers: readonly KeyId[] } {
  const bytes = readSection(container, 'snapshot')
  if (bytes === undefined)
    throw new MossError('CONTAINER_DAMAGED', { part: 'section snapshot', problem: 'missing' })
  const opened = openContainer(bytesSource('section snapshot', bytes))
  if (opened.kind !== 'channel')
    throw new MossError('CONTAINER_DAMAGED', { part: 'section snapshot', problem: `it is a ${opened.kind}` })
  const verified = verifyContainer(opened, { role: 'channel', root })
  const snapshot = decodeSnapshotRecord(readRecord(verified))
  const isThat =
    opened.id === about.snapshot &&
    snapshot.channel === about.channel &&
    snapshot.epoch === about.epoch &&
    snapshot.serial === about.serial
  if (!isThat)
    throw new MossError('CONTAINER_DAMAGED', {
      part: 'section snapshot',
      problem: 'it is not the one that the head names',
    })
  return { snapshot, snapshotBytes: bytes, signers: opened.head.signers }
}

/** For this host and this channel; the last, if somebody carries several. */
function readCarriedGrant(
  container: VerifiedContainer,
  wanted: { readonly root: Root; readonly host: HostId; readonly about: BundleAbout },
): SignedGrant | undefined {
  const bytes = readSection(container, 'grants')
  if (bytes === undefined) return undefined
  return decodeGrants(bytes)
    .map((file, index) =>
      readGrant(file, { root: wanted.root, name: `grant ${index + 1} of section grants` }),
    )
    .findLast(({ host, channel }) => host === wanted.host && channel === wanted.about.channel)
}

function readPackages(found: {
  readonly container: VerifiedContainer
  readonly tables: PackageTables
  readonly snapshot: Snapshot
  readonly judge: Judge
}): readonly BundlePackage[] {
  const { container, tables, snapshot, judge } = found
  const offered = new Map(snapshot.packages.map((each) => [each.id, each]))
  for (const { id } of tables.packages) nameOf(offered, id, snapshot)
  for (const set of tables.hosts.values()) for (const id of set) nameOf(offered, id, snapshot)
  const carried = readManifests(container)
  return (tables.hosts.get(judge.host) ?? [])
    .map((id) => readPackage({ id, named: nameOf(offered, id, snapshot), carried, judge }))
    .sort((a, b) => compareText(a.manifest.name, b.manifest.name) || compareText(a.id, b.id))
}

/** Exporters may name only what the channel names. */
function nameOf(
  offered: ReadonlyMap<PackageId, OfferedPackage>,
  id: PackageId,
  snapshot: Snapshot,
): OfferedPackage {
  const named = offered.get(id)
  if (named === undefined) throw new MossError('TRUST_NOT_NAMED', { package: id, channel: snapshot.channel })
  return named
}

function readPackage(wanted: {
  readonly id: PackageId
  readonly named: OfferedPackage
  readonly carried: ReadonlyMap<PackageId, Uint8Array>
  readonly judge: Judge
}): BundlePackage {
  const { id, named, carried, judge } = wanted
  const manifestBytes = carried.get(id) ?? heldManifest(named, judge)
  const manifest = decodeManifest(manifestBytes, `manifest of ${named.name}`, id)
  if (manifest.name !== named.name || manifest.version !== named.version)
    throw new MossError('MANIFEST_INVALID', {
      package: named.name,
      problem: `the snapshot calls it ${named.name} ${named.version}, itself ${manifest.name} ${manifest.version}`,
    })
  return { id, manifest, manifestBytes }
}

function heldManifest({ id, name, version }: OfferedPackage, judge: Judge): Uint8Array {
  const names = [`the manifest of ${name} ${version}`]
  try {
    const bytes = judge.heldManifest(id)
    if (bytes !== undefined && packageIdOf(bytes) === id) return bytes
  } catch (error) {
    throw isMossError(error, 'STORE_DAMAGED') ? new MossError('BUNDLE_BASE_MISSING', { names }, error) : error
  }
  throw new MossError('BUNDLE_BASE_MISSING', { names })
}

/** A manifest is kept in the store like any file, under its own digest. */
export const manifestContent = (id: PackageId): ContentDigest => id as Digest as ContentDigest
