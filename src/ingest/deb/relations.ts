// Relationship fields of a .deb (deb-control(5), Debian policy 7.1) as relations between capabilities. Package
// names become `name(…)`. An architecture qualifier (`python3:any`) is dropped: a root has one architecture.
import {
  isBoundVersion,
  isPackageName,
  type Capability,
  type Relation,
  type RelationOperator,
} from '../../manifest/capability.ts'

type Refuse = (problem: string) => never

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

function parseOne(text: string, refuse: Refuse): Relation {
  const [, name, , operator, version] = pattern.exec(text.trim()) ?? []
  if (name === undefined || !isPackageName(name)) return refuse(`${text.trim()} is not a relation`)
  if (operator === undefined || version === undefined) return { kind: 'name', name }
  if (!isBoundVersion(version)) refuse(`${version} is not a version`)
  return { kind: 'name', name, bound: { operator: operators[operator] ?? '=', version } }
}

/** Items are split at commas; a comma too many is harmless, as it is to dpkg. */
const items = (field: string): readonly string[] => field.split(',').filter((item) => item.trim() !== '')

/** `a (>= 1) | b, c`: each item is satisfied by one of its alternatives, the first being preferred. */
export const parseDependencies = (field: string, refuse: Refuse): readonly (readonly Relation[])[] =>
  items(field).map((item) => item.split('|').map((text) => parseOne(text, refuse)))

/** Conflicts, Breaks and Replaces, which know no alternatives. */
export const parseNames = (field: string, refuse: Refuse): readonly Relation[] =>
  items(field).map((item) => parseOne(item, refuse))

export const parseProvided = (field: string, refuse: Refuse): readonly Capability[] =>
  items(field).map((item) => {
    const { kind, name, bound } = parseOne(item, refuse)
    if (bound === undefined) return { kind, name }
    if (bound.operator !== '=') refuse(`${item.trim()} provides no one version`)
    return { kind, name, version: bound.version }
  })

/** Each item once, at its first place. */
export const unique = <T>(list: readonly T[]): readonly T[] => [
  ...new Map(list.map((item) => [JSON.stringify(item), item])).values(),
]
