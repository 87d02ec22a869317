// The snapshots of a channel on a station: a signed list for each serial, and beside it the catalogue that it names. Each is
// verified when it is read.
import { digestOf } from '../base/digest.ts'
import { isMossError, MossError } from '../base/error.ts'
import type { ContainerId, PackageId } from '../base/ids.ts'
import { type OpenedContainer, openKind } from '../container/read.ts'
import { readRecord } from '../container/sections.ts'
import { verifyContainer } from '../container/verify.ts'
import { bytesSource, fileSource } from '../host/byte-source.ts'
import type { Disk } from '../host/disk.ts'
import { writeDurably } from '../host/durable.ts'
import { type Roots, underAnyRoot } from './any-root.ts'
import { type Catalogue, readCatalogue } from './catalogue.ts'
import { decodeSnapshotRecord, type Snapshot } from './snapshot.ts'

/** More than any snapshot of a whole distribution takes. */
const snapshotLimitBytes = 256 * 1024 * 1024

export interface PublishedSnapshot {
  readonly id: ContainerId
  readonly snapshot: Snapshot
  /** The whole container, as bundles carry it. */
  readonly bytes: Uint8Array
  /** False where the newest root has other channel keys or another epoch: hosts that follow it refuse this. */
  readonly isUnderRoot: boolean
}

export class SnapshotFolder {
  readonly #disk: Disk
  readonly #folder: string
  readonly #channel: string
  readonly #roots: Roots
  #latest: PublishedSnapshot | undefined
  /** What any snapshot up to this serial has named. */
  #named: { readonly serial: number | undefined; readonly ids: ReadonlySet<PackageId> } | undefined

  constructor(disk: Disk, of: { readonly folder: string; readonly channel: string; readonly roots: Roots }) {
    this.#disk = disk
    this.#folder = of.folder
    this.#channel = of.channel
    this.#roots = of.roots
  }

  /** Of the snapshots there are, from the oldest. */
  serials(): readonly number[] {
    return this.#disk
      .list(this.#folder)
      .map((entry) => /^([1-9][0-9]{0,14})\.moss-channel$/.exec(entry.name)?.[1])
      .filter((serial) => serial !== undefined)
      .map(Number)
      .sort((a, b) => a - b)
  }

  read(serial: number): PublishedSnapshot {
    const path = this.#snapshotPath(serial)
    const bytes = this.#disk.readFile(path, snapshotLimitBytes)
    const opened = openKind(bytesSource(path, bytes), 'channel')
    const { by, value: verified } = underAnyRoot(this.#roots, (root) =>
      verifyContainer(opened, { role: 'channel', root }),
    )
    const snapshot = decodeSnapshotRecord(readRecord(verified))
    if (snapshot.channel !== this.#channel || snapshot.serial !== serial)
      throw new MossError('CONTAINER_DAMAGED', {
        part: path,
        problem: `it is serial ${snapshot.serial} of channel ${snapshot.channel}`,
      })
    const [newest] = this.#roots
    const isUnderRoot = by === newest && snapshot.epoch === newest.epoch
    return { id: opened.id, snapshot, bytes, isUnderRoot }
  }

  /** As the head of the snapshot's file says, unjudged: for lists. Undefined where it is not here. */
  dateOf(serial: number): number | undefined {
    return this.#opened(serial)?.head.created
  }

  /** The same of its id. */
  idOf(serial: number): ContainerId | undefined {
    return this.#opened(serial)?.id
  }

  /** Throws CONTAINER_DAMAGED with the file's name, where what is wrong does not have it. */
  #opened(serial: number): Pick<OpenedContainer, 'id' | 'head'> | undefined {
    const path = this.#snapshotPath(serial)
    if (this.#disk.lstat(path) === undefined) return undefined
    using source = fileSource(this.#disk, path)
    try {
      return openKind(source, 'channel')
    } catch (error) {
      if (!isMossError(error) || 'path' in error.details) throw error
      throw new MossError('CONTAINER_DAMAGED', { part: path, problem: error.message }, error)
    }
  }

  /** The files of a snapshot: its catalogue first, which alone would be nobody's. */
  filesOf(serial: number): { readonly paths: readonly string[]; readonly sizeBytes: number } {
    const found = [this.#cataloguePath(serial), this.#snapshotPath(serial)].flatMap((path) => {
      const stat = this.#disk.lstat(path)
      return stat?.kind === 'file' ? [{ path, sizeBytes: stat.sizeBytes }] : []
    })
    return {
      paths: found.map(({ path }) => path),
      sizeBytes: found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    }
  }

  /** Undefined before the first is published. */
  latest(): PublishedSnapshot | undefined {
    const serial = this.serials().at(-1)
    if (serial === undefined) return undefined
    if (this.#latest?.snapshot.serial !== serial) this.#latest = this.read(serial)
    return this.#latest
  }

  /**
   * What the snapshot's packages say of themselves. Undefined where the snapshot names no catalogue, or its file is not the
   * one that it names, or of a format that is not read here.
   */
  catalogue(snapshot: Snapshot): Catalogue | undefined {
    const bytes = this.catalogueBytes(snapshot)
    try {
      return bytes && readCatalogue(bytes)
    } catch (error) {
      if (isMossError(error, 'SHAPE_INVALID')) return undefined
      throw error
    }
  }

  catalogueBytes({ serial, catalogue }: Snapshot): Uint8Array | undefined {
    const path = this.#cataloguePath(serial)
    if (catalogue === undefined || this.#disk.lstat(path) === undefined) return undefined
    const bytes = this.#disk.readFile(path, snapshotLimitBytes)
    return digestOf(bytes) === catalogue ? bytes : undefined
  }

  /** The catalogue goes first, `between` is done, and the snapshot makes it count; what an interrupted writing left is written over. */
  write(
    made: { readonly serial: number; readonly bytes: Uint8Array; readonly catalogue: Uint8Array },
    between: () => void,
  ): void {
    const { serial, bytes, catalogue } = made
    writeDurably(this.#disk, this.#cataloguePath(serial), catalogue, { mode: 0o644, replace: true })
    between()
    writeDurably(this.#disk, this.#snapshotPath(serial), bytes, { mode: 0o644 })
  }

  /** What any of them has named. */
  everNamed(): ReadonlySet<PackageId> {
    const serials = this.serials()
    const serial = serials.at(-1)
    if (this.#named === undefined || this.#named.serial !== serial) {
      const named = serials.flatMap((each) => this.read(each).snapshot.packages.map(({ id }) => id))
      this.#named = { serial, ids: new Set(named) }
    }
    return this.#named.ids
  }

  #cataloguePath(serial: number): string {
    return `${this.#folder}/${serial}.moss-catalogue`
  }

  #snapshotPath(serial: number): string {
    return `${this.#folder}/${serial}.moss-channel`
  }
}
