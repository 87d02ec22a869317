// Walks what the search chose from the subscriptions through the requirements, breadth first: who is needed, and for which
// reason first. What nothing asks for is left out.
import { compareText } from '../base/bytes.ts'
import { comparePackages } from '../manifest/compare-packages.ts'
import type { Relation } from '../manifest/capability.ts'
import type { Chosen, Reason } from './candidate.ts'
import type { Numbers, Universe } from './universe.ts'

/** A chosen package, and the relation that it meets. */
interface Met {
  readonly position: number
  readonly relation: () => Relation
}

/** By name, each with the shortest way from the model. */
export function findReasons(
  universe: Universe,
  subscriptions: readonly Relation[],
  chosen: readonly number[],
): readonly Chosen[] {
  const isChosen = new Uint8Array(universe.size)
  for (const position of chosen) isChosen[position] = 1
  const reached = new Map<number, () => Reason>()

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
  for (const by of reached.keys()) {
    const reasonFor = (relation: Relation): Reason => {
      const { id, manifest } = universe.candidate(by)
      return { kind: 'requirement', by: id, byName: manifest.name, relation }
    }
    for (const requirement of universe.requirementsOf(by)) {
      const met: Met[] = []
      for (const number of universe.alternativesOf(requirement))
        met.push(...metBy(universe.providersOf(number), () => universe.relation(number)))
      reach(met, reasonFor)
    }
  }
  return Array.from(reached, ([position, reason]) => ({
    candidate: universe.candidate(position),
    reason: reason(),
  })).sort((a, b) => comparePackages(a.candidate, b.candidate))
}
