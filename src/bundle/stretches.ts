// A delta frame as an import writes it: chunks that follow each other in the frame and in one file are one stretch, whose
// bytes go on as they are made. Chunks that are a whole content stay by themselves, since each is checked.
import type { ChunkId } from '../base/ids.ts'
import type { DeltaPart } from '../container/cut-delta.ts'
import type { ListedChunk } from '../delta/chunk-list.ts'
import { assertChunkSize, type Destination } from './assembly.ts'

export interface Stretch extends DeltaPart {
  /** None for what nobody here needs. */
  readonly destinations: readonly Destination[]
}

/**
 * Of a frame's `chunks`, in their order; those in `toCheck` keep their ids. A frame may have a chunk twice: what `needed`
 * says of it is written with the first. Throws CONTAINER_DAMAGED where a file's chunk list and the frame differ in a size.
 */
export function stretchesOf(
  chunks: readonly ListedChunk[],
  needed: ReadonlyMap<ChunkId, readonly Destination[]>,
  toCheck: ReadonlySet<ChunkId>,
): readonly Stretch[] {
  const left = new Map(needed)
  const stretches: Stretch[] = []
  for (const { id, sizeBytes } of chunks) {
    const destinations = left.get(id) ?? []
    left.delete(id)
    for (const destination of destinations) assertChunkSize(destination.sizeBytes, sizeBytes)
    const last = stretches.at(-1)
    if (toCheck.has(id)) stretches.push({ id, sizeBytes, destinations })
    else if (last !== undefined && goesOn(last, destinations))
      stretches[stretches.length - 1] = joined(last, sizeBytes)
    else stretches.push({ sizeBytes, destinations })
  }
  return stretches
}

function goesOn(last: Stretch, destinations: readonly Destination[]): boolean {
  const [from, to] = [last.destinations[0], destinations[0]]
  const isOne = last.id === undefined && last.destinations.length === 1 && destinations.length === 1
  return isOne && from?.content === to?.content && from!.at + last.sizeBytes === to!.at
}

const joined = (last: Stretch, moreBytes: number): Stretch => {
  const sizeBytes = last.sizeBytes + moreBytes
  return { sizeBytes, destinations: last.destinations.map((each) => ({ ...each, sizeBytes })) }
}

/** Where bytes of a stretch go that stand at `at` in it. */
export const placesIn = ({ destinations }: Stretch, at: number, sizeBytes: number): readonly Destination[] =>
  destinations.map((each) => ({ content: each.content, at: each.at + at, sizeBytes }))
