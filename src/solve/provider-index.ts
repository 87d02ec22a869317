// Finds who satisfies a relation without looking at every candidate. Built once for a set of candidates; every
// answer is in the order of the candidates it was built from.
import type { Capability, Relation } from '../manifest/capability.ts'
import { ownCapability, satisfies } from '../manifest/match.ts'
import type { Candidate } from './candidate.ts'

export interface ProviderIndex {
  /** The positions, rising, of the candidates that satisfy the relation. */
  readonly find: (relation: Relation) => readonly number[]
}

interface Offer {
  readonly position: number
  readonly capability: Capability
}

export function indexProviders(candidates: readonly Candidate[]): ProviderIndex {
  const offers = new Map<string, Offer[]>()
  const add = (capability: Capability, position: number): void => {
    const key = `${capability.kind}(${capability.name})`
    const known = offers.get(key)
    if (known === undefined) offers.set(key, [{ position, capability }])
    else known.push({ position, capability })
  }
  for (const [position, { manifest }] of candidates.entries()) {
    add(ownCapability(manifest), position)
    for (const capability of manifest.provides) add(capability, position)
  }
  const schemeAt = (position: number) => (candidates[position] as Candidate).manifest.scheme
  const find = (relation: Relation): readonly number[] => {
    const found: number[] = []
    for (const { position, capability } of offers.get(`${relation.kind}(${relation.name})`) ?? [])
      if (found.at(-1) !== position && satisfies(capability, schemeAt(position), relation))
        found.push(position)
    return found
  }
  return { find }
}
