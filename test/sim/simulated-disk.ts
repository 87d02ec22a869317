// A disk in memory with the whole of Disk's behaviour, that counts its calls and forgets at a power cut what was
// not synced.
import { compareText } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import { MossError } from '../../src/base/error.ts'
import type { ContentDigest } from '../../src/base/ids.ts'
import type { Disk, FileKind, FileStat, PlacedBy, Placement, Xattrs } from '../../src/host/disk.ts'
import { type FolderLook, LookWriter, statxBytes, writeStatx } from '../../src/host/folder-look.ts'
import { ioError, problemOf } from '../../src/host/problem.ts'
import type { FaultPlan } from './faults.ts'
import { makeInode, type Attributes, type Inode } from './inode.ts'
import { lookUp, type Place } from './lookup.ts'
import type { Pending } from './pending.ts'
import type { Random } from './random.ts'
import { SimulatedFile } from './simulated-file.ts'

/** What a machine keeps when the program ends: its disk, with what is not yet synced. */
export interface Machine {
  readonly root: Inode
  readonly pending: Pending
  readonly locks: Set<Inode>
  nextInode: number
}

export interface SimulatedDiskParts {
  readonly machine: Machine
  readonly faults: FaultPlan
  readonly random: Random
  readonly userId: number
  readonly groupId: number
  readonly freeBytes: number
  readonly freeInodes: number
  readonly nowMs: () => number
}

const statOf = (inode: Inode): FileStat => ({
  kind: inode.kind,
  sizeBytes: inode.kind === 'symlink' ? Buffer.byteLength(inode.target) : inode.now.body.sizeBytes,
  mode: inode.kind === 'symlink' ? 0o777 : inode.now.mode,
  uid: inode.now.uid,
  gid: inode.now.gid,
  mtimeMs: inode.now.mtimeMs,
  inode: inode.number,
  device: inode.device,
  links: inode.kind === 'folder' ? 1 : inode.now.links,
})

const digests = new WeakMap<Uint8Array, ContentDigest>()

/** Where the real disk goes on with the next cheaper way. */
const fallsBack: readonly string[] = ['EMLINK', 'EXDEV', 'EPERM']

export class SimulatedDisk implements Disk {
  readonly #parts: SimulatedDiskParts

  constructor(parts: SimulatedDiskParts) {
    this.#parts = parts
  }

  #place(path: string, action: string): Place {
    return lookUp(this.#parts.machine.root, path, action)
  }

  #existing(path: string, action: string): Place & { readonly inode: Inode } {
    const place = this.#place(path, action)
    if (place.inode === undefined) throw ioError(action, path, 'ENOENT')
    return { ...place, inode: place.inode }
  }

  #folder(path: string, action: string): Inode {
    const { inode } = this.#existing(path, action)
    if (inode.kind !== 'folder') throw ioError(action, path, inode.kind === 'symlink' ? 'ELOOP' : 'ENOTDIR')
    return inode
  }

  #fresh(path: string, action: string): Place {
    const place = this.#place(path, action)
    if (place.inode !== undefined || place.name === '') throw ioError(action, path, 'EEXIST')
    return place
  }

  #make(place: Place, kind: FileKind, mode: number, target = ''): Inode {
    const { machine, userId, groupId, nowMs } = this.#parts
    const attributes: Attributes = { mode, uid: userId, gid: groupId, mtimeMs: nowMs(), xattrs: {} }
    const number = machine.nextInode++
    const inode = makeInode({ number, device: place.folder.device, kind, target, attributes })
    machine.pending.perform({ kind: 'enter', folder: place.folder, name: place.name, inode })
    return inode
  }

  #setAttributes(path: string, action: string, change: Partial<Attributes>): void {
    this.#parts.faults.changeOrThrow(action, path)
    const { inode } = this.#existing(path, action)
    if (inode.kind === 'symlink' && change.mode !== undefined) throw ioError(action, path, 'ELOOP')
    this.#parts.machine.pending.perform({ kind: 'attributes', inode, change })
  }

  lstat(path: string): FileStat | undefined {
    this.#parts.faults.look('lstat', path)
    const inode = this.#find(path)
    return inode === undefined ? undefined : statOf(inode)
  }

  list(path: string): ReturnType<Disk['list']> {
    this.#parts.faults.look('list', path)
    return [...this.#folder(path, 'list').now.entries]
      .map(([name, inode]) => ({ name, kind: inode.kind }))
      .sort((a, b) => compareText(a.name, b.name))
  }

  readLink(path: string): string {
    this.#parts.faults.look('readLink', path)
    const { inode } = this.#existing(path, 'read the link')
    if (inode.kind !== 'symlink') throw ioError('read the link', path, 'EINVAL')
    return inode.target
  }

  readFile(path: string, limitBytes: number): Uint8Array {
    this.#parts.faults.look('readFile', path)
    const { body } = this.#regular(path).now
    if (body.sizeBytes > limitBytes) throw ioError('read', path, `it is longer than ${limitBytes} bytes`)
    return body.bytes.slice(0, body.sizeBytes)
  }

  /** For checks: of bytes that two images share, which are never written again, it is remembered. */
  digestOf(path: string): ContentDigest {
    const { bytes, sizeBytes, isShared } = this.#regular(path).now.body
    const digest = digests.get(bytes) ?? digestOf<ContentDigest>(bytes.subarray(0, sizeBytes))
    if (isShared) digests.set(bytes, digest)
    return digest
  }

  #regular(path: string): Inode {
    const { inode } = this.#existing(path, 'open')
    if (inode.kind === 'symlink') throw ioError('open', path, 'ELOOP')
    if (inode.kind !== 'file') throw ioError('open', path, 'it is not a regular file')
    return inode
  }

  open(path: string, how: 'read' | 'create' | 'update', mode = 0o600): SimulatedFile {
    const { faults, machine, random } = this.#parts
    if (how === 'create') faults.changeOrThrow('create', path)
    else faults.look('open', path)
    const inode =
      how === 'create' ? this.#make(this.#fresh(path, 'create'), 'file', mode) : this.#regular(path)
    return new SimulatedFile({
      path,
      inode,
      isWritable: how !== 'read',
      faults,
      pending: machine.pending,
      random,
      stat: () => statOf(inode),
    })
  }

  makeFolder(path: string, mode = 0o755): void {
    this.#parts.faults.changeOrThrow('makeFolder', path)
    this.#make(this.#fresh(path, 'make'), 'folder', mode)
  }

  makeSymlink(target: string, path: string): void {
    this.#parts.faults.changeOrThrow('makeSymlink', path)
    this.#make(this.#fresh(path, 'make the link'), 'symlink', 0o777, target)
  }

  expectCopies(): void {}

  /** One after the other: a crash leaves some of them. */
  async placeCopies(placements: readonly Placement[]): Promise<readonly PlacedBy[]> {
    return placements.map(({ from, to }) => this.placeCopy(from, to))
  }

  async lookAtFolders(folders: readonly string[]): Promise<readonly (FolderLook | undefined)[]> {
    return folders.map((path) => {
      this.#parts.faults.look('lookAtFolder', path)
      const folder = this.#find(path)
      if (folder?.kind !== 'folder') return undefined
      const names = [...folder.now.entries].map(
        ([name, inode]) => [Buffer.from(name).toString('latin1'), inode] as const,
      )
      names.sort(([a], [b]) => (a < b ? -1 : 1))
      const writer = new LookWriter()
      const statx = Buffer.alloc(statxBytes)
      for (const [name, inode] of [['', folder] as const, ...names]) {
        writeStatx(statx, statOf(inode), inode.now.changed)
        writer.add(name, statx)
      }
      return writer.finish()
    })
  }

  #find(path: string): Inode | undefined {
    try {
      return this.#place(path, 'look at').inode
    } catch (error) {
      if (/^(ENOENT|ENOTDIR)$/.test(problemOf(error) ?? '')) return undefined
      throw error
    }
  }

  placeCopy(from: string, to: string): PlacedBy {
    const { faults, machine } = this.#parts
    const problem = faults.change('placeCopy', to)
    if (problem !== undefined && !fallsBack.includes(problem)) throw ioError('copy', to, problem)
    const { inode } = this.#existing(from, 'copy')
    const place = this.#fresh(to, 'copy')
    if (problem === undefined && inode.device === place.folder.device) {
      machine.pending.perform({ kind: 'enter', folder: place.folder, name: place.name, inode })
      return 'link'
    }
    if (inode.kind !== 'file') throw ioError('copy', to, 'EINVAL')
    const { mode, uid, gid, mtimeMs, xattrs, body } = inode.now
    const copy = this.#make(place, 'file', 0o600)
    machine.pending.perform({ kind: 'write', file: copy, bytes: body.bytes.slice(0, body.sizeBytes), at: 0 })
    machine.pending.perform({ kind: 'attributes', inode: copy, change: { mode, uid, gid, mtimeMs, xattrs } })
    return 'copy'
  }

  setMode(path: string, mode: number): void {
    this.#setAttributes(path, 'setMode', { mode })
  }

  setOwner(path: string, uid: number, gid: number): void {
    const { userId, groupId } = this.#parts
    if (userId !== 0 && (uid !== userId || gid !== groupId)) throw ioError('set the owner of', path, 'EPERM')
    this.#setAttributes(path, 'setOwner', { uid, gid })
  }

  setModified(path: string, mtimeMs: number): void {
    this.#setAttributes(path, 'setModified', { mtimeMs })
  }

  getXattrs(path: string): Xattrs {
    this.#parts.faults.look('getXattrs', path)
    return this.#existing(path, 'read the attributes of').inode.now.xattrs
  }

  setXattrs(path: string, xattrs: Xattrs): void {
    const { inode } = this.#existing(path, 'set the attributes of')
    if (Object.keys(xattrs).length === 0) return
    if (this.#parts.userId !== 0 && Object.keys(xattrs).some((name) => !name.startsWith('user.')))
      throw ioError('set the attributes of', path, 'EPERM')
    const all = Object.entries({ ...inode.now.xattrs, ...xattrs }).map(([name, value]) => [
      name,
      value.slice(),
    ])
    all.sort(([a], [b]) => compareText(a as string, b as string))
    this.#setAttributes(path, 'setXattrs', { xattrs: Object.fromEntries(all) as Xattrs })
  }

  remove(path: string): void {
    this.#parts.faults.changeOrThrow('remove', path)
    const { folder, name, inode } = this.#existing(path, 'remove')
    if (inode.kind === 'folder') throw ioError('remove', path, 'EISDIR')
    this.#parts.machine.pending.perform({ kind: 'leave', folder, name, inode })
  }

  removeFolder(path: string): void {
    this.#parts.faults.changeOrThrow('removeFolder', path)
    const { folder, name, inode } = this.#existing(path, 'remove')
    if (inode.kind !== 'folder') throw ioError('remove', path, 'ENOTDIR')
    if (inode.now.entries.size > 0) throw ioError('remove', path, 'ENOTEMPTY')
    if (name === '' || inode.device !== folder.device) throw ioError('remove', path, 'EBUSY')
    this.#parts.machine.pending.perform({ kind: 'leave', folder, name, inode })
  }

  /** Step by step, like the real one: a crash leaves half of it. */
  removeTree(path: string): void {
    const found = this.lstat(path)
    if (found === undefined) return
    if (found.kind !== 'folder') return this.remove(path)
    for (const name of this.#folder(path, 'remove').now.entries.keys()) this.removeTree(`${path}/${name}`)
    this.removeFolder(path)
  }

  rename(from: string, to: string, how: 'replace' | 'exclusive' | 'exchange'): void {
    const { faults, machine } = this.#parts
    faults.changeOrThrow(how === 'exchange' ? 'exchange' : 'rename', `${from} ${to}`)
    const source = this.#existing(from, 'rename')
    const target = this.#place(to, 'rename')
    if (source.folder.device !== target.folder.device) throw ioError('rename', from, 'EXDEV')
    if ([source, target].some((one) => one.inode !== undefined && one.inode.device !== one.folder.device))
      throw ioError('rename', from, 'EBUSY')
    if (how === 'exchange') return this.#exchange(source, target, to)
    if (target.inode !== undefined && how === 'exclusive') throw ioError('rename', to, 'EEXIST')
    if (target.inode === source.inode) return
    this.#assertReplaceable(source.inode, target.inode, to)
    if (source.inode.kind === 'folder' && isWithin(source.inode, target.folder))
      throw ioError('rename', from, 'EINVAL')
    machine.pending.perform({
      kind: 'move',
      from: source.folder,
      fromName: source.name,
      to: target.folder,
      toName: target.name,
      inode: source.inode,
      replaced: target.inode,
    })
  }

  #exchange(a: Place & { readonly inode: Inode }, b: Place, to: string): void {
    if (b.inode === undefined) throw ioError('exchange', to, 'ENOENT')
    if (isWithin(a.inode, b.folder) || isWithin(b.inode, a.folder)) throw ioError('exchange', to, 'EINVAL')
    this.#parts.machine.pending.perform({
      kind: 'exchange',
      a: a.folder,
      aName: a.name,
      aInode: a.inode,
      b: b.folder,
      bName: b.name,
      bInode: b.inode,
    })
  }

  #assertReplaceable(source: Inode, target: Inode | undefined, to: string): void {
    if (target === undefined) return
    if (target.kind === 'folder' && source.kind !== 'folder') throw ioError('rename', to, 'EISDIR')
    if (target.kind !== 'folder' && source.kind === 'folder') throw ioError('rename', to, 'ENOTDIR')
    if (target.now.entries.size > 0) throw ioError('rename', to, 'ENOTEMPTY')
  }

  syncFolder(path: string): void {
    const { faults, machine, random } = this.#parts
    const problem = faults.change('syncFolder', path)
    const inode = this.#folder(path, 'flush')
    if (problem !== undefined) {
      machine.pending.failSync(inode, random)
      throw ioError('flush', path, problem)
    }
    if (!faults.isForgotten('syncFolder', path)) machine.pending.sync(inode)
  }

  syncFilesystem(path: string): void {
    const { faults, machine, random } = this.#parts
    const problem = faults.change('syncFilesystem', path)
    const { device } = this.#existing(path, 'flush').inode
    if (problem !== undefined) {
      machine.pending.failSync(device, random)
      throw ioError('flush', path, problem)
    }
    if (!faults.isForgotten('syncFilesystem', path)) machine.pending.syncDevice(device)
  }

  /** Its memory is its device. */
  dropCached(path: string): void {
    this.#parts.faults.look('dropCached', path)
    this.#existing(path, 'read')
  }

  freeBytes(path: string): number {
    this.#parts.faults.look('freeBytes', path)
    this.#existing(path, 'look at')
    return this.#parts.freeBytes
  }

  freeInodes(path: string): number | undefined {
    this.#parts.faults.look('freeInodes', path)
    this.#existing(path, 'look at')
    return this.#parts.freeInodes
  }

  longestFile(path: string): number | undefined {
    this.#parts.faults.look('longestFile', path)
    this.#existing(path, 'look at')
    return undefined
  }

  /** Nothing is mounted on it. */
  mountedAt(folder: string): string | undefined {
    this.#parts.faults.look('mountedAt', folder)
    return undefined
  }

  mountsBelow(folder: string): readonly string[] {
    this.#parts.faults.look('mountsBelow', folder)
    this.#existing(folder, 'look at')
    return []
  }

  unfitness(path: string): string | undefined {
    this.#parts.faults.look('unfitness', path)
    this.#existing(path, 'look at')
    return undefined
  }

  lock(path: string): Disposable {
    const { faults, machine } = this.#parts
    const isAbsent = this.#place(path, 'lock').inode === undefined
    if (isAbsent) faults.changeOrThrow('lock', path)
    else faults.look('lock', path)
    const inode = isAbsent ? this.#make(this.#fresh(path, 'lock'), 'file', 0o600) : this.#regular(path)
    if (machine.locks.has(inode)) throw new MossError('STATE_LOCKED', { path })
    machine.locks.add(inode)
    return { [Symbol.dispose]: () => void machine.locks.delete(inode) }
  }

  features(folder: string): ReturnType<Disk['features']> {
    this.#parts.faults.look('features', folder)
    this.#folder(folder, 'try out')
    return { exchange: true, reflink: false, hardLinks: true, countsLinks: false, attributes: true }
  }
}

/** Is `folder` the tree itself, or below it? */
function isWithin(tree: Inode, folder: Inode): boolean {
  if (tree === folder) return true
  return [...tree.now.entries.values()].some((child) => child.kind === 'folder' && isWithin(child, folder))
}
