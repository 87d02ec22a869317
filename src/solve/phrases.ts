// The small words of explanations: relations, lists and versions as a person would say them.
import { formatRelation, type Relation } from '../manifest/capability.ts'

/** `bash >= 5`, not `name(bash) >= 5`: packages by name are the common case. */
export const sayRelation = (relation: Relation): string =>
  relation.kind === 'name'
    ? relation.bound === undefined
      ? relation.name
      : `${relation.name} ${relation.bound.operator} ${relation.bound.version}`
    : formatRelation(relation)

export const formatAlternatives = (alternatives: readonly Relation[]): string =>
  alternatives.map(sayRelation).join(' or ')

/** `a`, `a and b`, `a, b and c`. */
export function sayList(items: readonly string[], last = 'and'): string {
  const final = items.at(-1) ?? ''
  return items.length < 2 ? final : `${items.slice(0, -1).join(', ')} ${last} ${final}`
}

/** Parts that may hold commas of their own: `app 1 requires a, and a 2 conflicts with b`. */
export const sayClauses = (clauses: readonly string[]): string =>
  clauses.length > 1 && clauses.some((clause) => / .*[ ,]/.test(clause))
    ? `${clauses.slice(0, -1).join(', ')}, and ${clauses.at(-1)}`
    : sayList(clauses)

/** At most four of many: `a, b, c and 7 more`. */
export const sayFew = (items: readonly string[]): string =>
  items.length <= 4 ? sayList(items) : `${items.slice(0, 3).join(', ')} and ${items.length - 3} more`

/** A bare name stays; anything else needs quotes in a shell. */
export const shellWord = (relation: Relation): string =>
  relation.kind === 'name' && relation.bound === undefined ? relation.name : `'${formatRelation(relation)}'`
