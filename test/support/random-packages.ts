// Random universes so small that every set of their packages can be looked at, dense with relations of every kind.
import type { Random } from '../sim/random.ts'

type NameAndVersion = readonly [name: string, version: string]

export interface RandomUniverse {
  readonly packages: readonly NameAndVersion[]
  /** Its paragraphs of a Packages file. */
  readonly text: string
  /** The names of its packages, and one that only Provides can give. */
  readonly goals: readonly string[]
}

/** Universes without a name in common, so that one index holds them all. */
export function randomUniverses(random: Random, count: number): RandomUniverse[] {
  return Array.from({ length: count }, (_, at) => randomUniverse(random, `u${at}-`))
}

function randomUniverse(random: Random, prefix: string): RandomUniverse {
  const named = ['a', 'b', 'c', 'd', 'virtual'].map((name) => `${prefix}${name}`)
  const packages = ['a 1', 'a 2', 'b 1', 'b 2', 'c 1', 'c 2', 'd 1'].map((text): NameAndVersion => {
    const [name = '', version = ''] = text.split(' ')
    return [`${prefix}${name}`, version]
  })
  const relation = (): string => {
    const name = random.pick(named)
    return random.next() < 0.5
      ? name
      : `${name} (${random.pick(['<<', '<=', '=', '>=', '>>'])} ${random.pick(['1', '2'])})`
  }
  const clause = (): string => (random.next() < 0.6 ? relation() : `${relation()} | ${relation()}`)
  const field = (name: string, chance: number, value: () => string): string =>
    random.next() < chance ? `${name}: ${value()}\n` : ''
  const text = packages.map(
    ([name, version]) =>
      `Package: ${name}\nVersion: ${version}\n` +
      field('Depends', 0.6, () => (random.next() < 0.5 ? clause() : `${clause()}, ${clause()}`)) +
      field('Pre-Depends', 0.2, clause) +
      field('Conflicts', 0.4, relation) +
      field('Breaks', 0.3, relation) +
      field('Provides', 0.4, () => `${random.pick(named)}${random.pick(['', ' (= 1)', ' (= 2)'])}`),
  )
  return { packages, text: text.map((paragraph) => `${paragraph}\n`).join(''), goals: named }
}

export function subsets<T>(all: readonly T[]): T[][] {
  return Array.from({ length: 2 ** all.length }, (_, bits) => all.filter((__, at) => (bits >> at) & 1))
}
