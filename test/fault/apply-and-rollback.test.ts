// Crashes, power cuts and failing calls at every step of init, of import, stage and publish, and of rollback, on a disk
// that forgets what was not synced. And the harness itself: without a barrier it must find violations.
import { describe, expect, test, vi } from 'vitest'
import { silent } from '../../src/base/progress.ts'
import type { Disk } from '../../src/host/disk.ts'
import { initRoot } from '../../src/state/init.ts'
import { isInitialised } from '../../src/state/root-format.ts'
import { readDeliveries, readHistory } from '../../src/state/tables.ts'
import { simulatedOutside, type SimulatedOutside } from '../sim/simulated-outside.ts'
import { crashEverywhere, failEverywhere, type Outcome, type Scenario } from '../support/disturb.ts'
import { crashStep, failureStep } from '../support/fault-effort.ts'
import { checkRoot, differences, knownTrees, surroundingsOf, wholeRoot } from '../support/invariants.ts'
import {
  applySamples,
  freshRoot,
  openRoot,
  sampleCounters,
  sampleInit,
  samplePackage,
  type SamplePackage,
} from '../support/sample-root.ts'

const root = '/root'

/** These run thousands of whole verbs: on a busy machine they take their time. */
vi.setConfig({ testTimeout: 300_000 })

const base = (version: number) =>
  samplePackage('base', String(version), {
    'usr/bin/sh': { text: 'a shell', mode: 0o755 },
    'usr/bin/su': { text: `su ${version}`, mode: 0o4755 },
    'usr/share/empty': '',
    'usr/share/link': { target: `v${version}` },
    'usr/share/factory/etc/base.conf': `settings ${version}`,
    'usr/share/factory/etc/same.conf': 'the same',
    'usr/share/factory/etc/owned.conf': { text: `owned ${version}`, mode: 0o640, uid: 7, gid: 8 },
    'usr/share/factory/etc/link': { target: `v${version}` },
  })
const extra = samplePackage('extra', '1', {
  'usr/lib/extra/deep/file': { text: 'deep', mode: 0o600, uid: 5, gid: 6 },
  'usr/share/factory/var/lib/extra/data': 'data',
})
const games = samplePackage('games', '1', {
  'usr/games/game': { text: 'a shell', mode: 0o700 },
  'usr/share/factory/etc/games/scores': 'none',
})

/** Runs to its end, also where that was reached before: as `apply` does. */
async function apply(
  outside: SimulatedOutside,
  packages: readonly SamplePackage[],
  serial: number,
): Promise<void> {
  using opened = openRoot(outside, root)
  await opened.states.recover(silent)
  const wanted = packages.map(({ id }) => id).join()
  if (
    opened.states
      .current()
      .packages.map(({ id }) => id)
      .join() === wanted
  )
    return
  await applySamples(opened, packages, serial)
}

async function recover(outside: SimulatedOutside): Promise<void> {
  using opened = openRoot(outside, root)
  await opened.states.recover(silent)
}

/** Four states, so that the next one lets one go; the machine edited one default and deleted another. */
async function settledMachine(): Promise<SimulatedOutside> {
  const outside = simulatedOutside(1)
  using opened = freshRoot(outside, root)
  await applySamples(opened, [base(1)], 1)
  await applySamples(opened, [base(2), games], 2)
  await applySamples(opened, [base(3), games], 3)
  outside.disk.remove(`${root}/etc/same.conf`)
  return outside.copy()
}

/** What a root and its tables hold in the end. */
function endOf(outside: SimulatedOutside): readonly string[] {
  using opened = openRoot(outside, root)
  const { states, database } = opened
  return [
    ...wholeRoot(outside.disk, root),
    ...readDeliveries(database).map((row) => JSON.stringify(row)),
    ...readHistory(database).map(({ kind, from, to }) => `${kind} ${from} ${to}`),
    ...states.list().map(({ record, isCurrent }) => `state ${record.number} ${isCurrent}`),
    `interrupted ${states.isInterrupted()}`,
  ]
}

async function scenarioOf(
  before: SimulatedOutside,
  verb: (outside: SimulatedOutside) => Promise<void>,
): Promise<Scenario> {
  const undisturbed = before.copy()
  await verb(undisturbed)
  const end = endOf(undisturbed)
  const known = new Map([...knownTrees(before.disk, root), ...knownTrees(undisturbed.disk, root)])
  const surroundings = surroundingsOf(before.disk, root)
  using opened = openRoot(before, root)
  const floor = opened.states.counters()
  return {
    before,
    verb,
    recover,
    check: ({ disk }, when) =>
      checkRoot(disk, root, { known, floor, surroundings, isSettled: when === 'recovered' }),
    checkEnd: (outside) => differences(end, endOf(outside)).map((line) => `T4: ${line}`),
  }
}

const applying = async (): Promise<Scenario> =>
  scenarioOf(await settledMachine(), (outside) => apply(outside, [base(4), extra], 4))

const rollingBack = async (): Promise<Scenario> =>
  scenarioOf(await settledMachine(), async (outside) => {
    using opened = openRoot(outside, root)
    await opened.states.publishKept(1, { withModel: true }, silent)
  })

const say = (what: string, { points, violations }: Outcome): void =>
  console.log(`${what}: ${points} points, ${violations.length} violations ${violations[0] ?? ''}`.trim())

describe('apply', () => {
  test('what is disturbed here makes its tree from the one that falls out', async () => {
    const machine = await settledMachine()
    machine.arm({})
    await apply(machine, [base(4), extra], 4)
    const taken = `${root}/.moss/states/1 ${root}/.moss/staging/4`
    expect(machine.trace().filter(({ name, path }) => name === 'rename' && path === taken)).toHaveLength(1)
  })

  test('T1–T6: a crash or power cut at any step leaves one whole state, and again reaches the end', async () => {
    const outcome = await crashEverywhere(await applying(), { cuts: 2 })
    say('crashes of apply', outcome)
    expect(outcome.violations).toEqual([])
    expect(outcome.points).toBeGreaterThan(100 / crashStep)
  })

  test('T1 T4: every call may fail', async () => {
    const outcome = await failEverywhere(await applying(), { problems: ['EIO', 'ENOSPC'] })
    say('failures of apply', outcome)
    expect(outcome.violations).toEqual([])
    expect(outcome.points).toBeGreaterThan(500 / failureStep)
  })

  test('without barrier A the suite is red', async () => {
    const outcome = await crashEverywhere(await applying(), {
      cuts: 6,
      faults: { isSyncForgotten: ({ name, path }) => name === 'syncFilesystem' && path === `${root}/.moss` },
      enough: 1,
    })
    say('no barrier', outcome)
    expect(outcome.violations).not.toEqual([])
  })

  test('without barrier B the suite is red', async () => {
    const outcome = await crashEverywhere(await applying(), {
      cuts: 6,
      faults: {
        isSyncForgotten: ({ name, path }) =>
          name === 'syncFilesystem' && path.startsWith(`${root}/.moss/staging/`),
      },
      enough: 1,
    })
    say('no barrier', outcome)
    expect(outcome.violations).not.toEqual([])
  })
})

describe('rollback', () => {
  test('without the sync of the folders that an exchange touches the suite is red', async () => {
    // Nothing to deliver: the barrier of deliveries would make up for it.
    const outside = simulatedOutside(1)
    using opened = freshRoot(outside, root)
    await applySamples(opened, [], 1)
    const scenario = await scenarioOf(outside.copy(), async (machine) => {
      using again = openRoot(machine, root)
      await again.states.publishKept(0, { withModel: false }, silent)
    })
    expect((await crashEverywhere(scenario, { cuts: 4 })).violations).toEqual([])
    const outcome = await crashEverywhere(scenario, {
      cuts: 4,
      faults: { isSyncForgotten: ({ name }) => name === 'syncFolder' },
      enough: 1,
    })
    say('no folder synced', outcome)
    expect(outcome.violations).not.toEqual([])
  })

  test('T1–T6: a crash or power cut at any step leaves one whole state, and again reaches the end', async () => {
    const outcome = await crashEverywhere(await rollingBack(), { cuts: 4 })
    say('crashes of rollback', outcome)
    expect(outcome.violations).toEqual([])
    expect(outcome.points).toBeGreaterThan(20 / crashStep)
  })

  test('T1 T4: every call may fail', async () => {
    const outcome = await failEverywhere(await rollingBack(), { problems: ['EIO', 'ENOSPC', 'EROFS'] })
    say('failures of rollback', outcome)
    expect(outcome.violations).toEqual([])
  })
})

describe('init', () => {
  test('T4: a crash or power cut at any step leaves a root that init can be run on again', async () => {
    const undisturbed = simulatedOutside(1)
    freshRoot(undisturbed, root)[Symbol.dispose]()
    const end = wholeRoot(undisturbed.disk, root)
    const scenario: Scenario = {
      before: simulatedOutside(1),
      verb: async (outside) => {
        if (!isInitialised(outside.disk, root)) initRoot(outside, root, sampleInit)
      },
      recover: async () => {},
      check: ({ disk }) => checkInitialised(disk),
      checkEnd: (outside) => differences(end, wholeRoot(outside.disk, root)).map((line) => `T4: ${line}`),
    }
    const crashes = await crashEverywhere(scenario, { cuts: 3 })
    say('crashes of init', crashes)
    expect(crashes.violations).toEqual([])
    const failures = await failEverywhere(scenario, { problems: ['EIO', 'ENOSPC'] })
    say('failures of init', failures)
    expect(failures.violations).toEqual([])
  })
})

/** The format file says that all of it is there. */
function checkInitialised(disk: Disk): readonly string[] {
  if (disk.lstat(root) === undefined || !isInitialised(disk, root)) return []
  const known = knownTrees(disk, root)
  return checkRoot(disk, root, {
    known,
    floor: sampleCounters(0),
    surroundings: surroundingsOf(disk, root),
    isSettled: true,
  })
}
