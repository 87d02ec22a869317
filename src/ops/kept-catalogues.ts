// The catalogues of the snapshots that this host has taken in. A bundle brings one as a difference from that of a snapshot
// which the station counts on; what comes out is the one that the snapshot names, or none. Without one nothing is lost
// but answers to questions, so no import fails for it: it is told, and the next bundle brings all of it.
import { isMossError, MossError, unlessRefused } from '../base/error.ts'
import { digestOf } from '../base/digest.ts'
import type { ContentDigest } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import type { ReadBundle } from '../bundle/read-bundle.ts'
import { type Catalogue, readCatalogue } from '../channel/catalogue.ts'
import { applyCatalogueDifference, baseOfDifference } from '../channel/catalogue-difference.ts'
import { decodeSnapshotAbout, decodeSnapshotRecord, type Snapshot } from '../channel/snapshot.ts'
import { filesOf } from '../manifest/layout-files.ts'
import { openKind } from '../container/read.ts'
import { readRecord, readSection } from '../container/sections.ts'
import { verifyContainer } from '../container/verify.ts'
import { bytesSource } from '../host/byte-source.ts'
import { inBlocks, type Room } from '../host/room.ts'
import type { Root } from '../trust/root.ts'
import { catalogueFile, type KeptSnapshot, keptSnapshots, writeCatalogue } from './kept-snapshots.ts'
import type { Outside } from '../host/outside.ts'
import { managedPlaces } from './installed.ts'
import { readModel } from './model-file.ts'
import type { SettlingSession } from './receipt.ts'
import type { ReportEvent } from './types.ts'

type Session = Pick<SettlingSession, 'places' | 'outside'>

/** The bundle's snapshot is kept already. Durable when it returns. */
export function keepCatalogue(
  host: Session,
  { about, snapshot, container, packages }: Pick<ReadBundle, 'about' | 'snapshot' | 'container' | 'packages'>,
  report: ReportEvent,
): void {
  if (snapshot.catalogue === undefined) return
  const bytes = catalogueFrom(host, { container, packages })
  if (bytes !== undefined && digestOf(bytes) === snapshot.catalogue)
    return writeCatalogue(host, about.snapshot, bytes)
  // Which of them is not as it was is not known, and the station must not count on any.
  for (const { id } of keptSnapshots(host)) unlessBroken(() => writeCatalogue(host, id))
  report({
    phase: 'import',
    warning: `the catalogue of channel ${snapshot.channel}, serial ${snapshot.serial}, cannot be made from what is here: moss search has none until the next bundle, which brings all of it`,
  })
}

/** At most: that of the largest that is here and of all that comes. */
export function roomForCatalogue(
  host: Session,
  { container, packages }: Pick<ReadBundle, 'container' | 'packages'>,
): Room {
  const section = container.head.sections.find(({ name }) => name === 'catalogue')
  if (section === undefined) return { sizeBytes: 0, inodes: 0 }
  const sizes = Array.from(keptSnapshots(host), ({ id }) => catalogueFile(host, id)?.sizeBytes ?? 0)
  const ofFiles = packages
    .flatMap(({ manifest }) => filesOf(manifest))
    .reduce((sum, path) => sum + encodedPathBytes(path), 0)
  return { sizeBytes: inBlocks(Math.max(0, ...sizes) + section.plainBytes + ofFiles), inodes: 1 }
}

/** Its name and the number of its folder, which may be its alone. */
const encodedPathBytes = (path: string): number => path.length + 12

/** Undefined where the bundle brings none, or one that cannot be read with what is here. */
function catalogueFrom(
  host: Session,
  { container, packages }: Pick<ReadBundle, 'container' | 'packages'>,
): Uint8Array | undefined {
  try {
    const difference = readSection(container, 'catalogue')
    if (difference === undefined) return undefined
    const wanted = baseOfDifference(difference)
    const base = wanted && keptCatalogue(host, wanted)
    if (wanted !== undefined && base === undefined) return undefined
    const manifests = new Map(packages.map(({ id, manifest }) => [id, manifest]))
    return applyCatalogueDifference(difference, base, (id) => {
      const manifest = manifests.get(id)
      return manifest && filesOf(manifest)
    })
  } catch (error) {
    if (isMossError(error, 'SHAPE_INVALID') || isMossError(error, 'CONTAINER_DAMAGED')) return undefined
    throw error
  }
}

function keptCatalogue(host: Session, wanted: ContentDigest): Uint8Array | undefined {
  for (const { id } of keptSnapshots(host)) {
    const file = catalogueFile(host, id)
    if (file === undefined || file.sizeBytes === 0) continue
    const bytes = unlessBroken(() => host.outside.disk.readFile(file.path, limits.sectionBytes))
    if (bytes !== undefined && digestOf(bytes) === wanted) return bytes
  }
  return undefined
}

/** What the disk does to these files must not keep a bundle out. */
function unlessBroken<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (isMossError(error, 'HOST_IO')) return undefined
    throw error
  }
}

/** Undefined where it is no longer under the root that this host came to trust, or rotted itself. */
function signedSnapshot({ path, bytes }: KeptSnapshot, root: Root): Snapshot | undefined {
  return unlessRefused(() => {
    const opened = openKind(bytesSource(path, bytes), 'channel')
    return decodeSnapshotRecord(readRecord(verifyContainer(opened, { role: 'channel', root })))
  })
}

/** Of each that is here and is not what the channel signed, a line. */
export function* catalogueFindings(host: Session, root: Root): Generator<string> {
  for (const kept of keptSnapshots(host)) {
    const file = catalogueFile(host, kept.id)
    const snapshot = file === undefined || file.sizeBytes === 0 ? undefined : signedSnapshot(kept, root)
    if (file === undefined || snapshot === undefined) continue
    const { channel, serial, catalogue } = snapshot
    const found = unlessBroken(() => host.outside.disk.readFile(file.path, limits.sectionBytes))
    if (found === undefined || digestOf(found) !== catalogue)
      yield `the catalogue of channel ${channel}, serial ${serial}, is not as the channel signed it: search may answer wrongly; the next bundle drops it, the one after brings all of it`
  }
}

export interface KeptCatalogue {
  readonly channel: string
  readonly serial: number
  readonly catalogue: Catalogue
}

/** Of the newest snapshot of the channel that has one here. Throws SHAPE_INVALID where that is damaged. */
export function newestCatalogue(host: Session, channel: string): KeptCatalogue | undefined {
  const found = [...keptSnapshots(host)]
    .map(({ id, path, bytes }) => ({
      file: catalogueFile(host, id),
      ...decodeSnapshotAbout(openKind(bytesSource(path, bytes), 'channel').head.about),
    }))
    .filter((each) => each.channel === channel)
    .toSorted((a, b) => b.serial - a.serial)
    .find(({ file }) => file !== undefined && file.sizeBytes > 0)
  if (found?.file === undefined) return undefined
  const bytes = host.outside.disk.readFile(found.file.path, limits.sectionBytes)
  return { channel, serial: found.serial, catalogue: readCatalogue(bytes) }
}

/** Of the channel that the model follows. Throws CATALOGUE_MISSING where no bundle has brought one. */
export function followedCatalogue(outside: Outside, root: string): KeptCatalogue {
  const places = managedPlaces(outside, root)
  const { channel } = readModel(outside, places).model
  const found = newestCatalogue({ outside, places }, channel)
  if (found === undefined) throw new MossError('CATALOGUE_MISSING', { channel })
  return found
}

/** The same, or undefined where there is none, or it rotted. Its texts may throw SHAPE_INVALID still. */
export const catalogueIfAny = (outside: Outside, root: string): Catalogue | undefined =>
  unlessRefused(() => followedCatalogue(outside, root).catalogue)
