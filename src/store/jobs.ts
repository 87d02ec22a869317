// The processor's work of the store: digests of many bodies in one message of 1 MiB or more.
import { digestOf } from '../base/digest.ts'
import type { ContentDigest } from '../base/ids.ts'
import type { Job } from '../host/pool.ts'

/** Whole bodies, back to back. */
export interface Bodies {
  readonly bytes: Uint8Array
  readonly sizes: readonly number[]
}

export const bodyDigestsJob: Job<Bodies, readonly ContentDigest[]> = {
  name: 'store.body-digests',
  run: ({ bytes, sizes }) => {
    let start = 0
    return sizes.map((size) => {
      start += size
      return digestOf<ContentDigest>(bytes.subarray(start - size, start))
    })
  },
}
