// Where things are in a parity file, in pages as long as a shard: a header and the table of digests at the start, in the
// middle and at the end, and between them parity. The headers are found by the length of the file alone.
import { dataShardsOf, digestBytes, type ParityShape, parityShardsOf, shardBytes } from './parity-shape.ts'

/** Digests in a page of the table, before the digest of the page itself. */
export const digestsPerPage = 510

export interface ParityPages {
  /** Numbers of pages. */
  readonly headers: readonly number[]
  /** Of the first page of each copy of the table. */
  readonly tables: readonly number[]
  readonly tablePages: number
  readonly parityShard: (n: number) => number
  readonly sizeBytes: number
}

export const tableBytesOf = (shape: ParityShape): number =>
  (dataShardsOf(shape) + parityShardsOf(shape)) * digestBytes

export function parityPages(shape: ParityShape): ParityPages {
  const parityShards = parityShardsOf(shape)
  const tablePages = Math.ceil(tableBytesOf(shape) / digestBytes / digestsPerPage)
  const pages = 3 + 3 * tablePages + parityShards
  const middle = middlePage(pages)
  const beforeMiddle = middle - 1 - tablePages
  return {
    headers: [0, middle, pages - 1],
    tables: [1, middle + 1, pages - 1 - tablePages],
    tablePages,
    parityShard: (n) => (n < beforeMiddle ? 1 + tablePages + n : 2 + 2 * tablePages + n),
    sizeBytes: pages * shardBytes,
  }
}

/** Where headers of a file of this length would be. */
export function headerPages(sizeBytes: number): readonly number[] {
  const pages = Math.floor(sizeBytes / shardBytes)
  return [...new Set([0, middlePage(pages), Math.max(0, pages - 1)])]
}

const middlePage = (pages: number): number => Math.floor(pages / 2)
