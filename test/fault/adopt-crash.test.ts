// A root that was adopted, on the simulated machine: killed or without power at every changing call of the adoption, of the
// first apply, of the way back and of letting it go; and each of their calls failing once.
import { beforeAll, expect, test, vi } from 'vitest'
import { silent } from '../../src/base/progress.ts'
import { executeAdopt, planAdopt } from '../../src/ops/adopt.ts'
import { changeModel } from '../../src/ops/model.ts'
import { executePrune, pinState, planPrune } from '../../src/ops/prune.ts'
import { executeRollback, planRollback } from '../../src/ops/rollback.ts'
import { verifyHost } from '../../src/ops/verify-host.ts'
import { isInitialised } from '../../src/state/root-format.ts'
import type { SimulatedOutside } from '../sim/simulated-outside.ts'
import { simulatedOutside } from '../sim/simulated-outside.ts'
import { composeBundle, draftPackage, fourKeyRootFile } from '../support/compose-bundle.ts'
import { crashEverywhere, failEverywhere, type Scenario } from '../support/disturb.ts'
import { crashStep, failureStep, faultTimeoutMs } from '../support/fault-effort.ts'
import { treeText } from '../support/invariants.ts'
import { scenarioOf } from '../support/loop-scenarios.ts'
import { samplePackage } from '../support/sample-root.ts'
import { applyVerb, importVerb, placeFile, root, stick } from '../support/simulated-host.ts'

vi.setConfig({ testTimeout: faultTimeoutMs })

const tide = (n: number) =>
  samplePackage('tide', `${n}`, {
    'usr/bin/tide': { text: `tide ${n}`, mode: 0o755 },
    'usr/lib/ld.so.cache': `cache of ${n}`,
    'usr/share/factory/etc/tide.conf': `tide ${n}`,
  })

/** As somebody left it: everything on it durable. */
function usedMachine(): SimulatedOutside {
  const outside = simulatedOutside(1, { mounts: [stick] })
  const { disk } = outside
  placeFile(outside, '/trust.moss-root', fourKeyRootFile)
  for (const path of ['', '/etc', '/usr', '/usr/bin', '/usr/lib', '/usr/share', '/usr/share/empty'])
    disk.makeFolder(`${root}${path}`, 0o755)
  for (const [path, text] of Object.entries({
    'usr/bin/sh': 'a shell of old',
    'usr/lib/os-release': 'PRETTY_NAME="Old 1"\n',
    'etc/ld.so.cache': 'cache of old',
  }))
    placeFile(outside, `${root}/${path}`, new TextEncoder().encode(text))
  disk.setMode(`${root}/usr/bin/sh`, 0o4755)
  disk.makeSymlink('sh', `${root}/usr/bin/rsh`)
  disk.syncFilesystem(root)
  return outside.copy()
}

async function adoptVerb(outside: SimulatedOutside): Promise<void> {
  const said = { trustFile: '/trust.moss-root', expect: undefined, name: 'pump', channel: undefined }
  await executeAdopt(outside, await planAdopt(outside, { root }, silent), said, silent)
}

const rollbackVerb = async (outside: SimulatedOutside): Promise<void> => {
  const plan = await planRollback(outside, { root, state: '0', withModel: false })
  if (!plan.isNothing) await executeRollback(outside, plan, silent)
}

const findings = async (outside: SimulatedOutside): Promise<readonly string[]> =>
  (await verifyHost(outside, { root, isQuick: false, isAll: true }, silent)).findings

let taken: SimulatedOutside
let applied: SimulatedOutside
let old = ''

beforeAll(async () => {
  const outside = usedMachine()
  old = treeText(outside.disk, `${root}/usr`)
  const said = { trustFile: '/trust.moss-root', expect: undefined, name: 'pump', channel: undefined }
  const { host } = await executeAdopt(outside, await planAdopt(outside, { root }, silent), said, silent)
  await changeModel(outside, { root, subscribe: ['tide'] })
  const takeIn = async (n: number): Promise<void> => {
    const { bytes } = await composeBundle({ serial: n, hosts: [host], packages: [draftPackage(tide(n))] })
    placeFile(outside, `${stick}/${n}.moss`, bytes)
    await importVerb(`${stick}/${n}.moss`)(outside)
  }
  await takeIn(1)
  taken = outside.copy()
  await applyVerb(outside)
  await takeIn(2)
  await applyVerb(outside)
  applied = outside.copy()
  expect(treeText(applied.disk, `${root}/.moss/states/0/usr`)).toBe(old)
  expect(applied.disk.readLink(`${root}/etc/ld.so.cache`)).toBe('../usr/lib/ld.so.cache')
  expect(await findings(applied)).toEqual([])
})

async function everywhere(what: string, scenario: Scenario): Promise<number> {
  const crashed = await crashEverywhere(scenario, { cuts: 2 })
  const failed = await failEverywhere(scenario, { problems: ['EIO', 'ENOSPC'] })
  console.log(`${what}: ${crashed.points} crash points, ${failed.points} failing calls`)
  expect([...crashed.violations, ...failed.violations]).toEqual([])
  expect(failed.points).toBeGreaterThan(20 / failureStep)
  return crashed.points
}

test('T1 T3 T4 T6: adoption leaves a managed root or none, and usr as it is', async () => {
  const scenario: Scenario = {
    before: usedMachine(),
    verb: async (outside) => {
      if (!isInitialised(outside.disk, root)) await adoptVerb(outside)
    },
    recover: async () => {},
    check: ({ disk }) => (treeText(disk, `${root}/usr`) === old ? [] : ['usr was changed']),
    checkEnd: (outside) => [
      ...(treeText(outside.disk, `${root}/usr`) === old ? [] : ['usr was changed']),
      ...(isInitialised(outside.disk, root) ? [] : ['it is not managed']),
      ...['state', 'tree']
        .filter((name) => outside.disk.lstat(`${root}/.moss/adopted/${name}`)?.kind !== 'file')
        .map((name) => `${name} is missing`),
    ],
  }
  expect(await everywhere('init --adopt', scenario)).toBeGreaterThan(60 / crashStep)
})

test('T1 T2 T3 T4 T5 T6: the first apply puts it aside whole', async () => {
  const scenario = await scenarioOf(taken, applyVerb, { untouched: [stick] })
  expect(await everywhere('first apply', scenario)).toBeGreaterThan(60 / crashStep)
})

test('T1 T2 T3 T4 T5 T6: rollback brings it back whole', async () => {
  const scenario = await scenarioOf(applied, rollbackVerb, { untouched: [stick] })
  expect(await everywhere('rollback to it', scenario)).toBeGreaterThan(15 / crashStep)
  const back = applied.copy()
  await rollbackVerb(back)
  expect(treeText(back.disk, `${root}/usr`)).toBe(old)
  expect(new TextDecoder().decode(back.disk.readFile(`${root}/etc/ld.so.cache`, 100))).toBe('cache of old')
  expect(back.disk.lstat(`${root}/etc/tide.conf`)).toBeUndefined()
})

test('T2 T4: once it is let go nothing of it is left, and no other tree is taken for it', async () => {
  const before = applied.copy()
  await pinState(before, { root, state: '0', isPinned: false })
  const prune = async (outside: SimulatedOutside): Promise<void> => {
    if (outside.disk.lstat(`${root}/.moss/states/0`) === undefined) return
    await executePrune(outside, await planPrune(outside, { root, states: ['0'], keep: undefined }))
  }
  const scenario = await scenarioOf(before.copy(), prune, { untouched: [stick] })
  await everywhere('prune of it', {
    ...scenario,
    // What a crash leaves of it is swept when the root is opened next.
    verb: async (outside) => {
      await prune(outside)
      await scenario.recover(outside)
    },
    checkEnd: ({ disk }) =>
      ['.moss/states/0', '.moss/adopted']
        .filter((path) => disk.lstat(`${root}/${path}`) !== undefined)
        .map((path) => `T4: ${path} is still there`),
  })
  const gone = before.copy()
  await prune(gone)
  expect(gone.disk.lstat(`${root}/.moss/adopted`)).toBeUndefined()
  gone.disk.removeTree(`${root}/usr/lib/moss`)
  await scenario.recover(gone)
  expect(await findings(gone)).not.toEqual([])
})
