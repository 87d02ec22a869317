// Walks what the search chose from the subscriptions through the requirements, in the order in which the search did: who is
// needed, and for which reason first; then what these recommend, if the model follows that. What nothing asks for is left
// out; in another order something else would be, and what is left would not be what the search would choose again.
import { comparePackages } from '../manifest/compare-packages.ts'
import type { Relation } from '../manifest/capability.ts'
import type { Chosen, Reason } from './candidate.ts'
import type { Problem } from './problem.ts'
import type { Numbers } from './universe.ts'

/** Variables in the order in which they were chosen: what met the wishes, and what came for hopes. The answer is by name. */
export function findReasons(
  { universe, model, choicesFor, subscribed }: Problem,
  { chosen, hoped }: { readonly chosen: readonly number[]; readonly hoped: readonly number[] },
): readonly Chosen[] {
  const isChosen = new Uint8Array(universe.size + 1)
  for (const variable of chosen) isChosen[variable] = 1
  const reached = new Map<number, () => Reason>()
  const followed = new Set<number>()

  /** Marks the preferred of those that meet a wish, unless one is marked already. */
  const reach = (choices: readonly number[], reasonFor: (variable: number) => Reason): void => {
    if (choices.some((variable) => reached.has(variable))) return
    const variable = choices.find((each) => isChosen[each] === 1)
    if (variable === undefined) return
    reached.set(variable, () => reasonFor(variable))
  }

  const metIn = (requirement: number, variable: number): Relation => {
    const alternatives = Array.from(universe.alternativesOf(requirement))
    const met = alternatives.find((number) => Array.from(universe.providersOf(number)).includes(variable - 1))
    if (met === undefined) throw new Error('broken promise: a choice meets an alternative')
    return universe.relation(met)
  }

  const follow = (by: number, kind: 'requirement' | 'recommendation', requirements: Numbers): void => {
    for (const requirement of requirements)
      reach(choicesFor(requirement), (variable) => {
        const { id, manifest } = universe.candidate(by - 1)
        return { kind, by: id, byName: manifest.name, relation: metIn(requirement, variable) }
      })
  }

  for (const subscription of model.subscriptions)
    reach(subscribed(subscription), () => ({ kind: 'subscription', subscription }))
  /** Again where one was reached only after its turn. */
  const followNeeds = (variables: readonly number[]): void => {
    for (let before = -1; before !== followed.size;) {
      before = followed.size
      for (const by of variables) {
        if (!reached.has(by) || followed.has(by)) continue
        followed.add(by)
        follow(by, 'requirement', universe.requirementsOf(by - 1))
      }
    }
  }
  followNeeds(chosen)
  // Only now: what is needed is met by what was chosen for it.
  for (const variable of hoped) isChosen[variable] = 1
  const all = [...chosen, ...hoped]
  for (const by of model.recommends === 'follow' ? all : []) {
    if (!reached.has(by)) continue
    const before = reached.size
    follow(by, 'recommendation', universe.recommendationsOf(by - 1))
    if (reached.size > before) followNeeds(all)
  }
  return Array.from(reached, ([variable, reason]) => ({
    candidate: universe.candidate(variable - 1),
    reason: reason(),
  })).sort((a, b) => comparePackages(a.candidate, b.candidate))
}
