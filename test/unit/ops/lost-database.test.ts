// The database lost or spoiled: no verb goes on with an empty one, since gc would take the store for garbage; repair makes
// a new one from the disk.
import { expect, test, vi } from 'vitest'
import { ioError } from '../../../src/host/problem.ts'
import { silent } from '../../../src/base/progress.ts'
import { planApply } from '../../../src/ops/apply.ts'
import { executeGc, planGc } from '../../../src/ops/gc.ts'
import { importBundles } from '../../../src/ops/import.ts'
import { recoverHost } from '../../../src/ops/recover.ts'
import { lostDatabase, renewDatabase } from '../../../src/ops/renew-database.ts'
import { planRepair } from '../../../src/ops/repair.ts'
import { executeRollback, planRollback } from '../../../src/ops/rollback.ts'
import { hostStatus } from '../../../src/ops/status.ts'
import { keptTree, placesOf, recordPath } from '../../../src/state/places.ts'
import type { SimulatedOutside } from '../../sim/simulated-outside.ts'
import { isCrash } from '../../sim/faults.ts'
import { composeBundle } from '../../support/compose-bundle.ts'
import { describeTree } from '../../support/invariants.ts'
import { applyVerb, freshHost, importVerb, placeFile, root, stick } from '../../support/simulated-host.ts'
import { tide, updatedHost, verifyWhole } from '../../support/updated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../../support/remembered-ed25519.ts')).remember(original),
)

const { database, own, usr } = placesOf(root)
const renew = (outside: SimulatedOutside) => renewDatabase(outside, { root }, silent)

async function lostHost(): Promise<SimulatedOutside> {
  const outside = await updatedHost()
  outside.disk.remove(database)
  return outside
}

test('every verb that would write says that it is lost, and that repair makes a new one', async () => {
  const outside = await lostHost()
  const before = describeTree(outside.disk, own)
  for (const verb of [planApply, planGc]) {
    const error: unknown = await verb(outside, { root }).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'STATE_BROKEN',
      details: { path: database, problem: 'it is missing' },
    })
    expect(error).toHaveProperty('hint', expect.stringContaining('moss repair'))
  }
  await expect(hostStatus(outside, { root })).rejects.toMatchObject({ code: 'STATE_BROKEN' })
  expect(describeTree(outside.disk, own)).toEqual(before)
})

test('a new one knows the store and the states; gc, rollback and the next bundle go on as before', async () => {
  const outside = await updatedHost()
  const before = describeTree(outside.disk, `${own}/assets`)
  outside.disk.remove(database)
  expect(lostDatabase(outside, root)).toEqual({ path: database, problem: 'it is missing' })
  expect(await renew(outside)).toEqual({ assets: countAssets(outside), waiting: 0 })
  expect(lostDatabase(outside, root)).toBeUndefined()
  await expect(renew(outside)).rejects.toMatchObject({ code: 'PLAN_STALE' })
  expect(await planRepair(outside, { root }, silent)).toMatchObject({ damaged: [], trees: [], lacking: 0 })
  expect(await verifyWhole(outside)).toEqual([])
  await executeGc(outside, await planGc(outside, { root }))
  expect(describeTree(outside.disk, `${own}/assets`)).toEqual(before)
  await executeRollback(
    outside,
    await planRollback(outside, { root, state: undefined, withModel: false }),
    silent,
  )
  expect(await hostStatus(outside, { root })).toMatchObject({ current: 1, kept: [0, 2] })
  const { host } = await hostStatus(outside, { root })
  const { bytes } = await composeBundle({ serial: 3, hosts: [host], packages: [tide(3)] })
  placeFile(outside, `${stick}/3.moss`, bytes)
  await importVerb(`${stick}/3.moss`)(outside)
  await applyVerb(outside)
  expect(await hostStatus(outside, { root })).toMatchObject({ current: 3 })
  expect(await verifyWhole(outside)).toEqual([])
})

const countAssets = ({ disk }: SimulatedOutside): number =>
  disk.list(`${own}/assets`).reduce((sum, { name }) => sum + disk.list(`${own}/assets/${name}`).length, 0)

test('an empty file is no database either', async () => {
  const outside = await lostHost()
  placeFile(outside, database, new Uint8Array(0))
  const problem = 'it is empty'
  await expect(planGc(outside, { root })).rejects.toMatchObject({
    code: 'STATE_BROKEN',
    details: { problem },
  })
  expect(lostDatabase(outside, root)).toEqual({ path: database, problem })
  await renew(outside)
  expect(await verifyWhole(outside)).toEqual([])
})

test('what was left of the old one lies in lost/, twice where need be, until gc', async () => {
  const outside = await updatedHost()
  for (const name of ['moss.db', 'moss.db.1']) {
    outside.disk.remove(database)
    placeFile(outside, database, new Uint8Array(0))
    await renew(outside)
    expect(outside.disk.lstat(`${own}/lost/${name}`)?.kind).toBe('file')
  }
  await executeGc(outside, await planGc(outside, { root }))
  expect(outside.disk.list(`${own}/lost`)).toEqual([])
})

test('a lost record is not a lost database: it is put back from it', async () => {
  const { outside } = await freshHost(['tide'])
  outside.disk.remove(`${usr}/${recordPath}`)
  expect(lostDatabase(outside, root)).toBeUndefined()
  expect(await recoverHost(outside, { root, moment: undefined })).toMatchObject({ current: 0 })
})

test('where the record of the current state is lost too nothing is changed; one of a kept state is left out', async () => {
  const outside = await lostHost()
  const before = describeTree(outside.disk, own)
  const record = outside.disk.readFile(`${usr}/${recordPath}`, 65_536)
  outside.disk.remove(`${usr}/${recordPath}`)
  await expect(renew(outside)).rejects.toMatchObject({ code: 'STATE_BROKEN' })
  expect(describeTree(outside.disk, own)).toEqual(before)
  placeFile(outside, `${usr}/${recordPath}`, record)
  outside.disk.remove(`${keptTree(placesOf(root), 1)}/${recordPath}`)
  expect((await renew(outside)).assets).toBeGreaterThan(0)
})

test('a file that cannot be read is lacking, and no hindrance', async () => {
  const outside = await lostHost()
  const whole = outside.copy()
  const { assets } = await renew(whole)
  const { readFile } = outside.disk
  const lost = oneAsset(outside)
  vi.spyOn(outside.disk, 'readFile').mockImplementation((path, limit) => {
    if (path === lost) throw ioError('read', path, 'EIO')
    return readFile.call(outside.disk, path, limit)
  })
  expect(await renew(outside)).toMatchObject({ assets: assets - 1 })
})

function oneAsset({ disk }: SimulatedOutside): string {
  const [folder] = disk.list(`${own}/assets`)
  const [file] = disk.list(`${own}/assets/${folder?.name}`)
  return `${own}/assets/${folder?.name}/${file?.name}`
}

test('what was taken in and not applied is taken in again', async () => {
  const outside = await updatedHost()
  const { host } = await hostStatus(outside, { root })
  const { bytes } = await composeBundle({ serial: 3, hosts: [host], packages: [tide(3)] })
  placeFile(outside, `${stick}/3.moss`, bytes)
  await importVerb(`${stick}/3.moss`)(outside)
  outside.disk.remove(database)
  expect(await renew(outside)).toMatchObject({ waiting: 1 })
  expect(await planApply(outside, { root })).toMatchObject({ isNothing: true })
  await importBundles(outside, { root, files: [`${stick}/3.moss`] }, silent)
  await applyVerb(outside)
  expect(await hostStatus(outside, { root })).toMatchObject({ current: 3 })
})

test('S2: where rows were lost, what a kept state needs is not garbage', async () => {
  const whole = await lostHost()
  for (let crashAt = 1; ; crashAt++) {
    const machine = whole.copy(crashAt)
    machine.arm({ crashAt })
    await renew(machine).catch(() => {})
    const after = machine.afterKill()
    if (lostDatabase(after, root)?.problem !== 'it knows of no file') continue
    const before = describeTree(after.disk, `${own}/assets`)
    await executeGc(after, await planGc(after, { root }))
    expect(describeTree(after.disk, `${own}/assets`)).toEqual(before)
    break
  }
})

test('T4: cut short at any call it is done again, and the machine is as it was', async () => {
  const whole = await lostHost()
  placeFile(whole, database, new Uint8Array(0))
  let points = 0
  for (let crashAt = 1; ; crashAt++) {
    const machine = whole.copy(crashAt)
    machine.arm({ crashAt })
    const error: unknown = await renew(machine).then(
      () => undefined,
      (caught: unknown) => caught,
    )
    if (error === undefined) break
    expect(isCrash(error)).toBe(true)
    points++
    const after = crashAt % 2 === 0 ? machine.afterPowerCut(crashAt) : machine.afterKill()
    if (lostDatabase(after, root) !== undefined) await renew(after)
    expect(await verifyWhole(after)).toEqual([])
    expect(await planRepair(after, { root }, silent)).toMatchObject({ damaged: [], trees: [], lacking: 0 })
    expect(after.disk.lstat(usr)?.kind).toBe('folder')
  }
  console.log(`a new database: ${points} crash points, 0 violations`)
  expect(points).toBeGreaterThan(5)
})
