// One zstd frame, strictly (RFC 8878). Node's decoder takes several frames, skips what follows them and allows
// windows of 128 MiB, so a walk of ours over the frame and block headers comes first. It proves: one frame, its
// content size present and as promised, a window within its limit, no dictionary id, and nothing after the end.
// With a base (codec 3) the base's bytes are what stands before the content, as for `zstd --patch-from`.
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { MossError } from '../base/error.ts'
import { limits } from '../base/limits.ts'
import { readU64, viewOf } from './little-endian.ts'

const frameMagic = 0xfd2fb528
const blockBytes = 128 * 1024

/**
 * Levels above 19 would need larger windows. The same bytes, level and base give the same frame. `base` is what the
 * decoder will have too, at most 24 MiB.
 */
export function encodeZstd(plain: Uint8Array, level: number, base?: Uint8Array): Uint8Array {
  if (!Number.isInteger(level) || level < 1 || level > 19) throw new RangeError(`zstd level ${level}`)
  if (base !== undefined && base.length > limits.zstdBaseBytes)
    throw new RangeError(`a base of ${base.length} bytes`)
  return zstdCompressSync(plain, {
    params: {
      [constants.ZSTD_c_compressionLevel]: level,
      [constants.ZSTD_c_contentSizeFlag]: 1,
      [constants.ZSTD_c_checksumFlag]: 0,
      ...(base && reachOver(base.length, plain.length, level)),
    },
    ...(base && { dictionary: asRaw(base) }),
    pledgedSrcSize: plain.length,
    chunkSize: Math.max(64, plain.length + Math.floor(plain.length / 128) + 1024),
  })
}

/** Throws CONTAINER_DAMAGED unless `stored` is exactly one frame of exactly `plainBytes`. */
export function decodeZstd(
  stored: Uint8Array,
  plainBytes: number,
  part: string,
  base?: Uint8Array,
): Uint8Array {
  if (base !== undefined && base.length > limits.zstdBaseBytes) refuse(part, `a base of ${base.length} bytes`)
  const windowBytes = base === undefined ? limits.zstdWindowBytes : limits.zstdBaseWindowBytes
  checkFrame(stored, plainBytes, part, windowBytes)
  const plain = inflate(stored, { plainBytes, part, windowBytes, ...(base && { base }) })
  if (plain.length !== plainBytes) refuse(part, `${plain.length} bytes instead of ${plainBytes}`)
  return plain
}

/** zstd takes a base that begins so for a dictionary with tables of its own. */
const dictionaryMagic = 0xec30a437

/** Matches count back from the content, so a base without its first byte is the same base. */
const asRaw = (base: Uint8Array): Uint8Array =>
  base.length >= 4 && viewOf(base).getUint32(0, true) === dictionaryMagic ? base.subarray(1) : base

/** Of a larger base the two quickest ways of matching (levels 1 to 4) read no more than its end. */
const quickBaseBytes = 15 * 1024 * 1024

/**
 * A window over base and content. Left to itself zstd sizes its tables by the content and loses most of a large base;
 * a place in the table for each fourth byte finds as much as one for each (note 0030), and costs a quarter of the
 * memory and time. A short content costs next to nothing but its base's table, which is half of that again. Its long-distance
 * matcher would not read a base that comes this way.
 */
function reachOver(baseBytes: number, plainBytes: number, level: number): Record<number, number> {
  const most = Math.log2(limits.zstdBaseWindowBytes)
  const windowLog = Math.min(most, Math.max(10, Math.ceil(Math.log2(baseBytes + plainBytes))))
  const isLarge = windowLog > 20
  const isShort = 16 * plainBytes < baseBytes
  return {
    [constants.ZSTD_c_windowLog]: windowLog,
    ...(isLarge && { [constants.ZSTD_c_hashLog]: windowLog - (isShort ? 3 : 2) }),
    ...(isLarge && { [constants.ZSTD_c_chainLog]: Math.min(level > 12 ? 25 : 22, windowLog) }),
    ...(level < 5 && baseBytes > quickBaseBytes && { [constants.ZSTD_c_strategy]: constants.ZSTD_greedy }),
  }
}

interface ToInflate {
  readonly plainBytes: number
  readonly part: string
  readonly windowBytes: number
  readonly base?: Uint8Array
}

function inflate(stored: Uint8Array, { plainBytes, part, windowBytes, base }: ToInflate): Uint8Array {
  // Room for one byte more than promised: so one buffer holds the whole, and too much is noticed.
  const chunkSize = plainBytes + 64
  try {
    const plain = zstdDecompressSync(stored, {
      chunkSize,
      maxOutputLength: chunkSize,
      ...(base && { dictionary: asRaw(base) }),
      params: { [constants.ZSTD_d_windowLogMax]: Math.log2(windowBytes) },
    })
    // A small buffer comes from Node's shared pool and could not be handed to another thread.
    const isOwn = plain.byteOffset === 0 && plain.buffer.byteLength <= chunkSize
    return isOwn ? new Uint8Array(plain.buffer, 0, plain.length) : Uint8Array.from(plain)
  } catch (error) {
    throw new MossError('CONTAINER_DAMAGED', { part, problem: 'zstd cannot decode it' }, error)
  }
}

/** Checks every header between the first and the last byte; decodes nothing. */
export function checkFrame(
  stored: Uint8Array,
  plainBytes: number,
  part: string,
  windowBytes: number = limits.zstdWindowBytes,
): void {
  const header = frameHeader(stored, part)
  if (header.contentBytes !== plainBytes)
    refuse(part, `zstd says ${header.contentBytes} bytes, promised are ${plainBytes}`)
  if (header.windowBytes > windowBytes) refuse(part, `zstd window of ${header.windowBytes} bytes`)
  const most = Math.min(blockBytes, header.windowBytes)
  let at = header.end
  for (let isLast = false; !isLast;) {
    if (at + 3 > stored.length) refuse(part, 'zstd frame is cut short')
    const first = stored[at] ?? 0
    const word = first + (stored[at + 1] ?? 0) * 0x100 + (stored[at + 2] ?? 0) * 0x10000
    const size = Math.floor(word / 8)
    const type = Math.floor(first / 2) % 4
    if (type === 3 || size > most) refuse(part, 'zstd block is malformed')
    isLast = first % 2 === 1
    at += 3 + (type === 1 ? 1 : size)
  }
  at += header.hasChecksum ? 4 : 0
  if (at > stored.length) refuse(part, 'zstd frame is cut short')
  if (at < stored.length) refuse(part, `${stored.length - at} bytes after the zstd frame`)
}

interface FrameHeader {
  readonly contentBytes: number
  readonly windowBytes: number
  readonly hasChecksum: boolean
  /** Where the first block header stands. */
  readonly end: number
}

function frameHeader(stored: Uint8Array, part: string): FrameHeader {
  if (stored.length < 6) refuse(part, 'zstd frame is cut short')
  const view = viewOf(stored)
  if (view.getUint32(0, true) !== frameMagic) refuse(part, 'no zstd frame')
  const descriptor = view.getUint8(4)
  const isSingle = (descriptor & 0x20) !== 0
  if ((descriptor & 0x18) !== 0) refuse(part, 'zstd reserved bits are set')
  if ((descriptor & 0x03) !== 0) refuse(part, 'zstd frame wants a dictionary')
  const sizeFlag = descriptor >> 6
  if (sizeFlag === 0 && !isSingle) refuse(part, 'zstd frame has no content size')
  const sizeAt = isSingle ? 5 : 6
  const end = sizeAt + (1 << sizeFlag)
  if (end > stored.length) refuse(part, 'zstd frame is cut short')
  const contentBytes = contentSize(view, { at: sizeAt, flag: sizeFlag, part })
  return {
    contentBytes,
    windowBytes: isSingle ? contentBytes : windowSize(view.getUint8(5)),
    hasChecksum: (descriptor & 0x04) !== 0,
    end,
  }
}

function contentSize(
  view: DataView,
  { at, flag, part }: { readonly at: number; readonly flag: number; readonly part: string },
): number {
  if (flag === 0) return view.getUint8(at)
  if (flag === 1) return view.getUint16(at, true) + 256
  return flag === 2 ? view.getUint32(at, true) : readU64(view, at, part)
}

/** The exponent is at most 31: 2^41, exact. */
function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

function refuse(part: string, problem: string): never {
  throw new MossError('CONTAINER_DAMAGED', { part, problem })
}
