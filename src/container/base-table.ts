// Table `bases`: which bytes a host must have so that frames of codec 4 can be decoded. Record N is a range of a content,
// named by its digest; the ranges of a frame stand one after the other, one for each of its files, and the frames
// use them in their order, so every record belongs to exactly one frame.
import { fromHex } from '../base/bytes.ts'
import type { ContentDigest } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import { viewOf, writeU32, writeU64 } from './little-endian.ts'
import { Records } from './records.ts'

/** A range of a content that the host has. */
export interface BaseRange {
  readonly content: ContentDigest
  readonly offset: number
  readonly sizeBytes: number
}

const baseWidth = 48

export function encodeBases(bases: readonly BaseRange[]): Uint8Array {
  const bytes = new Uint8Array(bases.length * baseWidth)
  const view = viewOf(bytes)
  bases.forEach(({ content, offset, sizeBytes }, index) => {
    const at = index * baseWidth
    bytes.set(fromHex(content), at)
    writeU64(view, at + 32, offset)
    writeU32(view, at + 40, sizeBytes)
  })
  return bytes
}

export class BaseTable {
  readonly #records: Records

  constructor(bytes: Uint8Array | undefined) {
    this.#records = new Records('bases', bytes, baseWidth)
    for (let i = 0; i < this.count; i++) this.#check(i)
  }

  get count(): number {
    return this.#records.count
  }

  range(n: number): BaseRange {
    return {
      content: this.#records.digest<ContentDigest>(n, 0),
      offset: this.#records.u64(n, 32),
      sizeBytes: this.#records.u32(n, 40),
    }
  }

  ranges(first: number, count: number): readonly BaseRange[] {
    return Array.from({ length: count }, (_, i) => this.range(first + i))
  }

  #check(n: number): void {
    const { offset, sizeBytes } = this.range(n)
    const isFit = sizeBytes > 0 && sizeBytes <= limits.deltaBaseBytes
    if (!isFit || !Number.isSafeInteger(offset + sizeBytes))
      this.#records.refuse(`base ${n} is of ${sizeBytes} bytes at ${offset}`)
    if (this.#records.u32(n, 44) !== 0) this.#records.refuse(`base ${n} has bits set for nothing`)
  }
}
