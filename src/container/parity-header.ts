// The page that says what a parity file is for and how it is laid out. Nobody signs it: it is bounded here, and what is
// repaired by it passes the ordinary checks. Its own digest tells whether a copy of it is whole.
import { equalBytes, fromHex, toHex } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import { isMossError } from '../base/error.ts'
import type { ContainerId, Digest } from '../base/ids.ts'
import { readU64, viewOf, writeU32, writeU64 } from './little-endian.ts'
import { isPossible, type ParityShape, shardBytes } from './parity-shape.ts'

export interface ParityHeader {
  readonly shape: ParityShape
  /** Of the container that the file holds, sealed or not. */
  readonly id: ContainerId
  /** Of the digests of all shards. */
  readonly table: Digest
}

/** As of containers, but for one letter. */
const magic = Uint8Array.of(0x89, 0x4d, 0x4f, 0x53, 0x50, 0x0d, 0x1a, 0x0a)
const parityVersion = 1
const at = {
  version: 8,
  shardBytes: 12,
  storedBytes: 16,
  groups: 24,
  parityPerGroup: 28,
  id: 32,
  table: 64,
  digest: shardBytes - 32,
} as const

export function encodeParityHeader({ shape, id, table }: ParityHeader): Uint8Array {
  const page = new Uint8Array(shardBytes)
  const view = viewOf(page)
  page.set(magic)
  writeU32(view, at.version, parityVersion)
  writeU32(view, at.shardBytes, shardBytes)
  writeU64(view, at.storedBytes, shape.storedBytes)
  writeU32(view, at.groups, shape.groups)
  writeU32(view, at.parityPerGroup, shape.parityPerGroup)
  page.set(fromHex(id), at.id)
  page.set(fromHex(table), at.table)
  page.set(fromHex(digestOf(page.subarray(0, at.digest))), at.digest)
  return page
}

/** Undefined for what is not a whole header of this version, or of a layout that cannot be. */
export function decodeParityHeader(page: Uint8Array): ParityHeader | undefined {
  if (page.length !== shardBytes) return undefined
  const view = viewOf(page)
  const storedBytes = sizeAt(view, at.storedBytes)
  if (storedBytes === undefined) return undefined
  const header = {
    shape: {
      storedBytes,
      groups: view.getUint32(at.groups, true),
      parityPerGroup: view.getUint32(at.parityPerGroup, true),
    },
    id: toHex(page.subarray(at.id, at.table)) as ContainerId,
    table: toHex(page.subarray(at.table, at.table + 32)) as Digest,
  }
  return isPossible(header.shape) && equalBytes(encodeParityHeader(header), page) ? header : undefined
}

function sizeAt(view: DataView, place: number): number | undefined {
  try {
    return readU64(view, place, 'parity')
  } catch (error) {
    if (isMossError(error)) return undefined
    throw error
  }
}
