// Files that shall be deltas, with the bytes they are made from: for each its base and its own bytes are read from the
// channel's packages, and a few files make a group. Groups are cut by takers and sizes alone, so that what becomes of them
// depends on neither cores nor speed, and memory is bounded by a few groups.
import type { ChunkId } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import type { CarriedChunk, CarryPlan } from '../carry/plan.ts'
import type { CarriedDelta, DeltaPart } from '../carry/plan-deltas.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import { type DeltaWindow, deltaWindows, type PlacedChunk } from '../delta/delta-windows.ts'
import type { Pool } from '../host/pool.ts'
import type { GroupMemory } from './group-memory.ts'
import { packageChunks, type WantedChunk } from './package-chunks.ts'

/** A file against one base, or a window of them where they are long. */
export interface DeltaFile {
  readonly part: DeltaPart
  readonly window: DeltaWindow
  readonly targetBytes: number
  readonly target: readonly CarriedChunk[]
  /** Of the plan's chunks, the first that it brings; all that it brings follow each other. */
  readonly firstChunk: number
}

/** Part of a chunk, and where it goes in the bytes of a group. */
interface Piece {
  readonly chunk: CarriedChunk
  readonly skip: number
  readonly length: number
}

/** A group is closed by the file that would make it larger; one larger file is a group alone. */
const groupTargetBytes = 24 * 1024 * 1024
const groupBaseBytes = 36 * 1024 * 1024

/** A file of which less is lacking is not worth going through as a whole. */
const leastLacking = 1 / 8

/**
 * The whole file where that fits a frame, with chunks that the hosts have: it is what its form and its references are
 * found in. Else what is lacking, in windows.
 */
export function windowsOfPart(
  { plan, channel }: { readonly plan: CarryPlan; readonly channel: StationChannel },
  delta: CarriedDelta,
  part: DeltaPart,
): readonly DeltaFile[] {
  const lacking = plan.chunks.slice(delta.firstChunk, delta.firstChunk + delta.chunks)
  const whole = wholeFile({ lacking, channel }, delta, part)
  if (whole !== undefined) return [whole]
  let at = delta.firstChunk
  const sizes = { fileBytes: delta.file.sizeBytes, baseBytes: part.base.sizeBytes }
  return deltaWindows(placesOf(lacking, delta, channel), sizes).map((window) => {
    const firstChunk = at
    const target = plan.chunks.slice(at, at + window.chunks.length)
    at += window.chunks.length
    return { part, window, target, targetBytes: sizeOf(target), firstChunk }
  })
}

function wholeFile(
  { lacking, channel }: { readonly lacking: readonly CarriedChunk[]; readonly channel: StationChannel },
  delta: CarriedDelta,
  part: DeltaPart,
): DeltaFile | undefined {
  const { file, firstChunk, sizeBytes } = delta
  const [first] = lacking
  const isFit = file.sizeBytes <= limits.deltaPlainBytes && part.base.sizeBytes <= limits.deltaBaseBytes
  if (first === undefined || !isFit || sizeBytes < leastLacking * file.sizeBytes) return undefined
  const { from } = first
  const isLacking = new Set(lacking.map(({ id }) => id))
  const chunks = channel
    .chunkList(from, file)
    .chunks.map(({ id, sizeBytes: size }) => ({ id, sizeBytes: size, isHeld: !isLacking.delete(id) }))
  if (isLacking.size > 0) throw new Error('broken promise: what is lacking is part of the file')
  const window = { chunks, baseOffset: 0, baseBytes: part.base.sizeBytes }
  const target = chunks.map(({ id, sizeBytes: size }) => ({ id, sizeBytes: size, from }))
  return { part, window, target, targetBytes: file.sizeBytes, firstChunk }
}

/** Where each stands in the file for the first time. */
function placesOf(
  lacking: readonly CarriedChunk[],
  { file }: CarriedDelta,
  channel: StationChannel,
): readonly PlacedChunk[] {
  const [first] = lacking
  if (first === undefined) return []
  const offsets = new Map<ChunkId, number>()
  let at = 0
  for (const { id, sizeBytes } of channel.chunkList(first.from, file).chunks) {
    if (!offsets.has(id)) offsets.set(id, at)
    at += sizeBytes
  }
  return lacking.map(({ id, sizeBytes }) => {
    const offset = offsets.get(id)
    if (offset === undefined) throw new Error('broken promise: what is lacking is part of the file')
    return { id, sizeBytes, offset }
  })
}

const sizeOf = (chunks: readonly { readonly sizeBytes: number }[]): number =>
  chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)

/** A group is for one set of takers, if `isApart`. */
export function groupsOf(
  files: readonly DeltaFile[],
  { isApart }: { readonly isApart: boolean },
): readonly (readonly DeltaFile[])[] {
  const groups: DeltaFile[][] = []
  let targetBytes = Infinity
  let baseBytes = Infinity
  let takers: number | undefined
  for (const file of files) {
    const isFull =
      targetBytes + file.targetBytes > groupTargetBytes || baseBytes + file.window.baseBytes > groupBaseBytes
    if (isFull || (isApart && file.part.takers !== takers)) {
      groups.push([])
      targetBytes = 0
      baseBytes = 0
    }
    groups.at(-1)?.push(file)
    takers = file.part.takers
    targetBytes += file.targetBytes
    baseBytes += file.window.baseBytes
  }
  return groups
}

interface GroupSource {
  readonly channel: StationChannel
  readonly pool: Pool
  /** Waits until so many bytes more may be in memory. */
  readonly makeRoom: (sizeBytes: number) => Promise<void>
  readonly memory: GroupMemory
}

/** Each group with its bytes, in memory of its own: for each file its base, then the file. */
export async function* filledGroups(
  groups: readonly (readonly DeltaFile[])[],
  { channel, pool, makeRoom, memory }: GroupSource,
): AsyncGenerator<{ readonly group: readonly DeltaFile[]; readonly bytes: Uint8Array }> {
  const chunks = packageChunks(wantedChunks(groups, channel), { channel, pool })
  for (const group of groups) {
    const sizeBytes = group.reduce((sum, { targetBytes, window }) => sum + targetBytes + window.baseBytes, 0)
    await makeRoom(sizeBytes)
    const bytes = memory.take(sizeBytes)
    await fillGroup(group, { chunks, channel, bytes })
    yield { group, bytes }
  }
}

/** For each file the pieces of its base, then its own chunks. */
function* piecesOf(file: DeltaFile, channel: StationChannel): Generator<Piece> {
  const { base } = file.part
  const { baseOffset, baseBytes } = file.window
  let at = 0
  for (const { id, sizeBytes } of channel.chunkList(base.from, base).chunks) {
    const skip = Math.max(0, baseOffset - at)
    const length = Math.min(sizeBytes, baseOffset + baseBytes - at) - skip
    if (length > 0) yield { chunk: { id, sizeBytes, from: base.from }, skip, length }
    at += sizeBytes
  }
  for (const chunk of file.target) yield { chunk, skip: 0, length: chunk.sizeBytes }
}

/** What is made of a file's own chunks is decoded and checked before it leaves; of its base's nothing else tells. */
function* wantedChunks(
  groups: readonly (readonly DeltaFile[])[],
  channel: StationChannel,
): Generator<WantedChunk> {
  for (const file of groups.flat()) {
    const own = new Set(file.target)
    for (const { chunk } of piecesOf(file, channel))
      yield own.has(chunk) ? { ...chunk, isCheckedLater: true } : chunk
  }
}

async function fillGroup(
  group: readonly DeltaFile[],
  {
    chunks,
    channel,
    bytes,
  }: {
    readonly chunks: ReturnType<typeof packageChunks>
    readonly channel: StationChannel
    readonly bytes: Uint8Array
  },
): Promise<void> {
  let at = 0
  for (const file of group)
    for (const { chunk, skip, length } of piecesOf(file, channel)) {
      const next = await chunks.next()
      if (next.done === true || next.value.chunk.id !== chunk.id)
        throw new Error('broken promise: chunks come in the order they are asked for')
      bytes.set(next.value.bytes.subarray(skip, skip + length), at)
      at += length
    }
}
