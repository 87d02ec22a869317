// A trigger as a package declares it, in `usr/share/moss/triggers/NAME.toml` (moss-triggers(5)): which paths it is about
// and the command that follows from them. A key that is not known is refused, so that a slip of the pen is noticed.
import { decodeUtf8 } from '../base/bytes.ts'
import { display } from '../base/display.ts'
import { MossError } from '../base/error.ts'
import { parseToml, type Refuse } from '../base/toml.ts'

export interface Trigger {
  /** The file's name without its ending. */
  readonly name: string
  /** Globs; a trigger without any never runs. */
  readonly paths: readonly string[]
  /** The program and its arguments. No shell reads them. */
  readonly command: readonly string[]
  /** On the staged tree before it is published, or on the real root afterwards. */
  readonly scope: 'transaction' | 'system'
  /** Triggers of the same scope that run before it, where they run at all. */
  readonly after: readonly string[]
  /** Programs without which the tree has no use for it: a bare name is one in usr/sbin or usr/bin. */
  readonly needs: readonly string[]
  /** It talks to the running system, so it is left out where the root is another one. */
  readonly running: boolean
  readonly seconds: number
}

export const triggerDefaults = {
  scope: 'transaction',
  after: [],
  needs: [],
  running: false,
  seconds: 120,
} as const satisfies Partial<Trigger>

export const triggersPath = 'usr/share/moss/triggers'

const ending = '.toml'
export const triggerBytes = 16 * 1024

const longestSeconds = 3600
const longestList = 64
const knownKeys: readonly string[] = ['paths', 'command', 'scope', 'after', 'needs', 'running', 'seconds']

export const isTriggerName = (name: string): boolean => /^[a-z0-9][a-z0-9._-]{0,62}$/.test(name)

/** What stands at a path right below `triggersPath`. `read` gives the file's bytes. Throws TRIGGER_INVALID. */
export function readTrigger(
  path: string,
  {
    kind,
    sizeBytes,
    read,
  }: { readonly kind: string; readonly sizeBytes: number; readonly read: () => Uint8Array },
): Trigger {
  const refuse: Refuse = (problem) => {
    throw new MossError('TRIGGER_INVALID', { path, problem })
  }
  if (kind !== 'file') return refuse(`it is a ${kind}, not a file`)
  const name = path.slice(triggersPath.length + 1, -ending.length)
  if (!path.endsWith(ending) || !isTriggerName(name))
    return refuse(`its name must be small letters, digits and . _ - and end in ${ending}`)
  if (sizeBytes > triggerBytes) return refuse(`it has ${sizeBytes} bytes, more than ${triggerBytes}`)
  return parseTrigger(decodeUtf8(read()) ?? refuse('it is not UTF-8'), { name, path })
}

/** `path` names the file in errors. Throws TRIGGER_INVALID. */
export function parseTrigger(toml: string, { name, path }: { name: string; path: string }): Trigger {
  const refuse: Refuse = (problem) => {
    throw new MossError('TRIGGER_INVALID', { path, problem })
  }
  const table = parseToml(toml, refuse)
  const foreign = Object.keys(table).find((key) => !knownKeys.includes(key))
  if (foreign !== undefined) refuse(`unknown key ${display(foreign)}; known are ${knownKeys.join(', ')}`)
  const scope = table['scope'] ?? triggerDefaults.scope
  if (scope !== 'transaction' && scope !== 'system') return refuse('scope must be "transaction" or "system"')
  const running = table['running'] ?? triggerDefaults.running
  if (typeof running !== 'boolean') return refuse('running must be true or false')
  if (running && scope !== 'system') refuse('running = true is for scope = "system"')
  const paths = textsOf(table, 'paths', refuse)
  for (const pattern of paths)
    if (!pattern.startsWith('usr/')) refuse(`paths begin with usr/, not as ${display(pattern)}`)
  const command = textsOf(table, 'command', refuse)
  if (command[0] === undefined || command[0] === '')
    refuse('command must begin with a program, such as [ "ldconfig" ]')
  const after = textsOf(table, 'after', refuse, [])
  const needs = textsOf(table, 'needs', refuse, [])
  return { name, paths, command, scope, after, needs, running, seconds: secondsOf(table, refuse) }
}

function secondsOf(table: Readonly<Record<string, unknown>>, refuse: Refuse): number {
  const seconds = table['seconds'] ?? triggerDefaults.seconds
  return typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= 1 && seconds <= longestSeconds
    ? seconds
    : refuse(`seconds must be a whole number from 1 to ${longestSeconds}`)
}

function textsOf(
  table: Readonly<Record<string, unknown>>,
  key: string,
  refuse: Refuse,
  absent?: readonly string[],
): readonly string[] {
  const value = table[key] ?? absent
  if (value === undefined) return refuse(`${key} is missing`)
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string' || item.includes('\0')))
    return refuse(`${key} must be a list of texts`)
  if (value.length > longestList) refuse(`${key} has more than ${longestList} items`)
  return value as readonly string[]
}
