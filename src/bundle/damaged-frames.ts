// Frames that a medium does not give as they were signed. One bad stretch is no reason to leave the frames behind it: those are
// kept, and the next copy of the file need not bring them. A medium that gives nothing any more is not asked for everything.
import { isMossError, MossError } from '../base/error.ts'

const mostNamed = 3
const mostFailures = 16

export class DamagedFrames {
  #first: MossError | undefined
  #failures = 0
  readonly #damaged: string[] = []

  /** Whether `read` found what it should. Throws what is more than damage to one frame. */
  isFound(read: () => void): boolean {
    try {
      read()
      return true
    } catch (error) {
      if (isMossError(error, 'CONTAINER_DAMAGED'))
        this.#damaged.push(error.details.part.replace(/^frame /, ''))
      else if (!isMossError(error, 'HOST_IO') || ++this.#failures >= mostFailures) throw this.#first ?? error
      this.#first ??= error
      return false
    }
  }

  /** Throws the first; of several damaged ones, one error that names them. */
  assertNone(): void {
    if (this.#first === undefined) return
    const { length } = this.#damaged
    if (!isMossError(this.#first, 'CONTAINER_DAMAGED') || length === 1) throw this.#first
    const named = this.#damaged.slice(0, mostNamed).join(', ')
    const more = length > mostNamed ? ` and ${length - mostNamed} more` : ''
    throw new MossError('CONTAINER_DAMAGED', {
      part: `frames ${named}${more}`,
      problem: 'their bytes are not the ones that were signed',
    })
  }
}
