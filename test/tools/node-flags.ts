// How Node is started for moss.

/**
 * The compiled form depends on them. The young generation is kept small in every thread: what is large lies
 * outside it. That, which moss frees itself, counts towards the limit of the whole, or else every 64 MiB of it calls the
 * collector to a heap that has little to give.
 */
export const nodeFlags = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=8',
  '--external-memory-accounted-in-global-limit',
  '--external-memory-max-growing-factor=4',
  '--expose-gc',
]
