// How stored bytes become plain ones: 0 as they are, 2 one zstd frame, 4 (frames alone) deltas against bases, see
// delta-frame.ts. Deflate (1) and zstd with bases (3) have their numbers already and are refused politely until
// they are built. Stored bytes come here only after their digest was checked.
import { MossError } from '../base/error.ts'
import { decodeZstd, encodeZstd } from './zstd.ts'

export type Codec = 0 | 2
export type FrameCodec = Codec | 3 | 4

/** Whether a frame of this codec is decoded with bases. */
export const hasBases = (codec: FrameCodec): codec is 3 | 4 => codec === 3 || codec === 4

const reserved = [1, 3, 4]

export function checkCodec(codec: number, part: string): Codec {
  if (codec === 0 || codec === 2) return codec
  if (reserved.includes(codec)) throw new MossError('CONTAINER_CODEC_UNKNOWN', { part, codec })
  throw new MossError('CONTAINER_DAMAGED', { part, problem: `codec ${codec}` })
}

export const checkFrameCodec = (codec: number, part: string): FrameCodec =>
  codec === 3 || codec === 4 ? codec : checkCodec(codec, part)

export interface Encoded {
  readonly codec: Codec
  readonly stored: Uint8Array
}

/** Exactly `plainBytes`, or CONTAINER_DAMAGED. */
export function decodeStored(
  { codec, stored }: Encoded,
  { plainBytes, part }: { readonly plainBytes: number; readonly part: string },
): Uint8Array {
  if (codec === 2) return decodeZstd(stored, plainBytes, part)
  if (stored.length !== plainBytes)
    throw new MossError('CONTAINER_DAMAGED', { part, problem: `${stored.length} bytes of ${plainBytes}` })
  return stored
}

const sampleBytes = 32 * 1024
const samples = 4

/** Compressed where that saves a 32nd or more; what a few samples show to be dense is not tried at length. */
export function encodeStored(plain: Uint8Array, level: number): Encoded {
  if (isDense(plain)) return { codec: 0, stored: plain }
  const packed = encodeZstd(plain, level)
  return packed.length <= plain.length - Math.max(1, Math.floor(plain.length / 32))
    ? { codec: 2, stored: packed }
    : { codec: 0, stored: plain }
}

function isDense(plain: Uint8Array): boolean {
  if (plain.length <= samples * sampleBytes) return false
  const step = Math.floor((plain.length - sampleBytes) / (samples - 1))
  let packed = 0
  for (let i = 0; i < samples; i++)
    packed += encodeZstd(plain.subarray(i * step, i * step + sampleBytes), 1).length
  return packed > samples * sampleBytes * 0.98
}
