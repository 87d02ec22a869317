// The judges of the solver are judged themselves: the checker of solutions rule by rule, on answers that keep it and
// answers that break it alone; minisat's clauses, libsolv and apt by what cannot be installed, worked out by hand.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { seededRandom } from '../sim/random.ts'
import { oracle, pythonModule } from '../support/oracle.ts'
import { randomUniverses, subsets } from '../support/random-packages.ts'
import { cannotBe, chosen, judge, keepUniverse, names, type Answer } from '../support/solver-oracles.ts'

let folder = ''
let index = ''
let settings = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'moss-judges-'))
  ;({ index, settings } = keepUniverse(folder))
})
afterAll(() => rmSync(folder, { recursive: true }))

const canBe = (name: string): boolean => !cannotBe.includes(name)
const single = (name: string): Answer => ({ id: name, goals: [name] })

/** Each with its goals, the packages chosen, and what the checker says. */
const answers: readonly (readonly [
  rule: string,
  goals: string[],
  packages: string,
  ...problems: string[],
])[] = [
  ['nothing is enough for no goal', [], ''],
  ['a goal is met by name', ['base'], 'base 1'],
  [
    'a goal is not met by another',
    ['base'],
    'early 1',
    'goal base is not met',
    'early 1 depends on base, which is not met',
  ],
  ['each goal counts', ['base', 'lib'], 'base 1', 'goal lib is not met'],
  ['each part of a goal counts', ['base, lib'], 'base 1', 'goal lib is not met'],
  ['a goal is met by any alternative', ['nonesuch | base'], 'base 1'],
  ['a goal is met by a name provided', ['mail'], 'post 1'],
  ['a version provided meets a version', ['lib (>= 1.7)'], 'provides-lib 1'],
  [
    'a version provided can miss a version',
    ['lib (>> 1.7)'],
    'provides-lib 1',
    'goal lib (>> 1.7) is not met',
  ],
  [
    'the version of the provider does not count',
    ['courier (= 1)'],
    'provides-lib 1',
    'goal courier (= 1) is not met',
  ],
  [
    'a name without a version meets no version',
    ['lib (>= 0)'],
    'provides-any-lib 1',
    'goal lib (>= 0) is not met',
  ],
  ['a name without a version meets the name', ['lib'], 'provides-any-lib 1'],
  ['= is not later', ['lib (= 1.6)', 'lib (= 1.4)'], 'lib 1.6', 'goal lib (= 1.4) is not met'],
  ['= is not earlier', ['lib (= 1.8)'], 'lib 1.6', 'goal lib (= 1.8) is not met'],
  ['<< is earlier', ['lib (<< 1.6)'], 'lib 1.6', 'goal lib (<< 1.6) is not met'],
  ['<= is not later', ['lib (<= 1.6)', 'lib (<= 1.6~)'], 'lib 1.6', 'goal lib (<= 1.6~) is not met'],
  ['>= is not earlier', ['lib (>= 1.6)', 'lib (>= 1.6+)'], 'lib 1.6', 'goal lib (>= 1.6+) is not met'],
  ['>> is later', ['lib (>> 1.6)'], 'lib 1.6', 'goal lib (>> 1.6) is not met'],
  ['< is <=, and > is >=, as they were', ['lib (< 1.6)', 'lib (> 1.6)'], 'lib 1.6'],
  ['versions are not texts', ['lib (<< 1.10)', 'app (>> 1:9)', 'app (<< 2:1)'], 'app 2:1~rc1 lib 1.6 base 1'],
  ['any or our architecture is what is there', ['base:any', 'base:amd64'], 'base 1'],
  ['another architecture is not there', ['base:i386'], 'base 1', 'goal base:i386 is not met'],
  [
    'every Depends is met',
    ['app'],
    'app 2:1~rc1 lib 1.4',
    ...['lib (>= 1.5)', 'base (>> 0)'].map((text) => `app 2:1~rc1 depends on ${text}, which is not met`),
  ],
  ['every Pre-Depends is met', ['early'], 'early 1', 'early 1 depends on base, which is not met'],
  [
    'Depends of those nobody asked for count',
    [],
    'exact 1',
    'exact 1 depends on lib (= 1.4), which is not met',
  ],
  ['any alternative of Depends does, on a folded line', ['folded'], 'folded 1 provides-lib 1 early 1 base 1'],
  [
    'no alternative of Depends is not enough',
    ['folded'],
    'folded 1 early 1 base 1',
    'folded 1 depends on nonesuch | courier, which is not met',
  ],
  ['a package may meet its own Depends, and does not exclude itself', ['itself'], 'itself 1'],
  ['Conflicts with a name provided is not for itself', ['post'], 'post 1'],
  [
    'Conflicts with a name provided is for others',
    [],
    'post 1 fax 1',
    'post 1 excludes mail, which fax 1 meets',
    'fax 1 excludes mail, which post 1 meets',
  ],
  [
    'Conflicts with a name is with each version and provider',
    [],
    'without-lib 1 lib 1.4 provides-lib 1 provides-any-lib 1',
    ...['lib 1.4', 'provides-lib 1', 'provides-any-lib 1'].map(
      (text) => `without-lib 1 excludes lib, which ${text} meets`,
    ),
  ],
  [
    'Breaks is for the versions it says',
    [],
    'breaks-old 1 lib 1.4',
    'breaks-old 1 excludes lib (<< 1.6), which lib 1.4 meets',
  ],
  ['Breaks is not for other versions', [], 'breaks-old 1 lib 1.6 provides-lib 1 provides-any-lib 1'],
  [
    'Breaks is for versions provided',
    [],
    'breaks-provided 1 provides-lib 1',
    'breaks-provided 1 excludes lib (= 1.7), which provides-lib 1 meets',
  ],
  ['a name has one version', ['lib'], 'lib 1.4 lib 1.6', 'lib is chosen more than once: 1.4, 1.6'],
  ['a package is chosen once', ['lib'], 'lib 1.4 lib 1.4', 'lib is chosen more than once: 1.4, 1.4'],
  [
    'one version may be there with another provided',
    ['exact-and-later'],
    'exact-and-later 1 exact 1 lib 1.4 provides-lib 1',
  ],
  [
    'a version that nobody has is not there',
    ['lib'],
    'lib 1.5',
    'lib 1.5 is not in the index',
    'goal lib is not met',
  ],
]

describe.skipIf(!oracle('python3'))('the checker of solutions', () => {
  const check = (...asked: readonly Answer[]) => judge(['check-solution.py', index], asked)

  let all: ReadonlyMap<unknown, unknown>
  beforeAll(() => {
    const { lines } = check(
      ...answers.map(([id, goals, packages]) => ({ id, goals, chosen: chosen(packages) })),
    )
    all = new Map(lines.map((line) => [line['id'], line]))
  })
  test.each(answers)('%s', (id, _, _packages, ...problems) => {
    expect(all.get(id)).toEqual({ id, ok: problems.length === 0, problems })
  })

  test('passes no solution through, and fails for one answer of many', () => {
    const none = { id: 'none', goals: ['base'], chosen: null }
    const { lines, status } = check(none)
    expect([lines, status]).toEqual([[{ id: 'none', ok: true, verdict: 'none', problems: [] }], 0])
    const wrong = { id: 'wrong', goals: ['base'], chosen: [] }
    const three = check(none, wrong, none)
    expect([three.lines.map((line) => line['ok']), three.status]).toEqual([[true, false, true], 1])
  })

  test('does not pass because it saw nothing', () => {
    expect(check()).toMatchObject({ status: 2, stderr: 'check-solution: no answers on standard input\n' })
    expect(judge(['check-solution.py', '/dev/null'], [single('base')])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no package in /dev/null'),
    })
  })
})

const versions =
  '0 00 1 1.0 1.00 1.0-0 1.0-1 1~ 1~~ 1~~a 1~rc1 1~rc1-1 1+b1 1+ 1. 1a 1a0 1A 1z 1Z 1:1 0:1 2:0 1-1-1 1-1 1-1~ 1--1 1.10 1.9 1.0~-1 1.0a~ 1.0+~ 010 99999999999999999999 1:2:3 1-a 1-A 1-+ 1.0-1.1 1.0-1+deb12u1 1.0-1~bpo12+1 1- :1 a:1'.split(
    ' ',
  )

test.skipIf(!oracle('python3', 'dpkg'))('its order of versions is that of dpkg --compare-versions', () => {
  const pairs = versions.flatMap((one, at) =>
    [1, 2, 5, 11, 17].map((step) => [one, versions[(at + step) % versions.length]]),
  )
  const input = pairs.map((pair) => `${pair.join(' ')}\n`).join('')
  const program = join(import.meta.dirname, '../oracles/debian_version.py')
  const ours = execFileSync(program, { input, encoding: 'utf8' })
  const is = (relation: string) => `dpkg --compare-versions "$one" ${relation} "$other" 2>&-`
  const script = `while read -r one other; do
    if ${is('lt')}; then echo '<'; elif ${is('gt')}; then echo '>'; elif ${is('eq')}; then echo '='; else echo '?'; fi
  done`
  const theirs = execFileSync('sh', ['-c', script], { input, encoding: 'utf8' })
  const told = (signs: string) =>
    signs
      .trim()
      .split('\n')
      .map((sign, at) => `${pairs[at]?.join(` ${sign} `)}`)
  expect(told(ours)).toEqual(told(theirs))
  expect(new Set(theirs)).toEqual(new Set('<>=?\n'))
})

describe.skipIf(!oracle('python3', 'minisat'))("minisat's verdict", () => {
  const ask = (asked: readonly Answer[]) => judge(['sat-verdict.py', '--models', index], asked)

  test('is no for what cannot be, as worked out by hand, and yes for all else', () => {
    const { lines, status } = ask(names().map(single))
    expect(lines.filter((line) => line['satisfiable'] !== true).map((line) => line['id'])).toEqual(cannotBe)
    expect([lines.length, status]).toEqual([names().length, 0])
  })

  test('comes with packages that the checker passes', () => {
    const { lines } = ask(names().filter(canBe).map(single))
    const checked = judge(['check-solution.py', index], lines as unknown as Answer[])
    expect(checked).toMatchObject({ status: 0, stderr: '' })
    expect(checked.lines.length).toBe(names().filter(canBe).length)
  })

  test('is yes to the goals of every answer that the checker passes', () => {
    const passed = answers.filter(([, , , ...problems]) => problems.length === 0)
    const { lines } = ask(passed.map(([id, goals]) => ({ id, goals })))
    expect(lines.filter((line) => line['satisfiable'] === true).map((line) => line['id'])).toEqual(
      passed.map(([id]) => id),
    )
  })

  test('is of all goals together, of what can be reached from them', () => {
    const { lines } = ask([
      { id: 'apart', goals: ['post', 'fax'] },
      { id: 'by versions', goals: ['lib (= 1.4)', 'breaks-old'] },
      { id: 'nobody', goals: ['nonesuch'] },
      { id: 'together', goals: ['lib (= 1.4)', 'lib (= 1.7)'] },
    ])
    const verdicts = lines.map(({ id, satisfiable, clauses, variables }) => [
      id,
      satisfiable,
      clauses,
      variables,
    ])
    expect(verdicts).toEqual([
      ['apart', false, 4, 2],
      ['by versions', false, 3, 2],
      ['nobody', false, 1, 0],
      ['together', true, 2, 2],
    ])
  })

  test.each([
    ['base', [], 0],
    ['far', [], 1],
    ['far', null, 0],
    ['base', null, 1],
  ])('is compared with the answer: for %s and %j it ends with %i', (name, packages, status) => {
    expect(judge(['sat-verdict.py', index], [{ ...single(name), chosen: packages }]).status).toBe(status)
  })

  test('is none where nothing was asked', () => {
    expect(ask([])).toMatchObject({ status: 2, stderr: 'sat-verdict: no questions on standard input\n' })
  })
})

test.skipIf(!oracle('python3', 'minisat'))(
  'minisat says yes where the checker passes any of all subsets',
  () => {
    const seed = Number(process.env['MOSS_SEED'] ?? Date.now() % 1_000_000)
    console.log(`seed ${seed} (MOSS_SEED gives another)`)
    const small = randomUniverses(seededRandom(seed), 24)
    const path = join(folder, 'random')
    writeFileSync(path, small.map(({ text }) => text).join(''))

    const questions = small.flatMap(({ goals }) => goals).map(single)
    const { lines } = judge(['sat-verdict.py', path], questions)
    const yes = lines.filter((line) => line['satisfiable'] === true).map((line) => line['id'])

    const all = small.flatMap(({ goals, packages }) =>
      goals.flatMap((goal) => subsets(packages).map((set): Answer => ({ ...single(goal), chosen: set }))),
    )
    const passed = judge(['check-solution.py', path], all).lines.filter((line) => line['ok'] === true)
    expect(yes).toEqual([...new Set(passed.map((line) => line['id']))])
    expect(yes.length).toBeGreaterThan(0)
    expect(yes.length).toBeLessThan(questions.length)
  },
)

test.skipIf(!oracle('python3') || !pythonModule('solv'))(
  'libsolv finds what can be, and the checker passes it',
  () => {
    const found = names().flatMap((name) => judge(['libsolv-solve.py', index, name]).lines)
    expect(found.filter((line) => line['chosen'] === null).map((line) => line['id'])).toEqual(cannotBe)
    const checked = judge(['check-solution.py', index], found as unknown as Answer[])
    expect([checked.lines.length, checked.status]).toEqual([names().length, 0])
  },
)

describe.skipIf(!oracle('python3', 'apt-get', 'time'))('apt', () => {
  const solve = (...words: string[]): Record<string, unknown> => {
    vi.stubEnv('APT_CONFIG', settings)
    const { lines } = judge(['apt-solve.sh', '-c', 'small', ...words])
    vi.unstubAllEnvs()
    return lines[0] ?? {}
  }

  test('finds what the checker passes', () => {
    expect(solve('app')['packages']).toEqual(chosen('app 2:1~rc1 base 1 lib 1.6'))
    expect(solve('nonesuch | lib (<< 1.7)', 'courier')['packages']).toEqual(chosen('lib 1.6 provides-lib 1'))
  })

  test.each(cannotBe)('says no to %s', (name) => {
    expect(solve(name)).toMatchObject({ packages: [], problem: expect.stringMatching(/^./) })
  })
})
