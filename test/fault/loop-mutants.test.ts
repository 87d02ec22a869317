// The harness itself: with a sync left out that a rule depends on, the suite over the loop must turn red. Where another
// sync makes up for one that is left out (the exchange's folders, by the barrier of deliveries), test/fault/
// apply-and-rollback.test.ts has the mutant without that other one.
import { beforeAll, expect, test, vi } from 'vitest'
import { type Call, isCrash } from '../sim/faults.ts'
import type { SimulatedOutside } from '../sim/simulated-outside.ts'
import type { Scenario } from '../support/disturb.ts'
import { applying, importing, type Machines, makeMachines } from '../support/loop-scenarios.ts'
import { root } from '../support/simulated-host.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../support/remembered-ed25519.ts')).remember(original),
)

vi.setConfig({ testTimeout: 300_000 })

let machines: Machines

beforeAll(async () => {
  machines = await makeMachines()
})

type Forgets = (call: Call) => boolean

/** The first violation found by power cuts at the changing calls from `from` of the way on; undefined if there is none. */
async function firstViolation(
  scenario: Scenario,
  isSyncForgotten: Forgets,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<string | undefined> {
  const whole = scenario.before.copy()
  whole.arm({ isSyncForgotten })
  await scenario.verb(whole)
  const total = whole.calls().changing
  for (let crashAt = Math.floor(total * from) + 1; crashAt <= total * to; crashAt++) {
    const machine = scenario.before.copy(crashAt)
    machine.arm({ isSyncForgotten, crashAt })
    const crashed = await scenario.verb(machine).catch((error: unknown) => isCrash(error))
    expect(crashed).toBe(true)
    for (let seed = 1; seed <= 6; seed++) {
      const problem = await problemAfter(scenario, machine.afterPowerCut(crashAt * 10 + seed))
      if (problem !== undefined) return `crash ${crashAt}: ${problem}`
    }
  }
  return undefined
}

/** What cannot even be looked at is a violation too. */
async function problemAfter(scenario: Scenario, machine: SimulatedOutside): Promise<string | undefined> {
  try {
    const [found] = scenario.check(machine, 'found')
    if (found !== undefined) return found
    await scenario.recover(machine)
    await scenario.verb(machine)
    return scenario.checkEnd(machine)[0]
  } catch (error) {
    return String(error)
  }
}

const exchangeIn = async ({ before, verb }: Scenario): Promise<number> => {
  const whole = before.copy()
  whole.arm({})
  await verb(whole)
  return whole.trace().find(({ name }) => name === 'exchange')?.number ?? expect.fail('nothing was exchanged')
}

const part = { end: { from: 0.85, to: 1 }, middle: { from: 0.4, to: 0.6 } }

test('the honest program is green where its mutants are red', async () => {
  const honest: Forgets = () => false
  expect(await firstViolation(await importing(machines), honest, part.end)).toBeUndefined()
  expect(await firstViolation(await applying(machines), honest, { from: 0.45, to: 0.5 })).toBeUndefined()
})

test('without barrier A an import is red', async () => {
  const forgets: Forgets = ({ name, path }) => name === 'syncFilesystem' && path === `${root}/.moss`
  expect(await firstViolation(await importing(machines), forgets, part.end)).toMatch(/S1|T4/)
})

test('without the sync of the folders that assets move between an import is red', async () => {
  const forgets: Forgets = ({ name, path }) =>
    name === 'syncFolder' && /\.moss\/(assets|staging)\//.test(path)
  expect(await firstViolation(await importing(machines), forgets, part.end)).toMatch(/S1|T4/)
})

test('without barrier B apply is red', async () => {
  const forgets: Forgets = ({ name, path }) =>
    name === 'syncFilesystem' && path.startsWith(`${root}/.moss/staging/`)
  expect(await firstViolation(await applying(machines), forgets, part.middle)).toMatch(/T1|T2/)
})

test('publishing before anything was synced is red', async () => {
  const scenario = await applying(machines)
  const exchange = await exchangeIn(scenario)
  const forgets: Forgets = ({ number }) => number < exchange
  expect(await firstViolation(scenario, forgets, part.middle)).toBeDefined()
})

test('publishing with the counters not synced is red', async () => {
  const forgets: Forgets = ({ name, path }) => name === 'sync' && path.includes('/floor.')
  expect(await firstViolation(await applying(machines), forgets, { from: 0.4, to: 1 })).toMatch(/T5|floor/)
})

test('letting a kept state go without the sync of its move is red', async () => {
  const forgets: Forgets = ({ name, path }) => name === 'syncFolder' && /\.moss\/(staging|states)$/.test(path)
  const scenario = await applying(machines)
  // Else its tree would become the new one's instead of going.
  scenario.before.disk.removeTree(`${root}/.moss/seals`)
  expect(await firstViolation(scenario, forgets, { from: 0.7, to: 1 })).toMatch(/T2/)
})
