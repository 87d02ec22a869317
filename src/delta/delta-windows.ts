// A long file is encoded window by window, so that memory stays bounded whatever its size: runs of its chunks, each
// against the stretch of the base around the same relative place. A file and a base that fit the limits of a
// frame are one window, which compresses best.
import { limits } from '../base/limits.ts'
import type { ListedChunk } from './chunk-list.ts'

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

/** Of a file that is longer than a frame, and of its base. */
const windowBytes = 32 * 1024 * 1024
const windowBaseBytes = 64 * 1024 * 1024

/** `chunks` are those of the file that are to be carried, in order; `baseBytes` is not 0. */
export function deltaWindows(chunks: readonly ListedChunk[], baseBytes: number): readonly DeltaWindow[] {
  const total = sizeOf(chunks)
  if (total <= limits.deltaPlainBytes && baseBytes <= limits.deltaBaseBytes)
    return [{ chunks, baseOffset: 0, baseBytes }]
  const windows: DeltaWindow[] = []
  let before = 0
  for (const run of runsOf(chunks)) {
    const runBytes = sizeOf(run)
    const length = Math.min(baseBytes, windowBaseBytes)
    const middle = ((before + runBytes / 2) / total) * baseBytes
    const baseOffset = Math.floor(Math.min(baseBytes - length, Math.max(0, middle - length / 2)))
    windows.push({ chunks: run, baseOffset, baseBytes: length })
    before += runBytes
  }
  return windows
}

function runsOf(chunks: readonly ListedChunk[]): readonly (readonly ListedChunk[])[] {
  const runs: ListedChunk[][] = []
  let filled = Infinity
  for (const chunk of chunks) {
    if (filled + chunk.sizeBytes > windowBytes) {
      runs.push([])
      filled = 0
    }
    runs.at(-1)?.push(chunk)
    filled += chunk.sizeBytes
  }
  return runs
}

const sizeOf = (chunks: readonly ListedChunk[]): number =>
  chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
