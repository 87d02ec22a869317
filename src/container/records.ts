// A table as a run of records of one width. A lookup is a binary search over the checked bytes in memory; nothing is
// parsed ahead. The keys that are searched stand first in their record, 32 bytes or fewer, sorted bytewise.
import { toHex } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { Digest } from '../base/ids.ts'
import { readU64, viewOf } from './little-endian.ts'

export class Records {
  readonly name: string
  readonly width: number
  readonly count: number
  readonly #bytes: Uint8Array
  readonly #view: DataView

  /** `bytes` are the section's plain bytes; absent means no record. */
  constructor(name: string, bytes: Uint8Array | undefined, width: number) {
    this.name = name
    this.width = width
    this.#bytes = bytes ?? new Uint8Array(0)
    this.#view = viewOf(this.#bytes)
    this.count = this.#bytes.length / width
    if (!Number.isInteger(this.count)) this.refuse(`not whole records of ${width} bytes`)
  }

  refuse(problem: string): never {
    throw new MossError('CONTAINER_DAMAGED', { part: `table ${this.name}`, problem })
  }

  bytes(record: number, at: number, length: number): Uint8Array {
    const start = record * this.width + at
    return this.#bytes.subarray(start, start + length)
  }

  digest<T extends Digest = Digest>(record: number, at: number): T {
    return toHex(this.bytes(record, at, 32)) as T
  }

  u16(record: number, at: number): number {
    return this.#view.getUint16(record * this.width + at, true)
  }

  u32(record: number, at: number): number {
    return this.#view.getUint32(record * this.width + at, true)
  }

  u64(record: number, at: number): number {
    return readU64(this.#view, record * this.width + at, `table ${this.name}`)
  }

  /** Refuses unless the first `keyBytes` of the records rise strictly. */
  checkSorted(keyBytes: number): void {
    for (let i = 1; i < this.count; i++)
      if (this.compareKeys(i - 1, i, keyBytes) >= 0) this.refuse(`record ${i} is not in order`)
  }

  /** The first record of those from `low` up to `high` whose beginning is not before `key`. */
  lowest(key: Uint8Array, low = 0, high = this.count): number {
    let from = low
    let to = high
    while (from < to) {
      const middle = Math.floor((from + to) / 2)
      if (this.#compareTo(middle, key) < 0) from = middle + 1
      else to = middle
    }
    return from
  }

  startsWith(record: number, key: Uint8Array): boolean {
    return record < this.count && this.#compareTo(record, key) === 0
  }

  /** Bytewise, the first `keyBytes` of two records. */
  compareKeys(a: number, b: number, keyBytes: number): number {
    return compareAt(this.#bytes, a * this.width, this.#bytes, b * this.width, keyBytes)
  }

  #compareTo(record: number, key: Uint8Array): number {
    return compareAt(this.#bytes, record * this.width, key, 0, key.length)
  }
}

/** Most keys differ in their first bytes: making views of them takes longer than looking at those. */
function compareAt(a: Uint8Array, atA: number, b: Uint8Array, atB: number, length: number): number {
  for (let i = 0; i < length; i++) {
    const order = (a[atA + i] as number) - (b[atB + i] as number)
    if (order !== 0) return order
  }
  return 0
}
