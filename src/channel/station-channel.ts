// A channel on a station: a folder with packages/ (a container for each, complete) and snapshots/ (a signed list
// for each serial). What is added is offered only when the next snapshot names it; what has expired lies in expired/, for
// deltas of those who have it. The folder is all there is: copy it and the channel is copied. One that is laid over others has
// their packages from them.
import { compareText } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import { isMossError, MossError } from '../base/error.ts'
import type { ContentDigest, PackageId } from '../base/ids.ts'
import { checkChannelName } from '../base/names.ts'
import { encodeContainer } from '../container/write.ts'
import type { Disk } from '../host/disk.ts'
import { createPart, moveIntoPlace, placePart } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import { copyWhole } from '../host/whole-files.ts'
import { packageFileName } from '../manifest/file-name.ts'
import type { LayoutFile } from '../manifest/manifest.ts'
import type { Signer } from '../trust/keys.ts'
import type { Root } from '../trust/root.ts'
import type { GenuineClaims } from '../trust/signatures.ts'
import { type Roots, underAnyRoot } from './any-root.ts'
import { writeOver } from './channel-file.ts'
import { comparePackages } from '../manifest/compare-packages.ts'
import { bytesOf, filesOf } from '../manifest/layout-files.ts'
import { type CatalogueEntry, encodeCatalogue } from './encode-catalogue.ts'
import { PackageFolder } from './package-folder.ts'
import { type PublishedSnapshot, SnapshotFolder } from './snapshot-folder.ts'
import {
  checkFrames,
  checkPackageFile,
  chunksOf,
  isWhole,
  readPackageFile,
  type PackageFile,
} from './package-file.ts'
import type { PublishPlan } from './plan-publish.ts'
import { decodeSnapshotRecord, encodeSnapshotRecord, type OfferedPackage, type Snapshot } from './snapshot.ts'

export interface ChannelPlace {
  readonly folder: string
  readonly name: string
  /** Whose keys its packages and snapshots must bear. */
  readonly root: Root
  /** Those before it, the newest first: what bears their keys was good when it came in. */
  readonly earlierRoots?: readonly Root[]
  /** The channels that it is laid over, the one that counts most first; there may be none left. */
  readonly over?: readonly StationChannel[]
  /** Signatures of packages that were judged before. */
  readonly known?: GenuineClaims
}

export interface AddedFile {
  readonly file: PackageFile
  readonly isNew: boolean
  /** It was here, but not as it was signed. */
  readonly isMended: boolean
}

/** With the last the channel is there. */
const folders = ['snapshots', 'packages'] as const

/**
 * Makes the folders of a new channel, laid over those of these names. Until it has its folders it is not there, and can be made
 * again. Throws ALREADY_EXISTS, or CLI_USAGE for a name that is none.
 */
export function createChannel(
  outside: Outside,
  place: Pick<ChannelPlace, 'folder' | 'name'> & { readonly over?: readonly string[] },
): void {
  const { disk } = outside
  checkChannelName(place.name, 'channel create')
  if (disk.lstat(`${place.folder}/packages`) !== undefined)
    throw new MossError('ALREADY_EXISTS', { what: `channel ${place.name}` })
  if (disk.lstat(place.folder) === undefined) disk.makeFolder(place.folder, 0o755)
  writeOver(disk, place.folder, place.over)
  for (const name of folders)
    if (disk.lstat(`${place.folder}/${name}`) === undefined) disk.makeFolder(`${place.folder}/${name}`, 0o755)
  disk.syncFolder(place.folder)
}

/** Throws NOT_FOUND. */
export function openChannel(outside: Outside, place: ChannelPlace): StationChannel {
  if (outside.disk.lstat(`${place.folder}/packages`) === undefined)
    throw new MossError('NOT_FOUND', { what: 'channel', name: place.name })
  return new StationChannel(outside, place)
}

export class StationChannel {
  readonly name: string
  readonly folder: string
  readonly root: Root
  readonly over: readonly StationChannel[]
  readonly isLaidOver: boolean
  readonly snapshots: SnapshotFolder
  readonly #outside: Outside
  readonly #roots: Roots
  readonly #known: GenuineClaims | undefined
  readonly #packages: PackageFolder
  readonly #expired: PackageFolder

  constructor(outside: Outside, place: ChannelPlace) {
    this.#outside = outside
    this.#roots = [place.root, ...(place.earlierRoots ?? [])]
    this.#known = place.known
    this.name = place.name
    this.folder = place.folder
    this.root = place.root
    this.over = place.over ?? []
    this.isLaidOver = place.over !== undefined
    const { disk } = outside
    this.snapshots = new SnapshotFolder(disk, {
      folder: `${place.folder}/snapshots`,
      channel: place.name,
      roots: this.#roots,
    })
    this.#packages = new PackageFolder(disk, {
      path: `${place.folder}/packages`,
      read: (path) => this.#read(path),
    })
    this.#expired = new PackageFolder(disk, {
      path: `${place.folder}/expired`,
      read: (path) => this.#readExpired(path),
    })
  }

  /** What is in the folder, offered or not, by name, then by id. */
  packages(): readonly PackageFile[] {
    return this.#packages.all().toSorted(byNameAndId)
  }

  /** What was offered once, and is still here for those who have it. */
  expired(): readonly PackageFile[] {
    return this.#expired.all().toSorted(byNameAndId)
  }

  /** Of its own, or of a channel that it is laid over. */
  package(id: PackageId): PackageFile | undefined {
    // Another look at the folders is slow: only where nothing that is known of them has it.
    return (
      this.#inLayers((channel) => channel.#packages.known(id) ?? channel.#expired.known(id)) ??
      this.#inLayers((channel) => channel.#packages.foundAnew(id) ?? channel.#expired.foundAnew(id))
    )
  }

  /** The channel below, or undefined, whose package this is. */
  lowerWith(id: PackageId): StationChannel | undefined {
    return this.over.find((lower) => lower.package(id) !== undefined)
  }

  /** Of a file of a package that is here. */
  chunkList(
    id: PackageId,
    file: Pick<LayoutFile, 'path' | 'content' | 'sizeBytes'>,
  ): ReturnType<typeof chunksOf> {
    return chunksOf(this.#wanted(id), file)
  }

  /**
   * Takes a package's container in, verified, under its name; the file at `path` stays. A package that is here
   * already stays as it is if it is whole, and is replaced if not.
   */
  add(path: string): AddedFile {
    const { disk } = this.#outside
    const [root] = this.#roots
    const file = this.#readUnder(path, root)
    checkPackageFile(file)
    checkFrames(file)
    const named = `${this.folder}/packages/${packageFileName(file.id, file.manifest)}`
    const isDamaged = disk.lstat(named) !== undefined && !this.isWhole(named, file.id)
    const present = isDamaged
      ? undefined
      : (this.#packages.known(file.id) ?? this.#packages.foundAnew(file.id))
    if (present !== undefined && (present.path === named || this.isWhole(present.path, file.id)))
      return { file: present, isNew: false, isMended: false }
    const target = present?.path ?? named
    const isMended = isDamaged || present !== undefined
    copyFile(disk, { from: path, to: target, replace: isMended })
    const copied = this.#readUnder(target, root)
    if (copied.id !== file.id) {
      disk.remove(target)
      throw new MossError('CONTAINER_DAMAGED', {
        part: path,
        problem: 'it was another package when it was read again',
      })
    }
    checkPackageFile(copied)
    return { file: this.#packages.keep(copied), isNew: !isMended, isMended }
  }

  /** Whether the file at `path` is this package, every byte as it was signed: it is read anew. */
  isWhole(path: string, id: PackageId): boolean {
    return isWhole(() => this.#read(path), id)
  }

  /** Puts aside, as far as it is here, what the next snapshot does not name any more; adding it again offers it again. */
  #putAside(expired: readonly OfferedPackage[]): void {
    const { disk } = this.#outside
    const ids = new Set(expired.map(({ id }) => id))
    if (ids.size === 0) return
    const going = this.#packages.all().filter(({ id }) => ids.has(id))
    if (going.length === 0) return
    const folder = `${this.folder}/expired`
    if (disk.lstat(folder) === undefined) disk.makeFolder(folder, 0o755)
    disk.syncFolder(this.folder)
    const moves = going.map(({ path }) => ({
      from: path,
      to: `${folder}${path.slice(path.lastIndexOf('/'))}`,
    }))
    moveIntoPlace(disk, moves)
    for (const file of going) this.#packages.drop(file)
  }

  /** Signs and writes the next snapshot. Dates never go back. Throws PLAN_STALE if another was published since. */
  publish(
    plan: PublishPlan,
    by: {
      readonly created: number
      readonly expires?: number | undefined
      readonly signers: readonly Signer[]
    },
  ): PublishedSnapshot {
    const latest = this.snapshots.latest()
    if ((latest?.snapshot.serial ?? 0) + 1 !== plan.serial)
      throw new MossError('PLAN_STALE', { what: `channel ${this.name}` })
    const catalogue = encodeCatalogue(this.#entriesOf(plan.packages, latest?.snapshot))
    const created = Math.max(by.created, latest?.snapshot.created ?? 0)
    const about = { channel: this.name, epoch: this.root.epoch, serial: plan.serial, expires: by.expires }
    const recordBytes = encodeSnapshotRecord({ ...plan, catalogue: digestOf<ContentDigest>(catalogue) })
    // What could not be read again must not become the latest.
    decodeSnapshotRecord({ about, created, recordBytes })
    const bytes = encodeContainer(
      { kind: 'channel', created, about, sections: [{ name: 'record', bytes: recordBytes }] },
      by.signers,
    )
    // What is aside and still named is found; what is not named and not aside would be offered again.
    this.snapshots.write({ serial: plan.serial, bytes, catalogue }, () => this.#putAside(plan.expired))
    return this.snapshots.read(plan.serial)
  }

  /** From the catalogues that there are where these have them, so that not every package is read again; without those that are gone. */
  #entriesOf(packages: readonly OfferedPackage[], before: Snapshot | undefined): readonly CatalogueEntry[] {
    const known = [this, ...this.over].flatMap((channel) => {
      const snapshot = channel === this ? before : channel.snapshots.latest()?.snapshot
      const catalogue = snapshot && channel.snapshots.catalogue(snapshot)
      return catalogue === undefined ? [] : [catalogue]
    })
    const read = (id: PackageId): readonly CatalogueEntry[] => {
      const file = this.package(id)
      return file === undefined ? [] : [entryOf(file)]
    }
    const entries = packages.flatMap(({ id, name }) => {
      for (const catalogue of known) {
        const position = catalogue.positionOf({ id, manifest: { name } })
        if (position !== undefined) return [catalogue.entry(position)]
      }
      return read(id)
    })
    // What became the newest of its name again: the catalogue before left its files out.
    const sorted = entries.toSorted(comparePackages)
    const isNewest = (at: number): boolean => sorted[at - 1]?.manifest.name !== sorted[at]?.manifest.name
    return sorted.map((entry, at) =>
      entry.files === undefined && isNewest(at) ? (read(entry.id)[0] ?? entry) : entry,
    )
  }

  /** What is found first, from here downwards. */
  #inLayers(look: (channel: StationChannel) => PackageFile | undefined): PackageFile | undefined {
    const own = look(this)
    if (own !== undefined) return own
    for (const lower of this.over) {
      const found = lower.#inLayers(look)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** A packager that the newest root does not name may have signed what some snapshot has named already. */
  #read(path: string): PackageFile {
    const [newest] = this.#roots
    const { by, value: file } = underAnyRoot(this.#roots, (root) => this.#readUnder(path, root))
    return by === newest || this.snapshots.everNamed().has(file.id) ? file : this.#readUnder(path, newest)
  }

  #readUnder(path: string, root: Root): PackageFile {
    return readPackageFile(this.#outside.disk, path, root, this.#known)
  }

  /** Nobody misses one that is damaged before it is wanted as a base: it is named. */
  #readExpired(path: string): PackageFile {
    try {
      return underAnyRoot(this.#roots, (root) => this.#readUnder(path, root)).value
    } catch (error) {
      if (!isMossError(error)) throw error
      throw new MossError('CONTAINER_DAMAGED', { part: path, problem: error.message }, error)
    }
  }

  #wanted(id: PackageId): PackageFile {
    const file = this.package(id)
    if (file === undefined) throw new MossError('NOT_FOUND', { what: 'package', name: id })
    return file
  }
}

const byNameAndId = (a: PackageFile, b: PackageFile): number =>
  compareText(a.manifest.name, b.manifest.name) || compareText(a.id, b.id)

const entryOf = ({ id, manifest }: PackageFile): CatalogueEntry => ({
  id,
  manifest,
  sizeBytes: bytesOf(manifest),
  files: filesOf(manifest),
})

/** A file of its own: what somebody does to the first does not change the second. */
function copyFile(
  disk: Disk,
  { from, to, replace }: { readonly from: string; readonly to: string; readonly replace: boolean },
): void {
  using source = disk.open(from, 'read')
  using part = createPart(disk, to)
  copyWhole(source, part)
  placePart(disk, part, to, { replace })
}
