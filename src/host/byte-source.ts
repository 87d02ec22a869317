// Bytes at random places, whatever holds them: a file on a medium, a file here, or memory. Reads only.
import type { Disk } from './disk.ts'

export interface ByteSource extends Disposable {
  /** For people: where the bytes are. */
  readonly name: string
  /** Fills `into` from `at` on; returns fewer than asked only at the end. */
  read(into: Uint8Array, at: number): number
}

/** An open regular file; a symlink in the last component is refused. */
export function fileSource(disk: Disk, path: string): ByteSource {
  const file = disk.open(path, 'read')
  return {
    name: path,
    read: (into, at) => file.read(into, at),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  }
}

/** Bytes that are here already; not copied. */
export const bytesSource = (name: string, bytes: Uint8Array): ByteSource => ({
  name,
  read(into, at) {
    const found = bytes.subarray(at, at + into.length)
    into.set(found)
    return found.length
  },
  [Symbol.dispose]: () => {},
})

/** These bytes, and behind them what the source has. */
export const sourceBehind = (start: Uint8Array, source: ByteSource): ByteSource => ({
  name: source.name,
  read(into, at) {
    const first = start.subarray(at, at + into.length)
    into.set(first)
    const rest = into.subarray(first.length)
    return first.length + (rest.length === 0 ? 0 : source.read(rest, at + first.length - start.length))
  },
  [Symbol.dispose]: () => source[Symbol.dispose](),
})

/** A look at the start of a source without asking twice: so much of it is kept, and everything else still comes from it. */
export function keepStart(
  source: ByteSource,
  lengthBytes: number,
): { readonly start: Uint8Array; readonly whole: ByteSource } {
  const buffer = new Uint8Array(lengthBytes)
  const start = buffer.subarray(0, source.read(buffer, 0))
  return {
    start,
    whole: {
      name: source.name,
      read(into, at) {
        const kept = start.subarray(at, at + into.length)
        into.set(kept)
        const rest = into.subarray(kept.length)
        return kept.length + (rest.length === 0 ? 0 : source.read(rest, at + kept.length))
      },
      [Symbol.dispose]: () => source[Symbol.dispose](),
    },
  }
}
