// Finds where a short run of bytes, a seed, stands in a base. Every few bytes of the base a seed enters a table of places
// by its digest, every place of a target may be looked up: so what is found is at least a seed and a step long. The
// first of equal seeds stays. A found place is a hint: whoever asks compares the bytes.

/** Bytes of a seed. */
export const seedBytes = 16

/** Of a table of places. */
const mostBits = 23
const leastBits = 8

export class SeedIndex {
  readonly #shift: number
  /** Positions plus one; 0 where there is none. */
  readonly #places: Int32Array
  readonly #target: DataView

  /** A seed every `step` bytes of the base enters. `room` lends tables. */
  constructor(
    { base, target }: { readonly base: Uint8Array; readonly target: Uint8Array },
    step: number,
    room: TableRoom,
  ) {
    let bits = leastBits
    while (2 ** bits < (base.length / step) * 2 && bits < mostBits) bits++
    this.#shift = 32 - bits
    this.#places = room.table(2 ** bits)
    this.#target = viewOf(target)
    this.#enter(viewOf(base), step)
  }

  /** Where in the base the seed at `at` of the target may stand; -1 if nowhere. It must fit in the target. */
  find(at: number): number {
    return this.#places[digestAt(this.#target, at) >>> this.#shift]! - 1
  }

  #enter(view: DataView, step: number): void {
    const places = this.#places
    const shift = this.#shift
    const end = view.byteLength - seedBytes
    for (let at = 0; at <= end; at += step) {
      const slot = digestAt(view, at) >>> shift
      if (places[slot] === 0) places[slot] = at + 1
    }
  }
}

/** One table at a time, used again for the next file. */
export class TableRoom {
  #room = new Int32Array(0)

  /** Zeros. */
  table(length: number): Int32Array {
    if (this.#room.length < length) this.#room = new Int32Array(length)
    return this.#room.subarray(0, length).fill(0)
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

function digestAt(view: DataView, at: number): number {
  const low =
    Math.imul(view.getInt32(at, true), 0x85ebca6b) ^ Math.imul(view.getInt32(at + 4, true), 0xc2b2ae35)
  const high =
    Math.imul(view.getInt32(at + 8, true), 0x27d4eb2f) ^ Math.imul(view.getInt32(at + 12, true), 0x165667b1)
  const value = Math.imul(low ^ (low >>> 15), 0x9e3779b1) ^ high
  return Math.imul(value ^ (value >>> 15), 0xc2b2ae35)
}
