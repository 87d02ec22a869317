// The processor's work of making a delta frame, as a pure function for a pool of workers: each file of a group is
// encoded against its base and priced against its whole bytes, those that pay share the frame's streams, and the
// frame is decoded again before anyone relies on it. The same group and level give the same frame.
import { concatBytes } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import type { Digest } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import type { DeltaEffort } from '../delta/encode-delta.ts'
import { bytesInMemory } from '../delta/base-bytes.ts'
import { type DeltaStreams, streamBytes } from '../delta/delta-streams.ts'
import type { WindowChunk } from '../delta/delta-windows.ts'
import { DeltaEncoder, type DeltaPair } from '../delta/encode-delta.ts'
import type { Job } from '../host/pool.ts'
import { deltaChunks } from './delta-chunks.ts'
import { encodeDeltaFrame, priceOfStreams } from './delta-frame.ts'
import { isShorterWhole } from './whole-price.ts'
import { encodeZstd } from './zstd.ts'

export interface DeltaToEncode {
  /** For each file its base, then the file, back to back. */
  readonly bytes: Uint8Array
  readonly files: readonly { readonly baseBytes: number; readonly chunks: readonly WindowChunk[] }[]
  readonly level: number
  /** Both ways are priced at it, 3 by default: a higher one takes much longer and seldom changes the answer. */
  readonly pricingLevel?: number
  readonly deltaEffort?: DeltaEffort
}

export interface EncodedDelta {
  /** For each file whether it is in the frame. */
  readonly isKept: readonly boolean[]
  /** Absent if no file is. */
  readonly frame?: { readonly stored: Uint8Array; readonly digest: Digest; readonly plainBytes: number }
}

export interface FileToEncode extends DeltaPair {
  readonly chunks: readonly WindowChunk[]
  /** What would have to be carried of it otherwise, part by part. */
  readonly lacking: readonly Uint8Array[]
}

/** Throws CHUNK_DIGEST_MISMATCH where a chunk changed since it was named. */
export const encodeDeltaJob: Job<DeltaToEncode, EncodedDelta> = {
  name: 'container.encode-delta',
  run: (input) => {
    const files = cutFiles(input)
    const pricingLevel = Math.min(input.level, input.pricingLevel ?? 3)
    const encoder = new DeltaEncoder(input.deltaEffort)
    const isKept = files.map((file) => {
      const isWorth = isWorthIt(file, encoder.add(file), pricingLevel)
      if (!isWorth) encoder.undo()
      return isWorth
    })
    const kept = files.filter((_, index) => isKept[index])
    const none = { isKept: files.map(() => false) }
    if (kept.length === 0) return none
    const streams = encoder.finish()
    const plainBytes = kept.reduce((sum, { target }) => sum + target.length, 0)
    if (streamBytes(streams) > limits.deltaStreamBytes) return none
    const stored = encodeDeltaFrame(streams, input.level)
    if (stored.length >= plainBytes) return none
    const lacking = kept.flatMap((file) => file.lacking)
    if (isShorterWhole(lacking, { bytes: stored.length, level: input.level, pricingLevel })) return none
    checkDecodes(kept, { streams, encoder })
    return { isKept, frame: { stored, digest: digestOf(stored), plainBytes } }
  },
  transfer: ({ frame }) => (frame === undefined ? [] : [frame.stored.buffer as ArrayBuffer]),
}

export function cutFiles({ bytes, files }: Pick<DeltaToEncode, 'bytes' | 'files'>): readonly FileToEncode[] {
  let at = 0
  return files.map(({ baseBytes, chunks }) => {
    const base = bytes.subarray(at, at + baseBytes)
    const targetBytes = chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const target = bytes.subarray(at + baseBytes, at + baseBytes + targetBytes)
    at += baseBytes + targetBytes
    return { base, target, chunks, lacking: lackingOf(target, chunks) }
  })
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

/** A delta this much shorter before compression is taken without trying how the whole compresses. */
const surelyShorter = 16

/** Whole files of a kind help each other in a frame: a delta must save more than that. */
const needed = 0.97

/** What a few samples of a file promise of the whole may be so wrong. */
const samplesErr = 0.5

function isWorthIt(file: FileToEncode, added: DeltaStreams, level: number): boolean {
  const addedBytes = streamBytes(added)
  if (addedBytes * surelyShorter <= sizeOf(file.lacking)) return true
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

function checkDecodes(
  files: readonly FileToEncode[],
  { streams, encoder }: { readonly streams: DeltaStreams; readonly encoder: DeltaEncoder },
): void {
  const bases = files.map(({ base }) => bytesInMemory(base))
  const bytesOf = new Map(bases.map((base, index) => [base, files[index]!.base]))
  const made = deltaChunks({
    streams,
    bases,
    referencesOf: (base) => encoder.referencesOf(bytesOf.get(base)!),
    chunks: files.flatMap(({ chunks }) => chunks),
    part: 'a new delta frame',
  })
  while (made.next().done !== true);
}
