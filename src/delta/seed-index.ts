// Finds where a short run of bytes, a seed, stands in a base. Only seeds whose first word chooses itself, one of every few,
// are entered and looked up: base and target choose alike, so nothing is lost but what is short, and most places cost
// one multiplication. The first of equal seeds stays. A found place is a hint: whoever asks compares the bytes.

/** Bytes of a seed. */
export const seedBytes = 16

/** Of a table of places. */
const mostBits = 23

export class SeedIndex {
  /** Of the first word's digest, this many highest bits are 0 in what chooses itself. */
  readonly #sparseShift: number
  readonly #shift: number
  /** Positions plus one; 0 where there is none. */
  readonly #places: Int32Array
  readonly #target: DataView

  /** One seed of `2 ** sparseBits` enters. */
  constructor(base: Uint8Array, target: Uint8Array, sparseBits: number) {
    this.#sparseShift = 32 - sparseBits
    let bits = 10
    while (2 ** bits < (base.length / 2 ** sparseBits) * 2 && bits < mostBits) bits++
    this.#shift = 32 - bits
    this.#places = new Int32Array(2 ** bits)
    this.#target = viewOf(target)
    this.#enter(viewOf(base))
  }

  /** Where in the base the seed at `at` of the target may stand; -1 if nowhere. It must fit in the target. */
  find(at: number): number {
    const view = this.#target
    const word = view.getInt32(at, true)
    if (Math.imul(word, choosing) >>> this.#sparseShift !== 0 || word === 0) return -1
    return this.#places[digestAt(view, at, word) >>> this.#shift]! - 1
  }

  #enter(view: DataView): void {
    const places = this.#places
    const sparseShift = this.#sparseShift
    const shift = this.#shift
    const end = view.byteLength - seedBytes
    for (let at = 0; at <= end; at++) {
      const word = view.getInt32(at, true)
      if (Math.imul(word, choosing) >>> sparseShift !== 0 || word === 0) continue
      const slot = digestAt(view, at, word) >>> shift
      if (places[slot] === 0) places[slot] = at + 1
    }
  }
}

const choosing = 0x9e3779b1 | 0

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

function digestAt(view: DataView, at: number, word: number): number {
  let value = Math.imul(word, 0x85ebca6b) ^ Math.imul(view.getInt32(at + 4, true), 0xc2b2ae35)
  value =
    Math.imul((value << 13) | (value >>> 19), 0x27d4eb2f) ^ Math.imul(view.getInt32(at + 8, true), 0x165667b1)
  value =
    Math.imul((value << 13) | (value >>> 19), 0x85ebca6b) ^
    Math.imul(view.getInt32(at + 12, true), 0x9e3779b1)
  return Math.imul(value ^ (value >>> 15), 0xc2b2ae35)
}
