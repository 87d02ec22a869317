// What a verb is to the command line: its words, operands and flags as data (help, completions and the manual
// are made from it), and a function that calls ops/ and returns both faces of the result.
import { MossError } from '../base/error.ts'
import type { CandidateKind } from '../ops/candidates.ts'
import type { OpEvent, Outside } from '../ops/types.ts'

/** What a value is, so that a shell can offer some: a kind, or the words that there are. Where none is said, the name tells files and folders. */
export type ValueKind =
  | CandidateKind
  | 'file'
  | 'folder'
  | 'verb'
  | 'medium-or-file'
  | 'host-or-group'
  | 'host-or-medium'
  | readonly string[]

export interface Flag {
  readonly name: string
  readonly short?: string
  /** What stands for its value in help; absent for a switch. */
  readonly value?: string
  readonly kind?: ValueKind
  readonly repeats?: boolean
  readonly summary: string
}

export interface Operand {
  readonly name: string
  readonly kind?: ValueKind
  readonly optional?: boolean
  readonly repeats?: boolean
}

export interface Verb {
  /** `apply`, or two words: `state export`. */
  readonly words: string
  /** Other words for the same verb. */
  readonly aliases?: readonly string[]
  readonly side: 'host' | 'station' | 'either'
  readonly operands?: readonly Operand[]
  readonly flags?: readonly Flag[]
  readonly summary: string
  readonly run: (call: Call) => Promise<Outcome>
}

/** One call of a verb: what was said, and the ways to the person. */
export interface Call {
  readonly outside: Outside
  /** The word it was called by, which may be an alias. */
  readonly word: string
  readonly operands: readonly string[]
  readonly root: string
  readonly home: string
  /** Of who is at the machine: what a tilde stands for. */
  readonly personHome: string
  /** Absolute, as ops/ wants them. */
  path(text: string): string
  /** True for a switch that was given. */
  has(flag: string): boolean
  value(flag: string): string | undefined
  values(flag: string): readonly string[]
  readonly report: (event: OpEvent) => void
  /** Shows `text`, then asks; -y answers yes; where nobody can answer, it is a usage error. */
  confirm(question: string, text: string): Promise<boolean>
  /** Somebody, or -y, would answer confirm(). */
  readonly canBeAsked: boolean
  /** Throws now what confirm() would throw later, so that nothing is begun that nobody can agree to. */
  mustBeAble(question: string): void
  /** From the terminal or --passphrase-fd; undefined where neither is there. */
  passphrase(what: string): Promise<Uint8Array | undefined>
  readonly nowSeconds: number
}

/** The value of a flag that names a file, made absolute. */
export function optionalPath(call: Call, flag: string): string | undefined {
  const value = call.value(flag)
  return value === undefined ? undefined : call.path(value)
}

export interface Outcome {
  /** The final object of --json. */
  readonly json: unknown
  /** For people; may be empty. */
  readonly text: string
  readonly exit?: number
}

/** As carry/effort.ts has them. */
export const effortWords = ['fast', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'small'] as const

export const channelOperand = { name: 'CHANNEL', kind: 'channel' } as const

/** Throws CLI_USAGE. */
export function needed(call: Call, flag: string): string {
  const value = call.value(flag)
  if (value !== undefined) return value
  throw new MossError('CLI_USAGE', { problem: `say --${flag}`, see: call.word })
}

export function optionalNumber(call: Call, flag: string): number | undefined {
  const text = call.value(flag)
  return text === undefined ? undefined : wholeNumber(call, flag, text)
}

/** Throws CLI_USAGE. */
export function wholeNumber(call: Call, flag: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new MossError('CLI_USAGE', { problem: `--${flag} takes a whole number from 1`, see: call.word })
}
