// Why a package is here: the chain of reasons from it back to the model, as sentences.
import type { Relation } from '../manifest/capability.ts'
import { provides } from '../manifest/match.ts'
import { type Chosen, type Solution, titleOf } from './candidate.ts'
import { sayRelation } from './phrases.ts'

export interface Why {
  readonly chosen: Chosen
  /** From the package to the model, such as `libssl3 3.0 is here because openssl requires libssl3`. */
  readonly sentences: readonly string[]
}

/** One answer for each chosen package that satisfies the relation; none if it is not here at all. */
export function explainWhy(solution: Solution, wanted: Relation): readonly Why[] {
  const byId = new Map<string, Chosen>(solution.chosen.map((chosen) => [chosen.candidate.id, chosen]))
  return solution.chosen
    .filter(({ candidate }) => provides(candidate.manifest, wanted))
    .map((chosen) => ({ chosen, sentences: chainOf(chosen, byId) }))
}

function chainOf(first: Chosen, byId: ReadonlyMap<string, Chosen>): readonly string[] {
  const sentences: string[] = []
  const seen = new Set<string>()
  for (
    let at: Chosen | undefined = first;
    at !== undefined && !seen.has(at.candidate.id);
    at = at.reason.kind === 'requirement' ? byId.get(at.reason.by) : undefined
  ) {
    seen.add(at.candidate.id)
    sentences.push(sentenceOf(at))
  }
  return sentences
}

const sentenceOf = ({ candidate, reason }: Chosen): string =>
  reason.kind === 'subscription'
    ? `${titleOf(candidate)} is here because the model asks for ${sayRelation(reason.subscription)}`
    : `${titleOf(candidate)} is here because ${reason.byName} requires ${sayRelation(reason.relation)}`
