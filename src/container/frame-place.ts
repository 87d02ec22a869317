// Which frames a file holds, and where in it: all of them in a container that is not cut, a run of them in a volume.
import { checkEnd, type OpenedContainer } from './read.ts'
import type { FrameTable } from './frame-table.ts'

export type FramePlaces = Pick<FrameTable, 'count' | 'entry'>

export interface FrameRange {
  readonly firstFrame: number
  readonly endFrame: number
}

export const framesHere = ({ prelude: { volume }, head }: OpenedContainer): FrameRange =>
  volume ?? { firstFrame: 0, endFrame: head.frames.count }

/** From the first byte of frame 0. `n` may be the number of frames: then it is the end of the last. */
export const frameStart = (frames: FramePlaces, { head }: OpenedContainer, n: number): number =>
  n === frames.count ? head.frames.storedBytes : frames.entry(n).offset

/** From the start of the file. */
export const placeInFile = (frames: FramePlaces, container: OpenedContainer, n: number): number =>
  container.framesOffset +
  frameStart(frames, container, n) -
  frameStart(frames, container, framesHere(container).firstFrame)

/** How long the file is that holds these frames. */
export const sizeOfFile = (frames: FramePlaces, container: OpenedContainer): number =>
  placeInFile(frames, container, framesHere(container).endFrame)

/** What opening could not see of a volume. Throws CONTAINER_DAMAGED where the file goes on after its last frame. */
export function checkVolumeEnd(frames: FramePlaces, container: OpenedContainer): void {
  if (container.prelude.volume !== undefined) checkEnd(container.source, sizeOfFile(frames, container))
}

/** Of a volume, once every frame stands in its source where the whole has it. */
export function asWhole<Container extends OpenedContainer>(container: Container): Container {
  const { volume: _, ...prelude } = container.prelude
  return { ...container, prelude }
}
