// Every call that the verbs of the loop make of the machine fails once, with each of the kernel's words. What comes out
// is a MossError or the verb's own end; the machine keeps its invariants, and the same verb again reaches the end.
import { beforeAll, expect, test, vi } from 'vitest'
import { failEverywhere, type Scenario } from '../support/disturb.ts'
import { faultEffort, faultTimeoutMs } from '../support/fault-effort.ts'
import {
  applying,
  collecting,
  exporting,
  importing,
  importingRoot,
  importingVolumes,
  type Machines,
  makeMachines,
  recovering,
  repairing,
  restartingTrust,
  rollingBack,
} from '../support/loop-scenarios.ts'

vi.mock('@noble/ed25519', async (original) =>
  (await import('../support/remembered-ed25519.ts')).remember(original),
)
vi.mock('../../src/container/zstd.ts', async (original) =>
  (await import('../support/remembered-zstd.ts')).remember(original),
)
vi.mock('../../src/trust/keys.ts', async (original) =>
  (await import('../support/remembered-keys.ts')).remember(original),
)

/** All of them at every call take some minutes. Otherwise a sample: of EIO a larger one than of the rest. */
const isAll = faultEffort !== 'sample'
const rest = ['ENOSPC', 'EDQUOT', 'EROFS', 'EMLINK', 'EINTR', 'EMFILE']

vi.setConfig({ testTimeout: faultTimeoutMs })

let machines: Machines

beforeAll(async () => {
  machines = await makeMachines()
})

test.each<[string, (machines: Machines) => Promise<Scenario>, number]>([
  ['import', importing, 11],
  ['import with root', importingRoot, 23],
  ['import of volumes', importingVolumes, 23],
  ['trust init', restartingTrust, 23],
  ['apply', applying, 11],
  ['rollback', rollingBack, 11],
  ['state export', exporting, 11],
  ['gc', collecting, 23],
  ['repair', repairing, 23],
  ['recover', recovering, 23],
])('T1 T4: every call of %s may fail', async (name, scenarioOf, sampled) => {
  const scenario = await scenarioOf(machines)
  const every = await failEverywhere(scenario, { problems: ['EIO'], step: isAll ? 1 : sampled })
  const others = await failEverywhere(scenario, { problems: rest, step: isAll ? 1 : 121 })
  const points = every.points + others.points
  const violations = [...every.violations, ...others.violations]
  console.log(`${name}: ${points} failing calls, ${violations.length} violations`)
  expect(violations).toEqual([])
  expect(every.points).toBeGreaterThan(isAll ? 50 : 3)
})

test('T1: where no more links can be made the tree is made of copies, and is the same', async () => {
  const { before, verb, checkEnd } = await applying(machines)
  const whole = before.copy()
  whole.arm({})
  await verb(whole)
  const places = whole.trace().filter(({ name }) => name === 'placeCopy')
  expect(places.length).toBeGreaterThan(5)
  for (const { number } of places) {
    const machine = before.copy()
    machine.arm({ failAt: { n: number, problem: 'EMLINK' } })
    await verb(machine)
    expect(checkEnd(machine)).toEqual([])
  }
})
