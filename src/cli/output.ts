// What goes out: data to standard output, everything else to standard error. With --json there is one final object,
// also for an error.
import { exits } from '../base/exits.ts'
import { display, displayJson } from '../base/display.ts'
import { isMossError } from '../base/error.ts'
import type { OpEvent } from '../ops/types.ts'
import { foldHanging } from './format.ts'
import type { Outcome } from './verb.ts'

/** To standard output (1) or error (2), whole, at once. */
export type Write = (to: 1 | 2, text: string) => void

export interface Output {
  readonly isJson: boolean
  /** All return the exit code. */
  finish(outcome: Outcome): number
  fail(error: unknown): number
  /** To the person, beside the data. */
  say(text: string): void
  event(event: OpEvent): void
}

export function outputTo(
  write: Write,
  { isJson, isConsole }: { readonly isJson: boolean; readonly isConsole: () => boolean },
): Output {
  const object = (value: unknown): void => write(1, `${displayJson(value)}\n`)
  return {
    isJson,
    say: (text) => write(2, text),
    event: object,
    finish: ({ json, text, exit }) => {
      if (isJson) object(json)
      else if (text !== '') write(1, `${text}\n`)
      return exit ?? exits.done
    },
    fail: (error) => {
      const { exit, code, message, hint, details, trace } = describe(error)
      if (isJson) object({ error: { code, message, hint, details } })
      // A console breaks lines inside words; a log wants one line.
      const line = (text: string): void => write(2, `${isConsole() ? foldHanging(text) : text}\n`)
      line(`moss: error: ${message} [${code}]`)
      if (hint !== undefined) line(`moss: hint: ${hint}`)
      if (trace !== undefined) write(2, `${trace}\n`)
      return exit
    },
  }
}

function describe(error: unknown): {
  readonly exit: number
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
  readonly details?: unknown
  readonly trace?: string
} {
  if (isMossError(error)) return error
  const bug = error instanceof Error ? error : new Error(String(error))
  return {
    exit: exits.bug,
    code: 'BUG',
    message: `a bug in moss: ${display(bug.message)}`,
    hint: 'what was current stays current; please report this with the lines below',
    trace: (bug.stack ?? '').split('\n').slice(1).map(display).join('\n'),
  }
}
