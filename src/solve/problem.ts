// Turns a model and what is offered into clauses. Only candidates that the subscriptions can reach take part.
// Every clause remembers the fact it stands for, in words a person would use, so that a failure can be explained.
import { formatRelation, type Relation } from '../manifest/capability.ts'
import { type Candidate, compareAge, compareCandidates } from './candidate.ts'
import type { Model } from './model.ts'
import { indexProviders, type ProviderIndex } from './provider-index.ts'

export type Fact =
  | { readonly kind: 'subscription'; readonly relation: Relation }
  | { readonly kind: 'hold'; readonly held: Candidate }
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

export interface FactClause {
  readonly literals: readonly number[]
  readonly fact: Fact
}

export interface Problem {
  readonly model: Model
  /** What the problem was stated from. */
  readonly offer: Offer
  /** Variable v is candidate v - 1. Sorted by compareCandidates. */
  readonly candidates: readonly Candidate[]
  readonly index: ProviderIndex
  readonly clauses: readonly FactClause[]
  readonly wishes: readonly (readonly number[])[]
  readonly wishesOf: (variable: number) => readonly (readonly number[])[]
}

export interface Offer {
  readonly model: Model
  readonly offered: readonly Candidate[]
  readonly installed: readonly Candidate[]
}

export function stateProblem(offer: Offer): Problem {
  const { model, offered, installed } = offer
  const byId = new Map([...installed, ...offered].map((candidate) => [candidate.id, candidate]))
  const candidates = [...byId.values()].toSorted(compareCandidates)
  const index = indexProviders(candidates)
  const preference = preferenceOf(candidates, installed)
  const known = new Map<string, readonly number[]>()
  /** The variables that satisfy one of the alternatives, preferred first. Many packages require the same. */
  const choicesFor = (alternatives: readonly Relation[]): readonly number[] => {
    const key = alternatives.map(formatRelation).join(' | ')
    const choices =
      known.get(key) ??
      preference(alternatives.map((relation) => ({ relation, positions: index.find(relation) }))).map(
        (position) => position + 1,
      )
    known.set(key, choices)
    return choices
  }
  const clauses: FactClause[] = []
  const wishes = model.subscriptions.map((relation) => choicesFor([relation]))
  for (const [at, literals] of wishes.entries())
    clauses.push({ literals, fact: { kind: 'subscription', relation: model.subscriptions[at] as Relation } })
  const requirements = new Map<number, readonly (readonly number[])[]>()
  const reached = new Set(wishes.flat())
  for (const variable of reached) {
    const by = candidates[variable - 1] as Candidate
    const wanted: (readonly number[])[] = []
    for (const alternatives of by.manifest.requires) {
      const choices = choicesFor(alternatives)
      if (choices.includes(variable)) continue
      wanted.push(choices)
      for (const choice of choices) reached.add(choice)
      clauses.push({ literals: [-variable, ...choices], fact: { kind: 'requirement', by, alternatives } })
    }
    requirements.set(variable, wanted)
  }
  const positions = [...reached].map((variable) => variable - 1).toSorted((a, b) => a - b)
  clauses.push(
    ...holdClauses({ model, candidates, positions, installed }),
    ...nameClauses(candidates, positions),
    ...conflictClauses({ candidates, positions, index, reached }),
  )
  return {
    model,
    offer,
    candidates,
    index,
    clauses,
    wishes,
    wishesOf: (variable) => requirements.get(variable) ?? [],
  }
}

interface Alternative {
  readonly relation: Relation
  readonly positions: readonly number[]
}

/**
 * The order in which providers are tried: alternatives that are installed before others, then as listed; within
 * one, the package of that very name, then installed names, then others by name; of one name the newest, and of
 * one version the installed.
 */
function preferenceOf(
  candidates: readonly Candidate[],
  installed: readonly Candidate[],
): (alternatives: readonly Alternative[]) => readonly number[] {
  const installedIds = new Set<string>(installed.map(({ id }) => id))
  const installedNames = new Set(installed.map(({ manifest }) => manifest.name))
  const at = (position: number): Candidate => candidates[position] as Candidate
  const hasName = (position: number): boolean => installedNames.has(at(position).manifest.name)
  const rank = ({ kind, name }: Relation, a: number, b: number): number => {
    const [x, y] = [at(a), at(b)]
    if (x.manifest.name !== y.manifest.name) {
      if (kind === 'name' && x.manifest.name === name) return -1
      if (kind === 'name' && y.manifest.name === name) return 1
      return Number(hasName(b)) - Number(hasName(a)) || a - b
    }
    // Newest first is the candidates' own order: only a tie with what is installed can change it.
    const kept = Number(installedIds.has(y.id)) - Number(installedIds.has(x.id))
    return kept !== 0 && compareAge(x, y) === 0 ? kept : a - b
  }
  return (alternatives) => {
    const ordered = alternatives.map(({ relation, positions }) =>
      positions.toSorted((a, b) => rank(relation, a, b)),
    )
    const kept = ordered.filter((positions) => positions.some(hasName))
    const others = ordered.filter((positions) => !positions.some(hasName))
    return [...new Set([...kept, ...others].flat())]
  }
}

interface Part {
  readonly candidates: readonly Candidate[]
  readonly positions: readonly number[]
}

/** What is held and installed stays in its version, if it stays at all. */
function holdClauses({
  model,
  candidates,
  positions,
  installed,
}: Part & Pick<Offer, 'model' | 'installed'>): readonly FactClause[] {
  const held = new Map(
    installed
      .filter(({ manifest }) => model.holds.includes(manifest.name))
      .map((one) => [one.manifest.name, one]),
  )
  return positions.flatMap((position) => {
    const candidate = candidates[position] as Candidate
    const kept = held.get(candidate.manifest.name)
    if (kept === undefined || kept.id === candidate.id) return []
    return [{ literals: [-(position + 1)], fact: { kind: 'hold', held: kept } as const }]
  })
}

/** At most one candidate of each name. */
function nameClauses(candidates: readonly Candidate[], positions: readonly number[]): readonly FactClause[] {
  const clauses: FactClause[] = []
  const nameAt = (position: number): string => (candidates[position] as Candidate).manifest.name
  for (const [i, a] of positions.entries()) {
    // Candidates of one name stand side by side.
    for (let j = i + 1; j < positions.length && nameAt(positions[j] as number) === nameAt(a); j++)
      clauses.push({
        literals: [-(a + 1), -((positions[j] as number) + 1)],
        fact: { kind: 'one version', name: nameAt(a) },
      })
  }
  return clauses
}

/** A package never conflicts with itself or another version of itself: that is ruled out anyway. */
function conflictClauses({
  candidates,
  positions,
  index,
  reached,
}: Part & { readonly index: ProviderIndex; readonly reached: ReadonlySet<number> }): readonly FactClause[] {
  const clauses: FactClause[] = []
  for (const position of positions) {
    const by = candidates[position] as Candidate
    for (const relation of by.manifest.conflicts) {
      for (const against of index.find(relation)) {
        const other = candidates[against] as Candidate
        if (!reached.has(against + 1) || other.manifest.name === by.manifest.name) continue
        const literals = [-(position + 1), -(against + 1)]
        clauses.push({ literals, fact: { kind: 'conflict', by, relation, other } })
      }
    }
  }
  return clauses
}

/** Facts that differ in versions alone are one thing to say. */
export function keyOf(fact: Fact): string {
  switch (fact.kind) {
    case 'subscription':
      return `subscription ${formatRelation(fact.relation)}`
    case 'hold':
      return `hold ${fact.held.manifest.name}`
    case 'requirement':
      return `requirement ${fact.by.manifest.name} ${fact.alternatives.map(formatRelation).join(' | ')}`
    case 'conflict':
      return `conflict ${fact.by.manifest.name} ${formatRelation(fact.relation)} ${fact.other.manifest.name}`
    case 'one version':
      break
  }
  return `one version ${fact.name}`
}
