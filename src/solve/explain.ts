// Says in prose why a model cannot be satisfied, and which smallest change would help. From the clauses that
// failed together it drops every fact that is not needed (so that what remains fails, and nothing less does),
// tells the rest in the order in which one meets them from the model, and tries out changes by solving again.
import { type Fact, type FactClause, type Problem } from './problem.ts'
import { smallestFailure } from './rework.ts'
import { sayFacts } from './say-facts.ts'
import { suggestChange } from './suggest.ts'

/** `core`: clauses that cannot all hold. The text starts small and has no final stop. */
export function explainFailure(problem: Problem, core: readonly FactClause[]): string {
  const missing = missingSubscriptions(problem)
  const facts = missing.length > 0 ? missing : smallestFailure(problem, core)
  const advice = suggestChange(problem, facts)
  const told = `the model cannot be satisfied: ${sayFacts(problem, facts)}`
  return advice === undefined ? told : `${told}; ${advice}`
}

/** Subscriptions that nothing offered provides: all are told at once, for they are mended one by one. */
const missingSubscriptions = ({ clauses }: Problem): readonly Fact[] =>
  clauses
    .filter(({ literals, fact }) => fact.kind === 'subscription' && literals.length === 0)
    .map(({ fact }) => fact)
