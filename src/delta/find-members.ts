// Finds the packed members of a gzip or zip file and opens them. In a file that is to be carried, only those that a known
// maker packs into the same bits again; in one that is to serve as base, all that unpack. Opened, the file is not
// longer than a frame of deltas may be: what does not fit stays packed. A file of another kind has no members.
import { concatBytes } from '../base/bytes.ts'
import { limits } from '../base/limits.ts'
import type { Maker } from './deflate/rules.ts'
import { mostMembers } from './delta-forms.ts'
import type { Member, PackedMember } from './members.ts'
import { asPlain, likelyMakers, type MemberCoding } from './members/coding.ts'
import { gzipStreams, isGzip } from './members/gzip-streams.ts'
import type { OpenStream, PackedStream } from './members/packed-stream.ts'
import { isZip, zipStreams } from './members/zip-streams.ts'

/** After so many members of a file that no maker packs alike, and fewer that one does, the rest is not tried. */
const mostMisses = 3

export interface OpenedFile<M extends PackedMember> {
  /** In the order of the file. */
  readonly members: readonly M[]
  /** The file with their content in their place. */
  readonly opened: Uint8Array
}

/** Those that can be packed again. */
export function openMembers(file: Uint8Array, coding: MemberCoding = asPlain): OpenedFile<Member> {
  let hits = 0
  let misses = 0
  let before: Maker | undefined
  return openFile(file, coding, (stream, member) => {
    if (misses >= mostMisses && misses > hits) return undefined
    const maker = makerOf({ file, stream, before }, coding)
    if (maker === undefined) {
      misses++
      return undefined
    }
    hits++
    before = maker
    return { ...member, maker }
  })
}

/** All. */
export const openStreams = (file: Uint8Array, coding: MemberCoding = asPlain): OpenedFile<PackedMember> =>
  openFile(file, coding, (_stream, member) => member)

/** Offers each stream as a member; what is not taken stays packed. */
function openFile<M extends PackedMember>(
  file: Uint8Array,
  coding: MemberCoding,
  take: (stream: PackedStream, member: PackedMember) => M | undefined,
): OpenedFile<M> {
  const members: M[] = []
  const parts: Uint8Array[] = []
  let end = 0
  let room = limits.deltaUnpackedBytes - file.length
  for (const stream of streamsOf(file, (packed) => coding.open(packed, Math.max(0, room)))) {
    const { at, packedBytes, content } = stream
    if (content.length < coding.leastBytes || content.length > room) continue
    const member = take(stream, { skip: at - end, packedBytes, plainBytes: content.length })
    if (member === undefined) continue
    members.push(member)
    parts.push(file.subarray(end, at), content)
    end = at + packedBytes
    room -= content.length
    if (members.length === mostMembers) break
  }
  return { members, opened: members.length === 0 ? file : concatBytes([...parts, file.subarray(end)]) }
}

function streamsOf(file: Uint8Array, open: OpenStream): Iterable<PackedStream> {
  if (isGzip(file)) return gzipStreams(file, open)
  return isZip(file) ? zipStreams(file, open) : []
}

interface FoundStream {
  readonly file: Uint8Array
  readonly stream: PackedStream
  /** Of the member before: members of one file are mostly of one maker. */
  readonly before: Maker | undefined
}

function makerOf({ file, stream, before }: FoundStream, coding: MemberCoding): Maker | undefined {
  const { at, packedBytes, content } = stream
  const packed = file.subarray(at, at + packedBytes)
  const isOne = (maker: Maker): boolean => coding.isMaker(maker, content, packed)
  if (before !== undefined && isOne(before)) return before
  return likelyMakers(coding, stream).find((maker) => maker !== before && isOne(maker))
}
