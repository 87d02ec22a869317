// Capabilities: named things that packages provide and require, such as `soname(libz.so.1)` or `name(bash)`.
// In text a relation is `kind(name)`, then optionally ` operator version`. A version holds no parenthesis, so
// the last one closes the name and names may hold any: `soname(libz.so.1()(64bit)) >= 1.2`.
import { display } from '../base/display.ts'
import { MossError } from '../base/error.ts'

export interface Capability {
  /** A registered kind: name, soname, binary, … */
  readonly kind: string
  readonly name: string
  readonly version?: string
}

export type RelationOperator = '<<' | '<=' | '=' | '>=' | '>>'

/** A capability asked for, with an optional bound on the provider's version. */
export interface Relation {
  readonly kind: string
  readonly name: string
  readonly bound?: { readonly operator: RelationOperator; readonly version: string }
}

export const relationOperators: readonly RelationOperator[] = ['<<', '<=', '=', '>=', '>>']

/**
 * What people may type. A manifest may carry kinds that this moss does not know yet: they match by name alone,
 * so that a host with an older moss is not locked out of the channel that would update it.
 */
export const registeredKinds = [
  'name',
  'soname',
  'binary',
  'sysbinary',
  'pkgconfig',
  'pkgconfig32',
  'cmake',
  'python',
  'perl',
  'interpreter',
  'font',
  'mime',
  'feature',
] as const

export const longestName = 255

/** What is wrong with a kind and name, or undefined. Nothing that display() would have to escape is allowed. */
export function checkCapability({ kind, name }: { kind: string; name: string }): string | undefined {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(kind)) return `${display(kind)} is not a kind of capability`
  if (name === '' || name.length > longestName) return `a ${kind} has 1 to ${longestName} characters`
  if (name !== name.trim() || display(name) !== name)
    return `${kind}(${display(name)}) has characters that cannot be shown, or blanks at its ends`
  if (kind === 'name' && !isPackageName(name)) return `${name} is not a package name`
  return undefined
}

/** Letters, digits and `+ . _ -`, a letter or digit first; `:i386` may follow, of a package of another architecture. */
export const isPackageName = (text: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9+._-]{0,127}(?::[a-z0-9][a-z0-9_-]{0,31})?$/.test(text)

/** What a relation's bound may hold in any scheme. */
export const isBoundVersion = (text: string): boolean => /^[A-Za-z0-9._+~^:-]{1,255}$/.test(text)

const refuse = (text: string, problem: string): never => {
  throw new MossError('CAPABILITY_INVALID', { text, problem })
}

/** Also takes a bare word, `bash` or `bash >= 5`, as a package name. Throws CAPABILITY_INVALID. */
export function parseRelation(text: string): Relation {
  if (text.length > 1024) refuse(`${text.slice(0, 64)}…`, 'too long')
  const parts = /^(.*?)(?:\s*(<<|<=|>=|>>|=)\s*([^\s()<>=]+))?$/su.exec(text.trim())
  const [, capability = '', operator, version] = parts ?? []
  const relation = parseKindAndName(capability.trim(), text)
  if (operator === undefined || version === undefined) return relation
  if (!isBoundVersion(version)) refuse(text, `${display(version)} is not a version`)
  return { ...relation, bound: { operator: operator as RelationOperator, version } }
}

function parseKindAndName(text: string, whole: string): { readonly kind: string; readonly name: string } {
  const open = text.indexOf('(')
  const isBare = open < 0
  if (!isBare && !text.endsWith(')')) refuse(whole, 'expected kind(name), then an operator and a version')
  const kind = isBare ? 'name' : text.slice(0, open)
  const name = isBare ? text : text.slice(open + 1, -1)
  const problem = checkCapability({ kind, name })
  if (problem !== undefined) refuse(whole, problem)
  if (!(registeredKinds as readonly string[]).includes(kind))
    refuse(whole, `${kind} is not one of ${registeredKinds.join(', ')}`)
  return { kind, name }
}

/** Takes `kind(name)` or `kind(name) = version`, or a bare package name. Throws CAPABILITY_INVALID. */
export function parseCapability(text: string): Capability {
  const { kind, name, bound } = parseRelation(text)
  if (bound === undefined) return { kind, name }
  if (bound.operator !== '=') refuse(text, 'a provided capability has one version, given with =')
  return { kind, name, version: bound.version }
}

export const formatCapability = ({ kind, name, version }: Capability): string =>
  version === undefined ? `${kind}(${name})` : `${kind}(${name}) = ${version}`

export const formatRelation = ({ kind, name, bound }: Relation): string =>
  bound === undefined ? `${kind}(${name})` : `${kind}(${name}) ${bound.operator} ${bound.version}`
