// Bits into bytes, lowest first. Room is made once for a whole block, so that writing checks nothing; the output
// grows by doubling and never beyond what the caller allows.

export class BitWriter {
  #bytes = new Uint8Array(4096)
  #length = 0
  #held = 0
  #heldBits = 0
  readonly #mostBytes: number

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /** Whole bytes; up to seven bits may be held back. */
  get length(): number {
    return this.#length
  }

  /** False if so many bytes more are not allowed. */
  makeRoom(bits: number): boolean {
    const length = this.#length + Math.ceil((this.#heldBits + bits) / 8)
    if (length > this.#mostBytes) return false
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, Math.min(this.#mostBytes, 2 * this.#bytes.length)))
      grown.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = grown
    }
    return true
  }

  /** At most 16 bits. */
  put(value: number, bits: number): void {
    let held = this.#held | (value << this.#heldBits)
    let heldBits = this.#heldBits + bits
    while (heldBits >= 8) {
      this.#bytes[this.#length++] = held
      held >>>= 8
      heldBits -= 8
    }
    this.#held = held
    this.#heldBits = heldBits
  }

  /** Up to the next whole byte. */
  pad(): void {
    if (this.#heldBits > 0) this.put(0, 8 - this.#heldBits)
  }

  /** After `pad`. */
  bytes(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** Valid until more is written. */
  written(from = 0): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(from, this.#length)
  }
}
