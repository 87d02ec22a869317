import { expect, test, vi } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { silent } from '../../../src/base/progress.ts'
import { executeGc, planGc } from '../../../src/ops/gc.ts'
import { type HostSession, openHost } from '../../../src/ops/host.ts'
import { initHost } from '../../../src/ops/init.ts'
import { executePrune, pinState, planPrune } from '../../../src/ops/prune.ts'
import { executeRepair, planRepair } from '../../../src/ops/repair.ts'
import { listStates } from '../../../src/ops/states.ts'
import { writeMarks } from '../../../src/state/tables.ts'
import { simulatedOutside, type SimulatedOutside } from '../../sim/simulated-outside.ts'
import { fourKeyRootFile } from '../../support/compose-bundle.ts'
import { importSamples, samplePackage, sampleRequest } from '../../support/sample-root.ts'
import { placeFile } from '../../support/simulated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../../support/remembered-ed25519.ts')).remember(original),
)

const bootPath = '/proc/sys/kernel/random/boot_id'

async function update({ store, states }: HostSession, n: number): Promise<void> {
  const packages = [samplePackage('tool', `${n}`, { 'usr/bin/tool': `tool ${n}` })]
  await importSamples(store, packages)
  await states.publish(await states.stage(sampleRequest(packages, n), silent), {}, silent)
}

/** States 0 to 5 were current one after the other; each but the last three is pinned meanwhile, so that all are there. */
async function sixStates(root: string): Promise<SimulatedOutside> {
  const outside = simulatedOutside(1)
  placeFile(outside, '/trust.moss-root', fourKeyRootFile)
  const trustFile = '/trust.moss-root'
  await initHost(outside, { root, trustFile, expect: undefined, name: 'pump', channel: undefined })
  using host = await openHost(outside, { root, report: silent })
  host.states.setPinned(0, true)
  for (const n of [1, 2, 3, 4, 5]) {
    await update(host, n)
    host.states.setPinned(n, true)
  }
  for (const n of [0, 1, 2, 3, 4, 5]) host.states.setPinned(n, false)
  return outside
}

const root = '/root'
const numbers = async (outside: SimulatedOutside, at = root): Promise<readonly number[]> =>
  (await listStates(outside, { root: at })).map(({ number }) => number)
const going = async (
  outside: SimulatedOutside,
  how: { readonly states?: readonly string[]; readonly keep?: string; readonly root?: string } = {},
): Promise<readonly number[]> =>
  (await planPrune(outside, { root, states: [], keep: undefined, ...how })).going.map(({ number }) => number)

test('by itself the three newest stay; --keep says how many, at least two', async () => {
  const outside = await sixStates(root)
  expect(await going(outside)).toEqual([0, 1, 2])
  expect(await going(outside, { keep: '5' })).toEqual([0])
  expect(await going(outside, { keep: '2' })).toEqual([0, 1, 2, 3])
  for (const keep of ['0', '1', '-1', 'all'])
    await expect(going(outside, { keep }), keep).rejects.toMatchObject({ code: 'CLI_USAGE' })
  await expect(going(outside, { keep: '3', states: ['1'] })).rejects.toMatchObject({ code: 'CLI_USAGE' })
})

test('a plan removes nothing; carrying it out removes exactly that', async () => {
  const outside = await sixStates(root)
  const plan = await planPrune(outside, { root, states: ['1', '3'], keep: undefined })
  expect(await numbers(outside)).toEqual([0, 1, 2, 3, 4, 5])
  expect(await executePrune(outside, plan)).toEqual({ removed: [1, 3], freedBytes: plan.freedBytes })
  expect(await numbers(outside)).toEqual([0, 2, 4, 5])
  // A tool and a manifest each, which the receipt names no longer.
  expect((await planGc(outside, { root })).collect.assets).toHaveLength(4)
})

test('current, pinned and last confirmed states stay, named or not', async () => {
  const outside = await sixStates(root)
  await pinState(outside, { root, state: '1', isPinned: true })
  {
    using host = await openHost(outside, { root, report: silent })
    host.database.transaction((transaction) => {
      for (const number of [0, 1, 2, 3, 4, 5])
        writeMarks(transaction, number, { isConfirmed: number === 0 || number === 2 })
    })
  }
  expect((await listStates(outside, { root })).map(({ isPinned }) => isPinned)).toEqual([
    false,
    true,
    false,
    false,
    false,
    false,
  ])
  expect(await going(outside, { keep: '2' })).toEqual([0, 3])
  for (const [state, why] of [
    ['1', 'it is pinned'],
    ['2', 'it is the last confirmed one'],
    ['5', 'it is current'],
  ] as const)
    await expect(going(outside, { states: ['0', state] })).rejects.toMatchObject({
      code: 'STATE_NEEDED',
      details: { state: Number(state), why },
    })
  await expect(going(outside, { states: ['9'] })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await pinState(outside, { root, state: '1', isPinned: false })
  expect(await going(outside, { states: ['0', '1'] })).toEqual([0, 1])
})

test('one to go back to stays, whichever are named', async () => {
  const outside = await sixStates(root)
  const all = ['0', '1', '2', '3', '4']
  await expect(going(outside, { states: all })).rejects.toMatchObject({
    code: 'STATE_NEEDED',
    details: { state: 4, why: 'it is the only one left to go back to' },
  })
  expect(await going(outside, { states: all.slice(1) })).toEqual([1, 2, 3, 4])
})

test('a state that must stay by then makes the plan stale', async () => {
  const outside = await sixStates(root)
  const plan = await planPrune(outside, { root, states: ['1'], keep: undefined })
  await pinState(outside, { root, state: '1', isPinned: true })
  await expect(executePrune(outside, plan)).rejects.toMatchObject({ code: 'PLAN_STALE' })
  expect(await numbers(outside)).toEqual([0, 1, 2, 3, 4, 5])
})

test('of the running system: what was current since this boot stays until the next, a replaced tree too', async () => {
  const outside = simulatedOutside(1)
  for (const folder of ['/proc', '/proc/sys', '/proc/sys/kernel', '/proc/sys/kernel/random'])
    outside.disk.makeFolder(folder)
  placeFile(outside, bootPath, encodeUtf8('first boot\n'))
  placeFile(outside, '/trust.moss-root', fourKeyRootFile)
  const trustFile = '/trust.moss-root'
  await initHost(outside, { root: '/', trustFile, expect: undefined, name: 'pump', channel: undefined })
  {
    using host = await openHost(outside, { root: '/', report: silent })
    for (const n of [1, 2, 3, 4, 5]) await update(host, n)
  }
  expect(await numbers(outside, '/')).toEqual([0, 1, 2, 3, 4, 5])
  expect(await going(outside, { root: '/' })).toEqual([])
  await expect(going(outside, { root: '/', states: ['1'] })).rejects.toMatchObject({
    code: 'STATE_NEEDED',
    details: { why: 'it was current since this boot: processes may live in it' },
  })
  outside.disk.setMode('/usr/bin', 0o777)
  await executeRepair(outside, await planRepair(outside, { root: '/' }, silent), silent)
  expect((await planGc(outside, { root: '/' })).lost).toEqual([])
  outside.disk.remove(bootPath)
  placeFile(outside, bootPath, encodeUtf8('second boot\n'))
  expect(await going(outside, { root: '/' })).toEqual([0, 1, 2])
  const plan = await planGc(outside, { root: '/' })
  expect(plan.lost).toEqual(['/.moss/lost/5'])
  await executeGc(outside, plan)
  expect((await planGc(outside, { root: '/' })).lost).toEqual([])
})
