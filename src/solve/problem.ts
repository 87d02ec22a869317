// A model and what is offered as clauses. Only what the search comes to choose is stated: a package's own clauses when
// it is chosen, so that a subscription costs what it brings in and not what it could have been. Every clause remembers
// the fact it stands for, in words a person would use, so that a failure can be explained.
import { compareText } from '../base/bytes.ts'
import { isFor } from '../manifest/architecture.ts'
import { formatRelation, type Relation } from '../manifest/capability.ts'
import { compareAge } from '../manifest/compare-packages.ts'
import { isWithin } from '../manifest/match.ts'
import type { Candidate } from './candidate.ts'
import type { Model } from './model.ts'
import type { Clause } from './search.ts'
import type { Numbers, Universe } from './universe.ts'

export type Fact =
  | { readonly kind: 'subscription'; readonly relation: Relation }
  | { readonly kind: 'hold'; readonly held: Candidate }
  | { readonly kind: 'pin'; readonly relation: Relation }
  | { readonly kind: 'exclusion'; readonly name: string }
  | { readonly kind: 'architecture'; readonly of: Candidate; readonly machine: string }
  | {
      readonly kind: 'requirement'
      readonly by: Candidate
      readonly alternatives: readonly Relation[]
    }
  | {
      readonly kind: 'conflict'
      readonly by: Candidate
      readonly relation: Relation
      readonly other: Candidate
    }
  | { readonly kind: 'one version'; readonly name: string }

export interface FactClause extends Clause {
  readonly fact: Fact
}

export interface Problem {
  readonly model: Model
  readonly installed: readonly Candidate[]
  readonly universe: Universe
  /** Variable v is the package at v - 1. */
  readonly variables: number
  /** What holds whatever is chosen. */
  readonly clauses: readonly FactClause[]
  /** What holds if this variable is chosen. */
  readonly clausesOf: (variable: number) => readonly FactClause[]
  /** Of a chosen variable what it recommends, if the model follows that. */
  readonly hopesOf: (variable: number) => readonly (readonly number[])[]
  /** The variables that meet a requirement, preferred first. */
  readonly choicesFor: (requirement: number) => readonly number[]
  readonly subscribed: (relation: Relation) => readonly number[]
}

export interface Offer {
  readonly model: Model
  readonly offered: readonly Candidate[]
  readonly installed: readonly Candidate[]
}

/** `installed` are of the universe. */
export function stateIn(
  universe: Universe,
  { model, installed }: Pick<Problem, 'model' | 'installed'>,
): Problem {
  const statement = new Statement(universe, { model, installed })
  return {
    model,
    installed,
    universe,
    variables: universe.size,
    clauses: [
      ...model.subscriptions.map((relation) => statement.subscription(relation)),
      ...model.holds.flatMap((name) => statement.hold(name)),
      ...model.pins.flatMap((relation) => statement.pin(relation)),
      ...model.excluded.flatMap((name) => statement.exclusion(name)),
    ],
    clausesOf: (variable) => statement.clausesOf(variable),
    hopesOf: (variable) => (model.recommends === 'follow' ? statement.hopesOf(variable) : []),
    choicesFor: (requirement) => statement.choicesFor(requirement),
    subscribed: (relation) => statement.subscription(relation).literals,
  }
}

class Statement {
  readonly #universe: Universe
  readonly #machine: string | undefined
  readonly #installed: readonly Candidate[]
  readonly #installedAt: ReadonlySet<number>
  readonly #installedNames: ReadonlySet<string>
  readonly #choices = new Map<number, readonly number[]>()

  constructor(universe: Universe, { model, installed }: Pick<Problem, 'model' | 'installed'>) {
    this.#universe = universe
    this.#machine = model.architecture
    this.#installed = installed
    const positions = installed.map((one) => {
      const position = universe.positionOf(one)
      if (position === undefined) throw new Error('broken promise: what is installed is in the universe')
      return position
    })
    this.#installedAt = new Set(positions)
    this.#installedNames = new Set(installed.map(({ manifest }) => manifest.name))
  }

  subscription(relation: Relation): FactClause {
    const literals = this.#prefer([{ relation: () => relation, positions: this.#universe.find(relation) }])
    return { literals, wish: literals, fact: { kind: 'subscription', relation } }
  }

  /** What is held and installed stays in its version, if it stays at all. */
  hold(name: string): readonly FactClause[] {
    const held = this.#installed.find(({ manifest }) => manifest.name === name)
    const kept = held && this.#universe.positionOf(held)
    if (held === undefined || kept === undefined) return []
    return this.#othersOf(kept).map((other) => ({
      literals: [-(other + 1)],
      fact: { kind: 'hold', held },
    }))
  }

  pin(relation: Relation): readonly FactClause[] {
    return this.#namedSo(relation.name)
      .filter((position) => !isWithin(relation, this.#universe.candidate(position).manifest))
      .map((position) => ({ literals: [-(position + 1)], fact: { kind: 'pin', relation } }))
  }

  exclusion(name: string): readonly FactClause[] {
    return this.#namedSo(name).map((position) => ({
      literals: [-(position + 1)],
      fact: { kind: 'exclusion', name },
    }))
  }

  /** All packages of this name, not what provides it. */
  #namedSo(name: string): readonly number[] {
    const found = Array.from(this.#universe.find({ kind: 'name', name }))
    return found.filter((position) => this.#universe.nameOf(position) === name)
  }

  clausesOf(variable: number): readonly FactClause[] {
    const clauses: FactClause[] = []
    const position = variable - 1
    this.#addArchitecture(clauses, position)
    if (clauses.length > 0) return clauses
    this.#addRequirements(clauses, position)
    this.#addOneVersion(clauses, position)
    this.#addConflicts(clauses, position)
    return clauses
  }

  hopesOf(variable: number): readonly (readonly number[])[] {
    return Array.from(this.#universe.recommendationsOf(variable - 1), (requirement) =>
      this.choicesFor(requirement),
    )
  }

  #addArchitecture(clauses: FactClause[], position: number): void {
    const [machine, name] = [this.#machine, this.#universe.nameOf(position)]
    const architecture = this.#universe.architectureOf(position)
    if (machine === undefined || isFor({ name, architecture }, machine)) return
    const of = this.#universe.candidate(position)
    clauses.push({ literals: [-(position + 1)], fact: { kind: 'architecture', of, machine } })
  }

  #addRequirements(clauses: FactClause[], position: number): void {
    const universe = this.#universe
    for (const requirement of universe.requirementsOf(position)) {
      const choices = this.choicesFor(requirement)
      if (!choices.includes(position + 1))
        clauses.push(new RequirementClause(universe, { position, requirement, choices }))
    }
  }

  /** At most one of each name. */
  #addOneVersion(clauses: FactClause[], position: number): void {
    for (const other of this.#othersOf(position))
      clauses.push({
        literals: [-(position + 1), -(other + 1)],
        fact: { kind: 'one version', name: this.#universe.nameOf(position) },
      })
  }

  #othersOf(position: number): readonly number[] {
    const siblings = this.#universe.siblingsOf(position)
    return siblings.length === 1 ? [] : Array.from(siblings).filter((other) => other !== position)
  }

  /** A package never conflicts with itself or another version of itself: that is ruled out anyway. */
  #addConflicts(clauses: FactClause[], position: number): void {
    const universe = this.#universe
    for (const number of universe.conflictsOf(position))
      for (const against of universe.providersOf(number))
        if (universe.nameOf(against) !== universe.nameOf(position))
          clauses.push(new ConflictClause(universe, { position, number, against }))
  }

  /** The variables that satisfy one of the alternatives, preferred first. Many packages require the same. */
  choicesFor(requirement: number): readonly number[] {
    const known = this.#choices.get(requirement)
    if (known !== undefined) return known
    const universe = this.#universe
    const alternatives = universe.alternativesOf(requirement)
    const only = alternatives.length === 1 ? universe.providersOf(alternatives[0] as number) : undefined
    // As nearly all are.
    const choices =
      only?.length === 1
        ? [(only[0] as number) + 1]
        : this.#prefer(
            Array.from(alternatives, (number) => ({
              relation: () => universe.relation(number),
              positions: universe.providersOf(number),
            })),
          )
    this.#choices.set(requirement, choices)
    return choices
  }

  /**
   * The order in which providers are tried: alternatives that are met already before those of which another version
   * than the installed would do, then the others, each as listed; within one likewise, then the machine's own architecture, the package of that very
   * name, then the smaller; of one name the newest, and of one version the installed.
   */
  #prefer(
    alternatives: readonly { readonly relation: () => Relation; readonly positions: Numbers }[],
  ): readonly number[] {
    const ordered = alternatives.map(({ relation, positions }) => {
      const standingOf = this.#standingsIn(positions)
      let standing = 0
      for (const position of positions) standing = Math.max(standing, standingOf(position))
      if (positions.length < 2) return { standing, positions: Array.from(positions) }
      const wanted = relation()
      return {
        standing,
        positions: Array.from(positions).sort(
          (a, b) => standingOf(b) - standingOf(a) || this.#rank(wanted, a, b),
        ),
      }
    })
    const preferred = ordered.toSorted((a, b) => b.standing - a.standing)
    return [...new Set(preferred.flatMap(({ positions }) => positions))].map((position) => position + 1)
  }

  /** The same for all versions of a name: 2 where the installed one is among these, 1 where it is another. */
  #standingsIn(positions: Numbers): (position: number) => number {
    if (this.#installedAt.size === 0) return () => 0
    const met = new Set(
      Array.from(positions)
        .filter((position) => this.#installedAt.has(position))
        .map((position) => this.#universe.nameOf(position)),
    )
    return (position) => {
      const name = this.#universe.nameOf(position)
      return met.has(name) ? 2 : Number(this.#installedNames.has(name))
    }
  }

  #newestBytes(position: number): number {
    return this.#universe.sizeBytesOf(this.#universe.siblingsOf(position)[0] as number)
  }

  #rank({ kind, name }: Relation, a: number, b: number): number {
    const universe = this.#universe
    const [first, second] = [universe.nameOf(a), universe.nameOf(b)]
    if (first !== second) {
      const own = Number(first.includes(':')) - Number(second.includes(':'))
      const named = kind === 'name' ? Number(second === name) - Number(first === name) : 0
      // Of the newest of each name: the order of names must not hang on which of their versions are compared.
      const smaller = this.#newestBytes(a) - this.#newestBytes(b)
      return own || named || smaller || compareText(first, second)
    }
    const kept = Number(this.#installedAt.has(b)) - Number(this.#installedAt.has(a))
    if (kept !== 0 && compareAge(universe.candidate(a), universe.candidate(b)) === 0) return kept
    const newestFirst = Array.from(universe.siblingsOf(a))
    return newestFirst.indexOf(a) - newestFirst.indexOf(b)
  }
}

/** Many are stated, and of few is it ever asked what they stand for. */
class RequirementClause implements FactClause {
  readonly wish: readonly number[]
  readonly #universe: Universe
  readonly #position: number
  readonly #requirement: number

  constructor(
    universe: Universe,
    of: { readonly position: number; readonly requirement: number; readonly choices: readonly number[] },
  ) {
    this.#universe = universe
    this.#position = of.position
    this.#requirement = of.requirement
    this.wish = of.choices
  }

  get literals(): readonly number[] {
    return [-(this.#position + 1), ...this.wish]
  }

  get fact(): Fact {
    const universe = this.#universe
    const numbers = universe.alternativesOf(this.#requirement)
    const alternatives = Array.from(numbers, (number) => universe.relation(number))
    return { kind: 'requirement', by: universe.candidate(this.#position), alternatives }
  }
}

class ConflictClause implements FactClause {
  readonly literals: readonly number[]
  readonly #universe: Universe
  readonly #of: { readonly position: number; readonly number: number; readonly against: number }

  constructor(
    universe: Universe,
    of: { readonly position: number; readonly number: number; readonly against: number },
  ) {
    this.#universe = universe
    this.#of = of
    this.literals = [-(of.position + 1), -(of.against + 1)]
  }

  get fact(): Fact {
    const { position, number, against } = this.#of
    const [by, other] = [this.#universe.candidate(position), this.#universe.candidate(against)]
    return { kind: 'conflict', by, relation: this.#universe.relation(number), other }
  }
}

/** Facts that differ in versions alone are one thing to say. */
export function keyOf(fact: Fact): string {
  switch (fact.kind) {
    case 'subscription':
      return `subscription ${formatRelation(fact.relation)}`
    case 'hold':
      return `hold ${fact.held.manifest.name}`
    case 'pin':
      return `pin ${formatRelation(fact.relation)}`
    case 'exclusion':
      return `exclusion ${fact.name}`
    case 'architecture':
      return `architecture ${fact.of.manifest.name} ${fact.of.manifest.architecture}`
    case 'requirement':
      return `requirement ${fact.by.manifest.name} ${fact.alternatives.map(formatRelation).join(' | ')}`
    case 'conflict':
      return `conflict ${fact.by.manifest.name} ${formatRelation(fact.relation)} ${fact.other.manifest.name}`
    case 'one version':
      break
  }
  return `one version ${fact.name}`
}
