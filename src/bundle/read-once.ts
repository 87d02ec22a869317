// A source that asks the medium for each byte once, in order. What was read is kept in memory until the copy on
// this machine takes over; then every byte comes from that copy. So a stick that answers differently the second
// time is never asked a second time.
import { MossError } from '../base/error.ts'
import type { ByteSource } from '../host/byte-source.ts'
import type { OpenFile } from '../host/disk.ts'

/** Memory follows what the medium really has, not what it claims. */
const pieceBytes = 4 * 1024 * 1024

export class ReadOnceSource implements ByteSource {
  readonly #medium: ByteSource
  #pieces: { readonly at: number; readonly bytes: Uint8Array }[] = []
  #end = 0
  #copy: OpenFile | undefined

  constructor(medium: ByteSource) {
    this.#medium = medium
  }

  get name(): string {
    return this.#medium.name
  }

  /** How far the medium was read. */
  get endBytes(): number {
    return this.#end
  }

  /** Fewer bytes than asked only at the end. A look beyond a gap, as to see whether a file ends, is not kept. */
  read(into: Uint8Array, at: number): number {
    if (this.#copy !== undefined) return this.#copy.read(into, at)
    if (at > this.#end) return fill(this.#medium, into, at)
    this.keepTo(at + into.length)
    let filled = 0
    for (const piece of this.#pieces) {
      const from = at + filled - piece.at
      if (from < 0 || from >= piece.bytes.length) continue
      const part = piece.bytes.subarray(from, from + into.length - filled)
      into.set(part, filled)
      filled += part.length
      if (filled === into.length) break
    }
    return filled
  }

  /** Reads on in order and keeps it, up to `endBytes` or the medium's end. */
  keepTo(endBytes: number): void {
    while (this.#end < endBytes) {
      const bytes = new Uint8Array(Math.min(endBytes - this.#end, pieceBytes))
      const count = fill(this.#medium, bytes, this.#end)
      if (count === 0) return
      this.#pieces.push({ at: this.#end, bytes: bytes.subarray(0, count) })
      this.#end += count
    }
  }

  /** What was read so far, back to back from the first byte. */
  *kept(): Generator<{ readonly at: number; readonly bytes: Uint8Array }> {
    yield* this.#pieces
  }

  /** Reads on without keeping: for what goes straight into the copy. `at` never falls. */
  readOn(into: Uint8Array, at: number): number {
    if (at < this.#end) throw new Error('broken promise: the medium is read in order')
    const count = fill(this.#medium, into, at)
    this.#end = at + count
    return count
  }

  /** From now on everything comes from `copy`, which belongs to this source. */
  turnTo(copy: OpenFile): void {
    this.#copy = copy
    this.#pieces = []
  }

  [Symbol.dispose](): void {
    this.#copy?.[Symbol.dispose]()
  }
}

/** Until `into` is full or the source ends. */
function fill(source: ByteSource, into: Uint8Array, at: number): number {
  let filled = 0
  while (filled < into.length) {
    const count = source.read(into.subarray(filled), at + filled)
    if (count === 0) break
    if (count < 0 || count > into.length - filled)
      throw new MossError('HOST_IO', { action: 'read', path: source.name, problem: 'impossible length' })
    filled += count
  }
  return filled
}
