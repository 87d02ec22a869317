// Reads a .zip by its central directory, which says where each entry is: an entry is unpacked only as far as it says it
// is long, and its CRC must fit. Packed whole or by deflate alone; encrypted, split and 64-bit ones are refused. (APPNOTE
// 6.3, sections 4.3 and 4.4.)
import { crc32, inflateRawSync } from 'node:zlib'
import { decodeUtf8 } from '../base/bytes.ts'
import type { OpenFile } from '../host/disk.ts'
import { checkEntryPath, type SourceEntry } from './source.ts'

export class ZipError extends Error {}

const refuse = (problem: string): never => {
  throw new ZipError(problem)
}

const endBytes = 22
const longestComment = 65_535
const directoryBytes = 128 * 1024 * 1024
/** One entry is in memory as a whole. */
const longestEntry = 512 * 1024 * 1024

const Mark = { end: 0x06054b50, central: 0x02014b50, local: 0x04034b50 } as const
const Way = { stored: 0, deflated: 8 } as const
const Kind = { folder: 0o040000, file: 0o100000, symlink: 0o120000, all: 0o170000 } as const
const unix = 3

interface Entry {
  readonly path: string
  readonly isFolder: boolean
  readonly mode: number
  readonly kind: number
  readonly modified: number
  readonly way: number
  readonly crc: number
  readonly packedBytes: number
  readonly plainBytes: number
  readonly at: number
}

/** Throws ZipError. */
export function* readZip(file: OpenFile): Generator<SourceEntry> {
  let left = file.stat().sizeBytes
  for (const entry of readDirectory(file)) {
    const { path, mode, modified } = entry
    const owned = { path, modified, mode, uid: 0, gid: 0 }
    if (entry.isFolder) {
      yield { ...owned, kind: 'folder' }
      continue
    }
    // Entries that share bytes would unpack to much more than the file could hold.
    left -= entry.packedBytes
    if (left < 0) refuse(`${path} shares bytes with another entry`)
    const bytes = readEntry(file, entry)
    if (entry.kind === Kind.symlink)
      yield {
        kind: 'symlink',
        path,
        modified,
        target: decodeUtf8(bytes) ?? refuse(`${path} has a target that is not UTF-8`),
      }
    else
      yield {
        ...owned,
        kind: 'file',
        sizeBytes: bytes.length,
        body: () => inOnePiece(bytes),
      }
  }
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes)
}

function take(file: OpenFile, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return file.read(bytes, at) === length ? bytes : refuse('the zip is cut short')
}

function* readDirectory(file: OpenFile): Generator<Entry> {
  const { sizeBytes } = file.stat()
  const tailBytes = Math.min(sizeBytes, endBytes + longestComment)
  const tail = take(file, sizeBytes - tailBytes, tailBytes)
  let end = tail.length - endBytes
  while (
    end >= 0 &&
    !(tail.readUInt32LE(end) === Mark.end && tail.readUInt16LE(end + 20) === tail.length - end - endBytes)
  )
    end--
  if (end < 0) refuse('it has no end of a zip')
  const count = tail.readUInt16LE(end + 10)
  const length = tail.readUInt32LE(end + 12)
  const at = tail.readUInt32LE(end + 16)
  if (tail.readUInt32LE(end + 4) !== 0 || tail.readUInt16LE(end + 8) !== count)
    refuse('it is one of several volumes')
  if (count === 0xffff || length === 0xffffffff || at === 0xffffffff) refuse('it is a 64-bit zip')
  if (length > directoryBytes || at + length > sizeBytes) refuse('its directory has no place in the file')
  const directory = take(file, at, length)
  let next = 0
  for (let n = 0; n < count; n++) {
    if (directory.length - next < 46 || directory.readUInt32LE(next) !== Mark.central)
      refuse('its directory is damaged')
    const lengths = [28, 30, 32].map((field) => directory.readUInt16LE(next + field))
    const whole = 46 + lengths.reduce((sum, each) => sum + each, 0)
    if (directory.length - next < whole) refuse('its directory is damaged')
    yield toEntry(directory.subarray(next, next + whole), lengths[0] ?? 0)
    next += whole
  }
}

function toEntry(record: Buffer, nameBytes: number): Entry {
  const name = decodeUtf8(record.subarray(46, 46 + nameBytes)) ?? refuse('it has a name that is not UTF-8')
  const path = name.replace(/\/+$/, '')
  const problem = checkEntryPath(path)
  if (problem !== undefined) refuse(`the zip names ${name}, which ${problem}`)
  const way = record.readUInt16LE(10)
  if ((record.readUInt16LE(8) & 1) !== 0) refuse(`${path} is encrypted`)
  if (way !== Way.stored && way !== Way.deflated)
    refuse(`${path} is packed in a way (${way}) moss does not know`)
  const attributes = record.readUInt16LE(4) >>> 8 === unix ? record.readUInt32LE(38) >>> 16 : 0
  const kind = attributes & Kind.all
  const isFolder = name.endsWith('/')
  if (![0, Kind.symlink, isFolder ? Kind.folder : Kind.file].includes(kind))
    refuse(`${path} is neither file, folder nor link`)
  return {
    path,
    isFolder,
    kind,
    mode: attributes & 0o7777,
    modified: dosDate(record.readUInt16LE(14), record.readUInt16LE(12)),
    way,
    crc: record.readUInt32LE(16),
    packedBytes: record.readUInt32LE(20),
    plainBytes: record.readUInt32LE(24),
    at: record.readUInt32LE(42),
  }
}

/** Taken for UTC: what it was for whoever packed it is not said. Two seconds fine. */
function dosDate(date: number, time: number): number {
  const [year, month, day] = [1980 + (date >>> 9), (date >>> 5) & 15, date & 31]
  const seconds = Date.UTC(year, month - 1, day, time >>> 11, (time >>> 5) & 63, (time & 31) * 2) / 1000
  return Math.max(0, seconds)
}

function readEntry(file: OpenFile, entry: Entry): Uint8Array {
  const { path, at, packedBytes, plainBytes } = entry
  if (plainBytes > longestEntry) refuse(`${path} is too long`)
  const local = take(file, at, 30)
  if (local.readUInt32LE(0) !== Mark.local) refuse(`${path} is not where the directory says`)
  const from = at + 30 + local.readUInt16LE(26) + local.readUInt16LE(28)
  const packed = take(file, from, packedBytes)
  const plain = entry.way === Way.stored ? packed : inflate(packed, entry)
  if (plain.length !== plainBytes || crc32(plain) !== entry.crc) refuse(`${path} is damaged`)
  return plain
}

function inflate(packed: Uint8Array, { path, plainBytes }: Entry): Uint8Array {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, plainBytes) })
  } catch {
    return refuse(`${path} is damaged`)
  }
}
