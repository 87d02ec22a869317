// Relationship fields of a .deb (deb-control(5), Debian policy 7.1) as relations between capabilities. Package
// names become `name(…)`. An architecture qualifier (`python3:any`) is dropped, for a root has one architecture; one of
// another architecture makes a capability that nothing provides, such as `foreign(libc6:i386)`.
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

/** What a field is read for: the architecture of its package, and where a mistake goes. */
export interface FieldOf {
  readonly architecture: string
  readonly refuse: (problem: string) => never
}

function parseOne(text: string, { architecture, refuse }: FieldOf): Relation {
  const [, plain, qualifier = 'any', operator, version] = pattern.exec(text.trim()) ?? []
  if (plain === undefined || !isPackageName(plain)) return refuse(`${text.trim()} is not a relation`)
  const named = ['any', 'native', architecture].includes(qualifier)
    ? { kind: 'name', name: plain }
    : { kind: 'foreign', name: `${plain}:${qualifier}` }
  if (operator === undefined || version === undefined) return named
  if (!isBoundVersion(version)) refuse(`${version} is not a version`)
  return { ...named, bound: { operator: operators[operator] ?? '=', version } }
}

/** Items are split at commas; a comma too many is harmless, as it is to dpkg. */
const items = (field: string): readonly string[] => field.split(',').filter((item) => item.trim() !== '')

/** `a (>= 1) | b, c`: each item is satisfied by one of its alternatives, the first being preferred. */
export const parseDependencies = (field: string, of: FieldOf): readonly (readonly Relation[])[] =>
  items(field).map((item) => item.split('|').map((text) => parseOne(text, of)))

/** Conflicts, Breaks and Replaces, which know no alternatives. */
export const parseNames = (field: string, of: FieldOf): readonly Relation[] =>
  items(field).map((item) => parseOne(item, of))

export const parseProvided = (field: string, of: FieldOf): readonly Capability[] =>
  items(field).map((item) => {
    const { kind, name, bound } = parseOne(item, of)
    if (bound === undefined) return { kind, name }
    if (bound.operator !== '=') of.refuse(`${item.trim()} provides no one version`)
    return { kind, name, version: bound.version }
  })

/** Each item once, at its first place. */
export const unique = <T>(list: readonly T[]): readonly T[] => [
  ...new Map(list.map((item) => [JSON.stringify(item), item])).values(),
]
