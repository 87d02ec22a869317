// Writes a carry plan as a bundle: chunks from the channel's packages into frames, then everything that lets a host
// judge and use them. Its date is the snapshot's, its order the plan's: the same plan gives the same bytes.
import { equalBytes } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { ContainerId, ContentDigest, Digest, HostId, PackageId } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import type { Effort } from '../carry/effort.ts'
import type { CarriedChunk, CarryPlan } from '../carry/plan.ts'
import type { KnownPlan } from '../carry/plan-known.ts'
import { catalogueDifference } from '../channel/catalogue-difference.ts'
import { encodeGrants } from '../channel/grant-file.ts'
import type { PublishedSnapshot } from '../channel/snapshot-folder.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import { type Beside, type Cut, type CutLimits, cutToFit, type WrittenVolume } from '../container/cut.ts'
import { encodeFront, type ContainerDraft } from '../container/encode.ts'
import { type FinishedFrames, startFrames } from '../container/frames.ts'
import { encodeHosts, encodeManifests } from '../container/package-table.ts'
import { openContainer } from '../container/read.ts'
import { encodeRoots } from '../container/root-chain.ts'
import type { KnownBytes } from '../container/sections.ts'
import { writeEncoded } from '../container/write.ts'
import { fileSource, sourceBehind } from '../host/byte-source.ts'
import type { Outside } from '../host/outside.ts'
import type { Manifest } from '../manifest/manifest.ts'
import type { Signer } from '../trust/keys.ts'
import { encodeAbout, type ServedHost } from './about.ts'
import { spoolDeltas } from './export-deltas.ts'
import { packageChunks, type WantedChunk } from './package-chunks.ts'
import { encodeNote } from './note.ts'
import { encodeSummary } from './summary.ts'

export interface ExportRequest {
  readonly plan: CarryPlan
  /** What its metadata builds on; nothing by default. */
  readonly known?: KnownPlan
  /** Files of the trust roots that its hosts may lack, by version. */
  readonly roots?: readonly Uint8Array[]
  /** Files of downgrade grants for its hosts. */
  readonly grants?: readonly Uint8Array[]
  /** For whoever applies it. */
  readonly note?: string | undefined
  readonly channel: StationChannel
  /** What the plan was solved from; carried whole. */
  readonly published: PublishedSnapshot
  /** What is known of the plan's hosts. */
  readonly hosts: ReadonlyMap<HostId, Omit<ServedHost, 'host'> & { readonly name: string }>
  readonly signers: readonly Signer[]
  /** Of the file, once its id is known. */
  readonly path: (id: ContainerId) => string
  /** How long a file may be, and the first volume to write; what is longer, or has no room as one file, is cut into volumes. */
  readonly cut?: ExportCut
  /** A new file on the station's own disk, gone again afterwards. */
  readonly spoolPath: string
  readonly effort: Effort
  readonly report: Report
}

export interface ExportCut extends CutLimits {
  /** What is written beside each file, so that it needs room too. */
  readonly beside?: Beside | undefined
}

export interface ExportedBundle {
  readonly id: ContainerId
  /** Of the whole, or of its first volume. */
  readonly path: string
  /** None where it is one file. */
  readonly volumes: readonly WrittenVolume[]
  /** To be thrown when those were read back: where the room has ended. */
  readonly next?: MossError<'VOLUME_NEXT'>
  /** Of all volumes together. */
  readonly sizeBytes: number
  /** False if the very same bundle lay there already. */
  readonly isNew: boolean
  /** Frames as they are stored. */
  readonly storedBytes: number
  /** The part of them that is deltas. */
  readonly deltaBytes: number
  /** Everything that is not frames: tables, manifests, snapshot. */
  readonly metadataBytes: number
}

/** Throws TRUST_NOT_NAMED if the plan has a package that the snapshot does not name. */
export async function exportBundle(outside: Outside, request: ExportRequest): Promise<ExportedBundle> {
  const { plan, published, signers, spoolPath, effort, report } = request
  checkNamed(plan, published)
  if (outside.disk.lstat(spoolPath) !== undefined) outside.disk.remove(spoolPath)
  using spool = startFrames(outside, spoolPath, effort)
  const { channel } = request
  const { pool } = outside
  const whole = await spoolDeltas(spool, { plan, channel, pool, effort, report })
  let doneBytes = plan.totals.chunkBytes - whole.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  for await (const { chunk, bytes } of packageChunks(checkedInFrames(whole), { channel, pool })) {
    await spool.add({ id: chunk.id, bytes })
    doneBytes += chunk.sizeBytes
    report({ phase: 'encode', doneBytes, totalBytes: plan.totals.chunkBytes })
  }
  for (const list of plan.lists) spool.addList(list)
  const frames = await spool.finish()
  const draft = { ...draftOf(request, frames), frames }
  const { id, bytes } = encodeFront(draft, signers)
  const path = request.path(id)
  const sizes = {
    sizeBytes: bytes.length + frames.storedBytes,
    storedBytes: frames.storedBytes,
    deltaBytes: frames.deltaBytes,
    metadataBytes: bytes.length,
  }
  const made = { path, front: bytes, frames, sizeBytes: sizes.sizeBytes }
  // A whole one that is there is enough, unless volumes were asked for.
  const how = request.cut?.isToFit === true && isThere(outside, made) ? undefined : request.cut
  const cut = how === undefined ? { volumes: [] } : await inVolumes(outside, made, { ...how, report })
  if (cut.volumes.length > 0) {
    const sizeBytes = cut.volumes.reduce((sum, { fileBytes }) => sum + fileBytes, 0)
    return { id, path, ...cut, ...sizes, sizeBytes, isNew: cut.volumes.some(({ isNew }) => isNew) }
  }
  const isNew = !isThere(outside, made)
  if (isNew) await writeEncoded(outside, path, { front: bytes, frames }, report)
  await request.cut?.beside?.write(path, id)
  return { id, path, volumes: [], ...sizes, isNew }
}

interface MadeBundle {
  readonly path: string
  readonly front: Uint8Array
  readonly frames: FinishedFrames
  readonly sizeBytes: number
}

/** Whoever exports reads everything back. */
async function inVolumes(
  outside: Outside,
  { path, front, frames }: MadeBundle,
  how: ExportCut & { readonly report: Report },
): Promise<Cut> {
  using spool = fileSource(outside.disk, frames.path)
  const whole = openContainer(sourceBehind(front, spool))
  return await cutToFit(outside, whole, { ...how, path, isReadBack: false })
}

/** Each chunk is checked when its new frame is made. */
function* checkedInFrames(chunks: readonly CarriedChunk[]): Generator<WantedChunk> {
  for (const chunk of chunks) yield { ...chunk, isCheckedLater: true }
}

function checkNamed(plan: CarryPlan, { snapshot }: PublishedSnapshot): void {
  const named = new Set(snapshot.packages.map((offered) => offered.id))
  for (const id of [...plan.manifests, ...plan.hosts.flatMap((host) => host.packages)])
    if (!named.has(id)) throw new MossError('TRUST_NOT_NAMED', { package: id, channel: snapshot.channel })
}

/** The bytes that a bundle's metadata builds on. Throws NOT_FOUND for what is no more in the channel. */
export function knownBytes(channel: StationChannel, { snapshot, manifests }: KnownPlan): KnownBytes {
  return {
    inHead: snapshot === undefined ? [] : [channel.snapshots.read(snapshot).bytes],
    listed: manifests.map((id) => ({
      content: id as Digest as ContentDigest,
      bytes: packageOf(channel, id).manifestBytes,
    })),
  }
}

function draftOf(request: ExportRequest, frames: FinishedFrames): ContainerDraft {
  const { plan, channel, published, hosts, known, roots = [], grants = [], note } = request
  const { snapshot } = published
  const carried = plan.manifests.map((id) => packageOf(channel, id))
  const { manifests, packages } = encodeManifests(
    carried.map(({ id, manifestBytes }) => ({ id, bytes: manifestBytes })),
  )
  return {
    kind: 'bundle',
    created: snapshot.created,
    about: encodeAbout({
      channel: snapshot.channel,
      epoch: snapshot.epoch,
      serial: snapshot.serial,
      snapshot: published.id,
      hosts: plan.hosts.map(({ host }) => served(host, hosts.get(host))),
    }),
    sections: [
      { name: 'roots', bytes: encodeRoots(roots) },
      { name: 'snapshot', bytes: published.bytes },
      { name: 'grants', bytes: encodeGrants(grants) },
      { name: 'summary', bytes: summaryOf(request, carried, frames) },
      { name: 'notes', bytes: note === undefined ? new Uint8Array(0) : encodeNote(note) },
      { name: 'manifests', bytes: manifests },
      { name: 'packages', bytes: packages },
      { name: 'catalogue', bytes: catalogueOf(request) },
      {
        name: 'hosts',
        bytes: encodeHosts(new Map(plan.hosts.map(({ host, packages }) => [host, packages]))),
      },
    ],
    ...(known && { known: knownBytes(channel, known) }),
  }
}

/** As a difference from that of the snapshot that every host has; empty where the channel has none. */
function catalogueOf({ plan, channel, published: { snapshot }, known }: ExportRequest): Uint8Array {
  const after = channel.snapshots.catalogueBytes(snapshot)
  if (after === undefined) return new Uint8Array(0)
  const before = known?.snapshot === undefined ? undefined : channel.snapshots.read(known.snapshot).snapshot
  const sets = plan.hosts.map(({ packages }) => new Set(packages))
  return catalogueDifference(after, before && channel.snapshots.catalogueBytes(before), (id) =>
    sets.every((set) => set.has(id)),
  )
}

const served = (host: HostId, { state, after }: Omit<ServedHost, 'host'> = {}): ServedHost => ({
  host,
  ...(state !== undefined && { state }),
  ...(after !== undefined && { after }),
})

function packageOf(
  channel: StationChannel,
  id: PackageId,
): { readonly id: PackageId; readonly manifest: Manifest; readonly manifestBytes: Uint8Array } {
  const file = channel.package(id)
  if (file === undefined) throw new MossError('NOT_FOUND', { what: 'package', name: id })
  return file
}

function summaryOf(
  { plan, hosts }: ExportRequest,
  carried: readonly { readonly manifest: Manifest }[],
  frames: FinishedFrames,
): Uint8Array {
  const { totals } = plan
  return encodeSummary({
    hosts: plan.hosts.map((each) => ({
      host: each.host,
      name: hosts.get(each.host)?.name ?? '',
      packages: each.packages.length,
      carriedBytes: each.totals.chunkBytes,
    })),
    packages: carried.map(({ manifest: { name, version } }) => ({ name, version })),
    bytes: {
      all: totals.allBytes,
      changed: totals.changedBytes,
      shared: totals.sharedBytes,
      chunks: totals.chunkBytes,
      deltas: frames.deltaBytes,
      whole: frames.storedBytes - frames.deltaBytes,
    },
  })
}

/** A file of that name with the same front is the same bundle: its head pins all that follows. */
function isThere({ disk }: Outside, { path, front, sizeBytes }: MadeBundle): boolean {
  if (disk.lstat(path)?.sizeBytes !== sizeBytes) return false
  using file = disk.open(path, 'read')
  const found = new Uint8Array(front.length)
  return file.read(found, 0) === found.length && equalBytes(found, front)
}
