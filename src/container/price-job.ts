// What carrying a file would cost in each way, as a pure function for a pool of workers: the bytes of its delta's streams
// by themselves, and of the file whole. Nothing is kept of either; a frame that holds many files takes less for each.
import { DeltaEncoder } from '../delta/encode-delta.ts'
import { dropLargeKernels } from '../delta/kernel.ts'
import type { Job } from '../host/pool.ts'
import { priceOfStreams } from './delta-frame.ts'
import { type DeltaToEncode, priceWhole } from './delta-jobs.ts'
import { cutFiles } from './file-to-encode.ts'

/** `level` of zstd. */
export type DeltasToPrice = Pick<DeltaToEncode, 'bytes' | 'files' | 'level' | 'deltaEffort'>

export interface DeltaPrice {
  readonly delta: number
  readonly whole: number
}

/** For each file; and the same bytes back, as memory for others. */
export const priceDeltasJob: Job<
  DeltasToPrice,
  { readonly prices: readonly DeltaPrice[]; readonly bytes: Uint8Array }
> = {
  name: 'container.price-deltas',
  run: (input) => ({
    prices: cutFiles(input).map((file) => ({
      delta: priceOfStreams(new DeltaEncoder(input.deltaEffort).add(file), input.level),
      whole: priceWhole(file, input.level),
    })),
    bytes: input.bytes,
  }),
  transfer: ({ bytes }) => [bytes.buffer as ArrayBuffer],
  rest: dropLargeKernels,
}
