// Tables `contents` and `links`: the chunk lists of contents of more than one chunk. A content of one chunk bears
// that chunk's digest and needs no list; the empty content has none. Lists stand in the order of their contents.
// Only the last chunk of a content is short: so a list has as many links as its bytes allow, whoever wrote it.
import { fromHex } from '../base/bytes.ts'
import type { ChunkId, ContentDigest } from '../base/ids.ts'
import { chunkSizes } from '../base/limits.ts'
import { chunkerVersion } from '../delta/chunker.ts'
import type { ChunkList } from '../delta/chunk-list.ts'
import { viewOf, writeU32, writeU64 } from './little-endian.ts'
import { Records } from './records.ts'

const contentWidth = 52
const linkWidth = 36

/** `lists` in any order, each once; those of one chunk or none are left out. */
export function encodeLists(lists: readonly ChunkList[]): {
  readonly contents: Uint8Array
  readonly links: Uint8Array
} {
  const sorted = lists
    .filter((list) => list.chunks.length > 1)
    .toSorted((a, b) => (a.content < b.content ? -1 : 1))
  const contents = new Uint8Array(sorted.length * contentWidth)
  const links = new Uint8Array(sorted.reduce((sum, list) => sum + list.chunks.length, 0) * linkWidth)
  const contentsView = viewOf(contents)
  const linksView = viewOf(links)
  let link = 0
  sorted.forEach((list, index) => {
    const at = index * contentWidth
    contents.set(fromHex(list.content), at)
    writeU64(contentsView, at + 32, list.sizeBytes)
    writeU32(contentsView, at + 40, link)
    writeU32(contentsView, at + 44, list.chunks.length)
    writeU32(contentsView, at + 48, chunkerVersion)
    for (const chunk of list.chunks) {
      links.set(fromHex(chunk.id), link * linkWidth)
      writeU32(linksView, link * linkWidth + 32, chunk.sizeBytes)
      link++
    }
  })
  return { contents, links }
}

export class ContentTable {
  readonly #contents: Records
  readonly #links: Records

  constructor(contents: Uint8Array | undefined, links: Uint8Array | undefined) {
    this.#contents = new Records('contents', contents, contentWidth)
    this.#links = new Records('links', links, linkWidth)
    this.#contents.checkSorted(32)
    let link = 0
    for (let i = 0; i < this.#contents.count; i++) link = this.#check(i, link)
    if (link !== this.#links.count) this.#links.refuse(`${this.#links.count} links, used are ${link}`)
  }

  list(content: ContentDigest): ChunkList | undefined {
    const key = fromHex(content)
    const record = this.#contents.lowest(key)
    if (!this.#contents.startsWith(record, key)) return undefined
    const first = this.#contents.u32(record, 40)
    return {
      content,
      sizeBytes: this.#contents.u64(record, 32),
      chunks: Array.from({ length: this.#contents.u32(record, 44) }, (_, i) => ({
        id: this.#links.digest<ChunkId>(first + i, 0),
        sizeBytes: this.#links.u32(first + i, 32),
      })),
    }
  }

  *digests(): Generator<ContentDigest> {
    for (let i = 0; i < this.#contents.count; i++) yield this.#contents.digest<ContentDigest>(i, 0)
  }

  /** `link` is where this content's links must start; gives where they end. */
  #check(record: number, link: number): number {
    const contents = this.#contents
    if (contents.u32(record, 40) !== link) contents.refuse(`record ${record} does not start at link ${link}`)
    const end = link + contents.u32(record, 44)
    if (end - link < 2 || end > this.#links.count)
      contents.refuse(`record ${record} has links ${link} to ${end} of ${this.#links.count}`)
    if (contents.u32(record, 48) !== chunkerVersion)
      contents.refuse(`record ${record} was cut by chunker ${contents.u32(record, 48)}`)
    let sizeBytes = 0
    for (let i = link; i < end; i++) {
      const size = this.#links.u32(i, 32)
      const least = i === end - 1 ? 1 : chunkSizes.min
      if (size < least || size > chunkSizes.max) this.#links.refuse(`link ${i} has ${size} bytes`)
      sizeBytes += size
    }
    if (sizeBytes !== contents.u64(record, 32))
      contents.refuse(`record ${record} says ${contents.u64(record, 32)} bytes, its links make ${sizeBytes}`)
    return end
  }
}
