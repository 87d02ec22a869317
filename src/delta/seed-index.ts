// Finds where a short run of bytes, a seed, stands in a base. Every few bytes of the base one seed enters a table of
// positions by its digest; a rolling digest makes this and every lookup cost a few operations a byte. The first
// of equal seeds stays. A found place is a hint: whoever asks compares the bytes.

const multiplier = 0x01000193
const spread = 0x9e3779b1 | 0

export interface SeedRule {
  /** Bytes of a seed. */
  readonly length: number
  /** Every how many bytes of the base one enters. */
  readonly step: number
}

const MiB = 1024 * 1024

/** Longer bases are indexed more thinly, so that the table stays within 64 MiB. */
export const seedRule = (baseBytes: number): SeedRule =>
  baseBytes <= 8 * MiB
    ? { length: 16, step: 2 }
    : baseBytes <= 32 * MiB
      ? { length: 16, step: 4 }
      : { length: 24, step: 8 }

/** What the byte that leaves a seed of this length has been multiplied with. */
function leavingFactor(length: number): number {
  let factor = 1
  for (let i = 0; i < length; i++) factor = Math.imul(factor, multiplier)
  return factor
}

function digestAt(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let i = at; i < at + length; i++) value = (Math.imul(value, multiplier) + bytes[i]! + 1) | 0
  return value
}

export class SeedIndex {
  readonly #length: number
  readonly #leaving: number
  readonly #shift: number
  /** Positions plus one; 0 where there is none. */
  readonly #places: Int32Array
  /** The rolling digest of the target, and where it is valid. */
  #value = 0
  #valueAt = -1

  constructor(base: Uint8Array, rule: SeedRule) {
    this.#length = rule.length
    this.#leaving = leavingFactor(rule.length)
    let bits = 12
    while (2 ** bits < (base.length / rule.step) * 2 && bits < 24) bits++
    this.#shift = 32 - bits
    this.#places = new Int32Array(2 ** bits)
    this.#enter(base, rule)
  }

  /** Where in the base the seed at `at` of the target may stand; -1 if nowhere. It must fit in the target. */
  find(target: Uint8Array, at: number): number {
    const length = this.#length
    const ahead = at - this.#valueAt
    if (this.#valueAt < 0 || ahead < 0 || ahead >= length) this.#value = digestAt(target, at, length)
    else
      for (let from = this.#valueAt; from < at; from++)
        this.#value =
          (Math.imul(this.#value, multiplier) +
            target[from + length]! +
            1 -
            Math.imul(this.#leaving, target[from]! + 1)) |
          0
    this.#valueAt = at
    return this.#places[Math.imul(this.#value, spread) >>> this.#shift]! - 1
  }

  #enter(base: Uint8Array, { length, step }: SeedRule): void {
    if (base.length < length) return
    const places = this.#places
    const shift = this.#shift
    const leaving = this.#leaving
    let value = digestAt(base, 0, length)
    let untilNext = 0
    for (let at = 0; ; at++) {
      if (untilNext === 0) {
        const slot = Math.imul(value, spread) >>> shift
        if (places[slot] === 0) places[slot] = at + 1
        untilNext = step
      }
      untilNext--
      if (at + length >= base.length) return
      value = (Math.imul(value, multiplier) + base[at + length]! + 1 - Math.imul(leaving, base[at]! + 1)) | 0
    }
  }
}
