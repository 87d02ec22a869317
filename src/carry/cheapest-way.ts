// Which way a file is carried where there are several: prices decide, in bytes. What one encoding saves must pay for its
// records in the tables, and whole files of a kind help each other in a frame, so a delta must save a little to be taken.
import type { CarriedDelta } from './plan-deltas.ts'

export interface Prices {
  /** For each way the bytes of each of its parts. */
  readonly ways: readonly (readonly number[])[]
  readonly whole: number
}

/** Of a base in its table, and of a chunk in its. */
const baseRecord = 48
const chunkRecord = 44

const needed = 0.97

/** Its number; undefined where the file is best carried whole. */
export function cheapestWay(
  { chunks, sizeBytes, alsoWhole }: CarriedDelta,
  { prices, alsoWholeBytes }: { readonly prices: Prices; readonly alsoWholeBytes: number },
): number | undefined {
  const besides = (prices.whole * alsoWholeBytes) / sizeBytes + chunkRecord * alsoWhole.length
  let cheapest: number | undefined
  let least = needed * (prices.whole + chunkRecord * chunks)
  prices.ways.forEach((parts, index) => {
    const cost = parts.reduce((sum, bytes) => sum + bytes + baseRecord + chunkRecord * chunks, besides)
    if (cost >= least) return
    cheapest = index
    least = cost
  })
  return cheapest
}

/** No price is needed where one base serves all and nothing else is asked of the chunks. */
export const isPlain = ({ ways, alsoWhole }: CarriedDelta): boolean =>
  ways.length === 1 && ways[0]?.length === 1 && alsoWhole.length === 0
