// One pass over a source: places each entry, streams each body into the spool, collects what the package
// provides and what a person should know. Small bodies are cut many at a time; the order of what is
// cut is the source's order, so the frames depend on the source alone.
import { encodeUtf8 } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { Report } from '../base/progress.ts'
import type { FrameSpool } from '../container/frames.ts'
import type { Outside } from '../host/outside.ts'
import { foreignIn, withoutArchitecture } from '../manifest/architecture.ts'
import type { Capability } from '../manifest/capability.ts'
import type { LayoutFile, Manifest } from '../manifest/manifest.ts'
import { allowedXattrs } from '../manifest/rules.ts'
import { readTrigger, triggersPath } from '../manifest/trigger.ts'
import { FoundCapabilities } from './found-capabilities.ts'
import { type DraftEntry, LayoutDraft, type PendingBody } from './layout-draft.ts'
import { isMergedLink, type PlaceMap, placePath, placeTarget } from './placement.ts'
import type { PackageSource, SourceEntry } from './source.ts'

type SourceFile = Extract<SourceEntry, { readonly kind: 'file' }>

/** Bodies up to this size are gathered into batches of up to so many bytes. */
const smallBytes = 512 * 1024
const batchBytes = 8 * 1024 * 1024

const highestOwner = 0xfffffffe
/** Numbers from here are given out by each machine, not by the distribution. */
const firstLocalOwner = 1000
const longestTarget = 4095

export interface Taken {
  readonly manifest: Manifest
  /** Whole seconds since 1970; 0 when nothing has a date. */
  readonly newest: number
  readonly outsideFolders: readonly string[]
  readonly notes: readonly string[]
  readonly files: number
  readonly plainBytes: number
}

export class Intake {
  readonly #outside: Outside
  readonly #source: PackageSource
  readonly #spool: FrameSpool
  readonly #place: PlaceMap
  readonly #report: Report
  readonly #draft: LayoutDraft
  readonly #found: FoundCapabilities
  readonly #outsideFolders: string[] = []
  readonly #notes: string[] = []
  /** Files by their path in the source, for hard links. */
  readonly #files = new Map<
    string,
    Omit<LayoutFile, 'path' | 'content' | 'sizeBytes'> & { body: PendingBody }
  >()
  #batch: { readonly bytes: Uint8Array; readonly body: PendingBody }[] = []
  #batched = 0
  #newest = 0
  #plainBytes = 0

  constructor(from: {
    readonly outside: Outside
    readonly source: PackageSource
    readonly spool: FrameSpool
    readonly place: PlaceMap
    readonly report: Report
  }) {
    this.#outside = from.outside
    this.#source = from.source
    this.#spool = from.spool
    this.#place = from.place
    this.#report = from.report
    this.#draft = new LayoutDraft(from.source.description.name)
    this.#found = new FoundCapabilities(withoutArchitecture(from.source.description.name), {
      isBuilt: from.source.assumes !== undefined,
    })
  }

  async run(): Promise<Taken> {
    let count = 0
    for await (const entry of this.#source.entries()) {
      await this.#take(entry)
      this.#newest = Math.max(this.#newest, entry.modified)
      if (++count % 256 === 0) await this.#outside.turn()
      this.#report({ phase: 'read', item: entry.path, doneItems: count, doneBytes: this.#plainBytes })
    }
    await this.#flush()
    const { description } = this.#source
    return {
      manifest: {
        ...description,
        licence: description.licence === '' ? this.#found.licence : description.licence,
        // What stands beside the machine's own is no more than it says: its libraries are not for the machine's programs.
        provides:
          foreignIn(description.name) === undefined
            ? joinProvides(description.provides, this.#found.provides)
            : description.provides,
        requires: joinRequires(description.requires, this.#found.requires, this.#source.assumes ?? []),
        ...this.#draft.finish(),
      },
      newest: this.#newest,
      outsideFolders: this.#outsideFolders,
      notes: [...this.#notes, ...this.#found.problems],
      files: this.#files.size,
      plainBytes: this.#plainBytes,
    }
  }

  async #take(entry: SourceEntry): Promise<void> {
    const { path, kind } = entry
    if (kind === 'special') this.#refuse(path, `a ${entry.what} cannot be in a package`)
    if (kind === 'symlink' && isMergedLink(path, entry.target)) return
    const place = placePath(path, this.#place, kind === 'folder' ? 'folder' : 'other')
    if (place.kind === 'refused') this.#refuse(path, place.problem)
    if (place.kind === 'outside') return void this.#outsideFolders.push(path)
    const placed = place.path
    if (kind !== 'file' && kind !== 'link') checkTrigger(placed, { kind, sizeBytes: 0, read: noBytes })
    if (kind === 'symlink') this.#takeSymlink(path, placed, entry.target)
    else if (kind === 'link') this.#takeLink(path, placed, entry.earlier)
    else {
      this.#checkOwner(entry)
      if (kind === 'file') await this.#takeFile(entry, placed)
      else this.#draft.add({ kind, path: placed, mode: entry.mode, uid: entry.uid, gid: entry.gid }, path)
    }
  }

  #takeSymlink(from: string, path: string, wanted: string): void {
    const bytes = encodeUtf8(wanted).length
    if (bytes === 0 || bytes > longestTarget || wanted.includes('\0') || !wanted.isWellFormed())
      this.#refuse(from, 'is a link to no possible path')
    const target = placeTarget({ from, to: path, target: wanted }, this.#place)
    if (target !== wanted) this.#notes.push(`${path}: the link to ${wanted} now leads to ${target}`)
    this.#found.addSymlink(path, target)
    this.#draft.add({ kind: 'symlink', path, target }, from)
  }

  #takeLink(from: string, path: string, earlier: string): void {
    const file = this.#files.get(earlier)
    if (file === undefined)
      throw new MossError('PACKAGE_UNREADABLE', {
        path: this.#source.path,
        problem: `${from} is a hard link to ${earlier}, which is no file before it`,
      })
    this.#found.watchFile(path, file.mode)
    this.#addFile(from, path, file)
  }

  async #takeFile(entry: SourceFile, path: string): Promise<void> {
    const { kind, mode, uid, gid, sizeBytes } = entry
    const body: PendingBody = { sizeBytes }
    const xattrs = this.#allowed(entry)
    const file = { kind, mode, uid, gid, body, ...(xattrs === undefined ? {} : { xattrs }) }
    this.#plainBytes += sizeBytes
    const pieces = this.#watched(entry, path)
    if (sizeBytes <= smallBytes) {
      const bytes = await gathered(pieces, sizeBytes)
      checkTrigger(path, { kind, sizeBytes, read: () => bytes })
      await this.#takeSmall(bytes, body)
    } else {
      checkTrigger(path, { kind, sizeBytes, read: noBytes })
      await this.#flush()
      body.content = (await this.#spool.addContent(pieces)).content
    }
    this.#addFile(entry.path, path, file)
  }

  #addFile(
    from: string,
    path: string,
    file: Omit<Extract<DraftEntry, { readonly kind: 'file' }>, 'path'>,
  ): void {
    this.#files.set(from, file)
    this.#draft.add({ ...file, path }, from)
  }

  /** Checks that as many bytes come as were announced, and shows them to whom they concern. */
  async *#watched(entry: SourceFile, path: string): AsyncGenerator<Uint8Array> {
    const watcher = this.#found.watchFile(path, entry.mode)
    let done = 0
    for await (const piece of entry.body()) {
      watcher?.add(piece)
      done += piece.length
      yield piece
    }
    if (done !== entry.sizeBytes) throw new Error('broken promise: a body has the announced size')
    watcher?.finish()
  }

  async #takeSmall(bytes: Uint8Array, body: PendingBody): Promise<void> {
    this.#batch.push({ bytes, body })
    this.#batched += bytes.length
    if (this.#batched >= batchBytes || this.#batch.length >= 4096) await this.#flush()
  }

  async #flush(): Promise<void> {
    const batch = this.#batch
    this.#batch = []
    this.#batched = 0
    if (batch.length === 0) return
    await this.#spool.addContents(
      batch.map(({ bytes }) => bytes),
      (list, index) => {
        const item = batch[index]
        if (item !== undefined) item.body.content = list.content
      },
    )
  }

  #allowed({ path, xattrs }: SourceFile): LayoutFile['xattrs'] {
    const entries = Object.entries(xattrs ?? {})
    const kept = entries.filter(([name, value]) => allowedXattrs.includes(name) && value.length <= 4096)
    for (const [name] of entries)
      if (!kept.some(([other]) => other === name))
        this.#notes.push(`${path}: the extended attribute ${name} is left out`)
    return kept.length === 0 ? undefined : Object.fromEntries(kept)
  }

  #checkOwner({
    path,
    uid,
    gid,
  }: {
    readonly path: string
    readonly uid: number
    readonly gid: number
  }): void {
    if (uid > highestOwner || gid > highestOwner) this.#refuse(path, `has the impossible owner ${uid}:${gid}`)
    if (uid >= firstLocalOwner || gid >= firstLocalOwner)
      this.#notes.push(`${path}: belongs to ${uid}:${gid}, numbers of the machine that built it`)
  }

  #refuse(path: string, problem: string): never {
    throw new MossError('PACKAGE_PATH_REFUSED', { package: this.#source.description.name, path, problem })
  }
}

/** A copy even of one piece: it may be a view that holds a whole buffer of the decompressor. */
async function gathered(pieces: AsyncIterable<Uint8Array>, sizeBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes)
  let at = 0
  for await (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

const noBytes = (): Uint8Array => new Uint8Array(0)

/** Told to whoever makes the package, not to the hosts that get it. */
function checkTrigger(path: string, found: Parameters<typeof readTrigger>[1]): void {
  if (path.startsWith(`${triggersPath}/`)) readTrigger(path, found)
}

function joinRequires(
  said: Manifest['requires'],
  found: readonly Capability[],
  assumed: readonly Capability[],
): Manifest['requires'] {
  const known = new Set([...said.flat(), ...assumed].map(({ kind, name }) => `${kind}(${name})`))
  const more = found.filter(({ kind, name }) => !known.has(`${kind}(${name})`))
  return more.length === 0 ? said : [...said, ...more.map((each) => [each])]
}

function joinProvides(said: Manifest['provides'], found: Manifest['provides']): Manifest['provides'] {
  const known = new Set(said.map(({ kind, name }) => `${kind}(${name})`))
  return [...said, ...found.filter(({ kind, name }) => !known.has(`${kind}(${name})`))]
}
