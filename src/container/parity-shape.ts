// How a stored file is laid out for its parity: in shards of a page, shared out among groups in turn, so that neighbours
// are in different groups and a bad stretch takes as little as can be from each. Shards are so much smaller than the
// stretches that the two which a stretch spoils in part hardly count. What a parity file says of this is a claim.
import { limits } from '../base/limits.ts'
import { fieldSize } from './parity-field.ts'

export const shardBytes = 4096

export interface ParityShape {
  readonly storedBytes: number
  readonly groups: number
  /** Parity shards of each group. */
  readonly parityPerGroup: number
}

/** A bad stretch is as long, or longer; a file that is shorter than what this means gets enough parity for one. */
const stretchBytes = 65_536

/** Of a stretch that begins and ends anywhere. */
const mostSpoiled = stretchBytes / shardBytes + 2

/** Shards that can be spoiled for each that is bad from end to end. */
const margin = (mostSpoiled * shardBytes) / stretchBytes

/** Runs of more places than this would take too much memory. */
const longestSpan = 8192

export const digestBytes = 8

/** By what is kept of each shard in memory. */
const mostShards = limits.longTableBytes / digestBytes

export const dataShardsOf = ({ storedBytes }: ParityShape): number => Math.ceil(storedBytes / shardBytes)

export const parityShardsOf = ({ groups, parityPerGroup }: ParityShape): number => groups * parityPerGroup

/** Of the largest group; others may have one less, which counts as zeros. */
export const groupShardsOf = (shape: ParityShape): number => Math.ceil(dataShardsOf(shape) / shape.groups)

/** Places that a group's parity takes up. */
export const spanOf = ({ parityPerGroup }: ParityShape): number => 2 ** Math.ceil(Math.log2(parityPerGroup))

/** How much may be bad in stretches that spoil so many shards. */
export const stretchesOf = (shards: number): number => Math.floor((shards * shardBytes) / margin)

/** So that bad stretches of `percent` of the file, from 1 to 50, can be repaired. Undefined for a file that is empty, or too long. */
export function planParity(storedBytes: number, percent: number): ParityShape | undefined {
  const dataShards = Math.ceil(storedBytes / shardBytes)
  if (dataShards === 0) return undefined
  const share = (percent / 100) * margin
  const atLeast = Math.ceil(dataShards / largestGroup(share))
  // An odd number: what is bad at regular distances, which are powers of two, then comes round to every group.
  const groups = atLeast % 2 === 0 ? atLeast + 1 : atLeast
  const groupShards = Math.ceil(dataShards / groups)
  const enough = Math.ceil(groupShards * share)
  const parityPerGroup = Math.max(enough, Math.min(groupShards, Math.ceil(mostSpoiled / groups)))
  const shape = { storedBytes, groups, parityPerGroup }
  return isPossible(shape) ? shape : undefined
}

/** How many data shards fit into the field with their parity. */
function largestGroup(share: number): number {
  let largest = 0
  for (let span = longestSpan; span >= 1; span /= 2)
    largest = Math.max(largest, Math.min(fieldSize - span, Math.floor(span / share)))
  return largest
}

/** What a reader can work with, and needs no more memory for than an honest file makes it. */
export function isPossible(shape: ParityShape): boolean {
  const { groups, parityPerGroup } = shape
  const dataShards = dataShardsOf(shape)
  return (
    parityPerGroup >= 1 &&
    parityPerGroup <= longestSpan &&
    groups >= 1 &&
    groups <= dataShards &&
    dataShards + parityShardsOf(shape) <= mostShards &&
    spanOf(shape) + groupShardsOf(shape) <= fieldSize
  )
}
