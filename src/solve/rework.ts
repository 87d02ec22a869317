// Solves part of a problem: only some of its clauses, with the wishes that belong to them. Explanations try out
// in this way which facts are needed for a failure, and which change would end it.
import { type Fact, type FactClause, keyOf, type Problem } from './problem.ts'
import { search, type SearchOutcome } from './search.ts'

/** The core of the outcome, if any, speaks of positions in `clauses`. */
export function solvePart(problem: Problem, clauses: readonly FactClause[]): SearchOutcome {
  const wishes = clauses.filter(({ fact }) => fact.kind === 'subscription').map(({ literals }) => literals)
  const requirements = new Map<number, (readonly number[])[]>()
  for (const { literals, fact } of clauses) {
    const by = -(literals[0] ?? 0)
    if (fact.kind !== 'requirement') continue
    const known = requirements.get(by)
    if (known === undefined) requirements.set(by, [literals.slice(1)])
    else known.push(literals.slice(1))
  }
  return search({
    variables: problem.candidates.length,
    clauses,
    wishes,
    wishesOf: (variable) => requirements.get(variable) ?? [],
  })
}

/** Whether the problem can be solved without the facts of these keys. */
export function isSolvableWithout(problem: Problem, keys: ReadonlySet<string>): boolean {
  const rest = problem.clauses.filter(({ fact }) => !keys.has(keyOf(fact)))
  return solvePart(problem, rest).kind === 'found'
}

/** The facts of a smallest failing part, in the order of the problem: subscriptions first, then outwards. */
export function smallestFailure(problem: Problem, core: readonly FactClause[]): readonly Fact[] {
  const groups = Map.groupBy(core, ({ fact }) => keyOf(fact))
  for (const key of [...groups.keys()].toReversed()) {
    const rest = [...groups].filter(([other]) => other !== key).flatMap(([, clauses]) => clauses)
    if (solvePart(problem, rest).kind === 'none') groups.delete(key)
  }
  return [...groups.values()].flatMap((clauses) => clauses.map(({ fact }) => fact))
}
