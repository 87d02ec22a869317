// The smallest change after which a model could be satisfied. Each is tried by solving the whole problem again:
// releasing a hold, a pin or an exclusion costs least, then relaxing a bound, adding what is missing, dropping a
// subscription, and last several of these together. A change is only told if it helps.
import { display } from '../base/display.ts'
import type { Relation } from '../manifest/capability.ts'
import { formatAlternatives, sayFew, sayRelation, shellWord } from './phrases.ts'
import { type Fact, keyOf, type Problem, stateIn } from './problem.ts'
import { isSolvableWithout, without } from './rework.ts'
import { search } from './search.ts'

/** `facts`: those that fail together. Undefined where no change was found. */
export function suggestChange(problem: Problem, facts: readonly Fact[]): string | undefined {
  const distinct = [...new Map(facts.map((fact) => [keyOf(fact), fact])).values()]
  const helps = (fact: Fact): boolean => isSolvableWithout(problem, new Set([keyOf(fact)]))
  return (
    suggestReleased(distinct, helps) ??
    suggestRelaxed(problem, distinct) ??
    suggestAdded(problem, distinct, helps) ??
    suggestDropped(problem, distinct)
  )
}

/** The model without one of the limits that it sets to packages. */
function suggestReleased(facts: readonly Fact[], helps: (fact: Fact) => boolean): string | undefined {
  const released = (fact: Fact): string | undefined =>
    fact.kind === 'hold'
      ? `moss unhold ${fact.held.manifest.name}`
      : fact.kind === 'pin'
        ? `moss unpin ${fact.relation.name}`
        : fact.kind === 'exclusion'
          ? `moss include ${fact.name}`
          : undefined
  const found = facts.find((fact) => released(fact) !== undefined && helps(fact))
  return found && `${released(found)} would help`
}

/** A subscription without its bound. */
function suggestRelaxed(problem: Problem, facts: readonly Fact[]): string | undefined {
  for (const fact of facts) {
    if (fact.kind !== 'subscription' || fact.relation.bound === undefined) continue
    const { kind, name } = fact.relation
    if (helpsInstead(problem, fact.relation, { kind, name }))
      return `asking for ${display(sayRelation({ kind, name }))} in any version would help`
  }
  return undefined
}

function helpsInstead(problem: Problem, old: Relation, relaxed: Relation): boolean {
  const subscriptions = problem.model.subscriptions.map((relation) => (relation === old ? relaxed : relation))
  const model = { ...problem.model, subscriptions }
  return search(stateIn(problem.universe, { ...problem, model })).kind === 'found'
}

/** What nothing provides, if it were in the channel. */
function suggestAdded(
  problem: Problem,
  facts: readonly Fact[],
  helps: (fact: Fact) => boolean,
): string | undefined {
  for (const fact of facts) {
    const wanted =
      fact.kind === 'requirement'
        ? fact.alternatives
        : fact.kind === 'subscription'
          ? [fact.relation]
          : undefined
    if (wanted === undefined || wanted.some((relation) => problem.universe.find(relation).length > 0))
      continue
    if (helps(fact))
      return `adding ${display(formatAlternatives(wanted))} to channel ${display(problem.model.channel)} would help`
  }
  return undefined
}

type Subscription = Extract<Fact, { readonly kind: 'subscription' }>

/** The last subscription alone that helps if dropped; else those that must go together, found one by one. */
function suggestDropped(problem: Problem, facts: readonly Fact[]): string | undefined {
  const told = facts.filter((fact) => fact.kind === 'subscription')
  const one = told.findLast((fact) => isSolvableWithout(problem, new Set([keyOf(fact)])))
  if (one !== undefined) return sayDropped([one], told)
  const dropped: Subscription[] = []
  let rest = problem
  for (let outcome = search(rest); outcome.kind === 'none'; outcome = search(rest)) {
    const blamed = outcome.core.map(({ fact }) => fact).findLast((fact) => fact.kind === 'subscription')
    if (blamed === undefined) return undefined
    dropped.push(blamed)
    rest = without(rest, new Set([keyOf(blamed)]))
  }
  const inOrder = problem.clauses
    .map(({ fact }) => fact)
    .filter((fact) => dropped.some((one) => one === fact))
  return sayDropped(
    inOrder.filter((fact) => fact.kind === 'subscription'),
    told,
  )
}

/** Subscriptions that fail for reasons of their own are named apart: the text has not explained those. */
function sayDropped(dropped: readonly Subscription[], told: readonly Subscription[]): string {
  const explained = new Set(told.map(keyOf))
  const first = dropped.filter((fact) => explained.has(keyOf(fact)))
  const others = dropped.filter((fact) => !explained.has(keyOf(fact)))
  const command = `moss unsubscribe ${first.map(({ relation }) => shellWord(relation)).join(' ')}`
  return others.length === 0
    ? `${command} would help`
    : `${command} would be a first step, for ${sayFew(others.map(({ relation }) => sayRelation(relation)))} cannot be satisfied either`
}
