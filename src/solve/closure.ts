// Judges a set of packages that somebody else chose: is it whole, free of conflicts, and all asked for? A host
// checks with it what a bundle names, and never solves again.
import { isFor } from '../manifest/architecture.ts'
import { comparePackages } from '../manifest/compare-packages.ts'
import { type Candidate, titleOf } from './candidate.ts'
import type { Model } from './model.ts'
import { formatAlternatives, sayRelation } from './phrases.ts'
import { indexProviders } from './provider-index.ts'
import { traceReasons } from './trace.ts'

/** Every problem, as one line each; none means that the set may be applied. */
export function checkClosure(
  set: readonly Candidate[],
  model: Pick<Model, 'subscriptions' | 'recommends' | 'architecture'>,
): readonly string[] {
  const { unreached, unmet, lacking } = traceReasons(model, set)
  return [
    ...unmet.map(
      (relation) => `nothing in the set provides ${sayRelation(relation)}, which the model asks for`,
    ),
    ...lacking.map(
      ({ by, alternatives }) =>
        `${titleOf(by)} requires ${formatAlternatives(alternatives)}, which is not in the set`,
    ),
    ...unreached.map((candidate) => `nothing asks for ${titleOf(candidate)}`),
    ...set
      .filter(({ manifest }) => !isFor(manifest, model.architecture))
      .map((each) => `${titleOf(each)} is for ${each.manifest.architecture}, not ${model.architecture}`),
    ...findDoubles(set),
    ...findConflicts(set),
  ]
}

function findDoubles(set: readonly Candidate[]): readonly string[] {
  const sorted = set.toSorted(comparePackages)
  return sorted.flatMap((candidate, at) => {
    const next = sorted[at + 1]
    return next === undefined || next.manifest.name !== candidate.manifest.name
      ? []
      : [`${titleOf(candidate)} and ${titleOf(next)} cannot be installed together`]
  })
}

function findConflicts(set: readonly Candidate[]): readonly string[] {
  const sorted = set.toSorted(comparePackages)
  const index = indexProviders(sorted)
  return sorted.flatMap((by) =>
    by.manifest.conflicts.flatMap((relation) =>
      index
        .find(relation)
        .map((position) => sorted[position] as Candidate)
        .filter(({ manifest }) => manifest.name !== by.manifest.name)
        .map((other) => `${titleOf(by)} conflicts with ${sayRelation(relation)}, which is ${titleOf(other)}`),
    ),
  )
}
