// Solves part of a problem: only some of its clauses. Explanations try out in this way which facts are needed for a
// failure, and which change would end it.
import { type Fact, type FactClause, keyOf, type Problem } from './problem.ts'
import { search, type SearchOutcome } from './search.ts'

/** With these clauses and no others. */
export function solvePart({ variables }: Problem, clauses: readonly FactClause[]): SearchOutcome<FactClause> {
  const requirements = Map.groupBy(clauses, ({ literals, fact }) =>
    fact.kind === 'requirement' ? -(literals[0] as number) : 0,
  )
  return search({
    variables,
    clauses: requirements.get(0) ?? [],
    clausesOf: (variable) => requirements.get(variable) ?? [],
  })
}

/** The problem without the facts of these keys. */
export function without(problem: Problem, keys: ReadonlySet<string>): Problem {
  const isKept = ({ fact }: FactClause): boolean => !keys.has(keyOf(fact))
  return {
    ...problem,
    clauses: problem.clauses.filter(isKept),
    clausesOf: (variable) => problem.clausesOf(variable).filter(isKept),
  }
}

/** Whether the problem can be solved without the facts of these keys. */
export const isSolvableWithout = (problem: Problem, keys: ReadonlySet<string>): boolean =>
  search(without(problem, keys)).kind === 'found'

const kindsAsTold: readonly Fact['kind'][] = [
  'subscription',
  'requirement',
  'hold',
  'pin',
  'exclusion',
  'architecture',
  'one version',
  'conflict',
]

/** The facts of a smallest failing part: what is asked for, first by the model, then outwards, and what is in the way. */
export function smallestFailure(problem: Problem, core: readonly FactClause[]): readonly Fact[] {
  const told = core.toSorted((a, b) => kindsAsTold.indexOf(a.fact.kind) - kindsAsTold.indexOf(b.fact.kind))
  const groups = Map.groupBy(told, ({ fact }) => keyOf(fact))
  for (const key of [...groups.keys()].toReversed()) {
    const rest = [...groups].filter(([other]) => other !== key).flatMap(([, clauses]) => clauses)
    if (solvePart(problem, rest).kind === 'none') groups.delete(key)
  }
  return [...groups.values()].flatMap((clauses) => clauses.map(({ fact }) => fact))
}
