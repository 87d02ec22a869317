// Packed members of a file (a gzip file, the entries of a zip file) and the file with them unpacked: bytes around
// members as they are, members as their content, in order. What is alike in two packed files shows only so. Content is
// what the coding makes of a member: its plain bytes, or its tokens.
// A file is packed again by naming each member's maker, bit for bit. `unpackBase` and `repack` are total functions:
// on a hostile list they end in CONTAINER_DAMAGED, within the memory and, by steps, the time that honest files take.
import { MossError } from '../base/error.ts'
import { isMaker, type Maker } from './deflate.ts'
import { asPlain, type MemberCoding } from './members/coding.ts'

export interface PackedMember {
  /** Bytes between the end of the member before, or the beginning, and this one. */
  readonly skip: number
  /** Of the raw deflate stream. */
  readonly packedBytes: number
  /** Of its content. */
  readonly plainBytes: number
}

export interface Member extends PackedMember {
  readonly maker: Maker
}

export interface BaseToUnpack {
  readonly base: Uint8Array
  readonly members: readonly PackedMember[]
  /** Of the result. */
  readonly mostBytes: number
  readonly coding?: MemberCoding
  /** Names the members in errors. */
  readonly part: string
}

/** The base as the target was encoded against it. The list comes from outside, and may be of another base. */
export function unpackBase({
  base,
  members,
  mostBytes,
  coding = asPlain,
  part,
}: BaseToUnpack): Uint8Array<ArrayBuffer> {
  const fail = (problem: string): never => refuse(part, `a member of the base ${problem}`)
  let total = base.length
  let end = 0
  for (const { skip, packedBytes, plainBytes } of members) {
    end += skip + packedBytes
    total += plainBytes - packedBytes
    if (plainBytes < coding.leastBytes) fail('is too small')
    if (end > base.length) fail('lies outside')
  }
  if (total > mostBytes) fail('is too large')
  const unpacked = new Uint8Array(total)
  let from = 0
  let to = 0
  for (const { skip, packedBytes, plainBytes } of members) {
    unpacked.set(base.subarray(from, from + skip), to)
    from += skip
    to += skip
    const found = coding.open(base.subarray(from, from + packedBytes), plainBytes)
    if (found?.content.length !== plainBytes || found.packedBytes !== packedBytes) fail('does not unpack')
    else unpacked.set(found.content, to)
    from += packedBytes
    to += plainBytes
  }
  unpacked.set(base.subarray(from), to)
  return unpacked
}

export interface FileToRepack {
  readonly unpacked: Uint8Array
  readonly members: readonly Omit<Member, 'packedBytes'>[]
  /** Of the file; the caller has bounded it. */
  readonly totalBytes: number
  readonly coding?: MemberCoding
  /** Names the members in errors. */
  readonly part: string
}

/** The file again. */
export function repack({
  unpacked,
  members,
  totalBytes,
  coding = asPlain,
  part,
}: FileToRepack): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(totalBytes)
  let from = 0
  let to = 0
  const copy = (count: number): void => {
    if (count > unpacked.length - from) refuse(part, 'a member lies outside the file')
    if (count > totalBytes - to) refuse(part, 'a file with members is longer than promised')
    file.set(unpacked.subarray(from, from + count), to)
    from += count
    to += count
  }
  for (const { skip, plainBytes, maker } of members) {
    copy(skip)
    if (plainBytes > unpacked.length - from) refuse(part, 'a member lies outside the file')
    if (plainBytes < coding.leastBytes) refuse(part, 'a member is too small')
    if (!isMaker(maker)) refuse(part, 'a member has an unknown maker')
    const packed = coding.pack(unpacked.subarray(from, from + plainBytes), maker, totalBytes - to)
    if (packed === undefined) refuse(part, 'a member does not pack as promised')
    file.set(packed, to)
    from += plainBytes
    to += packed.length
  }
  copy(unpacked.length - from)
  if (to !== totalBytes) refuse(part, 'a file with members is shorter than promised')
  return file
}

function refuse(part: string, problem: string): never {
  throw new MossError('CONTAINER_DAMAGED', { part, problem })
}
