import { expect, test, vi } from 'vitest'
import { silent } from '../../../src/base/progress.ts'
import { planApply } from '../../../src/ops/apply.ts'
import { executeGc, planGc } from '../../../src/ops/gc.ts'
import { openHost } from '../../../src/ops/host.ts'
import { executeRollback, planRollback } from '../../../src/ops/rollback.ts'
import { executeRepair, planRepair } from '../../../src/ops/repair.ts'
import { hostStatus } from '../../../src/ops/status.ts'
import { exportState } from '../../../src/ops/state-export.ts'
import { listStates } from '../../../src/ops/states.ts'
import { verifyHost } from '../../../src/ops/verify-host.ts'
import type { SimulatedOutside } from '../../sim/simulated-outside.ts'
import { bundleDate, composeBundle, draftPackage } from '../../support/compose-bundle.ts'
import { noise } from '../../support/containers.ts'
import { samplePackage } from '../../support/sample-root.ts'
import { applyVerb, freshHost, importVerb, placeFile, root, stick } from '../../support/simulated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../../support/remembered-ed25519.ts')).remember(original),
)

const version = (n: number) =>
  draftPackage(
    samplePackage('tool', `${n}`, { 'usr/bin/tool': `tool ${n}`, 'usr/lib/big': { text: noise(40_000, n) } }),
  )

interface Updated {
  readonly outside: SimulatedOutside
  /** Takes in and applies one version after the other. */
  update(from: number, to: number): Promise<void>
}

async function freshTool(): Promise<Updated> {
  const { outside, id } = await freshHost(['tool'])
  const update = async (from: number, to: number): Promise<void> => {
    for (let n = from; n <= to; n++) {
      const { bytes } = await composeBundle({ serial: n, hosts: [id], packages: [version(n)] })
      placeFile(outside, `${stick}/${n}.moss`, bytes)
      await importVerb(`${stick}/${n}.moss`)(outside)
      await applyVerb(outside)
    }
  }
  return { outside, update }
}

async function updatedHost(versions: number): Promise<SimulatedOutside> {
  const { outside, update } = await freshTool()
  await update(1, versions)
  return outside
}

const soundness = async (outside: SimulatedOutside): Promise<readonly string[]> =>
  (await verifyHost(outside, { root, isQuick: false, isAll: false }, silent)).findings

async function neededAssets(outside: SimulatedOutside): Promise<ReadonlySet<string>> {
  using host = await openHost(outside, { root, report: silent })
  return host.states.neededAssets()
}

/** Assets that kept states are made of and the store does not have. */
async function missingAssets(outside: SimulatedOutside): Promise<readonly string[]> {
  using host = await openHost(outside, { root, report: silent })
  return [...host.states.neededAssets()].filter(
    (id) => !host.store.hasAsset(id) || outside.disk.lstat(host.store.assetPath(id)) === undefined,
  )
}

test('S2: what no kept state needs goes; every kept state stays whole and ready', async () => {
  const outside = await updatedHost(6)
  const kept = (await listStates(outside, { root })).map((state) => state.number)
  expect(kept).not.toContain(1)
  const plan = await planGc(outside, { root })
  expect(plan.collect.assets.length).toBeGreaterThan(0)
  const done = await executeGc(outside, plan)
  expect(done.assets).toBe(plan.collect.assets.length)
  expect((await planGc(outside, { root })).collect.assets).toEqual([])
  expect(await missingAssets(outside)).toEqual([])
  for (const state of [...kept.filter((number) => number > 0), 6]) {
    const back = await planRollback(outside, { root, state: `${state}`, withModel: false })
    if (!back.isNothing) await executeRollback(outside, back, silent)
    expect(await soundness(outside)).toEqual([])
  }
})

test('S2: what the newest export names stays, also when its states are kept no longer', async () => {
  const { outside, update } = await freshTool()
  await update(1, 3)
  await exportState(outside, { root, to: `${stick}/state.moss-state` })
  const exported = await neededAssets(outside)
  await update(4, 7)
  const kept = (await listStates(outside, { root })).map((state) => state.number)
  expect(kept).not.toContain(3)
  const going = async (): Promise<readonly string[]> =>
    (await planGc(outside, { root })).collect.assets.map(({ id }) => id).filter((id) => exported.has(id))
  expect(await going()).toEqual([])
  await exportState(outside, { root, to: `${stick}/state.moss-state` })
  expect((await going()).length).toBeGreaterThan(0)
})

test.each([
  ['has lost its time', -20],
  ['runs years ahead, where what has expired is refused', 20],
])('S2: what waits stays while the clock %s', async (_, years) => {
  const { outside, update } = await freshTool()
  await update(1, 1)
  const { disk } = outside
  const model = `${root}/etc/moss/model.toml`
  const text = Buffer.from(disk.readFile(model, 10_000)).toString()
  disk.remove(model)
  placeFile(outside, model, Buffer.from(`expired = "refuse"\n${text}`))
  const day = 86_400
  outside.advance(500 * day * 1000)
  const { host } = await hostStatus(outside, { root })
  const { bytes } = await composeBundle({
    serial: 2,
    hosts: [host],
    packages: [version(2)],
    snapshot: { created: bundleDate + 450 * day, expires: bundleDate + 600 * day },
  })
  placeFile(outside, `${stick}/2.moss`, bytes)
  await importVerb(`${stick}/2.moss`)(outside)
  const away = years * 365 * day * 1000
  outside.advance(away)
  expect(await planApply(outside, { root })).toMatchObject({ isNothing: true })
  expect((await planGc(outside, { root })).collect.assets).toEqual([])
  await executeGc(outside, await planGc(outside, { root }))
  outside.advance(-away)
  await applyVerb(outside)
  expect(await soundness(outside)).toEqual([])
  expect((await hostStatus(outside, { root })).current).toBe(2)
})

test('S2: a spoiled export keeps everything, and another one makes it known again', async () => {
  const outside = await updatedHost(6)
  await exportState(outside, { root, to: `${stick}/state.moss-state` })
  const path = `${root}/.moss/exported.moss-state`
  using file = outside.disk.open(path, 'update')
  file.truncate(100)
  await expect(planGc(outside, { root })).rejects.toMatchObject({
    code: 'STATE_BROKEN',
    hint: expect.stringContaining('moss state export'),
  })
  await exportState(outside, { root, to: `${stick}/state.moss-state` })
  await executeGc(outside, await planGc(outside, { root }))
  expect(await soundness(outside)).toEqual([])
})

test('a plan that another state has overtaken is refused and removes nothing', async () => {
  const outside = await updatedHost(6)
  const plan = await planGc(outside, { root })
  const back = await planRollback(outside, { root, state: undefined, withModel: false })
  await executeRollback(outside, back, silent)
  await expect(executeGc(outside, plan)).rejects.toMatchObject({ code: 'PLAN_STALE' })
  expect(await soundness(outside)).toEqual([])
})

test('a damaged tree that repair has replaced goes, with what only it still linked', async () => {
  const outside = await updatedHost(2)
  const edited = `${root}/usr/lib/big`
  using file = outside.disk.open(edited, 'update')
  file.write(new Uint8Array(8), 0)
  await executeRepair(outside, await planRepair(outside, { root, from: `${stick}/2.moss` }, silent), silent)
  const plan = await planGc(outside, { root })
  expect(plan).toMatchObject({ lost: [`${root}/.moss/lost/2`], collect: { assets: [], strays: [] } })
  // The edited body and the record: everything else has other names.
  const record = outside.disk.lstat(`${root}/.moss/lost/2/usr/lib/moss/state`)?.sizeBytes ?? 0
  expect(plan.freedBytes).toBe(40_000 + record)
  expect(await executeGc(outside, plan)).toMatchObject({ lost: 1, freedBytes: plan.freedBytes })
  expect(outside.disk.list(`${root}/.moss/lost`)).toEqual([])
  expect(await soundness(outside)).toEqual([])
  expect((await planGc(outside, { root })).freedBytes).toBe(0)
})
