// The processor's work of making delta frames, as a pure function for a pool of workers: each file of a group is
// encoded against its base and priced against its whole bytes, those that pay share a frame, texts apart from others, and
// what was encoded is decoded again before anyone relies on it. The same group and level give the same frames.
import { concatBytes } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import type { Digest } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import { bytesInMemory } from '../delta/base-bytes.ts'
import { type DeltaStreams, streamBytes } from '../delta/delta-streams.ts'
import type { WindowChunk } from '../delta/delta-windows.ts'
import { type DeltaEffort, DeltaEncoder, type DeltaPair } from '../delta/encode-delta.ts'
import { dropLargeKernels } from '../delta/kernel.ts'
import { HeldPair } from '../delta/laid-pair.ts'
import type { Job } from '../host/pool.ts'
import { cutDelta } from './cut-delta.ts'
import { encodeDeltaFrame, priceOfStreams } from './delta-frame.ts'
import { checkChunk } from './jobs.ts'
import { decodeTextFrame, encodeTextFrame, groupsOfText, isText } from './text-frames.ts'
import { isShorterWhole } from './whole-price.ts'
import { encodeZstd } from './zstd.ts'

export interface DeltaToEncode {
  /** For each file its base, then the file, back to back. Those of a long file are gone afterwards. */
  readonly bytes: Uint8Array
  readonly files: readonly { readonly baseBytes: number; readonly chunks: readonly WindowChunk[] }[]
  readonly level: number
  /** Both ways are priced at it, 3 by default: a higher one takes much longer and seldom changes the answer. */
  readonly pricingLevel?: number
  readonly deltaEffort?: DeltaEffort
}

export interface DeltaFrame {
  readonly codec: 3 | 4
  readonly stored: Uint8Array
  readonly digest: Digest
  readonly plainBytes: number
  /** Numbers of the group's files that it gives, in its order. */
  readonly files: readonly number[]
}

/** What is in no frame is better carried whole. */
export type EncodedDelta = readonly DeltaFrame[]

export interface FileToEncode extends DeltaPair {
  readonly number: number
  readonly pair: DeltaPair
  readonly chunks: readonly WindowChunk[]
  /** What would have to be carried of it otherwise, part by part. */
  readonly lacking: readonly Uint8Array[]
}

type Prices = Pick<DeltaToEncode, 'level' | 'deltaEffort'> & { readonly pricingLevel: number }

/** Throws CHUNK_DIGEST_MISMATCH where a chunk changed since it was named. */
export const encodeDeltaJob: Job<DeltaToEncode, EncodedDelta> = {
  name: 'container.encode-delta',
  run: (input) => {
    using long = holdLong(input)
    const files = long === undefined ? cutFiles(input) : [fileOf(long, input.files[0]!.chunks, 0)]
    const prices = { ...input, pricingLevel: Math.min(input.level, input.pricingLevel ?? 3) }
    const groups = input.deltaEffort?.isQuick === true ? [] : groupsOfText(files.filter(isTextPair))
    const ofText = new Set(groups.flat())
    const others = files.filter((file) => !ofText.has(file))
    return [...groups.map((group) => textFrame(group, prices)), differenceFrame(others, prices)]
      .filter((frame) => frame !== undefined)
      .toSorted((a, b) => a.files[0]! - b.files[0]!)
  },
  transfer: (frames) => frames.map(({ stored }) => stored.buffer as ArrayBuffer),
  rest: dropLargeKernels,
}

const isTextPair = ({ base, target }: DeltaPair): boolean => isText(base) && isText(target)

/** Codec 3, or 4 where that is shorter with what it leaves to be carried whole. */
function textFrame(files: readonly FileToEncode[], prices: Prices): DeltaFrame | undefined {
  const differences = differenceFrame(files, prices)
  const left = files.filter(({ number }) => differences?.files.includes(number) !== true)
  const price = left.reduce(
    (sum, file) => sum + priceWhole(file, prices.pricingLevel),
    differences?.stored.length ?? 0,
  )
  const stored = encodeTextFrame(files, prices.level)
  if (stored.length >= price || isWholeShorter(files, stored, prices)) return differences
  const made = decodeTextFrame(stored, files)
  checkChunks(
    made,
    files.flatMap(({ chunks }) => chunks),
  )
  return frameOf(3, stored, files)
}

function differenceFrame(files: readonly FileToEncode[], prices: Prices): DeltaFrame | undefined {
  const encoder = new DeltaEncoder(prices.deltaEffort)
  const kept = files.filter((file) => {
    const added = encoder.add(file.pair)
    const isWorth =
      encoder.likelyBytes * surelyShorter <= sizeOf(file.lacking) ||
      isWorthIt(file, added, prices.pricingLevel)
    if (!isWorth) encoder.undo()
    return isWorth
  })
  if (kept.length === 0) return undefined
  const streams = encoder.finish()
  if (streamBytes(streams) > limits.deltaStreamBytes) return undefined
  const stored = encodeDeltaFrame(streams, prices.level)
  if (isWholeShorter(kept, stored, prices)) return undefined
  checkDecodes(kept, streams)
  return frameOf(4, stored, kept)
}

function isWholeShorter(
  files: readonly FileToEncode[],
  stored: Uint8Array,
  { level, pricingLevel }: Prices,
): boolean {
  const lacking = files.flatMap((file) => file.lacking)
  return (
    stored.length >= sizeOf(files.map(({ target }) => target)) ||
    isShorterWhole(lacking, { bytes: stored.length, level, pricingLevel })
  )
}

const frameOf = (
  codec: DeltaFrame['codec'],
  stored: Uint8Array,
  files: readonly FileToEncode[],
): DeltaFrame => ({
  codec,
  // A view of a shared buffer could not be handed to another thread.
  stored: stored.byteLength === stored.buffer.byteLength ? stored : Uint8Array.from(stored),
  digest: digestOf(stored),
  plainBytes: sizeOf(files.map(({ target }) => target)),
  files: files.map(({ number }) => number),
})

export function cutFiles({ bytes, files }: Pick<DeltaToEncode, 'bytes' | 'files'>): readonly FileToEncode[] {
  let at = 0
  return files.map(({ baseBytes, chunks }, number) => {
    const base = bytes.subarray(at, at + baseBytes)
    const targetBytes = chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const target = bytes.subarray(at + baseBytes, at + baseBytes + targetBytes)
    at += baseBytes + targetBytes
    return fileOf({ base, target }, chunks, number)
  })
}

/** Its bytes are asked for each time: those of a long pair move when memory grows. */
const fileOf = (pair: DeltaPair, chunks: readonly WindowChunk[], number: number): FileToEncode => ({
  number,
  pair,
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

function holdLong({ bytes, files }: DeltaToEncode): HeldPair | undefined {
  const [only] = files
  const isAll = bytes.length === bytes.buffer.byteLength
  if (only === undefined || files.length > 1 || bytes.length < longBytes || !isAll) return undefined
  return new HeldPair(bytes, only.baseBytes)
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

export const priceWhole = ({ lacking }: FileToEncode, level: number): number => {
  const plain = concatBytes(lacking)
  return Math.min(plain.length, encodeZstd(plain, level).length)
}

/** A delta that is likely to be this much shorter is taken without trying how either compresses. */
const surelyShorter = 10

/** Whole files of a kind help each other in a frame: a delta must save more than that. */
const needed = 0.97

/** What a few samples of a file promise of the whole may be so wrong. */
const samplesErr = 0.5

function isWorthIt(file: FileToEncode, added: DeltaStreams, level: number): boolean {
  const deltaBytes = priceOfStreams(added, level)
  if (deltaBytes < samplesErr * samplePrice(file.lacking, level)) return true
  return deltaBytes <= needed * priceWhole(file, level)
}

const sampleBytes = 32 * 1024
const samples = 4

const sizeOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { length }) => sum + length, 0)

/** Of the whole, as samples of the longest part promise it. */
function samplePrice(parts: readonly Uint8Array[], level: number): number {
  const bytes = parts.reduce((most, part) => (part.length > most.length ? part : most))
  const step = Math.floor((bytes.length - sampleBytes) / (samples - 1))
  if (step <= sampleBytes) return (encodeZstd(bytes, level).length * sizeOf(parts)) / bytes.length
  let price = 0
  for (let i = 0; i < samples; i++)
    price += encodeZstd(bytes.subarray(i * step, i * step + sampleBytes), level).length
  return (price * sizeOf(parts)) / (samples * sampleBytes)
}

function checkChunks(plain: Uint8Array, chunks: readonly WindowChunk[]): void {
  let at = 0
  for (const { id, sizeBytes } of chunks) {
    checkChunk(plain.subarray(at, at + sizeBytes), id)
    at += sizeBytes
  }
}

function checkDecodes(files: readonly FileToEncode[], streams: DeltaStreams): void {
  const made = cutDelta({
    streams,
    bases: files.map(({ base }) => bytesInMemory(base)),
    parts: files.flatMap(({ chunks }) => chunks),
    name: 'a new delta frame',
  })
  while (made.next().done !== true);
}
