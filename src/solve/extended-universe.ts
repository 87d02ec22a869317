// A universe and a few packages more: a channel, and what a machine has that the channel no longer offers.
import { comparePackages } from '../manifest/compare-packages.ts'
import type { Relation } from '../manifest/capability.ts'
import type { Candidate } from './candidate.ts'
import { listedUniverse } from './listed-universe.ts'
import type { Numbers, Universe } from './universe.ts'

/** Those of `others` that the universe has are in it once. */
export function extendUniverse(universe: Universe, others: readonly Candidate[]): Universe {
  const more = others.filter((candidate) => universe.positionOf(candidate) === undefined)
  return more.length === 0 ? universe : new ExtendedUniverse(universe, listedUniverse(more))
}

/** Positions of the others come after those of the universe; their relations and requirements have numbers below zero. */
class ExtendedUniverse implements Universe {
  readonly size: number
  readonly #whole: Universe
  readonly #more: Universe
  readonly #providers = new Map<number, Numbers>()

  constructor(whole: Universe, more: Universe) {
    this.#whole = whole
    this.#more = more
    this.size = whole.size + more.size
  }

  nameOf(position: number): string {
    return this.#isOfWhole(position)
      ? this.#whole.nameOf(position)
      : this.#more.nameOf(position - this.#whole.size)
  }

  architectureOf(position: number): string {
    return this.#isOfWhole(position)
      ? this.#whole.architectureOf(position)
      : this.#more.architectureOf(position - this.#whole.size)
  }

  sizeBytesOf(position: number): number {
    return this.#isOfWhole(position)
      ? this.#whole.sizeBytesOf(position)
      : this.#more.sizeBytesOf(position - this.#whole.size)
  }

  siblingsOf(position: number): readonly number[] {
    const name = this.nameOf(position)
    return Array.from(this.find({ kind: 'name', name })).filter((other) => this.nameOf(other) === name)
  }

  requirementsOf(position: number): Numbers {
    return this.#isOfWhole(position)
      ? this.#whole.requirementsOf(position)
      : belowZero(this.#more.requirementsOf(position - this.#whole.size))
  }

  recommendationsOf(position: number): Numbers {
    return this.#isOfWhole(position)
      ? this.#whole.recommendationsOf(position)
      : belowZero(this.#more.recommendationsOf(position - this.#whole.size))
  }

  alternativesOf(requirement: number): Numbers {
    return requirement >= 0
      ? this.#whole.alternativesOf(requirement)
      : belowZero(this.#more.alternativesOf(-1 - requirement))
  }

  conflictsOf(position: number): Numbers {
    return this.#isOfWhole(position)
      ? this.#whole.conflictsOf(position)
      : belowZero(this.#more.conflictsOf(position - this.#whole.size))
  }

  relation(number: number): Relation {
    return number >= 0 ? this.#whole.relation(number) : this.#more.relation(-1 - number)
  }

  providersOf(number: number): Numbers {
    const known = this.#providers.get(number)
    if (known !== undefined) return known
    const inWhole = number >= 0 ? this.#whole.providersOf(number) : this.#whole.find(this.relation(number))
    const found = this.#withMore(inWhole, this.relation(number))
    this.#providers.set(number, found)
    return found
  }

  find(relation: Relation): Numbers {
    return this.#withMore(this.#whole.find(relation), relation)
  }

  candidate(position: number): Candidate {
    return this.#isOfWhole(position)
      ? this.#whole.candidate(position)
      : this.#more.candidate(position - this.#whole.size)
  }

  positionOf(candidate: Candidate): number | undefined {
    const inMore = this.#more.positionOf(candidate)
    return inMore === undefined ? this.#whole.positionOf(candidate) : this.#whole.size + inMore
  }

  *namesOf(kind: string): Iterable<string> {
    yield* this.#whole.namesOf(kind)
    yield* this.#more.namesOf(kind)
  }

  #isOfWhole(position: number): boolean {
    return position < this.#whole.size
  }

  #withMore(inWhole: Numbers, relation: Relation): Numbers {
    const inMore = this.#more.find(relation)
    if (inMore.length === 0) return inWhole
    const all = [...inWhole, ...Array.from(inMore, (position) => this.#whole.size + position)]
    return all.sort((a, b) => comparePackages(this.candidate(a), this.candidate(b)))
  }
}

const belowZero = (numbers: Numbers): readonly number[] => Array.from(numbers, (number) => -1 - number)
