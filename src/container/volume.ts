// A container may be cut between frames into volumes, so that it goes over several media: each begins with everything
// up to the frames and has a run of the frames. What a volume says of itself stands in its prelude and is signed by
// nobody. So it is a claim, checked against the head and the frame table; what a frame is, only that table says.
import { MossError } from '../base/error.ts'
import { readU24, writeU24 } from './little-endian.ts'

export interface Volume {
  /** From 1 to `count`. */
  readonly number: number
  readonly count: number
  /** Its frames, from the first one up to the one before the end. */
  readonly firstFrame: number
  readonly endFrame: number
}

export const mostVolumes = 0xffff

const at = { number: 10, firstFrame: 52, endFrame: 55, count: 58 } as const

/** Undefined: a container that is not cut, as its own first volume with nothing said of frames. */
export function writeVolume(view: DataView, volume: Volume | undefined): void {
  view.setUint16(at.number, volume?.number ?? 1, true)
  if (volume === undefined) return
  writeU24(view, at.firstFrame, volume.firstFrame)
  writeU24(view, at.endFrame, volume.endFrame)
  view.setUint16(at.count, volume.count, true)
}

/** What can be judged without the head. Throws CONTAINER_DAMAGED. */
export function readVolume(view: DataView): Volume | undefined {
  const number = view.getUint16(at.number, true)
  const count = view.getUint16(at.count, true)
  const firstFrame = readU24(view, at.firstFrame)
  const endFrame = readU24(view, at.endFrame)
  if (count === 0) {
    if (number !== 1 || firstFrame !== 0 || endFrame !== 0)
      refuse(`volume ${number} of a container that is not cut`)
    return undefined
  }
  if (count === 1 || number === 0 || number > count) refuse(`volume ${number} of ${count}`)
  if (firstFrame >= endFrame) refuse(`frames from ${firstFrame} to before ${endFrame}`)
  // Each volume has a frame.
  if (number === 1 ? firstFrame !== 0 : firstFrame < number - 1)
    refuse(`volume ${number} begins with frame ${firstFrame}`)
  return { number, count, firstFrame, endFrame }
}

/** Against the number of frames that the head says. Throws CONTAINER_DAMAGED. */
export function checkVolume({ number, count, endFrame }: Volume, frameCount: number): void {
  if (number === count ? endFrame !== frameCount : frameCount - endFrame < count - number)
    refuse(`volume ${number} of ${count} ends before frame ${endFrame} of ${frameCount}`)
}

/** `volume 2 of 3, frames 812 to 1650`. */
export const sayVolume = ({ number, count, firstFrame, endFrame }: Volume): string =>
  `volume ${number} of ${count}, frames ${firstFrame} to ${endFrame - 1}`

function refuse(problem: string): never {
  throw new MossError('CONTAINER_DAMAGED', { part: 'prelude', problem })
}
