// A generic pool of worker threads for pure functions that need a processor. Rooms define jobs in their jobs.ts,
// src/worker.ts lists them all; a pool that never gets work starts no thread.

/** `run` is pure. `transfer` names the buffers of its output that move instead of being copied. */
export interface Job<Input, Output> {
  readonly name: string
  readonly run: (input: Input) => Output
  readonly transfer?: (output: Output) => readonly ArrayBuffer[]
}

export interface Pool extends AsyncDisposable {
  /** How many jobs run at the same time; a caller keeps about twice as many under way. */
  readonly width: number
  /** `transfer` names buffers of the input that move to the worker and are gone here. */
  run<Input, Output>(job: Job<Input, Output>, input: Input, transfer?: readonly ArrayBuffer[]): Promise<Output>
}

/** Runs every job at once in this thread: for tests, and for work too small for a thread. */
export const inlinePool: Pool = {
  width: 1,
  run: async (job, input) => job.run(input),
  [Symbol.asyncDispose]: async () => {},
}
