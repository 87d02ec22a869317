// Table frames of a container that nobody has judged: to cut and to join need no key, so nobody is asked. The table is what
// the head pins, and the head is what the container id names; that is all. So it costs no more memory than an
// honest one could.
import { MossError } from '../base/error.ts'
import { limits } from '../base/limits.ts'
import { decodeStored } from './codecs.ts'
import { chunkWidth, fanOutBytes, FrameTable, frameWidth } from './frame-table.ts'
import type { FramePlaces } from './frame-place.ts'
import { type OpenedContainer, readStored } from './read.ts'

/** Each frame has a chunk, and table chunks has its limit. */
const mostFrames = Math.floor((limits.longTableBytes - fanOutBytes) / chunkWidth)

/** Throws CONTAINER_DAMAGED. */
export function claimedFrames(opened: OpenedContainer): FramePlaces {
  const { frames, sections } = opened.head
  const part = 'section frames'
  const entry = sections.find(({ name }) => name === 'frames')
  if (entry === undefined) return new FrameTable(undefined, frames, 'unread')
  const { codec, plainBytes } = entry
  if (codec === 3) throw new MossError('CONTAINER_DAMAGED', { part, problem: 'it builds on nothing' })
  if (frames.count > mostFrames || plainBytes !== frames.count * frameWidth)
    throw new MossError('CONTAINER_DAMAGED', {
      part,
      problem: `${plainBytes} bytes for ${frames.count} frames`,
    })
  const stored = readStored(opened, entry)
  return new FrameTable(decodeStored({ codec, stored }, { plainBytes, part }), frames, 'unread')
}
