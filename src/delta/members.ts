// Packed members of a file (a gzip file, the entries of a zip file) and the file with them unpacked: bytes around
// members as they are, members as their plain content, in order. What is alike in two packed files shows only so.
// A file is packed again by naming each member's maker, bit for bit. `unpackBase` and `repack` are total functions:
// on a hostile list they end in CONTAINER_DAMAGED, within the memory and, by steps, the time that honest files take.
import { MossError } from '../base/error.ts'
import { deflate, isMaker, type Maker } from './deflate.ts'
import { inflateStream } from './members/inflate-stream.ts'

export interface PackedMember {
  /** Bytes between the end of the member before, or the beginning, and this one. */
  readonly skip: number
  /** Of the raw deflate stream. */
  readonly packedBytes: number
  readonly plainBytes: number
}

export interface Member extends PackedMember {
  readonly maker: Maker
}

/** Smaller ones are left packed: they save nothing, and many of them would cost time. */
export const leastMemberBytes = 512

/** What packing a member may take: a few times what the hardest of real files was seen to take. */
export const mostSteps = (plainBytes: number): number => 160 * plainBytes

/** `members` were found in this very file. */
export function unpack(file: Uint8Array, members: readonly PackedMember[]): Uint8Array<ArrayBuffer> {
  return unpackWith({ base: file, members, mostBytes: Infinity }, (problem) => {
    throw new Error(`a member ${problem}`)
  })
}

export interface BaseToUnpack {
  readonly base: Uint8Array
  readonly members: readonly PackedMember[]
  /** Of the result. */
  readonly mostBytes: number
  /** Names the members in errors. */
  readonly part: string
}

/** The base as the target was encoded against it. The list comes from outside, and may be of another base. */
export function unpackBase({ part, ...input }: BaseToUnpack): Uint8Array<ArrayBuffer> {
  return unpackWith(input, (problem) => refuse(part, `a member of the base ${problem}`))
}

function unpackWith(
  { base, members, mostBytes }: Omit<BaseToUnpack, 'part'>,
  fail: (problem: string) => never,
): Uint8Array<ArrayBuffer> {
  let total = base.length
  let end = 0
  for (const { skip, packedBytes, plainBytes } of members) {
    end += skip + packedBytes
    total += plainBytes - packedBytes
    if (plainBytes < leastMemberBytes) fail('is too small')
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
    const found = inflateStream(base.subarray(from, from + packedBytes), plainBytes)
    if (found?.plain.length !== plainBytes || found.packedBytes !== packedBytes) fail('does not unpack')
    else unpacked.set(found.plain, to)
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
  /** Names the members in errors. */
  readonly part: string
}

/** The file again. */
export function repack({ unpacked, members, totalBytes, part }: FileToRepack): Uint8Array<ArrayBuffer> {
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
    if (plainBytes < leastMemberBytes) refuse(part, 'a member is too small')
    if (!isMaker(maker)) refuse(part, 'a member has an unknown maker')
    const packed = deflate(unpacked.subarray(from, from + plainBytes), maker, {
      mostBytes: totalBytes - to,
      mostSteps: mostSteps(plainBytes),
    })
    if (packed === undefined) refuse(part, 'a member takes more room or time to pack than promised')
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
