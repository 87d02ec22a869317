// Facts as sentences. Facts that differ in the version of a package alone become one sentence, and a sentence
// names what is offered wherever that is why a wish stays open.
import type { Relation } from '../manifest/capability.ts'
import { display } from '../base/display.ts'
import { comparePackages } from '../manifest/compare-packages.ts'
import type { Candidate } from './candidate.ts'
import { formatAlternatives, sayClauses, sayFew, sayList, sayRelation } from './phrases.ts'
import { type Fact, keyOf, type Problem } from './problem.ts'
import { similarNames } from './similar-names.ts'

type Of<Kind extends Fact['kind']> = Extract<Fact, { readonly kind: Kind }>

/** What the model asks for, then one sentence for each group of facts that say the same of several versions. */
export function sayFacts(problem: Problem, facts: readonly Fact[]): string {
  const wishes = facts.filter((fact) => fact.kind === 'subscription')
  const others = [
    ...Map.groupBy(
      facts.filter((fact) => fact.kind !== 'subscription'),
      keyOf,
    ).values(),
  ]
  const asked = [...new Set(wishes.map(({ relation }) => sayWish(problem, [relation])))]
  const sentences = others.map((group) => sayGroup(problem, group))
  return [`it asks for ${sayClauses(asked)}`, sayClauses(sentences)].filter((part) => part !== '').join('; ')
}

function sayGroup(problem: Problem, group: readonly Fact[]): string {
  const fact = group[0] as Fact
  switch (fact.kind) {
    case 'hold':
      return `${fact.held.manifest.name} is held at ${fact.held.manifest.version}`
    case 'pin':
      return `${fact.relation.name} is pinned to ${fact.relation.bound?.operator} ${fact.relation.bound?.version}`
    case 'exclusion':
      return `${fact.name} is excluded`
    case 'architecture': {
      const versions = (group as readonly Of<'architecture'>[]).map(({ of }) => of)
      const verb = versions.length === 1 ? 'is' : 'are'
      return `${sayVersions(problem, versions)} ${verb} for ${fact.of.manifest.architecture}, and this machine is ${fact.machine}`
    }
    case 'requirement': {
      const versions = (group as readonly Of<'requirement'>[]).map(({ by }) => by)
      const verb = versions.length === 1 ? 'requires' : 'require'
      return `${sayVersions(problem, versions)} ${verb} ${sayWish(problem, fact.alternatives)}`
    }
    case 'conflict':
      return sayConflict(problem, group as readonly Of<'conflict'>[])
    case 'one version':
      return `only one version of ${fact.name} can be installed`
    case 'subscription':
      break
  }
  return sayWish(problem, [fact.relation])
}

/** What is wanted, and what there is of it. */
const sayWish = (problem: Problem, alternatives: readonly Relation[]): string =>
  `${display(formatAlternatives(alternatives))}${sayProviders(problem, alternatives)}`

/** `git 2.39`, `git 2.38 and 2.39`, `all 5 versions of git`. */
function sayVersions(problem: Problem, some: readonly Candidate[]): string {
  const unique = [...new Set(some)]
  const name = unique[0]?.manifest.name ?? ''
  const position = unique[0] && problem.universe.positionOf(unique[0])
  const isAll =
    unique.length > 2 &&
    position !== undefined &&
    unique.length === problem.universe.siblingsOf(position).length
  return isAll ? `all ${unique.length} versions of ${name}` : sayTitles(unique)
}

const sayTitles = (versions: readonly Candidate[]): string =>
  `${versions[0]?.manifest.name} ${sayFew(versions.map(({ manifest }) => manifest.version))}`

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

const providersOf = ({ universe }: Problem, relation: Relation): readonly Candidate[] =>
  Array.from(universe.find(relation), (position) => universe.candidate(position)).sort(comparePackages)

/** Why nobody provides it: it is offered in other versions, under similar names, or not at all. */
function sayLack(problem: Problem, alternatives: readonly Relation[]): string {
  const others = alternatives.flatMap(({ kind, name }) => providersOf(problem, { kind, name }))
  const byName = [...Map.groupBy(new Set(others), ({ manifest }) => manifest.name).values()]
  if (byName.length > 0) return `of which there is only ${sayFew(byName.map(sayTitles))}`
  const similar = alternatives.flatMap((relation) => similarNames(problem.universe, relation))
  return similar.length === 0
    ? 'which nothing provides'
    : `which nothing provides (perhaps ${sayList(similar.slice(0, 3), 'or')} was meant)`
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
