// A long base on the disk, as its decoder reads it: short pieces, from here and there and often again from where it was
// before. The pages that were used last are kept, so that it is read about once, in bounded memory.
import type { BaseBytes } from '../delta/base-bytes.ts'

const pageBytes = 32 * 1024
/** 16 MiB together. */
const mostPages = 512

/** `read` fills the whole of `into` from there on. */
export function bytesInPages(sizeBytes: number, read: (into: Uint8Array, at: number) => void): BaseBytes {
  /** In the order of last use. */
  const pages = new Map<number, Uint8Array>()
  let room = new Uint8Array(0)
  const roomOf = (length: number): Uint8Array => {
    if (room.length < length) room = new Uint8Array(length)
    return room.subarray(0, length)
  }
  const page = (n: number): Uint8Array => {
    let bytes = pages.get(n)
    if (bytes !== undefined) pages.delete(n)
    else {
      bytes = (pages.size < mostPages ? undefined : takeOldest(pages)) ?? new Uint8Array(pageBytes)
      read(bytes.subarray(0, Math.min(pageBytes, sizeBytes - n * pageBytes)), n * pageBytes)
    }
    pages.set(n, bytes)
    return bytes
  }
  return {
    sizeBytes,
    read: (at, length) => {
      if (length > pageBytes) {
        const into = roomOf(length)
        read(into, at)
        return into
      }
      const n = Math.floor(at / pageBytes)
      const from = at - n * pageBytes
      if (from + length <= pageBytes) return page(n).subarray(from, from + length)
      const into = roomOf(length)
      const first = page(n).subarray(from)
      into.set(first)
      into.set(page(n + 1).subarray(0, length - first.length), first.length)
      return into
    },
  }
}

function takeOldest(pages: Map<number, Uint8Array>): Uint8Array | undefined {
  for (const [n, bytes] of pages) {
    pages.delete(n)
    return bytes
  }
  return undefined
}
