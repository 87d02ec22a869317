// What a bundle of a plan will be, roughly, without making it: whole chunks as well as the channel's own packages have them
// compressed, deltas by a share that real updates showed, metadata by counting records. For a plan to show; nothing is
// decided by it, and whoever shows it says that it is an estimate.
import type { CarriedChunk, CarryPlan } from '../carry/plan.ts'
import type { PublishedSnapshot } from '../channel/snapshot-folder.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import { readTables } from '../container/tables.ts'

export interface EstimatedBytes {
  readonly deltas: number
  readonly whole: number
  readonly metadata: number
}

/** Of what files would take whole, as deltas: 331 real packages took 45 MB of 300. */
const deltaShare = 0.15

/** Records of a chunk in tables chunks and links, and of a content. */
const chunkRecords = 80
const contentRecord = 52
/** Of a manifest, compressed. */
const manifestShare = 0.25
const headBytes = 1500

export function estimateBytes(
  plan: CarryPlan,
  { channel, published }: { readonly channel: StationChannel; readonly published: PublishedSnapshot },
): EstimatedBytes {
  const stored = storedSizes(channel)
  const allBytes = sum(plan.chunks.map(stored))
  const offered = new Set(
    plan.deltas.flatMap(({ firstChunk, chunks }) => plan.chunks.slice(firstChunk, firstChunk + chunks)),
  )
  const offeredBytes = sum(Array.from(offered, stored))
  const manifestBytes = sum(plan.manifests.map((id) => channel.package(id)?.manifestBytes.length ?? 0))
  return {
    deltas: Math.round(offeredBytes * deltaShare),
    whole: Math.round(allBytes - offeredBytes),
    metadata: Math.round(
      headBytes +
        published.bytes.length +
        manifestBytes * manifestShare +
        plan.chunks.length * chunkRecords +
        plan.lists.length * contentRecord,
    ),
  }
}

/** A chunk's part of its frame's stored bytes in the package that has it. */
function storedSizes(channel: StationChannel): (chunk: CarriedChunk) => number {
  return ({ id, sizeBytes, from }) => {
    const container = channel.package(from)?.container
    const tables = container && readTables(container)
    const place = tables?.chunkPlace(id)
    if (tables === undefined || place === undefined) return sizeBytes
    const { storedBytes, plainBytes } = tables.frame(place.frame)
    return (sizeBytes * storedBytes) / plainBytes
  }
}

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0)
