// A generic pool of worker threads for pure functions that need a processor. Rooms define jobs in their jobs.ts,
// src/worker.ts lists them all; a pool that never gets work starts no thread. Messages are copied with the whole
// buffer under a view: give views that fill their buffer, or transfer them.
import type * as Threads from 'node:worker_threads'
import type { DetailsOf, ErrorCode } from '../base/codes.ts'
import { isMossError, MossError } from '../base/error.ts'

/** `run` is pure. `transfer` names the buffers of its output that move instead of being copied. */
export interface Job<Input, Output> {
  readonly name: string
  readonly run: (input: Input) => Output
  transfer?(output: Output): readonly ArrayBuffer[]
  /** After its answer was sent; true if it left much that only the collector can free. */
  rest?(): boolean
}

export interface Pool extends AsyncDisposable {
  /** How many jobs run at the same time; a caller keeps about twice as many under way. */
  readonly width: number
  /** `transfer` names buffers of the input that move to the worker and are gone here. */
  run<Input, Output>(
    job: Job<Input, Output>,
    input: Input,
    transfer?: readonly ArrayBuffer[],
  ): Promise<Output>
}

/** Runs every job at once in this thread: for tests, and for work too small for a thread. */
export const inlinePool: Pool = {
  width: 1,
  run: async (job, input) => job.run(input),
  [Symbol.asyncDispose]: async () => {},
}

interface Question {
  readonly number: number
  readonly job: string
  readonly input: unknown
  /** Buffers of the input that moved here. */
  readonly moved: readonly ArrayBuffer[]
}

type Answer =
  | { readonly kind: 'output'; readonly number: number; readonly output: unknown }
  | { readonly kind: 'refusal'; readonly number: number; readonly code: ErrorCode; readonly details: unknown }
  | {
      readonly kind: 'bug'
      readonly number: number
      readonly message: string
      readonly stack: string | undefined
    }

interface Waiting {
  readonly question: Question
  readonly transfer: readonly ArrayBuffer[]
  readonly resolve: (output: unknown) => void
  readonly reject: (error: unknown) => void
}

interface Thread {
  readonly worker: Threads.Worker
  readonly underWay: Map<number, Waiting>
}

/** One job runs while the next one already lies in the thread's port. */
const perThread = 2

/** Flags of the main thread, such as --eval, are not for the module of a worker. */
const quiet = '--disable-warning=ExperimentalWarning'

/** Where a module is, or its whole text as CommonJS. */
export type WorkerModule = URL | { readonly source: string }

/** Threads start when there is work for them, run this module, and keep no process alive. */
export function workerPool(worker: WorkerModule, width?: number): Pool {
  const os = process.getBuiltinModule('node:os')
  return new WorkerPool(worker, Math.max(1, width ?? os.availableParallelism()))
}

class WorkerPool implements Pool {
  readonly width: number
  readonly #module: WorkerModule
  readonly #threads: Thread[] = []
  readonly #queue: Waiting[] = []
  #count = 0
  #isClosed = false

  constructor(module: WorkerModule, width: number) {
    this.#module = module
    this.width = width
  }

  run<Input, Output>(
    job: Job<Input, Output>,
    input: Input,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Output> {
    if (this.#isClosed) return Promise.reject(new Error(`job ${job.name} for a closed pool`))
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const question: Question = { number: this.#count++, job: job.name, input, moved: transfer }
    this.#queue.push({ question, transfer, resolve, reject })
    this.#dispatch()
    return promise as Promise<Output>
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const thread = this.#freeThread()
      if (thread === undefined) return
      const waiting = this.#queue.shift()
      if (waiting !== undefined) send(thread, waiting)
    }
  }

  #freeThread(): Thread | undefined {
    const idle = this.#threads.find((thread) => thread.underWay.size === 0)
    if (idle !== undefined) return idle
    if (this.#threads.length < this.width) return this.#start()
    const least = this.#threads.reduce((a, b) => (b.underWay.size < a.underWay.size ? b : a))
    return least.underWay.size < perThread ? least : undefined
  }

  #start(): Thread {
    const { Worker } = process.getBuiltinModule('node:worker_threads')
    const module = this.#module
    const options = { execArgv: [quiet] }
    const worker =
      module instanceof URL
        ? new Worker(module, options)
        : new Worker(module.source, { ...options, eval: true })
    const thread: Thread = { worker, underWay: new Map() }
    thread.worker.unref()
    thread.worker.on('message', (answer: Answer) => {
      const waiting = thread.underWay.get(answer.number)
      thread.underWay.delete(answer.number)
      if (thread.underWay.size === 0) thread.worker.unref()
      if (waiting !== undefined) settle(waiting, answer)
      this.#dispatch()
    })
    thread.worker.on('messageerror', (error) => this.#lose(thread, error))
    thread.worker.on('error', (error) => this.#lose(thread, error))
    thread.worker.on('exit', () => this.#lose(thread, new Error('a worker thread ended')))
    this.#threads.push(thread)
    return thread
  }

  /** A thread that died takes its jobs with it, as bugs; the others go on. */
  #lose(thread: Thread, error: unknown): void {
    const at = this.#threads.indexOf(thread)
    if (at >= 0) this.#threads.splice(at, 1)
    for (const waiting of thread.underWay.values()) waiting.reject(error)
    thread.underWay.clear()
    if (!this.#isClosed) this.#dispatch()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    const threads = this.#threads.slice()
    for (const waiting of this.#queue.splice(0)) waiting.reject(new Error('the pool was closed'))
    await Promise.all(threads.map((thread) => thread.worker.terminate()))
  }
}

function send(thread: Thread, waiting: Waiting): void {
  try {
    thread.worker.postMessage(waiting.question, waiting.transfer.slice())
  } catch (error) {
    waiting.reject(error)
    return
  }
  if (thread.underWay.size === 0) thread.worker.ref()
  thread.underWay.set(waiting.question.number, waiting)
}

function settle(waiting: Waiting, answer: Answer): void {
  switch (answer.kind) {
    case 'output':
      return waiting.resolve(answer.output)
    case 'refusal':
      return waiting.reject(new MossError(answer.code, answer.details as DetailsOf<ErrorCode>))
    case 'bug': {
      const error = new Error(`${waiting.question.job}: ${answer.message}`)
      if (answer.stack !== undefined) error.stack = answer.stack
      return waiting.reject(error)
    }
  }
}

/** The launcher asks V8 for it: a collector comes by itself when the heap is full, and much memory is not in the heap. */
const collectNow = (globalThis as { readonly gc?: () => void }).gc

/** The whole of a worker thread's module: answers questions with these jobs. */
export function serveJobs(jobs: readonly Job<never, unknown>[]): void {
  const { parentPort } = process.getBuiltinModule('node:worker_threads')
  if (parentPort === null) throw new Error('jobs are served in a worker thread only')
  const named = new Map(jobs.map((job) => [job.name, job as unknown as Job<unknown, unknown>]))
  if (named.size !== jobs.length) throw new Error('two jobs of one name')
  parentPort.on('message', (question: Question) => {
    const { answer, transfer } = answerTo(question, named.get(question.job))
    parentPort.postMessage(answer, transfer.slice())
    // At once: a thread's collector lets tens of MiB of them pile up first. What moved on is not here any more.
    for (const buffer of question.moved) if (!buffer.detached) buffer.transfer(0)
    if (named.get(question.job)?.rest?.() === true) collectNow?.()
  })
}

function answerTo(
  { number, job, input }: Question,
  found: Job<unknown, unknown> | undefined,
): { readonly answer: Answer; readonly transfer: readonly ArrayBuffer[] } {
  try {
    if (found === undefined) throw new Error(`no job ${job}`)
    const output = found.run(input)
    return { answer: { kind: 'output', number, output }, transfer: found.transfer?.(output) ?? [] }
  } catch (error) {
    if (isMossError(error))
      return { answer: { kind: 'refusal', number, code: error.code, details: error.details }, transfer: [] }
    const bug = error instanceof Error ? error : new Error(String(error))
    return { answer: { kind: 'bug', number, message: bug.message, stack: bug.stack }, transfer: [] }
  }
}
