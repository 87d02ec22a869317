// The checks of a model: [[check]] tables, each a command that says by its exit code whether the machine is well.
import { display } from '../base/display.ts'

export interface ModelCheck {
  readonly name: string
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly [string, ...string[]]
  readonly timeoutMs: number
}

const knownKeys: readonly string[] = ['name', 'command', 'timeoutMs']
const mostChecks = 32
const usualMs = 60_000
const longestMs = 600_000

/** Of a parsed TOML file; undefined where it names none. */
export function parseChecks(value: unknown, refuse: (problem: string) => never): readonly ModelCheck[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) return refuse('check must be written as [[check]] tables')
  if (value.length > mostChecks) return refuse(`more than ${mostChecks} checks`)
  const checks = value.map((table: unknown) => parseCheck(table, refuse))
  const names = checks.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  return twice === undefined ? checks : refuse(`two checks are named ${display(twice)}`)
}

function parseCheck(value: unknown, refuse: (problem: string) => never): ModelCheck {
  const table =
    typeof value === 'object' && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : refuse('check must be written as [[check]] tables')
  const foreign = Object.keys(table).find((key) => !knownKeys.includes(key))
  if (foreign !== undefined)
    return refuse(`unknown key ${display(foreign)} in a check; known are ${knownKeys.join(', ')}`)
  const { name, command, timeoutMs = usualMs } = table
  if (typeof name !== 'string' || !/^[\w.@-]{1,64}$/.test(name))
    return refuse('a check needs a name of letters, digits, and any of . _ - @')
  if (!isCommand(command))
    return refuse(
      `check ${name} needs a command as a list of texts, such as [ "systemctl", "is-active", "sshd" ]`,
    )
  if (typeof timeoutMs !== 'number' || !Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > longestMs)
    return refuse(`timeoutMs of check ${name} must be a whole number from 1 to ${longestMs}`)
  return { name, command, timeoutMs }
}

const isCommand = (value: unknown): value is readonly [string, ...string[]] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((item) => typeof item === 'string' && !item.includes('\0')) &&
  value[0] !== ''
