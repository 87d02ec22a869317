// Walks a chosen set from the subscriptions through the requirements: who is here, and why. The walk is breadth
// first, so each reason is the shortest way from the model.
import type { Relation } from '../manifest/capability.ts'
import { comparePackages } from '../manifest/compare-packages.ts'
import { provides } from '../manifest/match.ts'
import { type Candidate, type Chosen, type Reason } from './candidate.ts'
import type { Model } from './model.ts'
import { indexProviders } from './provider-index.ts'

export interface Trace {
  /** Sorted by name; each with the first reason found. */
  readonly reached: readonly Chosen[]
  /** What nothing asks for. */
  readonly unreached: readonly Candidate[]
  /** Subscriptions that nothing in the set satisfies. */
  readonly unmet: readonly Relation[]
  /** Requirements of reached packages that nothing in the set satisfies. */
  readonly lacking: readonly { readonly by: Candidate; readonly alternatives: readonly Relation[] }[]
}

/** Follows all providers of a requirement, where one is enough: nothing of a set that somebody else chose is idle for being second. */
export function traceReasons(
  model: Pick<Model, 'subscriptions' | 'recommends'>,
  set: readonly Candidate[],
): Trace {
  const candidates = set.toSorted(comparePackages)
  const index = indexProviders(candidates)
  const reached = new Map<number, Reason>()
  const unmet: Relation[] = []
  const lacking: { by: Candidate; alternatives: readonly Relation[] }[] = []

  /** Marks all who satisfy one of the alternatives; false if nobody does. */
  const reach = (alternatives: readonly Relation[], reasonFor: (relation: Relation) => Reason): boolean => {
    const found = alternatives.flatMap((relation) =>
      index.find(relation).map((position) => ({ position, relation })),
    )
    for (const { position, relation } of found)
      if (!reached.has(position)) reached.set(position, reasonFor(relation))
    return found.length > 0
  }

  for (const subscription of model.subscriptions) {
    if (!reach([subscription], () => ({ kind: 'subscription', subscription }))) unmet.push(subscription)
  }
  for (const position of reached.keys()) {
    const by = candidates[position] as Candidate
    const reasonFor =
      (kind: 'requirement' | 'recommendation') =>
      (relation: Relation): Reason => ({ kind, by: by.id, byName: by.manifest.name, relation })
    for (const alternatives of by.manifest.requires) {
      if (alternatives.some((relation) => provides(by.manifest, relation))) continue
      if (!reach(alternatives, reasonFor('requirement'))) lacking.push({ by, alternatives })
    }
    if (model.recommends === 'follow')
      for (const alternatives of by.manifest.recommends ?? [])
        reach(alternatives, reasonFor('recommendation'))
  }
  return {
    reached: candidates.flatMap((candidate, position) => {
      const reason = reached.get(position)
      return reason === undefined ? [] : [{ candidate, reason }]
    }),
    unreached: candidates.filter((_, position) => !reached.has(position)),
    unmet,
    lacking,
  }
}
