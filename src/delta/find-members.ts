// Finds the packed members of a gzip or zip file. In a file that is to be carried, only those that a known maker packs
// into the same bits again; in one that is to serve as base, all that unpack. Unpacked, the file is not longer than
// a frame of deltas may be: what does not fit stays packed. A file of another kind has no members.
import { limits } from '../base/limits.ts'
import { isPackedBy } from './deflate.ts'
import type { Maker } from './deflate/rules.ts'
import { leastMemberBytes, type Member, mostSteps, type PackedMember } from './members.ts'
import { gzipStreams, isGzip } from './members/gzip-streams.ts'
import { likelyMakers, type PackedStream } from './members/packed-stream.ts'
import { isZip, zipStreams } from './members/zip-streams.ts'

/** After so many members of a file that no maker packs alike, and fewer that one does, the rest is not tried. */
const mostMisses = 3

/** In the order of the file. */
export function findMembers(file: Uint8Array): readonly Member[] {
  const members: Member[] = []
  let hits = 0
  let misses = 0
  let before: Maker | undefined
  collect(file, (stream, skip) => {
    if (misses >= mostMisses && misses > hits) return false
    const maker = makerOf(file, stream, before)
    if (maker === undefined) {
      misses++
      return false
    }
    hits++
    before = maker
    members.push({ skip, packedBytes: stream.packedBytes, plainBytes: stream.plain.length, maker })
    return true
  })
  return members
}

/** In the order of the file. */
export function findStreams(file: Uint8Array): readonly PackedMember[] {
  const members: PackedMember[] = []
  collect(file, ({ packedBytes, plain }, skip) => {
    members.push({ skip, packedBytes, plainBytes: plain.length })
    return true
  })
  return members
}

/** Offers each stream with the bytes between it and the end of the one that was taken before. */
function collect(file: Uint8Array, take: (stream: PackedStream, skip: number) => boolean): void {
  let end = 0
  let room = limits.deltaUnpackedBytes - file.length
  const roomNow = (): number => Math.max(0, room)
  let streams: Iterable<PackedStream> = []
  if (isGzip(file)) streams = gzipStreams(file, roomNow)
  else if (isZip(file)) streams = zipStreams(file, roomNow)
  if (room <= 0) return
  for (const stream of streams) {
    if (stream.plain.length < leastMemberBytes || !take(stream, stream.at - end)) continue
    end = stream.at + stream.packedBytes
    room -= stream.plain.length
  }
}

/** Members of one file are mostly of one maker. */
function makerOf(file: Uint8Array, stream: PackedStream, before: Maker | undefined): Maker | undefined {
  const { at, packedBytes, plain } = stream
  const packed = file.subarray(at, at + packedBytes)
  const isOne = (maker: Maker): boolean =>
    isPackedBy(maker, { plain, packed, mostSteps: mostSteps(plain.length) })
  if (before !== undefined && isOne(before)) return before
  return likelyMakers(stream).find((maker) => maker !== before && isOne(maker))
}
