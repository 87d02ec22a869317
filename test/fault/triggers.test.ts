// Crashes, power cuts and failing calls while triggers run and what they make is taken in, on the simulated disk: the
// state that comes out has all that they make, or there is none; those of the system have run for the current one.
import { expect, test, vi } from 'vitest'
import { encodeUtf8 } from '../../src/base/bytes.ts'
import { silent } from '../../src/base/progress.ts'
import type { Command, CommandResult } from '../../src/host/outside.ts'
import { simulatedOutside, type SimulatedOutside } from '../sim/simulated-outside.ts'
import { crashEverywhere, failEverywhere, type Outcome, type Scenario } from '../support/disturb.ts'
import { crashStep } from '../support/fault-effort.ts'
import { checkRoot, differences, knownTrees, surroundingsOf, wholeRoot } from '../support/invariants.ts'
import { applySamples, freshRoot, openRoot, samplePackage } from '../support/sample-root.ts'
import { checkAssets } from '../support/simulated-host.ts'

vi.setConfig({ testTimeout: 300_000 })

const root = '/root'

/** What the trigger `index` makes: folders, files, a link, all of them new with each version. */
function makeIndex({ disk }: SimulatedOutside, folder: string): void {
  const made = `${folder}/made`
  if (disk.lstat(made) !== undefined) throw new Error('what was made before is still there')
  const version = new TextDecoder().decode(disk.readFile(`${folder}/usr/share/data/version`, 100))
  disk.makeFolder(made, 0o755)
  disk.makeFolder(`${made}/share`, 0o755)
  disk.makeFolder(`${made}/share/index`, 0o777)
  for (const name of ['all', version]) {
    using file = disk.open(`${made}/share/index/${name}`, 'create', 0o644)
    file.write(encodeUtf8(`${name} of ${version}`), 0)
  }
  disk.makeSymlink('all', `${made}/share/index/link`)
}

function run({ folder, arguments: words }: Command, outside: SimulatedOutside): CommandResult {
  if (words.includes('make-index')) makeIndex(outside, folder ?? '')
  return { exitCode: 0, output: `${words.at(-1)} ran\n` }
}

const base = (version: number) =>
  samplePackage('base', `${version}`, {
    'usr/share/data/version': `v${version}`,
    'usr/share/moss/triggers/index.toml': 'paths = ["usr/share/data/*"]\ncommand = ["make-index"]',
    'usr/share/moss/triggers/reload.toml':
      'paths = ["usr/share/index/*"]\ncommand = ["reload"]\nscope = "system"',
  })

async function apply(outside: SimulatedOutside): Promise<void> {
  using opened = openRoot(outside, root)
  await opened.states.recover(silent)
  if (opened.states.current().packages.some(({ id }) => id === base(2).id)) return
  await applySamples(opened, [base(2)], 2)
}

function endOf(outside: SimulatedOutside): readonly string[] {
  using opened = openRoot(outside, root)
  const { states } = opened
  return [
    ...wholeRoot(outside.disk, root),
    ...states.list().map(({ record }) => `state ${record.number} made ${JSON.stringify(record.made)}`),
    ...states.list().map(({ record: { number } }) => JSON.stringify(states.triggerRuns(number))),
  ]
}

async function applying(): Promise<Scenario> {
  const first = simulatedOutside(1, { run })
  using opened = freshRoot(first, root)
  await applySamples(opened, [base(1)], 1)
  const before = first.copy()
  const undisturbed = before.copy()
  await apply(undisturbed)
  const end = endOf(undisturbed)
  for (const part of ['share/index/v2 file', 'make-index ran', 'reload ran'])
    expect(end.join('\n')).toContain(part)
  const known = new Map([...knownTrees(before.disk, root), ...knownTrees(undisturbed.disk, root)])
  const surroundings = surroundingsOf(before.disk, root)
  const floor = opened.states.counters()
  return {
    before,
    verb: apply,
    recover: async (outside) => {
      using again = openRoot(outside, root)
      await again.states.recover(silent)
    },
    check: (outside, when) => [
      ...checkRoot(outside.disk, root, { known, floor, surroundings, isSettled: when === 'recovered' }),
      ...checkAssets(outside, root),
    ],
    checkEnd: (outside) => differences(end, endOf(outside)).map((line) => `T4: ${line}`),
  }
}

const say = (what: string, { points, violations }: Outcome): void =>
  console.log(`${what}: ${points} points, ${violations.length} violations ${violations[0] ?? ''}`.trim())

test('T1–T6: a crash or power cut at any step of an apply with triggers leaves one whole state', async () => {
  const outcome = await crashEverywhere(await applying(), { cuts: 2 })
  say('crashes of apply with triggers', outcome)
  expect(outcome.violations).toEqual([])
  expect(outcome.points).toBeGreaterThan(60 / crashStep)
})

test('T1 T4: every call of an apply with triggers may fail', async () => {
  const outcome = await failEverywhere(await applying(), { problems: ['EIO', 'ENOSPC'], step: 3 })
  say('failures of apply with triggers', outcome)
  expect(outcome.violations).toEqual([])
  expect(outcome.points).toBeGreaterThan(200)
})

test('what a trigger makes that is not durable is red', async () => {
  const scenario = await applying()
  const { violations } = await crashEverywhere(scenario, {
    cuts: 4,
    enough: 1,
    faults: { isSyncForgotten: ({ name }) => name === 'syncFilesystem' },
  })
  expect(violations.join()).toMatch(/T1|S1|T3/)
})
