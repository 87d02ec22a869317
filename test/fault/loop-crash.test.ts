// The verbs of the loop through ops/, killed or without power at every changing call: as found and once recovered the
// machine keeps its invariants, and the same verb again reaches the end that nobody disturbed.
import { beforeAll, expect, test } from 'vitest'
import { crashEverywhere, type Outcome } from '../support/disturb.ts'
import {
  applying,
  exporting,
  importing,
  type Machines,
  makeMachines,
  rollingBack,
} from '../support/loop-scenarios.ts'

let machines: Machines

beforeAll(async () => {
  machines = await makeMachines()
})

const say = (what: string, { points, violations }: Outcome): void =>
  console.log(`${what}: ${points} crash points, ${violations.length} violations`)

test('T1 T2 T4 T5 T6 S1: a crash at any step of an import', async () => {
  const outcome = await crashEverywhere(await importing(machines), { cuts: 2 })
  say('import', outcome)
  expect(outcome.violations).toEqual([])
  expect(outcome.points).toBeGreaterThan(40)
})

test('T1 T2 T4 T5 T6 S1: a crash at any step of apply', async () => {
  const outcome = await crashEverywhere(await applying(machines), { cuts: 2 })
  say('apply', outcome)
  expect(outcome.violations).toEqual([])
  expect(outcome.points).toBeGreaterThan(80)
})

test('T1 T2 T4 T5 T6 S1: a crash at any step of a rollback to a state by its number', async () => {
  const outcome = await crashEverywhere(await rollingBack(machines, { state: '2', withModel: true }), {
    cuts: 2,
  })
  say('rollback 2 --with-model', outcome)
  expect(outcome.violations).toEqual([])
  expect(outcome.points).toBeGreaterThan(20)
})

test('T1 T2 T4 T5 T6 S1: a crash at any step of a rollback to the state before goes back once', async () => {
  const outcome = await crashEverywhere(await rollingBack(machines, { state: undefined, withModel: false }), {
    cuts: 2,
  })
  say('rollback', outcome)
  expect(outcome.violations).toEqual([])
  expect(outcome.points).toBeGreaterThan(20)
})

test('T4 T6: a crash at any step of a state export', async () => {
  const outcome = await crashEverywhere(await exporting(machines), { cuts: 2 })
  say('state export', outcome)
  expect(outcome.violations).toEqual([])
  expect(outcome.points).toBeGreaterThan(5)
})
