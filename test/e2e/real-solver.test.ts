// The solver on a whole distribution: Debian bookworm main, as apt has it here. Each answer is judged by a checker that knows
// Debian's policy and nothing of moss, each verdict is compared with minisat's on an encoding written apart, and what apt
// would install instead is listed. Skipped with a reason where apt has no such lists.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../src/base/bytes.ts'
import { isMossError } from '../../src/base/error.ts'
import { type Catalogue, readCatalogue } from '../../src/channel/catalogue.ts'
import { encodeCatalogue } from '../../src/channel/encode-catalogue.ts'
import { readDebianIndex } from '../../src/ingest/debian-index.ts'
import type { Relation } from '../../src/manifest/capability.ts'
import { provides } from '../../src/manifest/match.ts'
import type { Candidate } from '../../src/solve/candidate.ts'
import { extendUniverse } from '../../src/solve/extended-universe.ts'
import type { Model } from '../../src/solve/model.ts'
import { solveIn } from '../../src/solve/solve.ts'
import { seededRandom } from '../sim/random.ts'
import { aptIndex } from '../support/apt-index.ts'
import { oracle } from '../support/oracle.ts'
import { type Answer, judge } from '../support/solver-oracles.ts'
import { modelOf } from '../support/universe.ts'

const seed = Number(process.env['MOSS_SEED'] ?? 1)

const hasTools = oracle('apt-get', 'minisat', 'python3', 'time')
const before = hasTools ? aptIndex('bookworm') : ''
const canRun = before.trim() !== ''
if (hasTools && !canRun) console.warn('skipped: apt has no lists of bookworm here (apt-get update)')

const folder = canRun ? mkdtempSync(join(tmpdir(), 'moss-solver-')) : ''
const [indexBefore, indexAfter] = [join(folder, 'before'), join(folder, 'after')]
afterAll(() => folder !== '' && rmSync(folder, { recursive: true, force: true }))

const catalogueOf = (text: string): Catalogue =>
  readCatalogue(encodeCatalogue([...readDebianIndex(encodeUtf8(text), 'Packages')]))

interface Solved extends Answer {
  readonly candidates: readonly Candidate[]
}

function solved(
  catalogue: Catalogue,
  goals: readonly string[],
  {
    installed = [],
    recommends = 'ignore',
  }: { readonly installed?: readonly Candidate[]; readonly recommends?: Model['recommends'] } = {},
): Solved {
  const about = { id: goals.join(', '), goals }
  try {
    const subscriptions = goals.map((goal) => goal.replaceAll(/[()]/g, ''))
    const wished = { model: modelOf(subscriptions, [], { recommends }), installed }
    const { chosen } = solveIn(extendUniverse(catalogue, installed), wished)
    const candidates = chosen.map(({ candidate }) => candidate)
    return {
      ...about,
      chosen: candidates.map(({ manifest: { name, version } }) => [name, version]),
      candidates,
    }
  } catch (error) {
    if (!isMossError(error, 'SOLVE_NO_SOLUTION')) throw error
    return { ...about, chosen: null, candidates: [] }
  }
}

/** Every answer is right, and there is none only where minisat finds none either. */
function expectJudged(indexes: readonly string[], answers: readonly Solved[]): void {
  const asked = answers.map(({ id, goals, chosen }) => ({ id, goals, chosen: chosen ?? null }))
  const checked = judge(['check-solution.py', ...indexes], asked)
  expect(checked.lines.filter(({ ok }) => ok !== true)).toEqual([])
  expect(checked.lines).toHaveLength(answers.length)
  const verdicts = judge(['sat-verdict.py', ...indexes], asked)
  expect(verdicts.lines).toHaveLength(answers.length)
  const wrong = verdicts.lines.filter(({ satisfiable }, n) => satisfiable !== (answers[n]?.chosen !== null))
  expect(wrong).toEqual([])
  expect([checked.status, verdicts.status]).toEqual([0, 0])
}

const debianRelation = ({ name, bound }: Relation): string =>
  bound === undefined ? name : `${name} (${bound.operator} ${bound.version})`

const namesOf = (chosen: unknown): ReadonlySet<string> =>
  new Set((chosen as readonly (readonly [name: string, version: string])[]).map(([name]) => name))

/** For each of the packages: who among its own set wants it, and what meets that in the other. Throws where nothing does. */
function explain(
  catalogue: Catalogue,
  packages: readonly string[],
  { among, instead }: Readonly<Record<'among' | 'instead', ReadonlySet<string>>>,
): readonly string[] {
  const newest = (name: string): number => catalogue.find({ kind: 'name', name })[0] ?? 0
  return packages.map((name) => {
    for (const by of among) {
      for (const { name: wanted, kind, choices } of wishesOf(catalogue, newest(by))) {
        if (!choices.includes(name)) continue
        const other = choices.find((choice) => instead.has(choice))
        if (other !== undefined)
          return `${name}, as ${by} requires ${kind}(${wanted}), which is ${other} else`
        if (!instead.has(by)) return `${name}, as ${by} requires it, which is not wanted else`
      }
    }
    throw new Error(`nothing explains ${name}`)
  })
}

const wishesOf = (catalogue: Catalogue, position: number) =>
  Array.from(catalogue.requirementsOf(position), (requirement) => {
    const alternatives = Array.from(catalogue.alternativesOf(requirement))
    const providers = alternatives.flatMap((relation) => catalogue.providersOf(relation))
    return {
      ...catalogue.relation(alternatives[0] ?? 0),
      choices: providers.map((provider) => catalogue.nameOf(provider)),
    }
  })

/** What the archive has and nobody can install, as something that it needs is not there. */
const impossible = ['design-desktop', 'parl-desktop-world', 'console-setup-freebsd', 'webext-tbsync']

describe.skipIf(!canRun)('Debian bookworm main', () => {
  const random = seededRandom(seed)
  let catalogue: Catalogue
  let names: readonly string[]

  beforeAll(() => {
    writeFileSync(indexBefore, before)
    catalogue = catalogueOf(before)
    names = [...new Set(Array.from({ length: catalogue.size }, (_, position) => catalogue.nameOf(position)))]
  })

  test('desktops, 500 random subscriptions, 100 random models and what cannot be are answered as they must', () => {
    const goals = [
      ['task-gnome-desktop'],
      ['kde-full'],
      ...Array.from({ length: 500 }, () => [random.pick(names)]),
      ...Array.from({ length: 100 }, () => Array.from({ length: 12 }, () => random.pick(names))),
      ...impossible.map((name) => [name]),
      ['exim4', 'postfix'],
      ['libc6 (<< 2)'],
    ]
    const answers = goals.map((each) => solved(catalogue, each))
    const none = answers.filter(({ chosen }) => chosen === null)
    expectJudged([indexBefore], answers)
    console.log(
      `${catalogue.size} packages, seed ${seed}: ${answers.length - none.length} models solved, ${none.length} impossible`,
    )
    expect(none.length).toBeGreaterThanOrEqual(impossible.length + 2)
  }, 600_000)

  test.each(['task-gnome-desktop', 'kde-full'])(
    'apt installs the same for %s, but for alternatives that something else meets here',
    (goal) => {
      const ours = namesOf(solved(catalogue, [goal]).chosen)
      const theirs = namesOf(judge(['apt-solve.sh', '-c', 'bookworm', goal]).lines[0]?.['packages'])
      const onlyOurs = explain(catalogue, [...ours.difference(theirs)], { among: ours, instead: theirs })
      const onlyTheirs = explain(catalogue, [...theirs.difference(ours)], { among: theirs, instead: ours })
      console.log(
        [
          `${goal}: moss ${ours.size} packages, apt ${theirs.size}`,
          ...onlyOurs.map((line) => `only moss: ${line}`),
          ...onlyTheirs.map((line) => `only apt: ${line}`),
        ].join('\n'),
      )
      expect(ours.size).toBeGreaterThan(500)
      expect(onlyOurs.length + onlyTheirs.length).toBeLessThan(20)
    },
    120_000,
  )

  test.each(['task-gnome-desktop', 'kde-full'])(
    'what is recommended for %s comes, and what does not come cannot beside it',
    (goal) => {
      const answer = solved(catalogue, [goal], { recommends: 'follow' })
      expectJudged([indexBefore], [answer])
      const names = answer.candidates.map(({ manifest }) => manifest.name)
      const needed = new Set(solved(catalogue, [goal]).candidates.map(({ manifest }) => manifest.name))
      expect(needed.difference(new Set(names)).size).toBe(0)
      const isHere = (relation: Relation): boolean =>
        answer.candidates.some(({ manifest }) => provides(manifest, relation))
      const unmet = answer.candidates
        .flatMap(({ manifest }) => manifest.recommends ?? [])
        .filter((alternatives) => !alternatives.some(isHere))
      const offered = unmet.filter((alternatives) =>
        alternatives.some((relation) => catalogue.find(relation).length > 0),
      )
      const goals = [...new Set(offered.map((alternatives) => alternatives.map(debianRelation).join(' | ')))]
      // By their versions: what provides a name may not stand in for the package.
      const exact = answer.candidates.map(({ manifest: { name, version } }) => `${name} (= ${version})`)
      const asked = goals.map((each) => ({ id: each, goals: [...exact, each], chosen: null }))
      const verdicts = judge(['sat-verdict.py', indexBefore], asked)
      expect(verdicts.lines.map(({ satisfiable }) => satisfiable)).toEqual(goals.map(() => false))
      const theirs = namesOf(judge(['apt-solve.sh', '-r', '-c', 'bookworm', goal]).lines[0]?.['packages'])
      console.log(
        `${goal} with recommendations: moss ${names.length} packages, apt ${theirs.size}; of ${unmet.length} unmet, ${unmet.length - offered.length} are not in the archive; by minisat impossible: ${goals.join('; ')}`,
      )
      expect(names.length).toBeGreaterThan(needed.size + 100)
    },
    600_000,
  )

  test('updates of random machines to what security and updates offer keep what they can', () => {
    const after = before + aptIndex('bookworm-security', 'bookworm-updates')
    writeFileSync(indexAfter, after)
    const now = catalogueOf(after)
    let changed = 0
    const answers = Array.from({ length: 60 }, () => {
      const goals = Array.from({ length: 5 }, () => random.pick(names))
      const first = solved(catalogue, goals)
      if (first.chosen === null) return solved(now, goals)
      const updated = solved(now, goals, { installed: first.candidates })
      const had = new Set(first.candidates.map(({ id }) => id))
      const fresh = updated.candidates.filter(({ id }) => !had.has(id))
      changed += fresh.length
      // Nothing is changed but to what is newer, and what that newly needs.
      const again = solved(now, goals, { installed: updated.candidates })
      expect(again.chosen).toEqual(updated.chosen)
      return updated
    })
    expectJudged([indexAfter], answers)
    console.log(`60 machines updated, seed ${seed}: ${changed} packages of another version or new`)
    expect(changed).toBeGreaterThan(60)
  }, 600_000)
})
