// Frames of deltas in all forms, and what becomes of them when they are damaged: the promised bytes or a typed
// error. Everything else is thrown on: it is a bug. Cases are numbered; each comes from the seed and its number alone.
import { concatBytes } from '../../src/base/bytes.ts'
import { digestOf } from '../../src/base/digest.ts'
import { isMossError } from '../../src/base/error.ts'
import type { ChunkId } from '../../src/base/ids.ts'
import { cutDelta } from '../../src/container/cut-delta.ts'
import { decodeDeltaFrame, encodeDeltaFrame } from '../../src/container/delta-frame.ts'
import type { ListedChunk } from '../../src/delta/chunk-list.ts'
import { decodePieces } from '../../src/delta/decode-delta.ts'
import type { DeltaStreams } from '../../src/delta/delta-streams.ts'
import { DeltaEncoder, type DeltaPair } from '../../src/delta/encode-delta.ts'
import type { MemberChoice } from '../../src/delta/members/choose-coding.ts'
import { type Random, seededRandom } from '../sim/random.ts'
import { deltaShapes } from './delta-pairs.ts'
import { mutateBase, mutateStored, mutateStreams } from './mutate-delta.ts'
import { strictBase } from './strict-base.ts'

export interface DeltaFrame {
  readonly bases: readonly Uint8Array[]
  readonly target: Uint8Array
  readonly chunks: readonly ListedChunk[]
  readonly streams: DeltaStreams
  readonly stored: Uint8Array
}

export type Verdict = 'exact' | 'other bytes' | 'CONTAINER_DAMAGED' | 'CHUNK_DIGEST_MISMATCH'

const chunkBytes = 700
const part = 'frame 1'

function frameOf(pairs: readonly DeltaPair[], members: MemberChoice): DeltaFrame {
  const target = concatBytes(pairs.map((pair) => pair.target))
  const streams = streamsOf(pairs, members)
  const chunks: ListedChunk[] = []
  for (let at = 0; at < target.length; at += chunkBytes) {
    const bytes = target.subarray(at, at + chunkBytes)
    chunks.push({ id: digestOf(bytes) as string as ChunkId, sizeBytes: bytes.length })
  }
  return {
    bases: pairs.map(({ base }) => base),
    target,
    chunks,
    streams,
    stored: encodeDeltaFrame(streams, 3),
  }
}

function streamsOf(pairs: readonly DeltaPair[], members: MemberChoice): DeltaStreams {
  const encoder = new DeltaEncoder({ step: 8, mostStride: 5, isQuick: false, members })
  for (const pair of pairs) encoder.add(pair)
  return encoder.finish()
}

const choices: readonly MemberChoice[] = ['plain', 'tokens', 'balanced']

/** Of each shape some alone, and some of all together. */
export function makeFrames(seed: number): readonly DeltaFrame[] {
  const random = seededRandom(seed)
  const frames: DeltaFrame[] = []
  for (const make of Object.values(deltaShapes))
    for (let count = 0; count < 3; count++)
      frames.push(
        frameOf(
          Array.from({ length: 1 + random.below(2) }, () => make(random)),
          choices[count]!,
        ),
      )
  for (let count = 0; count < 6; count++)
    frames.push(
      frameOf(
        Array.from({ length: 4 }, () => random.pick(Object.values(deltaShapes))(random)),
        random.pick(choices),
      ),
    )
  return frames.filter(({ target }) => target.length > 0)
}

/** What becomes of case `number`, of which every second reads its bases in pages. Throws what no decoder may throw, and on bytes that were not promised. */
export function tryCase(frames: readonly DeltaFrame[], seed: number, number: number): Verdict {
  const random = seededRandom(Math.imul(seed + 1, 0x9e3779b1) + number)
  const frame = random.pick(frames)
  const other = random.pick(frames)
  try {
    const damaged = { ...damage(random, frame, other), ...(number % 2 === 1 && { heldBytes: 0 }) }
    return random.below(2) === 0 ? bySize(frame, damaged) : byChunks(frame, damaged)
  } catch (error) {
    if (isMossError(error, 'CONTAINER_DAMAGED') || isMossError(error, 'CHUNK_DIGEST_MISMATCH'))
      return error.code
    throw error
  }
}

interface Damaged {
  readonly streams: DeltaStreams
  readonly bases: readonly Uint8Array[]
  readonly heldBytes?: number
}

function damage(random: Random, frame: DeltaFrame, other: DeltaFrame): Damaged {
  const kind = random.below(10)
  if (kind < 3)
    return {
      bases: frame.bases,
      streams: decodeDeltaFrame(mutateStored(random, frame.stored, other.stored), part),
    }
  const streams = kind < 9 ? mutateStreams(random, frame.streams, other.streams) : frame.streams
  if (kind < 7) return { bases: frame.bases, streams }
  const which = random.below(frame.bases.length)
  const bases = frame.bases.map((base, i) =>
    i === which ? mutateBase(random, base, random.pick(other.bases)) : base,
  )
  return { streams, bases }
}

/** Without ids: what is made must be as long as promised, and no more. */
function bySize({ target }: DeltaFrame, { bases, ...damaged }: Damaged): Verdict {
  const made = new Uint8Array(target.length)
  let at = 0
  const input = { ...damaged, plainBytes: target.length, part }
  for (const piece of decodePieces(input, bases.map(strictBase))) {
    if (at + piece.length > target.length) throw new Error('more bytes than promised')
    made.set(piece, at)
    at += piece.length
  }
  if (at !== target.length) throw new Error(`${at} bytes instead of ${target.length}`)
  return Buffer.compare(made, target) === 0 ? 'exact' : 'other bytes'
}

function byChunks({ target, chunks }: DeltaFrame, { bases, ...damaged }: Damaged): Verdict {
  const made: Uint8Array[] = []
  for (const { bytes } of cutDelta({ ...damaged, bases: bases.map(strictBase), parts: chunks, name: part }))
    made.push(bytes.slice())
  if (Buffer.compare(concatBytes(made), target) !== 0)
    throw new Error('chunks passed that are not the target')
  return 'exact'
}
