// A file whose bytes lie in others: a volume, in the whole container; the whole, in its volumes. Both ways it is a
// prelude, what one of them has between that and the frames, and frames, each compared with the frame table as it passes.
import { MossError } from '../base/error.ts'
import { type FramePlaces, frameStart, type FrameRange, framesHere } from './frame-place.ts'
import { encodePrelude, preludeBytes } from './prelude.ts'
import { checkStored, type OpenedContainer, readExactly } from './read.ts'
import { readStoredFrame } from './read-frames.ts'
import { sayVolume, type Volume } from './volume.ts'
import { areOfOneCut } from './volume-set.ts'

export interface VolumeFile {
  readonly sizeBytes: number
  /** From the first byte on, in order. Throws what reading the container throws. */
  readonly pieces: () => Iterable<Uint8Array>
}

export const volumeOf = (
  whole: OpenedContainer,
  { frames, volume }: { readonly frames: FramePlaces; readonly volume: Volume },
): VolumeFile => madeFile({ front: whole, frames, from: [whole], range: volume, volume })

/**
 * The whole, of every one of its volumes, once, in their order. What they have before the frames must be the same, of
 * which the head is proof but for the signatures.
 */
export function wholeOf(volumes: readonly OpenedContainer[], frames: FramePlaces): VolumeFile {
  const [front] = volumes
  if (front === undefined) throw new RangeError('no volume')
  const range = { firstFrame: 0, endFrame: frames.count }
  return madeFile({ front, frames, from: volumes, range })
}

/** Throws CONTAINER_DAMAGED unless both can be volumes of one cut of one container. */
export function assertSiblings(one: OpenedContainer, other: OpenedContainer): void {
  const refuse = (part: string, problem: string): never => {
    throw new MossError('CONTAINER_DAMAGED', { part, problem })
  }
  const [a, b] = [one.prelude.volume, other.prelude.volume]
  if (one.id !== other.id) refuse('prelude', 'it is a volume of another container than those before')
  if (a === undefined || b === undefined || !areOfOneCut(a, b))
    refuse('prelude', `${sayOf(b)}, does not fit to ${sayOf(a)}`)
  if (one.blocks.some((block, n) => block !== other.blocks[n]))
    refuse('signatures', 'they are others than in the volumes before')
}

const sayOf = (volume: Volume | undefined): string => (volume === undefined ? 'the whole' : sayVolume(volume))

interface Making {
  readonly front: OpenedContainer
  readonly frames: FramePlaces
  readonly from: readonly OpenedContainer[]
  readonly range: FrameRange
  readonly volume?: Volume
}

function madeFile(making: Making): VolumeFile {
  const { front, frames, range } = making
  const framesBytes = frameStart(frames, front, range.endFrame) - frameStart(frames, front, range.firstFrame)
  return { sizeBytes: front.framesOffset + framesBytes, pieces: () => piecesOf(making) }
}

const pieceBytes = 4 * 1024 * 1024

function* piecesOf({ front, frames, from, range, volume }: Making): Generator<Uint8Array> {
  for (const entry of front.head.sections) checkStored(front, entry)
  const { kind, headBytes, signaturesBytes, id } = front.prelude
  yield encodePrelude({ kind, headBytes, signaturesBytes, id, ...(volume && { volume }) })
  for (let at = preludeBytes; at < front.framesOffset; at += pieceBytes) {
    const length = Math.min(pieceBytes, front.framesOffset - at)
    yield readExactly(front.source, { at, length, part: 'sections' })
  }
  for (const container of from) {
    const { firstFrame, endFrame } = framesHere(container)
    const end = Math.min(endFrame, range.endFrame)
    for (let n = Math.max(firstFrame, range.firstFrame); n < end; n++)
      yield readStoredFrame(frames, container, n)
  }
}
