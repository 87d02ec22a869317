// Chooses the packages that satisfy a model, or says in prose why none do. Complete: if a choice exists, one is
// found. Deterministic: the order of what is offered does not matter, only the order of subscriptions does.
// Newest first; what is installed stays unless something newer is offered; holds are kept; one package a name.
import { MossError } from '../base/error.ts'
import type { Solution } from './candidate.ts'
import { explainFailure } from './explain.ts'
import { type Offer, stateProblem } from './problem.ts'
import { search } from './search.ts'
import { traceReasons } from './trace.ts'

export type { Offer } from './problem.ts'

/** Throws SOLVE_NO_SOLUTION. */
export function solve(offer: Offer): Solution {
  const problem = stateProblem(offer)
  const outcome = search(problem)
  if (outcome.kind === 'none')
    throw new MossError('SOLVE_NO_SOLUTION', { explanation: explainFailure(problem, outcome.core) })
  const chosen = outcome.chosen.map((variable) => problem.universe.candidate(variable - 1))
  // What the search concluded on its way and nothing asks for any more is left out here.
  return { chosen: traceReasons(offer.model, chosen).reached }
}
