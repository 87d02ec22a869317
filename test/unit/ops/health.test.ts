// Health and confirmation on a simulated machine: updates that are well, ill, or never reach the end of a boot.
import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { SimulatedOutside } from '../../sim/simulated-outside.ts'
import { executeRollback, planRollback } from '../../../src/ops/rollback.ts'
import { silent } from '../../../src/base/progress.ts'
import { placeFile, root } from '../../support/simulated-host.ts'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { recoverHost } from '../../../src/ops/recover.ts'
import { hostStatus } from '../../../src/ops/status.ts'
import { isCrash } from '../../sim/faults.ts'
import {
  apply,
  boot,
  bootEarly,
  bootLate,
  bootUp,
  copyOf,
  cutFile,
  freshMachine,
  illFile,
  offer,
  tell,
  type Wellness,
  wellMachine,
} from '../../support/boots.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../../support/remembered-ed25519.ts')).remember(original),
)

let plain: SimulatedOutside
let counting: SimulatedOutside
beforeAll(async () => {
  plain = await wellMachine({ isCounting: false })
  counting = await wellMachine({ isCounting: true })
})

async function updated(before: SimulatedOutside, wellness: Wellness, serial = 2) {
  const outside = copyOf(before)
  await offer(outside, { serial, wellness })
  return { outside, applied: await apply(outside) }
}

const why = 'check pump: exit code 3, the pump stands still'

describe('after apply', () => {
  test('a state whose checks pass is confirmed, and the receipt says so', async () => {
    const { outside, applied } = await updated(plain, 'well')
    expect(applied.health).toEqual({ kind: 'confirmed' })
    expect((await hostStatus(outside, { root })).health).toBeUndefined()
    expect(await tell(outside)).toEqual({
      current: 2,
      kept: [0, 1, 2],
      confirmed: [1, 2],
      history: ['apply 0 1', 'apply 1 2'],
      serial: 2,
      receipt: '2 applied confirmed',
    })
  })

  test('T5: a state whose check fails is gone back from; the counters stay', async () => {
    const { outside, applied } = await updated(plain, 'ill')
    expect(applied).toMatchObject({ state: 1, previous: 2, health: { kind: 'back', to: 1, why } })
    const { health } = await hostStatus(outside, { root })
    expect(health).toEqual({ isConfirmed: true, wentBack: { from: 2, why } })
    expect(applied.notes).toEqual([`went back from state 2 to 1: ${why}`])
    expect(await tell(outside)).toEqual({
      current: 1,
      kept: [0, 1, 2],
      confirmed: [1],
      history: ['apply 0 1', 'apply 1 2', 'back 2 1'],
      serial: 2,
      receipt: `1 failed went back from state 2 to 1: ${why}`,
    })
  })

  test('a check that hangs has failed when its time is over', async () => {
    const { applied } = await updated(plain, 'stuck')
    expect(applied.health).toMatchObject({
      kind: 'back',
      why: 'check pump: not done after 5000 ms, or killed, the pump stands still',
    })
  })

  test('what was gone back from is applied again only on request, and then as any other', async () => {
    const { outside } = await updated(plain, 'ill')
    await expect(apply(outside)).rejects.toMatchObject({
      code: 'STATE_FAILED_BEFORE',
      details: { state: 2, why },
    })
    expect((await tell(outside)).current).toBe(1)
    expect(await apply(outside, true)).toMatchObject({ state: 1, previous: 3, health: { kind: 'back' } })
    await expect(apply(outside)).rejects.toMatchObject({ details: { state: 3 } })
    await offer(outside, { serial: 3, wellness: 'well' })
    expect(await apply(outside)).toMatchObject({ state: 4, health: { kind: 'confirmed' } })
    expect(await planRollback(outside, { root, state: undefined, withModel: false })).toMatchObject({ to: 1 })
  })

  test('without a confirmed state to go back to it stays and says so', async () => {
    const outside = await freshMachine()
    await offer(outside, { serial: 1, wellness: 'ill' })
    const applied = await apply(outside)
    expect(applied).toMatchObject({ state: 1, previous: 0, health: { kind: 'failing', why } })
    expect(applied.notes).toEqual([
      `state 1 is not well, but moss does not go back from it by itself: ${why}`,
    ])
    expect(await tell(outside)).toMatchObject({ confirmed: [], receipt: '1 applied not confirmed yet' })
    // Somebody mends what the check looks at, and says so.
    outside.disk.remove(`${root}/usr/share/pump`)
    placeFile(outside, `${root}/usr/share/pump`, encodeUtf8('well'))
    expect((await bootUp(outside)).actions).toEqual(['confirmed state 1'])
  })

  test('the state to go back to is the one that was confirmed last, not the one before', async () => {
    const outside = copyOf(plain)
    const rollback = await planRollback(outside, { root, state: '0', withModel: false })
    expect((await executeRollback(outside, rollback, silent)).health?.kind).toBe('failing')
    await offer(outside, { serial: 2, wellness: 'ill' })
    expect(await apply(outside)).toMatchObject({ state: 1, previous: 2, health: { kind: 'back' } })
  })

  test('a model that cannot be read is no reason not to check', async () => {
    const { outside } = await updated(counting, 'well')
    const model = `${root}/etc/moss/model.toml`
    outside.disk.remove(model)
    placeFile(outside, model, encodeUtf8('chanel = 3'))
    placeFile(outside, illFile, encodeUtf8(''))
    expect((await bootUp(outside)).health).toEqual({ kind: 'back', to: 1, why })
  })

  test('checks that this user may not run leave the state unconfirmed', async () => {
    const { outside } = await updated(plain, 'absent')
    expect(await tell(outside)).toMatchObject({ current: 2, confirmed: [1] })
  })

  test('a person’s rollback to what was gone back from stands', async () => {
    const { outside } = await updated(plain, 'ill')
    const plan = await planRollback(outside, { root, state: '2', withModel: false })
    expect(plan.warnings).toContain(`state 2 was gone back from: ${why}`)
    expect(await executeRollback(outside, plan, silent)).toMatchObject({
      state: 2,
      health: { kind: 'failing', why },
    })
    for (const name of ['boot 1', 'boot 2', 'boot 3', 'boot 4']) {
      const next = boot(outside, name)
      await bootEarly(next)
      expect((await bootUp(next)).health?.kind).toBe('failing')
      expect((await tell(next)).current).toBe(2)
    }
  })
})

describe('where boots are counted', () => {
  test('the end of the next boot confirms', async () => {
    const { outside, applied } = await updated(counting, 'well')
    expect(applied.health).toEqual({ kind: 'waiting', why: 'the end of the next boot confirms it' })
    expect(await tell(outside)).toMatchObject({ confirmed: [1], receipt: '2 applied not confirmed yet' })
    const next = boot(outside, 'boot 1')
    expect((await bootEarly(next)).health?.kind).toBe('waiting')
    expect((await hostStatus(next, { root })).health).toEqual({ isConfirmed: false })
    expect(await bootUp(next)).toMatchObject({ actions: ['confirmed state 2'], current: 2 })
    expect((await hostStatus(next, { root })).health).toBeUndefined()
    expect(await tell(next)).toMatchObject({ confirmed: [1, 2], receipt: '2 applied confirmed' })
    expect((await bootUp(next)).actions).toEqual([])
  })

  test('two boots without an end, and the third goes back', async () => {
    const { outside } = await updated(counting, 'well')
    let machine = outside
    for (const name of ['boot 1', 'boot 2']) {
      machine = boot(machine, name)
      expect(await bootEarly(machine)).toMatchObject({ current: 2, health: { kind: 'waiting' } })
      // Called twice in one boot it is the same boot.
      expect(await bootEarly(machine)).toMatchObject({ current: 2, health: { kind: 'waiting' } })
    }
    machine = boot(machine, 'boot 3')
    expect(await bootEarly(machine)).toEqual({
      actions: ['went back from state 2 to 1: 2 boots without confirmation'],
      current: 1,
      health: { kind: 'back', to: 1, why: '2 boots without confirmation' },
      isDelivered: true,
    })
    expect((await bootUp(machine)).health?.kind).toBe('confirmed')
    expect(await tell(machine)).toMatchObject({
      current: 1,
      serial: 2,
      receipt: '1 failed went back from state 2 to 1: 2 boots without confirmation',
    })
  })

  test('a boot that does not come to its end in time goes back, but not from what was applied in it', async () => {
    const { outside } = await updated(counting, 'well')
    expect((await bootLate(outside)).health?.kind).toBe('waiting')
    const next = boot(outside, 'boot 1')
    await bootEarly(next)
    const other = copyOf(next)
    expect(await bootLate(next)).toMatchObject({
      actions: ['went back from state 2 to 1: the boot did not come to its end in time'],
      current: 1,
      health: { kind: 'back', to: 1 },
    })
    await bootUp(other)
    expect(await bootLate(other)).toMatchObject({ actions: [], current: 2 })
  })

  test('a check that fails at the end of a boot goes back, and the packages are known when they come again', async () => {
    const { outside } = await updated(counting, 'well')
    const next = boot(outside, 'boot 1')
    await bootEarly(next)
    placeFile(next, illFile, encodeUtf8(''))
    expect(await bootUp(next)).toMatchObject({ current: 1, health: { kind: 'back', to: 1, why } })
    expect((await tell(next)).receipt).toBe(`1 failed went back from state 2 to 1: ${why}`)
    // The cause is elsewhere: state 1 was confirmed, so nothing goes round in circles.
    for (const name of ['boot 2', 'boot 3', 'boot 4']) {
      const later = boot(next, name)
      await bootEarly(later)
      expect(await bootUp(later)).toMatchObject({ current: 1, actions: [] })
    }
    await offer(next, { serial: 2, wellness: 'well' })
    await expect(apply(next)).rejects.toMatchObject({ code: 'STATE_FAILED_BEFORE', details: { state: 2 } })
    next.disk.remove(illFile)
    expect(await apply(next, true)).toMatchObject({ state: 3, health: { kind: 'waiting' } })
    expect((await bootUp(next)).health?.kind).toBe('confirmed')
    // Once it is confirmed nothing is held against these packages any more.
    await executeRollback(next, await planRollback(next, { root, state: '1', withModel: false }), silent)
    await offer(next, { serial: 2, wellness: 'well' })
    expect((await apply(next)).state).toBe(4)
  })

  test('states that follow each other within one boot go back to the last confirmed one', async () => {
    const { outside } = await updated(counting, 'well', 2)
    await offer(outside, { serial: 3, wellness: 'well' })
    await apply(outside)
    await offer(outside, { serial: 4, wellness: 'well' })
    await apply(outside)
    await offer(outside, { serial: 5, wellness: 'ill' })
    expect(await apply(outside)).toMatchObject({ state: 1, previous: 5 })
    expect((await tell(outside)).kept).toEqual([1, 3, 4, 5])
  })
})

describe('a power cut while the checks run', () => {
  async function cut(before: SimulatedOutside, wellness: Wellness): Promise<SimulatedOutside> {
    const outside = copyOf(before)
    await offer(outside, { serial: 2, wellness })
    placeFile(outside, cutFile, encodeUtf8(''))
    await expect(apply(outside)).rejects.toSatisfy(isCrash)
    const next = boot(outside, 'boot 1')
    next.disk.remove(cutFile)
    return next
  }

  test('leaves the new state, which the next boot confirms', async () => {
    const machine = await cut(counting, 'well')
    expect(await bootEarly(machine)).toMatchObject({
      actions: ['finished the transaction to state 2', expect.stringContaining('not confirmed yet')],
      current: 2,
    })
    expect((await bootUp(machine)).actions).toEqual(['confirmed state 2'])
  })

  test('or goes back from', async () => {
    const machine = await cut(counting, 'ill')
    expect((await bootEarly(machine)).current).toBe(2)
    expect(await bootUp(machine)).toMatchObject({ current: 1, health: { kind: 'back', why } })
  })

  test('where nobody counts boots the next changing verb runs them', async () => {
    const machine = await cut(plain, 'ill')
    expect(await recoverHost(machine, { root, moment: undefined })).toMatchObject({
      actions: ['finished the transaction to state 2', `went back from state 2 to 1: ${why}`],
      health: { kind: 'back' },
    })
  })
})
