// Frames of a verified container, one at a time or as a reader of chunks. Stored bytes are checked against the frame
// table before anything decodes them, plain chunks against their ids after.
import { digestOf } from '../base/digest.ts'
import { isMossError, MossError } from '../base/error.ts'
import type { ChunkId } from '../base/ids.ts'
import type { ChunkReader } from '../delta/chunk-reader.ts'
import type { Pool } from '../host/pool.ts'
import type { BaseRange } from './base-table.ts'
import type { ChunkInFrame, FrameEntry } from './frame-table.ts'
import { hasBases } from './codecs.ts'
import { decodeFrameJob, type FrameToDecode, type WholeContent } from './jobs.ts'
import type { SectionName } from './kinds.ts'
import { checkVolumeEnd, type FramePlaces, framesHere, placeInFile } from './frame-place.ts'
import { checkStored, type OpenedContainer, readExactly } from './read.ts'
import { readSection } from './sections.ts'
import { readFrameTable, readManifests, readTables } from './tables.ts'
import type { VerifiedContainer } from './verify.ts'

/** From the start of the file. `n` may be the end of its frames. */
export const frameOffset = (container: VerifiedContainer, n: number): number =>
  placeInFile(framePlaces(container), container, n)

export function framePlaces(container: VerifiedContainer): FramePlaces {
  const { frameCount: count, frame: entry } = readTables(container)
  return { count, entry }
}

/** Throws CONTAINER_DAMAGED unless `stored` are exactly the signed bytes of frame `n`. */
export function checkFrameBytes(container: VerifiedContainer, n: number, stored: Uint8Array): void {
  checkBytes(readTables(container).frame(n), n, stored)
}

function checkBytes(entry: FrameEntry, n: number, stored: Uint8Array): void {
  if (stored.length !== entry.storedBytes || digestOf(stored) !== entry.digest)
    throw new MossError('CONTAINER_DAMAGED', {
      part: `frame ${n}`,
      problem: 'its bytes are not the ones that were signed',
    })
}

/** The stored bytes of frame `n`, which the file holds, checked. */
export function readFrame(container: VerifiedContainer, n: number): Uint8Array {
  const length = readTables(container).frame(n).storedBytes
  const stored = readExactly(container.source, { at: frameOffset(container, n), length, part: `frame ${n}` })
  checkFrameBytes(container, n, stored)
  return stored
}

/** The same by the frame table alone, whoever vouches for that. */
export function readStoredFrame(frames: FramePlaces, container: OpenedContainer, n: number): Uint8Array {
  const entry = frames.entry(n)
  const at = placeInFile(frames, container, n)
  const stored = readExactly(container.source, { at, length: entry.storedBytes, part: `frame ${n}` })
  checkBytes(entry, n, stored)
  return stored
}

/** Gives the bytes of bases in one buffer of their own; as many as asked for. */
export type ReadBases = (ranges: readonly BaseRange[]) => readonly Uint8Array[]

export interface HowToDecode {
  readonly readBases?: ReadBases
  /** That lie in the frame as a whole; they are checked against their digests. */
  readonly contents?: readonly WholeContent[]
  /** Of its chunks those whose ids are checked; all by default. */
  readonly toCheck?: readonly ChunkInFrame[]
}

/**
 * What `decodeFrameJob` needs for frame `n`; its `stored` may be transferred. A frame with bases is decoded only where
 * its bases can be read.
 */
export function frameToDecode(
  container: VerifiedContainer,
  n: number,
  { readBases = noBases, contents = [], toCheck }: HowToDecode = {},
): FrameToDecode {
  const tables = readTables(container)
  const { codec, plainBytes } = tables.frame(n)
  return {
    stored: readFrame(container, n),
    codec,
    plainBytes,
    ...(hasBases(codec) && { bases: readBases(tables.frameBases(n)) }),
    chunks: toCheck ?? tables.frameChunks(n),
    contents,
    part: `frame ${n}`,
  }
}

const noBases: ReadBases = (ranges) => {
  throw new MossError('BUNDLE_BASE_MISSING', { names: ranges.map(({ content }) => content) })
}

export function decodeFrame(
  container: VerifiedContainer,
  n: number,
  { pool, ...how }: HowToDecode & { readonly pool: Pool },
): Promise<Uint8Array> {
  const input = frameToDecode(container, n, how)
  const buffers = new Set([input.stored, ...(input.bases ?? [])].map(({ buffer }) => buffer as ArrayBuffer))
  return pool.run(decodeFrameJob, input, [...buffers])
}

/** Decoded frames kept, so that neighbours in a frame are decoded once: as a rule 4 × 4 MiB. */
const keptFrames = 4

/** Gives chunks in any order; quickest in the order of the frames. */
export function chunkReader(container: VerifiedContainer, pool: Pool): ChunkReader {
  const tables = readTables(container)
  const kept = new Map<number, Promise<Uint8Array>>()
  const frame = (n: number): Promise<Uint8Array> => {
    const plain = kept.get(n) ?? decodeFrame(container, n, { pool })
    kept.delete(n)
    kept.set(n, plain)
    for (const oldest of kept.keys()) if (kept.size > keptFrames) kept.delete(oldest)
    return plain
  }
  return {
    has: (id) => tables.chunkPlace(id) !== undefined,
    get: async (id: ChunkId) => {
      const places = [...tables.chunkPlaces(id)]
      const place = places.find(({ frame: n }) => tables.frameBases(n).length === 0) ?? places[0]
      if (place === undefined) throw new MossError('CONTENT_MISSING', { what: `chunk ${id}` })
      const plain = await frame(place.frame)
      return plain.subarray(place.offset, place.offset + place.sizeBytes)
    },
  }
}

/**
 * Every section and every frame that the file holds, to the last byte; `onFrame` hears of each. Throws at the first that is wrong. Of frames
 * with bases the stored bytes alone, which are signed, unless their bases can be read here; the same of everything
 * where the metadata builds on what is not here. Gives the sections that it could not look into.
 */
export async function verifyWhole(
  container: VerifiedContainer,
  pool: Pool,
  { onFrame, readBases }: { readonly onFrame?: (n: number) => void; readonly readBases?: ReadBases } = {},
): Promise<readonly SectionName[]> {
  const unread = readEverySection(container)
  if (unread.length > 0) {
    verifyStoredFrames(container, onFrame)
    return unread
  }
  readManifests(container)
  const tables = readTables(container)
  checkVolumeEnd(framePlaces(container), container)
  const underWay: Promise<unknown>[] = []
  const { firstFrame, endFrame } = framesHere(container)
  for (let n = firstFrame; n < endFrame; n++) {
    if (underWay.length >= 2 * pool.width) await underWay.shift()
    if (hasBases(tables.frame(n).codec) && readBases === undefined) {
      readFrame(container, n)
      onFrame?.(n)
      continue
    }
    const decoded = decodeFrame(container, n, { pool, ...(readBases && { readBases }) })
    // Awaited in its turn; until then a failure must not count as unhandled.
    decoded.catch(() => {})
    underWay.push(decoded)
    onFrame?.(n)
  }
  for (const decoded of underWay) await decoded
  return []
}

/** Gives those that build on what is not here; their stored bytes are checked. */
function readEverySection(container: VerifiedContainer): readonly SectionName[] {
  const unread: SectionName[] = []
  for (const entry of container.head.sections)
    try {
      readSection(container, entry.name)
    } catch (error) {
      if (!isMossError(error, 'BUNDLE_BASE_MISSING')) throw error
      checkStored(container, entry)
      unread.push(entry.name)
    }
  return unread
}

function verifyStoredFrames(container: VerifiedContainer, onFrame?: (n: number) => void): void {
  const frames = readFrameTable(container)
  checkVolumeEnd(frames, container)
  const { firstFrame, endFrame } = framesHere(container)
  for (let n = firstFrame; n < endFrame; n++) {
    readStoredFrame(frames, container, n)
    onFrame?.(n)
  }
}
