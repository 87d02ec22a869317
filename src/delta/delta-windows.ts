// A long file is encoded window by window, so that memory stays bounded whatever its size: runs of its chunks, each
// against the stretch of the base around the same relative place. Where chunks between them are not carried, a run is
// still a stretch of the file no longer than a window, or else its base would miss its ends. A file and a base that fit
// the limits of a frame are one window, which compresses best.
import { limits } from '../base/limits.ts'
import type { ListedChunk } from './chunk-list.ts'

export interface PlacedChunk extends ListedChunk {
  /** In the file. */
  readonly offset: number
}

export interface WindowChunk extends ListedChunk {
  /** The hosts have it; it is here because the file is better seen as a whole. */
  readonly isHeld?: boolean
}

export interface DeltaWindow {
  readonly chunks: readonly WindowChunk[]
  /** Of the base. */
  readonly baseOffset: number
  readonly baseBytes: number
}

export interface WindowSizes {
  /** What is carried of a file, and its base, are one window up to here. */
  readonly wholeBytes: number
  /** Of a longer file, and of its base. */
  readonly windowBytes: number
  readonly windowBaseBytes: number
}

const usualSizes: WindowSizes = {
  wholeBytes: Math.min(limits.deltaPlainBytes, limits.deltaBaseBytes),
  windowBytes: 32 * 1024 * 1024,
  windowBaseBytes: 64 * 1024 * 1024,
}

/** `chunks` are those of the file that are to be carried, in order; `baseBytes` is not 0. */
export function deltaWindows(
  chunks: readonly PlacedChunk[],
  {
    fileBytes,
    baseBytes,
    sizes: { wholeBytes, windowBytes, windowBaseBytes } = usualSizes,
  }: { readonly fileBytes: number; readonly baseBytes: number; readonly sizes?: WindowSizes },
): readonly DeltaWindow[] {
  const total = chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (total <= wholeBytes && baseBytes <= wholeBytes) return [{ chunks, baseOffset: 0, baseBytes }]
  return runsOf(chunks, windowBytes).map(({ chunks: run, start, end }) => {
    const length = Math.min(baseBytes, windowBaseBytes)
    const middle = ((start + end) / 2 / fileBytes) * baseBytes
    const baseOffset = Math.floor(Math.min(baseBytes - length, Math.max(0, middle - length / 2)))
    return { chunks: run, baseOffset, baseBytes: length }
  })
}

interface Run {
  readonly chunks: PlacedChunk[]
  /** Of the stretch of the file that it lies in. */
  readonly start: number
  end: number
}

function runsOf(chunks: readonly PlacedChunk[], mostBytes: number): readonly Run[] {
  const runs: Run[] = []
  for (const chunk of chunks) {
    const { offset } = chunk
    const end = offset + chunk.sizeBytes
    const last = runs.at(-1)
    if (last !== undefined && end - last.start <= mostBytes) {
      last.chunks.push(chunk)
      last.end = end
    } else runs.push({ chunks: [chunk], start: offset, end })
  }
  return runs
}
