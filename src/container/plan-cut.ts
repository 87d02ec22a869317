// Where a container is cut so that no file is longer than a limit: as many frames into each volume as go into it, in
// their order. Pure; the same container and limit give the same volumes.
import { MossError } from '../base/error.ts'
import { mostVolumes, type Volume } from './volume.ts'

export interface ToCut {
  /** Of everything before the frames, which each volume repeats. */
  readonly frontBytes: number
  /** Stored sizes, in the order of the frames. */
  readonly frames: readonly number[]
  readonly limitBytes: number
}

/** None where the whole fits. Throws VOLUME_TOO_SMALL with the least limit that will do. */
export function planCut({ frontBytes, frames, limitBytes }: ToCut): readonly Volume[] {
  const framesBytes = frames.reduce((sum, bytes) => sum + bytes, 0)
  if (frontBytes + framesBytes <= limitBytes) return []
  const longest = frames.reduce((most, bytes) => Math.max(most, bytes), 0)
  if (frontBytes + longest > limitBytes)
    throw new MossError('VOLUME_TOO_SMALL', { limitBytes, leastBytes: frontBytes + longest })
  const ends = endsOf(frames, limitBytes - frontBytes)
  if (ends.length > mostVolumes)
    throw new MossError('VOLUME_TOO_SMALL', {
      limitBytes,
      leastBytes: frontBytes + longest + Math.ceil(framesBytes / mostVolumes),
    })
  return ends.map((endFrame, index) => ({
    number: index + 1,
    count: ends.length,
    firstFrame: ends[index - 1] ?? 0,
    endFrame,
  }))
}

/** For each volume the number of the frame after its last. */
function endsOf(frames: readonly number[], roomBytes: number): readonly number[] {
  const ends: number[] = []
  let filled = 0
  frames.forEach((bytes, n) => {
    if (filled + bytes > roomBytes) {
      ends.push(n)
      filled = 0
    }
    filled += bytes
  })
  return [...ends, frames.length]
}
