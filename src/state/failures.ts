// What the machine does not let be written: an immutable file, a full or rotten disk, files that another program has
// locked. Past the commit point it is told and tried again, and stops nothing that can be done.
import type { ErrorCode } from '../base/codes.ts'
import { isMossError } from '../base/error.ts'

const ofTheMachine: readonly ErrorCode[] = ['HOST_IO', 'HOST_NO_SPACE', 'STATE_LOCKED']

export class Failures {
  /** A sentence each. */
  readonly told: string[] = []
  /** Paths of the root at which something is left half done. */
  readonly stuck = new Set<string>()

  /** What `work` gives; undefined where the machine does not let it. */
  of<T>(what: string, work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      this.keep(what, error)
      return undefined
    }
  }

  /** The same at a path of the root. */
  at<T>(path: string, work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      this.keep(`/${path}`, error)
      this.stuck.add(path)
      return undefined
    }
  }

  /** Throws what is no failure of the machine. */
  keep(what: string, error: unknown): void {
    if (!isMossError(error) || !ofTheMachine.includes(error.code)) throw error
    this.told.push(`${what}: ${error.message}; it will be tried again`)
  }
}
