// What a folder holds at one moment, as one run of bytes: equal bytes mean that nothing in it was changed. A record of the
// folder itself, then one of each entry, in bytewise order of names. Of a subfolder only that it is there: its own look
// tells of it. A file with several names gets a new ctime with each, so only one with a single name is told by that.
import { digestOf } from '../base/digest.ts'
import type { Digest } from '../base/ids.ts'
import type { FileKind, FileStat } from './disk.ts'

export interface FolderLook {
  /** Of `records`. */
  readonly digest: Digest
  readonly records: Uint8Array
}

export interface LookedEntry extends Omit<FileStat, 'device' | 'links'> {
  /** Empty for the folder itself. Bytes that are no UTF-8 are shown by replacement characters. */
  readonly name: string
  /** 0 where something is mounted, 1, or 2 for two and more. */
  readonly links: number
}

/** The parts of the kernel's `struct statx` that a record keeps: from links to size, and ctime and mtime. */
const parts = { first: 16, firstEnd: 48, second: 96, secondEnd: 128 } as const
const deviceAt = 136
export const statxBytes = 256
/** Within a record, behind the length of its name. */
const at = {
  links: 2,
  uid: 6,
  gid: 10,
  mode: 14,
  inode: 18,
  size: 26,
  ctime: 34,
  mtime: 50,
  name: 66,
} as const

const typeMask = 0o170000
const kinds: ReadonlyMap<number, FileKind> = new Map([
  [0o100000, 'file'],
  [0o040000, 'folder'],
  [0o120000, 'symlink'],
])
const typeOf = (kind: FileKind): number => [...kinds].find(([, one]) => one === kind)?.[0] ?? 0o010000

/** Writes the records of one folder after the other. */
export class LookWriter {
  #bytes = Buffer.alloc(65_536)
  #end = 0
  /** Of the folder. */
  #device = 0

  /** `name` has one character a byte; it is empty for the folder itself, which comes first. */
  add(name: string, statx: Buffer): void {
    const start = this.#end
    this.#end += at.name + name.length
    if (this.#end > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], this.#end * 2)
    const bytes = this.#bytes
    bytes.writeUInt16LE(name.length, start)
    statx.copy(bytes, start + at.links, parts.first, parts.firstEnd)
    statx.copy(bytes, start + at.ctime, parts.second, parts.secondEnd)
    bytes.write(name, start + at.name, 'latin1')
    const mode = bytes.readUInt16LE(start + at.mode)
    const isFolder = kinds.get(mode & typeMask) === 'folder'
    // Devices have other numbers after each start of the machine, so a record says only that it is another one.
    const device = statx.readDoubleLE(deviceAt)
    if (name === '') this.#device = device
    const links = device !== this.#device ? 0 : isFolder ? 1 : Math.min(statx.readUInt32LE(parts.first), 2)
    bytes.writeUInt32LE(links, start + at.links)
    if (isFolder) bytes.fill(0, start + at.size, start + at.ctime)
    if (links > 1) bytes.fill(0, start + at.ctime, start + at.mtime)
    if (!isFolder || name === '') return
    bytes.fill(0, start + at.uid, start + at.name)
    bytes.writeUInt16LE(mode & typeMask, start + at.mode)
  }

  finish(): FolderLook {
    const records = Uint8Array.from(this.#bytes.subarray(0, this.#end))
    this.#end = 0
    return { records, digest: digestOf(records) }
  }
}

/** For a folder that was moved, which gives it a new ctime. */
export function digestWithoutOwnDate({ records }: FolderLook): Digest {
  const undated = records.slice()
  undated.fill(0, at.ctime, at.mtime)
  return digestOf(undated)
}

/** The folder itself, then what is in it. */
export function* lookedEntries({ records }: FolderLook): Generator<LookedEntry> {
  const bytes = Buffer.from(records.buffer, records.byteOffset, records.length)
  for (let start = 0; start < bytes.length;) {
    const end = start + at.name + bytes.readUInt16LE(start)
    const mode = bytes.readUInt16LE(start + at.mode)
    yield {
      name: bytes.toString('utf8', start + at.name, end),
      kind: kinds.get(mode & typeMask) ?? 'other',
      sizeBytes: numberAt(bytes, start + at.size),
      mode: mode & 0o7777,
      uid: bytes.readUInt32LE(start + at.uid),
      gid: bytes.readUInt32LE(start + at.gid),
      mtimeMs: numberAt(bytes, start + at.mtime) * 1000,
      inode: numberAt(bytes, start + at.inode),
      links: bytes.readUInt32LE(start + at.links),
    }
    start = end
  }
}

const numberAt = (bytes: Buffer, start: number): number =>
  bytes.readUInt32LE(start) + bytes.readInt32LE(start + 4) * 2 ** 32

/** For a disk that is simulated: what the kernel would have said. `changed` is its own count of changes. */
export function writeStatx(statx: Buffer, stat: FileStat, changed: number): void {
  const write = (value: number, start: number): void =>
    void statx.writeBigInt64LE(BigInt(Math.floor(value)), start)
  statx.writeUInt32LE(stat.links, parts.first)
  statx.writeUInt32LE(stat.uid, parts.first + 4)
  statx.writeUInt32LE(stat.gid, parts.first + 8)
  statx.writeUInt16LE(typeOf(stat.kind) | stat.mode, parts.first + 12)
  write(stat.inode, parts.first + 16)
  write(stat.sizeBytes, parts.first + 24)
  write(changed, parts.second)
  write(stat.mtimeMs / 1000, parts.second + 16)
  write(stat.device, deviceAt)
}
