// Opens the parity that lies beside a stored file, and finds which shards are bad. It may be as damaged as the file: any whole
// copy of its header will do, and of each page of its table. A read that fails counts as bad bytes.
import { digestOf } from '../base/digest.ts'
import { isMossError } from '../base/error.ts'
import type { ContainerId } from '../base/ids.ts'
import type { Report } from '../base/progress.ts'
import type { ByteSource } from '../host/byte-source.ts'
import { decodeParityHeader, encodeParityHeader } from './parity-header.ts'
import { digestsPerPage, headerPages, type ParityPages, parityPages, tableBytesOf } from './parity-pages.ts'
import {
  dataShardsOf,
  digestBytes,
  type ParityShape,
  parityShardsOf,
  shardBytes,
  stretchesOf,
} from './parity-shape.ts'
import { decodeTablePage, ShardDigests } from './parity-table.ts'

export interface Parity {
  readonly source: ByteSource
  readonly shape: ParityShape
  readonly pages: ParityPages
  /** A claim. */
  readonly id: ContainerId
  readonly digests: ShardDigests
}

/** What a parity file says it is for; undefined where no copy of its header is whole. */
export function readParityId(source: ByteSource, sizeBytes: number): ContainerId | undefined {
  return readHeader(source, sizeBytes)?.id
}

/** Undefined where no copy of its header is whole. */
export function openParity(source: ByteSource, sizeBytes: number): Parity | undefined {
  const found = readHeader(source, sizeBytes)
  if (found === undefined) return undefined
  const { shape, id, table } = found
  const pages = parityPages(shape)
  // What a table takes in memory must be there in the file.
  if (sizeBytes < (1 + pages.tablePages) * shardBytes) return undefined
  const header = encodeParityHeader(found)
  const bytes = new Uint8Array(tableBytesOf(shape))
  const lostPages = new Set<number>()
  for (let number = 0; number < pages.tablePages; number++) {
    const digests = readTablePage(source, { header, pages, number })
    const at = number * digestsPerPage * digestBytes
    if (digests === undefined) lostPages.add(number)
    else bytes.set(digests.subarray(0, bytes.length - at), at)
  }
  if (lostPages.size === 0 && digestOf(bytes) !== table) return undefined
  return { source, shape, pages, id, digests: new ShardDigests(bytes, lostPages) }
}

function readHeader(source: ByteSource, sizeBytes: number) {
  for (const page of headerPages(sizeBytes)) {
    const bytes = readPage(source, page)
    const header = bytes && decodeParityHeader(bytes)
    if (header !== undefined) return header
  }
  return undefined
}

function readTablePage(
  source: ByteSource,
  from: { readonly header: Uint8Array; readonly pages: ParityPages; readonly number: number },
): Uint8Array | undefined {
  for (const table of from.pages.tables) {
    const bytes = readPage(source, table + from.number)
    const digests = bytes && decodeTablePage(from.header, from.number, bytes)
    if (digests !== undefined) return digests
  }
  return undefined
}

function readPage(source: ByteSource, page: number): Uint8Array | undefined {
  const bytes = new Uint8Array(shardBytes)
  return readIfPossible(source, bytes, page * shardBytes) === shardBytes ? bytes : undefined
}

/** How many bytes came; undefined where the medium gives none. */
function readIfPossible(source: ByteSource, into: Uint8Array, at: number): number | undefined {
  try {
    return source.read(into, at)
  } catch (error) {
    if (isMossError(error, 'HOST_IO')) return undefined
    throw error
  }
}

/** A flag for each shard, so that memory is the same if all are bad: 1 is bad. */
export interface BadShards {
  readonly data: Uint8Array
  readonly parity: Uint8Array
}

interface Looking {
  readonly report: Report
  readonly turn: () => Promise<void>
}

/** Of the stored file `source` and of its parity: every shard is read once. */
export async function findBadShards(parity: Parity, source: ByteSource, how: Looking): Promise<BadShards> {
  const { shape, digests, pages } = parity
  const dataShards = dataShardsOf(shape)
  const data = new Uint8Array(dataShards)
  const bad = new Uint8Array(parityShardsOf(shape))
  const buffer = new Uint8Array(readTogether * shardBytes)
  for (let first = 0; first < dataShards; first += readTogether) {
    const count = Math.min(readTogether, dataShards - first)
    const into = buffer.subarray(0, count * shardBytes)
    readShards(source, into, first, (n, shard) => {
      if (shard === undefined || !digests.isSound(n, shard)) data[n] = 1
    })
    const doneBytes = Math.min(shape.storedBytes, (first + count) * shardBytes)
    how.report({ phase: 'parity', item: source.name, doneBytes, totalBytes: shape.storedBytes })
    await how.turn()
  }
  for (let n = 0; n < bad.length; n++) {
    const shard = readPage(parity.source, pages.parityShard(n))
    if (shard === undefined || !digests.isSound(dataShards + n, shard)) bad[n] = 1
    if (n % readTogether === 0) await how.turn()
  }
  return { data, parity: bad }
}

const readTogether = 256

/** Where reading all of them together fails, one by one. */
function readShards(
  source: ByteSource,
  into: Uint8Array,
  first: number,
  tell: (n: number, shard: Uint8Array | undefined) => void,
): void {
  const length = readIfPossible(source, into, first * shardBytes)
  for (let at = 0; at < into.length; at += shardBytes) {
    const shard = into.subarray(at, at + shardBytes)
    const n = first + at / shardBytes
    const present =
      length === undefined ? readIfPossible(source, shard, n * shardBytes) : Math.max(0, length - at)
    if (present !== undefined) shard.fill(0, Math.min(present, shardBytes))
    tell(n, present === undefined ? undefined : shard)
  }
}

export interface ParityFindings {
  /** Bad runs of the stored file. */
  readonly badStretches: number
  readonly badShards: number
  readonly shards: number
  /** Shards of the stored file that cannot be repaired: their groups have lost more than their parity. */
  readonly beyond: number
  /** Bytes that could still go bad, in stretches of 64 KiB or more. */
  readonly leftBytes: number
}

export function judgeBadShards({ shape }: Parity, bad: BadShards): ParityFindings {
  const lost = lostByGroup(shape, bad)
  const left = shape.parityPerGroup - lost.reduce((most, each) => Math.max(most, each), 0)
  let badStretches = 0
  let beyond = 0
  bad.data.forEach((isBad, n) => {
    if (isBad === 0) return
    if (n === 0 || bad.data[n - 1] === 0) badStretches++
    if ((lost[n % shape.groups] ?? 0) > shape.parityPerGroup) beyond++
  })
  return {
    badStretches,
    badShards: lost.reduce((sum, each) => sum + each, 0),
    shards: bad.data.length + bad.parity.length,
    beyond,
    leftBytes: Math.min(shape.storedBytes, stretchesOf(Math.max(0, left) * shape.groups)),
  }
}

/** How many shards of each group are bad. */
export function lostByGroup({ groups }: ParityShape, { data, parity }: BadShards): Uint32Array {
  const lost = new Uint32Array(groups)
  for (const bad of [data, parity])
    bad.forEach((isBad, n) => (lost[n % groups] = (lost[n % groups] ?? 0) + isBad))
  return lost
}

/** Of one group, as numbers in it. */
export function lostOfGroup({ groups }: ParityShape, bad: BadShards, group: number) {
  const numbers = (flags: Uint8Array): readonly number[] => {
    const lost: number[] = []
    for (let n = group; n < flags.length; n += groups) if (flags[n] === 1) lost.push((n - group) / groups)
    return lost
  }
  return { data: numbers(bad.data), parity: numbers(bad.parity) }
}
