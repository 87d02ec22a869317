// Walks what the search chose from the subscriptions through the requirements, breadth first: who is needed, and for which
// reason first; then what these recommend, if the model follows that. What nothing asks for is left out.
import { compareText } from '../base/bytes.ts'
import { comparePackages } from '../manifest/compare-packages.ts'
import type { Relation } from '../manifest/capability.ts'
import type { Chosen, Reason } from './candidate.ts'
import type { Model } from './model.ts'
import type { Numbers, Universe } from './universe.ts'

/** A chosen package, and the relation that it meets. */
interface Met {
  readonly position: number
  readonly relation: () => Relation
}

/** By name, each with the shortest way from the model. */
export function findReasons(
  universe: Universe,
  { subscriptions, recommends }: Pick<Model, 'subscriptions' | 'recommends'>,
  chosen: readonly number[],
): readonly Chosen[] {
  const isChosen = new Uint8Array(universe.size)
  for (const position of chosen) isChosen[position] = 1
  const reached = new Map<number, () => Reason>()
  const order: number[] = []

  /** Marks one of those that meet a wish, unless one is marked already: the package of that very name, or the first. */
  const reach = (met: readonly Met[], reasonFor: (relation: Relation) => Reason): void => {
    const [first] = met
    if (first === undefined || met.some(({ position }) => reached.has(position))) return
    const named =
      met.length === 1
        ? first
        : met.find(({ position, relation }) => universe.nameOf(position) === relation().name)
    const { position, relation } = named ?? first
    reached.set(position, () => reasonFor(relation()))
    order.push(position)
  }

  /** In the order of names, whatever order the universe has. */
  const metBy = (providers: Numbers, relation: () => Relation): readonly Met[] => {
    const met: Met[] = []
    for (const position of providers) if (isChosen[position] === 1) met.push({ position, relation })
    return met.length < 2
      ? met
      : met.sort((a, b) => compareText(universe.nameOf(a.position), universe.nameOf(b.position)))
  }

  for (const subscription of subscriptions)
    reach(
      metBy(universe.find(subscription), () => subscription),
      () => ({ kind: 'subscription', subscription }),
    )
  const follow = (by: number, kind: 'requirement' | 'recommendation', requirements: Numbers): void => {
    const reasonFor = (relation: Relation): Reason => {
      const { id, manifest } = universe.candidate(by)
      return { kind, by: id, byName: manifest.name, relation }
    }
    for (const requirement of requirements) {
      const met: Met[] = []
      for (const number of universe.alternativesOf(requirement))
        met.push(...metBy(universe.providersOf(number), () => universe.relation(number)))
      reach(met, reasonFor)
    }
  }
  let needing = 0
  const followNeeds = (): void => {
    for (; needing < order.length; needing++)
      follow(order[needing] as number, 'requirement', universe.requirementsOf(order[needing] as number))
  }
  followNeeds()
  if (recommends === 'follow')
    for (const by of order) {
      follow(by, 'recommendation', universe.recommendationsOf(by))
      followNeeds()
    }
  return Array.from(reached, ([position, reason]) => ({
    candidate: universe.candidate(position),
    reason: reason(),
  })).sort((a, b) => comparePackages(a.candidate, b.candidate))
}
