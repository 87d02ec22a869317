// The digests of all shards, data first, then parity: by them a reader knows which are bad. Each page of the table has a
// digest of its own, bound to the header, so that of three copies any whole one of each page will do.
import { concatBytes, equalBytes, fromHex } from '../base/bytes.ts'
import { digestOf } from '../base/digest.ts'
import { writeU32, viewOf } from './little-endian.ts'
import { digestsPerPage } from './parity-pages.ts'
import { digestBytes, shardBytes } from './parity-shape.ts'

const digestsBytes = digestsPerPage * digestBytes

/** The first bytes of the digest: what is compared with it is damage, not somebody's work. */
export const shardDigest = (shard: Uint8Array): Uint8Array =>
  fromHex(digestOf(shard).slice(0, 2 * digestBytes))

export class ShardDigests {
  /** One after the other. */
  readonly bytes: Uint8Array
  /** Numbers of pages that no copy has whole. */
  readonly lostPages: ReadonlySet<number>

  constructor(bytes: Uint8Array, lostPages: ReadonlySet<number> = new Set()) {
    this.bytes = bytes
    this.lostPages = lostPages
  }

  set(n: number, shard: Uint8Array): void {
    this.bytes.set(shardDigest(shard), n * digestBytes)
  }

  /** What cannot be told is not sound. */
  isSound(n: number, shard: Uint8Array): boolean {
    if (this.lostPages.has(Math.floor(n / digestsPerPage))) return false
    return equalBytes(this.bytes.subarray(n * digestBytes, (n + 1) * digestBytes), shardDigest(shard))
  }
}

export function encodeTablePage(header: Uint8Array, number: number, table: Uint8Array): Uint8Array {
  const page = new Uint8Array(shardBytes)
  page.set(table.subarray(number * digestsBytes, (number + 1) * digestsBytes))
  page.set(pageDigest(header, number, page), digestsBytes)
  return page
}

/** The digests that a page has; undefined for one that is not whole, or another header's. */
export function decodeTablePage(
  header: Uint8Array,
  number: number,
  page: Uint8Array,
): Uint8Array | undefined {
  const isWhole = equalBytes(page.subarray(digestsBytes), pageDigest(header, number, page))
  return isWhole ? page.subarray(0, digestsBytes) : undefined
}

function pageDigest(header: Uint8Array, number: number, page: Uint8Array): Uint8Array {
  const numbered = new Uint8Array(4)
  writeU32(viewOf(numbered), 0, number)
  const bytes = concatBytes([header, numbered, page.subarray(0, digestsBytes)])
  return fromHex(digestOf(bytes)).subarray(0, shardBytes - digestsBytes)
}
