// Counts the calls of the simulated outside, and makes one of them the last: by a crash, or by a failure of the
// machine. After a crash every further call throws too: the process is dead, what its `finally` does changes nothing.
import { ioError } from '../../src/host/problem.ts'

export class SimulatedCrash extends Error {
  constructor(call: string) {
    super(`simulated crash at ${call}`)
    this.name = 'SimulatedCrash'
  }
}

/** Also when the crash was met again by what `using` disposes of. */
export function isCrash(error: unknown): boolean {
  if (error instanceof SimulatedCrash) return true
  if (error instanceof SuppressedError) return isCrash(error.error) || isCrash(error.suppressed)
  return error instanceof Error && error.cause !== undefined && isCrash(error.cause)
}

export interface Call {
  /** Among all calls since the faults were set, from 1. */
  readonly number: number
  readonly name: string
  readonly path: string
}

export interface Faults {
  /** The n-th changing call, from 1, does not happen any more. */
  readonly crashAt?: number
  /** The n-th call, from 1, fails with this kernel's word: EIO, ENOSPC, EROFS, EMLINK, EINTR … */
  readonly failAt?: { readonly n: number; readonly problem: string }
  /** Every such call fails with this word, again and again: an immutable file, a rotten block. */
  readonly refuses?: (call: Omit<Call, 'number'>) => string | undefined
  /** A broken program or disk: syncs that do nothing and say they did. */
  readonly isSyncForgotten?: (call: Call) => boolean
}

export interface CallCounts {
  readonly all: number
  readonly changing: number
}

export class FaultPlan {
  #faults: Faults = {}
  #all = 0
  #changing = 0
  #trace: Call[] = []
  #hasCrashed = false

  get hasCrashed(): boolean {
    return this.#hasCrashed
  }

  /** Counts from here on. */
  arm(faults: Faults): void {
    this.#faults = faults
    this.#all = 0
    this.#changing = 0
    this.#trace = []
  }

  counts(): CallCounts {
    return { all: this.#all, changing: this.#changing }
  }

  trace(): readonly Call[] {
    return this.#trace
  }

  crash(call: string): never {
    this.#hasCrashed = true
    throw new SimulatedCrash(call)
  }

  /** One call that changes nothing. */
  look(name: string, path: string): void {
    const problem = this.#count(name, path)
    if (problem !== undefined) throw ioError(name, path, problem)
  }

  /** One call that changes something. Returns the problem it must fail with. */
  change(name: string, path: string): string | undefined {
    const problem = this.#count(name, path)
    this.#changing++
    if (this.#changing === this.#faults.crashAt) this.crash(`${name} ${path}`)
    return problem
  }

  /** A change without a failure of its own kind. */
  changeOrThrow(name: string, path: string): void {
    const problem = this.change(name, path)
    if (problem !== undefined) throw ioError(name, path, problem)
  }

  /** The commit of a database: at the crash point it is durable or lost, which the caller draws. */
  isCommitCrashing(path: string): boolean {
    const problem = this.#count('commit', path)
    this.#changing++
    if (problem !== undefined) throw ioError('commit', path, problem)
    return this.#changing === this.#faults.crashAt
  }

  isForgotten(name: string, path: string): boolean {
    return this.#faults.isSyncForgotten?.({ number: this.#all, name, path }) ?? false
  }

  #count(name: string, path: string): string | undefined {
    if (this.#hasCrashed) throw new SimulatedCrash(`${name} ${path}, after the crash`)
    this.#all++
    this.#trace.push({ number: this.#all, name, path })
    const { failAt, refuses } = this.#faults
    return failAt?.n === this.#all ? failAt.problem : refuses?.({ name, path })
  }
}
