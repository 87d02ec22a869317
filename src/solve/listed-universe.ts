// The packages of a list as a universe: of a channel whose manifests are all at hand.
import type { PackageId } from '../base/ids.ts'
import { formatRelation, type Relation } from '../manifest/capability.ts'
import { comparePackages } from '../manifest/compare-packages.ts'
import type { Candidate } from './candidate.ts'
import { indexProviders, type ProviderIndex } from './provider-index.ts'
import type { Numbers, Universe } from './universe.ts'

export const listedUniverse = (candidates: Iterable<Candidate>): Universe => new ListedUniverse(candidates)

/** Gives each text its number, in the order in which they are met. */
class Numbered<T> {
  readonly #numbers = new Map<string, number>()
  readonly values: T[] = []

  of(key: string, value: () => T): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.values.push(value()) - 1
    this.#numbers.set(key, number)
    return number
  }
}

class ListedUniverse implements Universe {
  readonly size: number
  readonly #candidates: readonly Candidate[]
  readonly #index: ProviderIndex
  readonly #positions: ReadonlyMap<PackageId, number>
  readonly #relations = new Numbered<Relation>()
  readonly #requirements = new Numbered<Numbers>()
  readonly #providers: (Numbers | undefined)[] = []

  constructor(candidates: Iterable<Candidate>) {
    const byId = new Map(Array.from(candidates, (candidate) => [candidate.id, candidate]))
    this.#candidates = [...byId.values()].toSorted(comparePackages)
    this.#positions = new Map(this.#candidates.map(({ id }, position) => [id, position]))
    this.#index = indexProviders(this.#candidates)
    this.size = this.#candidates.length
  }

  candidate(position: number): Candidate {
    return this.#candidates[position] as Candidate
  }

  nameOf(position: number): string {
    return this.candidate(position).manifest.name
  }

  architectureOf(position: number): string {
    return this.candidate(position).manifest.architecture
  }

  sizeBytesOf(position: number): number {
    return Math.ceil((this.candidate(position).sizeBytes ?? 0) / 1024) * 1024
  }

  siblingsOf(position: number): Numbers {
    const name = this.nameOf(position)
    let [first, end] = [position, position + 1]
    while (first > 0 && this.nameOf(first - 1) === name) first--
    while (end < this.size && this.nameOf(end) === name) end++
    return Array.from({ length: end - first }, (_, n) => first + n)
  }

  requirementsOf(position: number): Numbers {
    return this.#numbersOf(this.candidate(position).manifest.requires)
  }

  recommendationsOf(position: number): Numbers {
    return this.#numbersOf(this.candidate(position).manifest.recommends ?? [])
  }

  alternativesOf(requirement: number): Numbers {
    return this.#requirements.values[requirement] as Numbers
  }

  conflictsOf(position: number): Numbers {
    return this.candidate(position).manifest.conflicts.map((relation) => this.#numberOf(relation))
  }

  relation(number: number): Relation {
    return this.#relations.values[number] as Relation
  }

  providersOf(number: number): Numbers {
    return (this.#providers[number] ??= this.find(this.relation(number)))
  }

  find(relation: Relation): Numbers {
    return this.#index.find(relation)
  }

  positionOf({ id }: Candidate): number | undefined {
    return this.#positions.get(id)
  }

  *namesOf(kind: string): Iterable<string> {
    for (const { manifest } of this.#candidates) {
      if (kind === 'name') yield manifest.name
      for (const provided of manifest.provides) if (provided.kind === kind) yield provided.name
    }
  }

  #numbersOf(requirements: readonly (readonly Relation[])[]): Numbers {
    return requirements.map((alternatives) => {
      const relations = alternatives.map((relation) => this.#numberOf(relation))
      return this.#requirements.of(relations.join(' '), () => relations)
    })
  }

  #numberOf(relation: Relation): number {
    return this.#relations.of(formatRelation(relation), () => relation)
  }
}
