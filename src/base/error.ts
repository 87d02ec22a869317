// The one error class. What it says, its hint and its exit code come from the table in codes.ts.
import { codes, type DetailsOf, type ErrorCode } from './codes.ts'

type Say = (details: unknown) => string | undefined

export class MossError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code
  readonly details: DetailsOf<Code>
  readonly exit: number
  readonly hint: string | undefined

  constructor(code: Code, details: DetailsOf<Code>, cause?: unknown) {
    const entry = codes[code]
    super((entry.message as Say)(details), cause === undefined ? undefined : { cause })
    this.name = 'MossError'
    this.code = code
    this.details = details
    this.exit = entry.exit
    this.hint = (entry.hint as Say)(details)
  }
}

export const isMossError = <Code extends ErrorCode>(error: unknown, code?: Code): error is MossError<Code> =>
  error instanceof MossError && (code === undefined || error.code === code)

/** Undefined where it ends in an error of ours; a bug stays one. */
export function unlessRefused<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isMossError(error)) return undefined
    throw error
  }
}

/** Throws on a broken promise of our own code: a bug, exit 70. */
export function assertTrue(condition: boolean, promise: string): asserts condition {
  if (!condition) throw new Error(`broken promise: ${promise}`)
}
