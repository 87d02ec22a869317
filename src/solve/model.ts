// The declared wishes of a machine, as its administrator writes them in model.toml: the channel it follows, the
// capabilities it subscribes to, the packages it holds, and what says that it is well. A bare word means a package name. An unknown key is
// refused, so that a slip of the pen is noticed and not ignored.
import { display } from '../base/display.ts'
import { isMossError, MossError } from '../base/error.ts'
import { isChannelName } from '../base/names.ts'
import { parseToml, type Refuse } from '../base/toml.ts'
import { isArchitecture } from '../manifest/architecture.ts'
import { formatRelation, parseRelation, type Relation } from '../manifest/capability.ts'
import { type ModelCheck, parseChecks } from './check.ts'

export interface Model {
  /** In the order of the file: earlier ones are served first where wishes compete. */
  readonly subscriptions: readonly Relation[]
  /** Names of packages that stay in the version that is installed. */
  readonly holds: readonly string[]
  /** Packages by name, each with the versions that it may have, if it is chosen at all. */
  readonly pins: readonly Relation[]
  /** Names of packages that are never chosen. */
  readonly excluded: readonly string[]
  readonly channel: string
  /** Of the machine: packages of others are never chosen. Unsaid in models from before it was asked for. */
  readonly architecture: string | undefined
  /** Whether what packages recommend comes with them, where it can. */
  readonly recommends: 'follow' | 'ignore'
  /** Whether what has expired by this machine's clock is only told, or refused. */
  readonly expired: 'warn' | 'refuse'
  /** How far sync goes by itself with what a medium has for this machine: it asks before it applies, does not apply, or applies. */
  readonly sync: SyncPolicy
  /** Run after a state has become current, in the order of the file. */
  readonly checks: readonly ModelCheck[]
}

export const syncPolicies = ['ask', 'import', 'apply'] as const
export type SyncPolicy = (typeof syncPolicies)[number]

export const isSyncPolicy = (value: unknown): value is SyncPolicy =>
  syncPolicies.some((policy) => policy === value)

const knownKeys: readonly string[] = [
  'channel',
  'architecture',
  'subscriptions',
  'holds',
  'pins',
  'excluded',
  'recommends',
  'expired',
  'sync',
  'check',
]

/** `path` names the text in errors. Throws MODEL_INVALID. */
export function parseModel(toml: string, path: string): Model {
  const refuse = (problem: string): never => {
    throw new MossError('MODEL_INVALID', { path, problem })
  }
  const table = parseToml(toml, refuse)
  const foreign = Object.keys(table).find((key) => !knownKeys.includes(key))
  if (foreign !== undefined) refuse(`unknown key ${display(foreign)}; known are ${knownKeys.join(', ')}`)
  const channel = table['channel']
  if (typeof channel !== 'string' || !isChannelName(channel))
    return refuse('channel must be the name of a channel, in quotes')
  const subscriptions = uniqueBy(
    textsOf(table, 'subscriptions', refuse).map((text) => readRelation(text, refuse)),
    formatRelation,
  )
  const namesOf = (key: 'holds' | 'excluded'): readonly string[] =>
    uniqueBy(
      textsOf(table, key, refuse).map((text) => readName(text, key, refuse)),
      (name) => name,
    )
  const holds = namesOf('holds')
  const excluded = namesOf('excluded')
  const pins = uniqueBy(
    textsOf(table, 'pins', refuse).map((text) => readPin(text, refuse)),
    formatRelation,
  )
  const architecture = table['architecture']
  if (architecture !== undefined && (typeof architecture !== 'string' || !isArchitecture(architecture)))
    return refuse('architecture must be one, in quotes, such as "amd64"')
  const expired = table['expired'] ?? 'warn'
  if (expired !== 'warn' && expired !== 'refuse') return refuse('expired must be "warn" or "refuse"')
  const recommends = table['recommends'] ?? 'ignore'
  if (recommends !== 'follow' && recommends !== 'ignore')
    return refuse('recommends must be "follow" or "ignore"')
  const sync = table['sync'] ?? 'ask'
  if (!isSyncPolicy(sync)) return refuse('sync must be "ask", "import" or "apply"')
  const checks = parseChecks(table['check'], refuse)
  return {
    channel,
    architecture,
    subscriptions,
    holds,
    pins,
    excluded,
    recommends,
    expired,
    sync,
    checks,
  }
}

function textsOf(table: Readonly<Record<string, unknown>>, key: string, refuse: Refuse): readonly string[] {
  const value = table[key]
  if (value === undefined) return []
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
    return refuse(`${key} must be a list of texts, such as [ "bash" ]`)
  return value as readonly string[]
}

function readRelation(text: string, refuse: Refuse): Relation {
  try {
    return parseRelation(text)
  } catch (error) {
    if (isMossError(error, 'CAPABILITY_INVALID')) return refuse(error.message)
    throw error
  }
}

function readName(text: string, key: 'holds' | 'excluded', refuse: Refuse): string {
  const { kind, name, bound } = readRelation(text, refuse)
  const what = key === 'holds' ? 'hold' : 'exclude'
  if (kind !== 'name' || bound !== undefined) refuse(`${what} the name of a package, not ${display(text)}`)
  return name
}

function readPin(text: string, refuse: Refuse): Relation {
  const relation = readRelation(text, refuse)
  if (relation.kind !== 'name' || relation.bound === undefined)
    refuse(`pin a package to versions, such as "bash << 6", not ${display(text)}`)
  return relation
}

function uniqueBy<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  return [...new Map(items.toReversed().map((item) => [key(item), item])).values()].toReversed()
}

/** A model without checks as a new file. Names and versions need no escapes in TOML; capabilities are quoted as JSON quotes. */
export function formatModel({
  channel,
  architecture,
  subscriptions,
  holds,
}: Pick<Model, 'channel' | 'architecture' | 'subscriptions' | 'holds'>): string {
  return [
    '# What this machine should have. moss subscribe, unsubscribe, hold and unhold edit this file,',
    '# and so may you: comments and order are kept.',
    `channel = ${quote(channel)}`,
    ...(architecture === undefined ? [] : [`architecture = ${quote(architecture)}`]),
    '',
    formatList('subscriptions', subscriptions.map(formatRelation)),
    '',
    formatList('holds', holds),
    '',
  ].join('\n')
}

/** TOML's basic strings escape what JSON's do; what a capability may hold needs nothing more. */
export const quote = (text: string): string => JSON.stringify(text)

export const formatList = (key: string, items: readonly string[]): string =>
  items.length === 0 ? `${key} = []` : `${key} = [\n${items.map((item) => `  ${quote(item)},\n`).join('')}]`
