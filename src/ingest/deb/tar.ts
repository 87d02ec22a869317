// Reads a tar as dpkg-deb writes it (GNU and pax forms of ustar), from a stream, in one pass. Strict where a
// lenient reader would guess: a wrong header sum, an unknown kind of entry, a sparse file, a name that is not
// UTF-8 or a missing end are refused. Long names and pax records are bounded.
import { decodeUtf8 } from '../../base/bytes.ts'
import { checkEntryPath, type SourceEntry } from '../source.ts'
import { ByteStream } from './byte-stream.ts'
import { readPax, type PaxRecords } from './pax.ts'

const blockBytes = 512
/** A long name or a set of pax records. */
const longestExtra = 1024 * 1024
/** Zero bytes after the end that writers pad with. */
const longestPadding = 1024 * 1024

export class TarError extends Error {}

const refuse = (problem: string): never => {
  throw new TarError(problem)
}

/** Bodies that are not read are skipped. Throws TarError, or what `pieces` throws. */
export async function* readTar(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<SourceEntry> {
  const stream = new ByteStream(pieces, () => refuse('the tar is cut short'))
  try {
    let extra: Extra = {}
    for (;;) {
      const block = await stream.take(blockBytes)
      if (isZero(block)) break
      const header = readHeader(block)
      if ('xgLK'.includes(header.kind)) {
        extra = await readExtra(stream, header, extra)
        continue
      }
      const left = { bytes: bodyBytes(header, extra) }
      const padding = (blockBytes - (left.bytes % blockBytes)) % blockBytes
      const entry = toEntry(header, extra, () => readBody(stream, left))
      extra = {}
      if (entry !== undefined) yield entry
      await stream.skip(left.bytes + padding)
      left.bytes = 0
    }
    await checkEnd(stream)
  } finally {
    await stream.close()
  }
}

async function* readBody(stream: ByteStream, left: { bytes: number }): AsyncGenerator<Uint8Array> {
  while (left.bytes > 0) {
    const piece = await stream.takeUpTo(left.bytes)
    left.bytes -= piece.length
    yield piece
  }
}

/** The rest is read to its end, so that the decompressor's own check of the whole takes place. */
async function checkEnd(stream: ByteStream): Promise<void> {
  if (!isZero(await stream.take(blockBytes))) refuse('the tar has a lone zero block')
  let padding = 0
  while (!(await stream.isAtEnd())) {
    const piece = await stream.takeUpTo(longestPadding)
    padding += piece.length
    if (!isZero(piece) || padding > longestPadding) refuse('the tar has bytes after its end')
  }
}

interface Header {
  readonly name: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly sizeBytes: number
  readonly modified: number
  readonly kind: string
  readonly target: string
}

interface Extra {
  readonly name?: string
  readonly target?: string
  readonly pax?: PaxRecords
}

function readHeader(block: Uint8Array): Header {
  let sum = 0
  for (let i = 0; i < blockBytes; i++) sum += i >= 148 && i < 156 ? 0x20 : (block[i] ?? 0)
  if (readNumber(block, 148, 8) !== sum) refuse('a header of the tar is damaged')
  const magic = Buffer.from(block.subarray(257, 263)).toString('latin1')
  const name = readText(block, 0, 100)
  const prefix = magic === 'ustar\0' ? readText(block, 345, 155) : ''
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: readNumber(block, 100, 8) % 0o10000,
    uid: readNumber(block, 108, 8),
    gid: readNumber(block, 116, 8),
    sizeBytes: readNumber(block, 124, 12),
    modified: readNumber(block, 136, 12),
    kind: block[156] === 0 ? '0' : String.fromCharCode(block[156] ?? 0),
    target: readText(block, 157, 100),
  }
}

/** Octal digits between blanks, or GNU's big-endian form with the highest bit set. */
function readNumber(block: Uint8Array, at: number, length: number): number {
  const field = block.subarray(at, at + length)
  const first = field[0] ?? 0
  if (first < 0x80) {
    const digits = /^ *([0-7]*)[ \0]*$/.exec(Buffer.from(field).toString('latin1'))?.[1]
    if (digits === undefined) return refuse('a header of the tar has a broken number')
    return Number.parseInt(digits === '' ? '0' : digits, 8)
  }
  if (first !== 0x80) return refuse('a header of the tar has a negative or huge number')
  let value = 0
  for (const byte of field.subarray(1)) value = value * 256 + byte
  return Number.isSafeInteger(value) ? value : refuse('a header of the tar has a huge number')
}

function readText(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length)
  const end = field.indexOf(0)
  return toText(end < 0 ? field : field.subarray(0, end))
}

function toText(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes)
  if (text === undefined) return refuse(`the name ${Buffer.from(bytes).toString('latin1')} is not UTF-8`)
  return text
}

async function readExtra(stream: ByteStream, header: Header, before: Extra): Promise<Extra> {
  if (header.sizeBytes > longestExtra) refuse('a header of the tar is too long')
  const bytes = await stream.take(header.sizeBytes)
  await stream.skip((blockBytes - (header.sizeBytes % blockBytes)) % blockBytes)
  switch (header.kind) {
    case 'L':
      return { ...before, name: toText(withoutNul(bytes)) }
    case 'K':
      return { ...before, target: toText(withoutNul(bytes)) }
    case 'x':
      return { ...before, pax: readPax(bytes, refuse) }
    default:
      // Global records (a comment, as git archive writes it) say nothing about one entry that moss keeps.
      readPax(bytes, refuse)
      return before
  }
}

function withoutNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}

function paxNumber(extra: Extra, key: string, otherwise: number): number {
  const text = extra.pax?.texts[key]
  if (text === undefined) return otherwise
  const value = Math.floor(Number(text))
  return /^[0-9]+(\.[0-9]*)?$/.test(text) && Number.isSafeInteger(value)
    ? value
    : refuse(`a pax record ${key} of the tar is not a number`)
}

/** Only files have bodies, whatever the size field says. */
const bodyBytes = (header: Header, extra: Extra): number =>
  header.kind === '0' || header.kind === '7' ? paxNumber(extra, 'size', header.sizeBytes) : 0

const specialKinds: Readonly<Record<string, string>> = { '3': 'device', '4': 'device', '6': 'fifo' }

/** Undefined for the root folder itself, which every .deb lists. */
function toEntry(
  header: Header,
  extra: Extra,
  body: () => AsyncIterable<Uint8Array>,
): SourceEntry | undefined {
  const texts = extra.pax?.texts ?? {}
  const path = cleanPath(texts['path'] ?? extra.name ?? header.name)
  if (path === '') return header.kind === '5' ? undefined : refuse('the tar has an entry without a name')
  const problem = checkEntryPath(path)
  if (problem !== undefined) refuse(`the tar names ${path}, which ${problem}`)
  if (Object.keys(texts).some((key) => key.startsWith('GNU.sparse.'))) refuse(`${path} is a sparse file`)
  const modified = paxNumber(extra, 'mtime', header.modified)
  const target = texts['linkpath'] ?? extra.target ?? header.target
  const owned = {
    path,
    modified,
    mode: header.mode,
    uid: paxNumber(extra, 'uid', header.uid),
    gid: paxNumber(extra, 'gid', header.gid),
  }
  switch (header.kind) {
    case '0':
    case '7': {
      const xattrs = extra.pax?.xattrs
      const file = { ...owned, kind: 'file', sizeBytes: bodyBytes(header, extra), body } as const
      return xattrs === undefined ? file : { ...file, xattrs }
    }
    case '1':
      return { kind: 'link', path, modified, earlier: cleanPath(target) }
    case '2':
      return { kind: 'symlink', path, modified, target }
    case '5':
      return { ...owned, kind: 'folder' }
    default: {
      const what = specialKinds[header.kind]
      if (what === undefined) return refuse(`${path} is of a kind (${header.kind}) that moss does not know`)
      return { kind: 'special', path, modified, what }
    }
  }
}

/** `./usr/bin/` is `usr/bin`. */
const cleanPath = (path: string): string =>
  path
    .replace(/^(?:\.?\/+)+/, '')
    .replace(/^\.$/, '')
    .replace(/\/+$/, '')

function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false
  return true
}
