// Facts as sentences. Facts that differ in the version of a package alone become one sentence, and a sentence
// names what is offered wherever that is why a wish stays open.
import type { Relation } from '../manifest/capability.ts'
import { display } from '../base/display.ts'
import { type Candidate, titleOf } from './candidate.ts'
import { formatAlternatives, sayFew, sayList, sayRelation } from './phrases.ts'
import { type Fact, keyOf, type Problem } from './problem.ts'
import { similarNames } from './similar-names.ts'

type Of<Kind extends Fact['kind']> = Extract<Fact, { readonly kind: Kind }>

/** One sentence for each group of facts that say the same of several versions. */
export function sayFacts(problem: Problem, facts: readonly Fact[]): readonly string[] {
  const groups = [...Map.groupBy(facts, keyOf).values()]
  return groups.map((group) => sayGroup(problem, group))
}

function sayGroup(problem: Problem, group: readonly Fact[]): string {
  const fact = group[0] as Fact
  switch (fact.kind) {
    case 'subscription':
      return `the model asks for ${display(sayRelation(fact.relation))}${sayProviders(problem, [fact.relation])}`
    case 'hold':
      return `${fact.held.manifest.name} is held at ${fact.held.manifest.version}`
    case 'requirement': {
      const versions = (group as readonly Of<'requirement'>[]).map(({ by }) => by)
      const wanted = `${display(formatAlternatives(fact.alternatives))}${sayProviders(problem, fact.alternatives)}`
      return `${sayVersions(problem, versions)} ${versions.length === 1 ? 'requires' : 'require'} ${wanted}`
    }
    case 'conflict':
      return sayConflict(problem, group as readonly Of<'conflict'>[])
    case 'one version':
      break
  }
  return `only one version of ${fact.name} can be installed`
}

/** `git 2.39`, `git 2.38 and 2.39`, `all 5 offered versions of git`. */
function sayVersions(problem: Problem, some: readonly Candidate[]): string {
  const unique = [...new Set(some)]
  const name = unique[0]?.manifest.name ?? ''
  const all = problem.candidates.filter(({ manifest }) => manifest.name === name)
  if (unique.length > 2 && unique.length === all.length)
    return `all ${all.length} versions of ${name} there are`
  return `${name} ${sayFew(unique.map(({ manifest }) => manifest.version))}`
}

/** What follows a wish: that nobody provides it, or who does where its text does not tell. */
function sayProviders(problem: Problem, alternatives: readonly Relation[]): string {
  const providers = alternatives.flatMap((relation) => providersOf(problem, relation))
  if (providers.length === 0) return `, ${sayLack(problem, alternatives)}`
  const names = [...new Set(providers.map(({ manifest }) => manifest.name))]
  const isPlain = names.every((name) =>
    alternatives.some((relation) => relation.kind === 'name' && relation.name === name),
  )
  if (isPlain) return ''
  return names.length === 1 ? `, which only ${names[0]} provides` : `, which only ${sayFew(names)} provide`
}

const providersOf = ({ candidates, index }: Problem, relation: Relation): readonly Candidate[] =>
  index.find(relation).map((position) => candidates[position] as Candidate)

/** Why nobody provides it: it is offered in other versions, under similar names, or not at all. */
function sayLack(problem: Problem, alternatives: readonly Relation[]): string {
  const others = alternatives.flatMap((relation) =>
    problem.index.findAny(relation).map((position) => problem.candidates[position] as Candidate),
  )
  const titles = [...new Set(others.map(titleOf))]
  if (titles.length > 0) return `but there is only ${sayFew(titles)}`
  const similar = alternatives.flatMap((relation) => similarNames(problem, relation))
  return similar.length === 0
    ? 'which nothing provides'
    : `which nothing provides (there is ${sayList(similar.slice(0, 3), 'or')})`
}

function sayConflict(problem: Problem, group: readonly Of<'conflict'>[]): string {
  const { relation, other } = group[0] as Of<'conflict'>
  const by = [...new Set(group.map((fact) => fact.by))]
  const others = [...new Set(group.map((fact) => fact.other))]
  const isNamed = relation.kind === 'name' && relation.name === other.manifest.name
  const what = isNamed
    ? relation.bound === undefined
      ? other.manifest.name
      : sayVersions(problem, others)
    : `${display(sayRelation(relation))}, which ${sayVersions(problem, others)} ${others.length === 1 ? 'provides' : 'provide'}`
  return `${sayVersions(problem, by)} ${by.length === 1 ? 'conflicts' : 'conflict'} with ${what}`
}

/** Subscriptions that nothing provides. */
export function sayMissing(problem: Problem, facts: readonly Fact[]): readonly string[] {
  const relations = facts.flatMap((fact) => (fact.kind === 'subscription' ? [fact.relation] : []))
  return relations.map(
    (relation) => `the model asks for ${display(sayRelation(relation))}, ${sayLack(problem, [relation])}`,
  )
}
