// The files of a group that shall be deltas, cut from the group's bytes, and parts of them: what a frame cannot hold of a
// file is halved between its chunks, each half against the same base, as often as it takes.
import type { WindowChunk } from '../delta/delta-windows.ts'
import type { DeltaPair } from '../delta/encode-delta.ts'
import { HeldPair, partOfPair } from '../delta/laid-pair.ts'

export interface FilesToEncode {
  /** For each file its base, then the file, back to back. Those of a long file are gone afterwards. */
  readonly bytes: Uint8Array
  readonly files: readonly { readonly baseBytes: number; readonly chunks: readonly WindowChunk[] }[]
}

export interface FileToEncode extends DeltaPair {
  /** Of the file in its group. */
  readonly number: number
  readonly pair: DeltaPair
  /** Of the file's chunks, how many are before these. */
  readonly firstChunk: number
  readonly chunks: readonly WindowChunk[]
  /** What would have to be carried of it otherwise, part by part. */
  readonly lacking: readonly Uint8Array[]
}

export function cutFiles({ bytes, files }: FilesToEncode): readonly FileToEncode[] {
  let at = 0
  return files.map(({ baseBytes, chunks }, number) => {
    const base = bytes.subarray(at, at + baseBytes)
    const targetBytes = sizeOf(chunks)
    const target = bytes.subarray(at + baseBytes, at + baseBytes + targetBytes)
    at += baseBytes + targetBytes
    return fileOf({ base, target }, { number, firstChunk: 0, chunks })
  })
}

/** Its bytes are asked for each time: those of a long pair move when memory grows. */
export const fileOf = (
  pair: DeltaPair,
  { number, firstChunk, chunks }: Pick<FileToEncode, 'number' | 'firstChunk' | 'chunks'>,
): FileToEncode => ({
  number,
  pair,
  firstChunk,
  chunks,
  get base() {
    return pair.base
  },
  get target() {
    return pair.target
  },
  get lacking() {
    return lackingOf(pair.target, chunks)
  },
})

/** A base and a file of so many bytes are in memory once, if their buffer can be resized. */
export const longBytes = 64 * 1024 * 1024

export function holdLong({ bytes, files }: FilesToEncode): HeldPair | undefined {
  const [only] = files
  const isAll = bytes.length === bytes.buffer.byteLength
  if (only === undefined || files.length > 1 || bytes.length < longBytes || !isAll) return undefined
  return new HeldPair(bytes, only.baseBytes)
}

/** None if it is one chunk; without a half that nobody lacks. */
export function halvesOf({ number, pair, firstChunk, chunks }: FileToEncode): readonly FileToEncode[] {
  if (chunks.length < 2) return []
  const halfBytes = sizeOf(chunks) / 2
  let count = 1
  let cutAt = chunks[0]!.sizeBytes
  while (count < chunks.length - 1 && cutAt + chunks[count]!.sizeBytes <= halfBytes)
    cutAt += chunks[count++]!.sizeBytes
  const first = { chunks: chunks.slice(0, count), firstChunk, start: 0, end: cutAt }
  const second = {
    chunks: chunks.slice(count),
    firstChunk: firstChunk + count,
    start: cutAt,
    end: pair.target.length,
  }
  return [first, second]
    .filter((half) => half.chunks.some(({ isHeld }) => isHeld !== true))
    .map(({ start, end, ...half }) => fileOf(partOfPair(pair, start, end), { number, ...half }))
}

function lackingOf(target: Uint8Array, chunks: readonly WindowChunk[]): readonly Uint8Array[] {
  if (!chunks.some(({ isHeld }) => isHeld)) return [target]
  let at = 0
  const parts: Uint8Array[] = []
  for (const { sizeBytes, isHeld } of chunks) {
    if (isHeld !== true) parts.push(target.subarray(at, at + sizeBytes))
    at += sizeBytes
  }
  return parts
}

const sizeOf = (chunks: readonly WindowChunk[]): number =>
  chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
