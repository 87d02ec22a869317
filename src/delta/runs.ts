// The runs of one file that resemble its base, as both sides collect them.
import type { Runs } from './predict-references.ts'

/** Grows as runs are added; what it gives changes with it. */
export class RunList implements Runs {
  ats = new Uint32Array(64)
  baseAts = new Uint32Array(64)
  lengths = new Uint32Array(64)
  /** Bytes that follow each run and resemble nothing. */
  extras = new Uint32Array(64)
  count = 0

  add(at: number, baseAt: number, length: number, extra: number): void {
    if (this.count === this.ats.length) this.#grow()
    this.ats[this.count] = at
    this.baseAts[this.count] = baseAt
    this.lengths[this.count] = length
    this.extras[this.count++] = extra
  }

  /** To the last run. */
  addExtra(count: number): void {
    this.extras[this.count - 1]! += count
  }

  #grow(): void {
    const grown = (array: Uint32Array): Uint32Array<ArrayBuffer> => {
      const copy = new Uint32Array(2 * array.length)
      copy.set(array)
      return copy
    }
    this.ats = grown(this.ats)
    this.baseAts = grown(this.baseAts)
    this.lengths = grown(this.lengths)
    this.extras = grown(this.extras)
  }
}
