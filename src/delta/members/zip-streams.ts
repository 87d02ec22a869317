// The deflate streams of a zip file (.zip, .jar, .whl), by its directory: plain entries packed with method 8, in the
// order of the file. Encrypted and zip64 entries are passed over, as is one that overlaps the entry before. Nothing
// is checked but that a stream unpacks to its end: bytes around streams are carried as they are.
import type { OpenStream, PackedStream } from './packed-stream.ts'

const signatures = { local: 0x04034b50, entry: 0x02014b50, end: 0x06054b50 } as const
const localBytes = 30
const entryBytes = 46
const endBytes = 22
const mostCommentBytes = 65_535
const deflated = 8
const encrypted = 1
/** Bits 1 and 2 of an entry's flags say how hard the maker tried. */
const levels = [6, 9, 2, 1]

interface Entry {
  readonly at: number
  readonly packedBytes: number
  readonly level: number
}

export const isZip = (file: Uint8Array): boolean =>
  file.length >= localBytes + endBytes && viewOf(file).getUint32(0, true) === signatures.local

/** After so many entries that do not unpack the rest is not tried: each costs time, and memory until the next turn. */
const mostBroken = 16

/** Each is opened when it is asked for. */
export function* zipStreams(file: Uint8Array, open: OpenStream): Generator<PackedStream> {
  let end = 0
  let broken = 0
  for (const { at, packedBytes, level } of entriesOf(file).toSorted((a, b) => a.at - b.at)) {
    if (at < end) continue
    if (broken === mostBroken) return
    const opened = open(file.subarray(at, at + packedBytes))
    if (opened?.packedBytes !== packedBytes) {
      broken++
      continue
    }
    end = at + packedBytes
    yield { at, ...opened, level, isOfGzip: false }
  }
}

function entriesOf(file: Uint8Array): readonly Entry[] {
  const view = viewOf(file)
  const entries: Entry[] = []
  const end = findEnd(view)
  if (end < 0) return entries
  const count = view.getUint16(end + 10, true)
  let at = view.getUint32(end + 16, true)
  for (let i = 0; i < count; i++) {
    if (at + entryBytes > end || view.getUint32(at, true) !== signatures.entry) break
    const entry = entryAt(view, at)
    if (entry !== undefined) entries.push(entry)
    at +=
      entryBytes +
      view.getUint16(at + 28, true) +
      view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true)
  }
  return entries
}

/** The record that ends the file; a comment may follow it. */
function findEnd(view: DataView): number {
  const last = view.byteLength - endBytes
  for (let at = last; at >= Math.max(0, last - mostCommentBytes); at--)
    if (view.getUint32(at, true) === signatures.end && view.getUint16(at + 20, true) === last - at) return at
  return -1
}

function entryAt(view: DataView, at: number): Entry | undefined {
  const flags = view.getUint16(at + 8, true)
  const packedBytes = view.getUint32(at + 20, true)
  const local = view.getUint32(at + 42, true)
  if (view.getUint16(at + 10, true) !== deflated || (flags & encrypted) !== 0) return undefined
  if (local + localBytes > view.byteLength || view.getUint32(local, true) !== signatures.local)
    return undefined
  const from = local + localBytes + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
  if (from + packedBytes > view.byteLength) return undefined
  return { at: from, packedBytes, level: levels[(flags >>> 1) & 3]! }
}

const viewOf = (file: Uint8Array): DataView => new DataView(file.buffer, file.byteOffset, file.byteLength)
