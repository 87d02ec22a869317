// The processor's work of making delta frames, as a pure function for a pool of workers: each file of a group is
// encoded against its base and priced against its whole bytes, those that pay share a frame, texts apart from others, and
// what was encoded is decoded again before anyone relies on it. The same group and level give the same frames.
import { concatBytes } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import type { Digest } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import { bytesInMemory } from '../delta/base-bytes.ts'
import type { DeltaStreams } from '../delta/delta-streams.ts'
import type { WindowChunk } from '../delta/delta-windows.ts'
import { type DeltaEffort, DeltaEncoder, type DeltaPair } from '../delta/encode-delta.ts'
import { dropLargeKernels } from '../delta/kernel.ts'
import type { Job } from '../host/pool.ts'
import { cutDelta } from './cut-delta.ts'
import { encodeDeltaFrame, priceOfStreams } from './delta-frame.ts'
import {
  cutFiles,
  fileOf,
  type FilesToEncode,
  type FileToEncode,
  halvesOf,
  holdLong,
} from './file-to-encode.ts'
import { checkChunk } from './jobs.ts'
import { decodeTextFrame, encodeTextFrame, groupsOfText, isText } from './text-frames.ts'
import { isShorterWhole } from './whole-price.ts'
import { encodeZstd } from './zstd.ts'

export interface DeltaToEncode extends FilesToEncode {
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
  /** Of the group's files, those that it gives, in its order: all chunks of each, or some that follow each other. */
  readonly files: readonly {
    readonly number: number
    readonly firstChunk: number
    readonly chunks: number
  }[]
}

export interface EncodedDelta {
  /** What is in none is better carried whole. */
  readonly frames: readonly DeltaFrame[]
  /** The group's, back, as memory for another; not those of a long file, which are gone. */
  readonly bytes?: Uint8Array
}

type Prices = Pick<DeltaToEncode, 'level' | 'deltaEffort'> & { readonly pricingLevel: number }

/** Throws CHUNK_DIGEST_MISMATCH where a chunk changed since it was named. */
export const encodeDeltaJob: Job<DeltaToEncode, EncodedDelta> = {
  name: 'container.encode-delta',
  run: (input) => {
    using long = holdLong(input)
    const files =
      long === undefined
        ? cutFiles(input)
        : [fileOf(long, { number: 0, firstChunk: 0, chunks: input.files[0]!.chunks })]
    const prices = { ...input, pricingLevel: Math.min(input.level, input.pricingLevel ?? 3) }
    const groups = input.deltaEffort?.isQuick === true ? [] : groupsOfText(files.filter(isTextPair))
    const ofText = new Set(groups.flat())
    const others = files.filter((file) => !ofText.has(file))
    const frames = [
      ...groups.flatMap((group) => textFrames(group, prices)),
      ...differenceFrames(others, prices),
    ].toSorted((a, b) => a.files[0]!.number - b.files[0]!.number)
    return long === undefined ? { frames, bytes: input.bytes } : { frames }
  },
  transfer: ({ frames, bytes }) =>
    [...frames.map(({ stored }) => stored), ...(bytes === undefined ? [] : [bytes])].map(
      ({ buffer }) => buffer as ArrayBuffer,
    ),
  rest: dropLargeKernels,
}

const isTextPair = ({ base, target }: DeltaPair): boolean => isText(base) && isText(target)

/** Codec 3, or 4 where that is shorter with what it leaves to be carried whole. */
function textFrames(files: readonly FileToEncode[], prices: Prices): readonly DeltaFrame[] {
  const differences = differenceFrames(files, prices)
  const given = new Set(differences.flatMap((frame) => frame.files.map(({ number }) => number)))
  const left = files.filter(({ number }) => !given.has(number))
  const price = left.reduce(
    (sum, file) => sum + priceWhole(file, prices.pricingLevel),
    sizeOf(differences.map(({ stored }) => stored)),
  )
  const stored = encodeTextFrame(files, prices.level)
  if (stored.length >= price || isWholeShorter(files, stored, prices)) return differences
  const made = decodeTextFrame(stored, files)
  checkChunks(
    made,
    files.flatMap(({ chunks }) => chunks),
  )
  return [frameOf(3, stored, files)]
}

function differenceFrames(files: readonly FileToEncode[], prices: Prices): readonly DeltaFrame[] {
  const frames: DeltaFrame[] = []
  for (const { kept, streams } of filledFrames(files, prices)) {
    const stored = encodeDeltaFrame(streams, prices.level)
    if (isWholeShorter(kept, stored, prices)) continue
    checkDecodes(kept, streams)
    frames.push(frameOf(4, stored, kept))
  }
  return frames
}

interface FilledFrame {
  readonly kept: readonly FileToEncode[]
  readonly streams: DeltaStreams
}

/** What pays of the files, in as many frames as the limits of one ask for; mostly in one. */
function* filledFrames(files: readonly FileToEncode[], prices: Prices): Generator<FilledFrame> {
  let encoder = new DeltaEncoder(prices.deltaEffort)
  let kept: FileToEncode[] = []
  let baseBytes = 0
  const waiting = files.toReversed()
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const added = encoder.add(file.pair)
    const isWorth =
      encoder.likelyBytes * surelyShorter <= sizeOf(file.lacking) ||
      isWorthIt(file, added, prices.pricingLevel)
    // Parts of one file have its base each.
    const isFit =
      encoder.streamBytes <= limits.deltaStreamBytes && baseBytes + file.base.length <= limits.deltaBaseBytes
    if (isWorth && isFit) {
      kept.push(file)
      baseBytes += file.base.length
      continue
    }
    encoder.undo()
    if (!isWorth) continue
    if (kept.length === 0) waiting.push(...halvesOf(file).toReversed())
    else {
      yield { kept, streams: encoder.finish() }
      encoder = new DeltaEncoder(prices.deltaEffort)
      kept = []
      baseBytes = 0
      waiting.push(file)
    }
  }
  if (kept.length > 0) yield { kept, streams: encoder.finish() }
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
  files: files.map(({ number, firstChunk, chunks }) => ({ number, firstChunk, chunks: chunks.length })),
})

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
