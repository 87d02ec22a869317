// Relationship fields of a .deb (deb-control(5), Debian policy 7.1) as relations between capabilities. Package
// names become `name(…)`; those of another architecture end with it, as in `name(libc6:i386)`. `python3:any` is plain
// python3. What a package of a foreign architecture names without one is of its own, unless it serves all of them.
import {
  isBoundVersion,
  isPackageName,
  type Capability,
  type Relation,
  type RelationOperator,
} from '../../manifest/capability.ts'

/** `<` and `>` are old spellings that mean or-equal. */
const operators: Readonly<Record<string, RelationOperator>> = {
  '<<': '<<',
  '<=': '<=',
  '=': '=',
  '>=': '>=',
  '>>': '>>',
  '<': '<=',
  '>': '>=',
}

const pattern = /^([^\s:(]+)(?::([a-z0-9-]+))?\s*(?:\(\s*(<<|<=|>=|>>|=|<|>)\s*([^\s()<>=]+)\s*\))?$/

/** For packages that are of another architecture than the machine is. */
export interface ForeignArchitecture {
  readonly machine: string
  /** Names that the machine's own packages provide to those of every architecture (Multi-Arch: foreign). */
  readonly across: ReadonlySet<string>
}

/** What a field is read for: the architecture of its package, and where a mistake goes. */
export interface FieldOf {
  readonly architecture: string
  /** Undefined: the package is of the machine's own. */
  readonly foreign: ForeignArchitecture | undefined
  /** Names that its twin of the machine's own architecture has, too, which is never in its way. */
  readonly siblings: ReadonlySet<string>
  readonly refuse: (problem: string) => never
}

interface Named {
  readonly name: string
  readonly qualifier: string | undefined
  readonly bound?: Relation['bound']
}

function parseOne(text: string, refuse: FieldOf['refuse']): Named {
  const [, name, qualifier, operator, version] = pattern.exec(text.trim()) ?? []
  if (name === undefined || !isPackageName(name)) return refuse(`${text.trim()} is not a relation`)
  if (operator === undefined || version === undefined) return { name, qualifier }
  if (!isBoundVersion(version)) refuse(`${version} is not a version`)
  return { name, qualifier, bound: { operator: operators[operator] ?? '=', version } }
}

const relationTo = (name: string, { bound }: Named): Relation => ({
  kind: 'name',
  name,
  ...(bound !== undefined && { bound }),
})

/** A name with what says which architecture is meant; undefined where nothing does. */
function qualified({ name, qualifier }: Named, { architecture, foreign }: FieldOf): string | undefined {
  if (foreign === undefined)
    return ['any', 'native', architecture, undefined].includes(qualifier) ? name : `${name}:${qualifier}`
  if (qualifier === undefined || qualifier === 'any') return undefined
  return ['native', foreign.machine].includes(qualifier) ? name : `${name}:${qualifier}`
}

/** What would serve, the preferred first. */
function servedBy(named: Named, of: FieldOf): readonly Relation[] {
  const { name, qualifier } = named
  const said = qualified(named, of)
  if (said !== undefined) return [relationTo(said, named)]
  const own = `${name}:${of.architecture}`
  if (qualifier === 'any') return [relationTo(name, named), relationTo(own, named)]
  return [relationTo(of.foreign?.across.has(name) === true ? name : own, named)]
}

/** Whatever is meant by a name where it must not be: that of every architecture. */
function allOf(named: Named, of: FieldOf): readonly Relation[] {
  const said = qualified(named, of)
  const both = of.siblings.has(named.name) ? [] : [named.name]
  const names = said === undefined ? [...both, `${named.name}:${of.architecture}`] : [said]
  return names.map((name) => relationTo(name, named))
}

/** Items are split at commas; a comma too many is harmless, as it is to dpkg. */
const items = (field: string): readonly string[] => field.split(',').filter((item) => item.trim() !== '')

/** `a (>= 1) | b, c`: each item is satisfied by one of its alternatives, the first being preferred. */
export const parseDependencies = (field: string, of: FieldOf): readonly (readonly Relation[])[] =>
  items(field).map((item) => item.split('|').flatMap((text) => servedBy(parseOne(text, of.refuse), of)))

/** Conflicts, Breaks and Replaces, which know no alternatives. */
export const parseNames = (field: string, of: FieldOf): readonly Relation[] =>
  items(field).flatMap((item) => allOf(parseOne(item, of.refuse), of))

/** What is provided, as it is written. */
export const namesProvided = (field: string, refuse: FieldOf['refuse']): readonly string[] =>
  items(field).map((item) => parseOne(item, refuse).name)

export const parseProvided = (field: string, of: FieldOf): readonly Capability[] =>
  items(field).map((item) => {
    const named = parseOne(item, of.refuse)
    const name = qualified(named, of) ?? `${named.name}:${of.architecture}`
    if (named.bound === undefined) return { kind: 'name', name }
    if (named.bound.operator !== '=') of.refuse(`${item.trim()} provides no one version`)
    return { kind: 'name', name, version: named.bound.version }
  })

/** Each item once, at its first place. */
export const unique = <T>(list: readonly T[]): readonly T[] => [
  ...new Map(list.map((item) => [JSON.stringify(item), item])).values(),
]
