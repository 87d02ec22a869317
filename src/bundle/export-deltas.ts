// The deltas of a plan on their way into frames: for each file its base and its own bytes are read from the channel's
// packages, a few files make a group, and a group becomes a frame if that pays. Groups are cut by takers and sizes alone, so
// the frames depend on neither cores nor speed. What does not pay is left to be carried as chunks.
import type { Report } from '../base/progress.ts'
import type { CarriedChunk, CarryPlan } from '../carry/plan.ts'
import type { CarriedDelta } from '../carry/plan-deltas.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import type { DeltaGroup, FrameSpool } from '../container/frames.ts'
import { type DeltaWindow, deltaWindows } from '../delta/delta-windows.ts'
import type { Pool } from '../host/pool.ts'
import { packageChunks } from './package-chunks.ts'

interface DeltaFile {
  readonly delta: CarriedDelta
  readonly window: DeltaWindow
  readonly targetBytes: number
  readonly target: readonly CarriedChunk[]
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

/** Gives how many plain bytes went. */
export async function spoolDeltas(
  spool: FrameSpool,
  from: {
    readonly plan: CarryPlan
    readonly channel: StationChannel
    readonly pool: Pool
    readonly report: Report
  },
): Promise<number> {
  const { plan, channel, pool, report } = from
  const groups = groupsOf(plan)
  const pieces = packageChunks(wantedChunks(groups, channel), { channel, pool })
  let doneBytes = 0
  for (const group of groups) {
    const bytes = await fillGroup(group, pieces, channel)
    await spool.addDeltas({ bytes, files: group.map(draftOf) }, (isKept) => {
      group.forEach(({ targetBytes }, index) => (doneBytes += isKept[index] === true ? targetBytes : 0))
      report({ phase: 'encode', doneBytes, totalBytes: plan.totals.chunkBytes })
    })
  }
  await spool.endDeltas()
  return doneBytes
}

const draftOf = ({ delta, window }: DeltaFile): DeltaGroup['files'][number] => ({
  base: { content: delta.base.content, offset: window.baseOffset, sizeBytes: window.baseBytes },
  chunks: window.chunks,
})

function groupsOf(plan: CarryPlan): readonly (readonly DeltaFile[])[] {
  const groups: DeltaFile[][] = []
  let targetBytes = Infinity
  let baseBytes = Infinity
  let takers: number | undefined
  for (const file of filesOf(plan)) {
    if (
      file.delta.takers !== takers ||
      targetBytes + file.targetBytes > groupTargetBytes ||
      baseBytes + file.window.baseBytes > groupBaseBytes
    ) {
      groups.push([])
      targetBytes = 0
      baseBytes = 0
    }
    groups.at(-1)?.push(file)
    takers = file.delta.takers
    targetBytes += file.targetBytes
    baseBytes += file.window.baseBytes
  }
  return groups
}

function* filesOf(plan: CarryPlan): Generator<DeltaFile> {
  for (const delta of plan.deltas) {
    let at = delta.firstChunk
    const chunks = plan.chunks.slice(at, at + delta.chunks)
    for (const window of deltaWindows(chunks, delta.base.sizeBytes)) {
      const target = plan.chunks.slice(at, at + window.chunks.length)
      yield { delta, window, target, targetBytes: target.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) }
      at += window.chunks.length
    }
  }
}

/** For each file the pieces of its base, then its own chunks. */
function* piecesOf(file: DeltaFile, channel: StationChannel): Generator<Piece> {
  const { base } = file.delta
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

function* wantedChunks(
  groups: readonly (readonly DeltaFile[])[],
  channel: StationChannel,
): Generator<CarriedChunk> {
  for (const file of groups.flat()) for (const { chunk } of piecesOf(file, channel)) yield chunk
}

async function fillGroup(
  group: readonly DeltaFile[],
  chunks: ReturnType<typeof packageChunks>,
  channel: StationChannel,
): Promise<Uint8Array> {
  const sizeBytes = group.reduce((sum, { targetBytes, window }) => sum + targetBytes + window.baseBytes, 0)
  const bytes = new Uint8Array(sizeBytes)
  let at = 0
  for (const file of group)
    for (const { chunk, skip, length } of piecesOf(file, channel)) {
      const next = await chunks.next()
      if (next.done === true || next.value.chunk.id !== chunk.id)
        throw new Error('broken promise: chunks come in the order they are asked for')
      bytes.set(next.value.bytes.subarray(skip, skip + length), at)
      at += length
    }
  return bytes
}
