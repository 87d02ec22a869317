// Small universes of every kind, for properties of the solver and of what it asks.
import * as fc from 'fast-check'
import { parseRelation, type Relation } from '../../src/manifest/capability.ts'
import type { Candidate } from '../../src/solve/candidate.ts'
import type { Offer } from '../../src/solve/solve.ts'
import { modelOf, offer } from './universe.ts'

const names = ['a', 'b', 'c', 'd', 'e'] as const
const virtual = ['v', 'w'] as const

const wish = fc
  .tuple(
    fc.constantFrom(...names, ...names, ...virtual, 'nowhere'),
    fc.constantFrom('', '', '', ' >= 2', ' << 2', ' = 1', ' = 3', ' <= 2', ' >> 1'),
  )
  .map((parts) => parts.join(''))
const alternatives = fc.array(wish, { minLength: 1, maxLength: 3 }).map((list) => list.join(' | '))

const aPackage = fc
  .record({
    name: fc.constantFrom(...names),
    version: fc.integer({ min: 1, max: 3 }),
    provides: fc.array(fc.constantFrom('v', 'v = 2', 'w', 'w = 1', 'a = 2'), { maxLength: 2 }),
    requires: fc.array(alternatives, { maxLength: 3 }),
    conflicts: fc.array(wish, { maxLength: 1 }),
    architecture: fc.constantFrom('any', 'any', 'any', 'any', 'any', 'any', 'amd64', 'arm64'),
  })
  .map(({ name, version, ...relations }) => offer(`${name} ${version}`, relations))

/** Of one requirement or recommendation. */
export const anyAlternatives: fc.Arbitrary<readonly Relation[]> = alternatives.map((text) =>
  text.split(' | ').map(parseRelation),
)

export const titleOf = ({ manifest }: Candidate): string => `${manifest.name} ${manifest.version}`

export const universe: fc.Arbitrary<Offer> = fc
  .record({
    offered: fc.uniqueArray(aPackage, { minLength: 1, maxLength: 12, selector: titleOf }),
    subscriptions: fc.array(wish, { minLength: 1, maxLength: 3 }),
    installedShare: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
    holds: fc.subarray([...names], { maxLength: 2 }),
    pins: fc.subarray(['a >= 2', 'b << 3', 'c = 1'], { maxLength: 1 }),
    excluded: fc.subarray(['d', 'e'], { maxLength: 1 }),
    architecture: fc.constantFrom(undefined, undefined, undefined, 'amd64'),
  })
  .map(({ offered, subscriptions, installedShare, holds, ...limits }) => {
    const some = offered.filter((_, at) => installedShare[at])
    const installed = some.filter(
      (one, at) => some.findIndex((two) => two.manifest.name === one.manifest.name) === at,
    )
    return { offered, installed, model: modelOf(subscriptions, holds, limits) }
  })
