// What carrying a file would cost in each way, as a pure function for a pool of workers: the bytes of its delta's streams
// by themselves, and of the file whole. Nothing is kept of either; a frame that holds many files takes less for each.
import { DeltaEncoder } from '../delta/encode-delta.ts'
import type { Job } from '../host/pool.ts'
import { priceOfStreams } from './delta-frame.ts'
import { encodeZstd } from './zstd.ts'

export interface DeltasToPrice {
  /** For each file its base, then the file, back to back. */
  readonly bytes: Uint8Array
  readonly files: readonly { readonly baseBytes: number; readonly targetBytes: number }[]
  /** Of zstd. */
  readonly level: number
}

export interface DeltaPrice {
  readonly delta: number
  readonly whole: number
}

export const priceDeltasJob: Job<DeltasToPrice, readonly DeltaPrice[]> = {
  name: 'container.price-deltas',
  run: ({ bytes, files, level }) => {
    let at = 0
    return files.map(({ baseBytes, targetBytes }) => {
      const base = bytes.subarray(at, at + baseBytes)
      const target = bytes.subarray(at + baseBytes, at + baseBytes + targetBytes)
      at += baseBytes + targetBytes
      return {
        delta: priceOfStreams(new DeltaEncoder().add({ base, target }), level),
        whole: Math.min(target.length, encodeZstd(target, level).length),
      }
    })
  },
}
