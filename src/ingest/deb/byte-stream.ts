// A stream of pieces of any length, taken in the lengths that a reader wants. Holds one piece at a time, more
// only while an exact length spans several.

export class ByteStream {
  readonly #iterator: AsyncIterator<Uint8Array>
  readonly #cutShort: () => never
  #piece: Uint8Array = new Uint8Array(0)
  #isEnded = false

  constructor(pieces: AsyncIterable<Uint8Array>, cutShort: () => never) {
    this.#iterator = pieces[Symbol.asyncIterator]()
    this.#cutShort = cutShort
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#piece.length === 0 && !this.#isEnded) {
      const { done, value } = await this.#iterator.next()
      if (done === true) this.#isEnded = true
      else this.#piece = value
    }
    return this.#piece.length === 0
  }

  /** At least one byte, at most `most`; a view that is valid for good. */
  async takeUpTo(most: number): Promise<Uint8Array> {
    if (await this.isAtEnd()) this.#cutShort()
    const taken = this.#piece.subarray(0, most)
    this.#piece = this.#piece.subarray(taken.length)
    return taken
  }

  async take(length: number): Promise<Uint8Array> {
    if (this.#piece.length >= length) return length === 0 ? new Uint8Array(0) : this.takeUpTo(length)
    const bytes = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      const part = await this.takeUpTo(length - filled)
      bytes.set(part, filled)
      filled += part.length
    }
    return bytes
  }

  async skip(length: number): Promise<void> {
    let left = length
    while (left > 0) left -= (await this.takeUpTo(left)).length
  }

  /** Lets the source go, whether it was read to its end or not. */
  async close(): Promise<void> {
    await this.#iterator.return?.()
  }
}
