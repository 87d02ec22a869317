// The verbs of the loop through ops/, killed or without power at every changing call: as found and once recovered the
// machine keeps its invariants, and the same verb again reaches the end that nobody disturbed.
import { beforeAll, expect, test, vi } from 'vitest'
import { crashEverywhere, type Disturbance, type Outcome } from '../support/disturb.ts'
import { byEffort, crashStep, faultTimeoutMs } from '../support/fault-effort.ts'
import {
  applying,
  collecting,
  exporting,
  importing,
  importingRoot,
  importingVolumes,
  type Machines,
  makeMachines,
  placeVolumes,
  recovering,
  repairing,
  restartingTrust,
  rollingBack,
  rollingBackOnce,
} from '../support/loop-scenarios.ts'
import { importVerb } from '../support/simulated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../support/remembered-ed25519.ts')).remember(original),
)
vi.mock('../../src/container/zstd.ts', async (original) =>
  (await import('../support/remembered-zstd.ts')).remember(original),
)
vi.mock('../../src/trust/keys.ts', async (original) =>
  (await import('../support/remembered-keys.ts')).remember(original),
)

vi.setConfig({ testTimeout: faultTimeoutMs })

let machines: Machines

beforeAll(async () => {
  machines = await makeMachines()
})

async function everywhere(
  what: string,
  scenario: Parameters<typeof crashEverywhere>[0],
  how: Disturbance,
): Promise<Outcome> {
  const outcome = await crashEverywhere(scenario, how)
  console.log(`${what}: ${outcome.points} crash points, ${outcome.violations.length} violations`)
  return outcome
}

test('T1 T2 T3 T4 T5 T6 S1: a crash at any step of an import', async () => {
  const { points, violations } = await everywhere('import', await importing(machines), { cuts: 2 })
  expect(violations).toEqual([])
  expect(points).toBeGreaterThan(60 / crashStep)
})

test('T1 T2 T3 T4 T5 T6 S1: a crash at any step of an import of volumes, one after the other', async () => {
  const scenario = await importingVolumes(machines)
  const { points, violations } = await everywhere('import of volumes', scenario, { cuts: 2 })
  expect(violations).toEqual([])
  expect(points).toBeGreaterThan(70 / crashStep)
})

test('T3: a volume that was taken in is not asked for again, whatever a power cut leaves', async () => {
  const { machine, files } = placeVolumes(machines)
  expect(files).toHaveLength(2)
  await expect(importVerb(files[1] ?? '')(machine)).rejects.toMatchObject({ code: 'VOLUME_WANTED' })
  for (let seed = 1; seed <= 20; seed++) await importVerb(files[0] ?? '')(machine.afterPowerCut(seed))
})

test('T1 T2 T3 T4 T5 T6 S1: a crash at any step of an import that brings another trust root', async () => {
  const { points, violations } = await everywhere('import with root', await importingRoot(machines), {
    cuts: 2,
  })
  expect(violations).toEqual([])
  expect(points).toBeGreaterThan(70 / crashStep)
})

test('T1 T3 T4 T5 T6: a crash at any step of a trust init', async () => {
  const { points, violations } = await everywhere('trust init', await restartingTrust(machines), { cuts: 2 })
  expect(violations).toEqual([])
  expect(points).toBeGreaterThan(20 / crashStep)
})

test('T1 T2 T3 T4 T5 T6 S1: a crash at any step of apply', async () => {
  const { points, violations } = await everywhere('apply', await applying(machines), { cuts: 2 })
  expect(violations).toEqual([])
  expect(points).toBeGreaterThan(120 / crashStep)
})

test('T1 T2 T3 T4 T5 T6 S1: a crash at any step of a rollback with its model', async () => {
  const { points, violations } = await everywhere('rollback', await rollingBack(machines), { cuts: 3 })
  expect(violations).toEqual([])
  expect(points).toBeGreaterThan(40 / crashStep)
})

test('T4: a rollback to the state before, cut short and done again, goes back once', async () => {
  const { points, violations } = await crashEverywhere(await rollingBackOnce(machines), { cuts: 2, step: 1 })
  // Its last call makes the receipt last: with that in place it was done, and the same words mean a state further back.
  const last = `crash ${points} at syncFolder /root/.moss,`
  const early = violations.filter((one) => !one.startsWith(last))
  console.log(`rollback to the one before: ${points - 1} crash points, ${early.length} violations`)
  expect(early).toEqual([])
  expect(points).toBeGreaterThan(25)
})

test('T3 T4 T6: a crash at any step of a state export', async () => {
  const { points, violations } = await everywhere('state export', await exporting(machines), { cuts: 3 })
  expect(violations).toEqual([])
  expect(points).toBeGreaterThan(10 / crashStep)
})

test('T1 T2 T3 T4 S1 S2: a crash at any step of a collection', async () => {
  const { points, violations } = await everywhere('gc', await collecting(machines), { cuts: 3 })
  expect(violations).toEqual([])
  expect(points).toBeGreaterThan(5 / crashStep)
})

test('T1 T2 T3 T4 S1: a crash at any step of a repair', async () => {
  const { points, violations } = await everywhere('repair', await repairing(machines), { cuts: 3 })
  expect(violations).toEqual([])
  expect(points).toBeGreaterThan(0)
})

test('T1 T2 T3 T4 T5: a crash at any step of a recovery', async () => {
  const { points, violations } = await everywhere('recover', await recovering(machines), {
    cuts: byEffort({ sample: 1, slow: 3, all: 10 }),
    step: byEffort({ sample: 5, slow: 1, all: 1 }),
  })
  expect(violations).toEqual([])
  expect(points).toBeGreaterThan(byEffort({ sample: 5, slow: 30, all: 30 }))
})
