// Cuts work on many files into slices for the pool. Little work is done here and now: a thread takes as long to start as
// some thousand files take to be linked.
import { inlinePool, type Job, type Pool } from './pool.ts'

export interface Slicing<Item, Input, Output> {
  readonly job: Job<Input, readonly Output[]>
  readonly encode: (slice: readonly Item[]) => Input
  /** What starting threads is not worth: they save time, and cost processors 0.1 s. */
  readonly few: number
  readonly sliceItems: number
}

/** Pools that have their threads: there is nothing to save any more. */
const begun = new WeakSet<Pool>()

/** Where so many items will be worth threads, they start while the caller does something else. */
export function startThreads<Item, Input, Output>(
  pool: Pool,
  { job, encode, few }: Slicing<Item, Input, Output>,
  count: number,
): void {
  if (count < few || begun.has(pool)) return
  begun.add(pool)
  for (let n = 0; n < pool.width; n++) void pool.run(job, encode([])).catch(() => {})
}

/** Ends when every slice has ended, also when one failed: nothing goes on behind the caller's back. */
export async function inSlices<Item, Input, Output>(
  pool: Pool,
  { job, encode, few, sliceItems }: Slicing<Item, Input, Output>,
  items: readonly Item[],
): Promise<readonly Output[]> {
  const isFew = items.length < (begun.has(pool) ? 2 * sliceItems : few)
  const size = isFew ? Math.max(1, items.length) : sliceItems
  const chosen = isFew ? inlinePool : pool
  begun.add(chosen)
  const slices = Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    chosen.run(job, encode(items.slice(index * size, (index + 1) * size))),
  )
  const outcomes = await Promise.allSettled(slices)
  return outcomes.flatMap((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}
