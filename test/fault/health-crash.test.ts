// Confirming, going back and counting boots, killed or without power at every changing call: as found and once recovered
// one whole state is current, and whatever was decided comes to the same end.
import { beforeAll, expect, test, vi } from 'vitest'
import { readCounters } from '../../src/state/counters-file.ts'
import { placesOf } from '../../src/state/places.ts'
import type { SimulatedOutside } from '../sim/simulated-outside.ts'
import { apply, bootEarly, bootUp, copyOf, nameBoot, offer, wellMachine } from '../support/boots.ts'
import { crashEverywhere, failEverywhere, type Scenario } from '../support/disturb.ts'
import { crashStep, failureStep } from '../support/fault-effort.ts'
import { checkRoot, differences, knownTrees, surroundingsOf } from '../support/invariants.ts'
import { applyVerb, checkAssets, endOf, recoverVerb, root } from '../support/simulated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../support/remembered-ed25519.ts')).remember(original),
)
vi.mock('../../src/container/zstd.ts', async (original) =>
  (await import('../support/remembered-zstd.ts')).remember(original),
)
vi.mock('../../src/trust/keys.ts', async (original) =>
  (await import('../support/remembered-keys.ts')).remember(original),
)

/** Hundreds of whole verbs: on a busy machine they take their time. */
vi.setConfig({ testTimeout: 300_000 })

let plain: SimulatedOutside
let counting: SimulatedOutside

beforeAll(async () => {
  plain = await wellMachine({ isCounting: false })
  counting = await wellMachine({ isCounting: true })
})

/**
 * But the receipt, whose counter tells how often it was written; the bundle, which waits on if its state was gone back
 * from before a receipt called it applied; and the reason, which after several boots is that there were several.
 */
const endBut = (outside: SimulatedOutside): readonly string[] =>
  endOf(outside)
    .filter((line) => !/^(receipt |\/\.moss\/incoming\/)/.test(line))
    .map((line) => line.replace(/(2 boots without confirmation|check pump: .*)$/, 'failed'))

interface Plot {
  readonly before: SimulatedOutside
  readonly verb: (outside: SimulatedOutside) => Promise<unknown>
  readonly recover: (outside: SimulatedOutside) => Promise<unknown>
  readonly end?: (outside: SimulatedOutside) => readonly string[]
}

async function scenarioOf({ before, verb, recover, end = endOf }: Plot): Promise<Scenario> {
  const undisturbed = before.copy()
  await verb(undisturbed)
  const wanted = end(undisturbed)
  const known = new Map([...knownTrees(before.disk, root), ...knownTrees(undisturbed.disk, root)])
  const floor = readCounters(before.disk, placesOf(root))
  const surroundings = surroundingsOf(before.disk, root)
  return {
    before,
    verb: async (outside) => void (await verb(outside)),
    recover: async (outside) => void (await recover(outside)),
    check: (outside, when) => [
      ...checkRoot(outside.disk, root, { known, floor, surroundings, isSettled: when === 'recovered' }),
      ...checkAssets(outside, root),
    ],
    checkEnd: (outside) => differences(wanted, end(outside)).map((line) => `T4: ${line}`),
  }
}

let boots = 0
const nextBoot = async (outside: SimulatedOutside) => {
  nameBoot(outside, `another boot ${++boots}`)
  return bootEarly(outside)
}

async function offered(before: SimulatedOutside, wellness: 'well' | 'ill') {
  const outside = copyOf(before)
  await offer(outside, { serial: 2, wellness })
  return copyOf(outside)
}

/** State 2 was applied, and nothing has confirmed it; boots began with it. */
async function unconfirmed(begun: number) {
  const outside = await offered(counting, 'well')
  await apply(outside)
  for (let boot = 0; boot < begun; boot++) await nextBoot(outside)
  nameBoot(outside, 'this boot')
  return copyOf(outside)
}

async function crashes(what: string, scenario: Scenario, cuts = 2) {
  const { points, violations } = await crashEverywhere(scenario, { cuts })
  console.log(`${what}: ${points} crash points, ${violations.length} violations`)
  expect(violations).toEqual([])
  return points
}

test('T1–T6: a crash at any step of an update that is gone back from ends where nobody disturbed it', async () => {
  const scenario = await scenarioOf({
    before: await offered(plain, 'ill'),
    verb: applyVerb,
    recover: recoverVerb,
  })
  expect(await crashes('apply and back', scenario)).toBeGreaterThan(90 / crashStep)
})

test('T1–T6: the same, where the next boot counts and its end decides', async () => {
  const day = async (outside: SimulatedOutside) => {
    await applyVerb(outside)
    await nextBoot(outside)
    await bootUp(outside)
  }
  const before = await offered(counting, 'ill')
  const scenario = await scenarioOf({ before, verb: day, recover: nextBoot, end: endBut })
  expect(await crashes('apply, boot and back', scenario)).toBeGreaterThan(90 / crashStep)
})

test('T1–T6: a crash at any step of going back at a third boot', async () => {
  const scenario = await scenarioOf({
    before: await unconfirmed(2),
    verb: bootEarly,
    recover: nextBoot,
  })
  expect(await crashes('third boot', scenario, 4)).toBeGreaterThan(15 / crashStep)
})

test('T3 T4: a crash at any step of confirming', async () => {
  const scenario = await scenarioOf({ before: await unconfirmed(0), verb: bootUp, recover: nextBoot })
  expect(await crashes('confirm', scenario, 4)).toBeGreaterThan(3 / crashStep)
})

test('T1 T4: every call of going back may fail', async () => {
  const scenario = await scenarioOf({
    before: await unconfirmed(2),
    verb: bootEarly,
    recover: nextBoot,
  })
  const { points, violations } = await failEverywhere(scenario, { problems: ['EIO', 'ENOSPC', 'EROFS'] })
  console.log(`third boot: ${points} failing calls, ${violations.length} violations`)
  expect(violations).toEqual([])
  expect(points).toBeGreaterThan(100 / failureStep)
})
