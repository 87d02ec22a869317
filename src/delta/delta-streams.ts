// The streams of a delta, each of one kind of bytes so that each compresses well, gathered across all files of a
// frame. A number is a varint: seven bits a byte, lowest first, the high bit set on all but the last byte, at most
// five bytes. What the streams mean is said in decode-delta.ts.

/** In the order in which they are stored. */
export const streamNames = ['forms', 'control', 'seeks', 'gaps', 'runs', 'differences', 'extra'] as const
export type StreamName = (typeof streamNames)[number]

export type DeltaStreams = Readonly<Record<StreamName, Uint8Array>>

export const streamBytes = (streams: Readonly<Record<StreamName, { readonly length: number }>>): number =>
  streamNames.reduce((sum, name) => sum + streams[name].length, 0)

/** A stream that grows; what it gives is a copy of its own size. */
export class StreamWriter {
  #bytes = new Uint8Array(256)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** A whole number from 0, below 2^35. */
  number(value: number): void {
    this.#makeRoom(5)
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.#length++] = 128 + (rest % 128)
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#length++] = rest
  }

  bytes(from: Uint8Array): void {
    this.#makeRoom(from.length)
    this.#bytes.set(from, this.#length)
    this.#length += from.length
  }

  /** What was written since the stream had this length; valid until more is written. */
  since(length: number): Uint8Array {
    return this.#bytes.subarray(length, this.#length)
  }

  cutTo(length: number): void {
    this.#length = Math.min(length, this.#length)
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length)
  }

  #makeRoom(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + count))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}
