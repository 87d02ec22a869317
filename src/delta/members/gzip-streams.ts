// The deflate streams of a gzip file (RFC 1952): one after the other, each behind a header and before eight bytes of
// trailer. Whatever follows the last is no stream. Nothing is checked but that a stream unpacks: bytes around
// streams are carried as they are.
import type { OpenStream, PackedStream } from './packed-stream.ts'

const fixedBytes = 10
const trailerBytes = 8
const flags = { headerCheck: 2, extra: 4, name: 8, comment: 16 } as const
/** The fifth byte before the end of the fixed header: how hard the maker tried. */
const levels: Readonly<Record<number, number>> = { 2: 9, 4: 1 }
const unix = 3

export const isGzip = (file: Uint8Array): boolean => hasHeader(file, 0)

const hasHeader = (file: Uint8Array, at: number): boolean =>
  file.length - at >= fixedBytes + trailerBytes &&
  file[at] === 0x1f &&
  file[at + 1] === 0x8b &&
  file[at + 2] === 8

/** Each is opened when it is asked for. */
export function* gzipStreams(file: Uint8Array, open: OpenStream): Generator<PackedStream> {
  for (let at = 0; hasHeader(file, at);) {
    const from = endOfHeader(file, at)
    const opened = from < file.length ? open(file.subarray(from)) : undefined
    if (opened === undefined) return
    yield {
      at: from,
      ...opened,
      level: levels[file[at + 8]!] ?? 6,
      isOfGzip: file[at + 9] === unix,
    }
    at = from + opened.packedBytes + trailerBytes
  }
}

/** Beyond the file if the header is cut short. */
function endOfHeader(file: Uint8Array, start: number): number {
  const has = file[start + 3]!
  let at = start + fixedBytes
  if ((has & flags.extra) !== 0) at += 2 + (file[at] ?? 0) + 256 * (file[at + 1] ?? 0)
  if ((has & flags.name) !== 0) at = endOfText(file, at)
  if ((has & flags.comment) !== 0) at = endOfText(file, at)
  return (has & flags.headerCheck) === 0 ? at : at + 2
}

function endOfText(file: Uint8Array, at: number): number {
  const end = at < file.length ? file.indexOf(0, at) : -1
  return end < 0 ? file.length : end + 1
}
