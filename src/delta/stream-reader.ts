// Numbers of a stream that is read where it decides what is done next, from outside: each is bounded, and the end is one.

export class StreamReader {
  readonly #bytes: Uint8Array
  readonly #refuse: (problem: string) => never
  #at = 0

  /** `refuse` is told what is wrong. */
  constructor(bytes: Uint8Array, refuse: (problem: string) => never) {
    this.#bytes = bytes
    this.#refuse = refuse
  }

  /** Below 2^35. */
  number(): number {
    let value = 0
    let factor = 1
    for (let i = 0; i < 5; i++) {
      if (this.#at === this.#bytes.length) this.#refuse('is cut short')
      const byte = this.#bytes[this.#at++]!
      value += (byte % 128) * factor
      if (byte < 128) return value
      factor *= 128
    }
    return this.#refuse('has a number of more than five bytes')
  }

  checkEnd(): void {
    if (this.#at < this.#bytes.length) this.#refuse('goes on after the files')
  }
}
