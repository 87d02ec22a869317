// Chooses the packages that satisfy a model, or says in prose why none do. Complete: if a choice exists, one is
// found. Deterministic: the order of what is offered does not matter, only the order of subscriptions does.
// Newest first; what is installed stays unless something newer is offered; holds are kept; one package a name.
import { MossError } from '../base/error.ts'
import type { Solution } from './candidate.ts'
import { explainFailure } from './explain.ts'
import { listedUniverse } from './listed-universe.ts'
import { type Offer, stateIn } from './problem.ts'
import { search } from './search.ts'
import { findReasons } from './reasons.ts'
import type { Universe } from './universe.ts'

export type { Offer } from './problem.ts'

/** Throws SOLVE_NO_SOLUTION. */
export const solve = ({ model, offered, installed }: Offer): Solution =>
  solveIn(listedUniverse([...installed, ...offered]), { model, installed })

/** `installed` are of the universe. Throws SOLVE_NO_SOLUTION. */
export function solveIn(universe: Universe, wished: Pick<Offer, 'model' | 'installed'>): Solution {
  const problem = stateIn(universe, wished)
  const outcome = search(problem)
  if (outcome.kind === 'none')
    throw new MossError('SOLVE_NO_SOLUTION', { explanation: explainFailure(problem, outcome.core) })
  return { chosen: findReasons(problem, outcome) }
}
