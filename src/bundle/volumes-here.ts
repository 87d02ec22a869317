// Which volumes of a bundle are in its copy on this machine: a record beside the copy, written when their frames are durable.
// It says what need not be asked for again. What it says of frames is checked before anybody uses them; what it says of
// numbers and counts nobody signed, so a volume that tells it otherwise is believed as well, and its frames stay.
import { decodeUtf8, encodeUtf8 } from '../base/bytes.ts'
import type { FrameRange } from '../container/frame-place.ts'
import { mostVolumes, type Volume } from '../container/volume.ts'
import { areOfOneCut } from '../container/volume-set.ts'
import type { Disk } from '../host/disk.ts'
import { writeDurably } from '../host/durable.ts'

export interface VolumesHere {
  /** Of one cut. */
  readonly volumes: readonly Volume[]
  /** Frames that came in volumes which do not fit to those. */
  readonly others: readonly FrameRange[]
}

const nothing: VolumesHere = { volumes: [], others: [] }

export const rangesOf = ({ volumes, others }: VolumesHere): readonly FrameRange[] => [...volumes, ...others]

/** Those that do not fit to the new one are no longer counted as volumes. */
export function withVolume({ volumes, others }: VolumesHere, volume: Volume): VolumesHere {
  const fitting = volumes.filter((each) => areOfOneCut(each, volume))
  const odd = volumes.filter((each) => !fitting.includes(each))
  return {
    volumes: [...fitting.filter(({ number }) => number !== volume.number), volume],
    others: [...others, ...odd.map(({ firstFrame, endFrame }) => ({ firstFrame, endFrame }))],
  }
}

/** Without whatever has one of these frames. */
export function withoutFrames(here: VolumesHere, frames: readonly number[]): VolumesHere {
  const isSound = ({ firstFrame, endFrame }: FrameRange): boolean =>
    !frames.some((n) => n >= firstFrame && n < endFrame)
  return { volumes: here.volumes.filter(isSound), others: here.others.filter(isSound) }
}

const fileIn = (folder: string): string => `${folder}/volumes`

/** A line each: number, count, first frame and the frame after the last; zeros for number and count of other frames. */
export function writeVolumesHere(disk: Disk, folder: string, { volumes, others }: VolumesHere): void {
  const lines = [...volumes, ...others.map((range) => ({ number: 0, count: 0, ...range }))].map(
    ({ number, count, firstFrame, endFrame }) => `${number} ${count} ${firstFrame} ${endFrame}\n`,
  )
  writeDurably(disk, fileIn(folder), encodeUtf8(lines.join('')), { mode: 0o600, replace: true })
}

const longestFile = 4 * 1024 * 1024

/** One that cannot be read says nothing: what it spoke of is asked for again. */
export function readVolumesHere(disk: Disk, folder: string): VolumesHere {
  const stat = disk.lstat(fileIn(folder))
  if (stat?.kind !== 'file' || stat.sizeBytes > longestFile) return nothing
  const text = decodeUtf8(disk.readFile(fileIn(folder), longestFile)) ?? ''
  const found = text.split('\n').slice(0, -1).map(volumeOfLine)
  if (found.includes(undefined)) return nothing
  const all = found.filter((each) => each !== undefined)
  const volumes = all.filter(({ count }) => count > 0)
  const isOneCut = volumes.every((a) => volumes.every((b) => areOfOneCut(a, b)))
  return isOneCut ? { volumes, others: all.filter(({ count }) => count === 0) } : nothing
}

function volumeOfLine(line: string): Volume | undefined {
  const numbers = /^\d{1,5} \d{1,5} \d{1,8} \d{1,8}$/.test(line) ? line.split(' ').map(Number) : []
  const [number, count, firstFrame, endFrame] = numbers
  if (number === undefined || count === undefined || firstFrame === undefined || endFrame === undefined)
    return undefined
  const isSound = number <= count && count <= mostVolumes && firstFrame < endFrame
  return isSound ? { number, count, firstFrame, endFrame } : undefined
}
