// A file from its start to its end with bounded memory, whatever its size.
import { freeNow } from '../base/free-now.ts'
import type { OpenFile } from './disk.ts'

export const windowBytes = 4 * 1024 * 1024

/** The same buffer each time: use each window before asking for the next. */
export function* windowsOf(file: OpenFile): Generator<Uint8Array> {
  const window = new Uint8Array(Math.min(windowBytes, file.stat().sizeBytes + 1))
  try {
    for (let at = 0; ;) {
      const count = file.read(window, at)
      if (count > 0) yield window.subarray(0, count)
      if (count < window.length) return
      at += count
    }
  } finally {
    freeNow(window)
  }
}
