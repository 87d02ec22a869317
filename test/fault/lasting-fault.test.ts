// What stays broken: a file that somebody made immutable, a rotten block, a full /etc. A call that fails once is tried again
// elsewhere (loop-failure); here each path refuses for good. Once the tree is exchanged nothing of that may stop the
// transaction, nor any verb after it; when the machine lets it, opening the root brings everything to its end.
import { beforeAll, expect, test, vi } from 'vitest'
import { encodeUtf8 } from '../../src/base/bytes.ts'
import { keptNumbers, readRecord } from '../../src/state/parts.ts'
import { placesOf } from '../../src/state/places.ts'
import { executeGc, planGc } from '../../src/ops/gc.ts'
import { openHost } from '../../src/ops/host.ts'
import { executePrune, planPrune } from '../../src/ops/prune.ts'
import { hostStatus } from '../../src/ops/status.ts'
import type { Scenario } from '../support/disturb.ts'
import { faultTimeoutMs } from '../support/fault-effort.ts'
import { applying, makeMachines, type Machines, rollingBack } from '../support/loop-scenarios.ts'
import { placeFile, recoverVerb, root } from '../support/simulated-host.ts'
import type { SimulatedOutside } from '../sim/simulated-outside.ts'

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

const changing =
  /^(create|write|rename|exchange|remove|removeFolder|makeFolder|makeSymlink|setMode|setOwner)$/

/** What an undisturbed run changes below these folders, each path once. */
async function touched({ before, verb }: Scenario, below: RegExp): Promise<readonly string[]> {
  const machine = before.copy()
  machine.arm({})
  await verb(machine)
  const paths = machine
    .trace()
    .filter(({ name }) => changing.test(name))
    .flatMap(({ path }) => path.split(' '))
    .map(placeOf)
  return [...new Set(paths)].filter((path) => below.test(path))
}

/** What is made beside its place is for that place. */
const placeOf = (path: string): string => path.replaceAll(/\.(moss-new|part)(?=\/|$)/g, '')

const refusing =
  (isStuck: (path: string) => boolean, which = changing) =>
  ({ name, path }: { readonly name: string; readonly path: string }): string | undefined =>
    which.test(name) && path.split(' ').map(placeOf).some(isStuck) ? 'EPERM' : undefined

async function toldByOpening(machine: SimulatedOutside): Promise<readonly string[]> {
  const told: string[] = []
  using _ = await openHost(machine, {
    root,
    report: ({ warning }) => void (warning === undefined || told.push(warning)),
  })
  return told
}

const currentOf = (outside: SimulatedOutside): number =>
  readRecord({ outside, places: placesOf(root) }, placesOf(root).usr).number

const verbs: readonly [string, (machines: Machines) => Promise<Scenario>][] = [
  ['apply', applying],
  ['rollback', rollingBack],
]

test.each(verbs)('no file of /etc and /var stops %s or what comes after it', async (_, scenarioOf) => {
  const scenario = await scenarioOf(machines)
  const undisturbed = scenario.before.copy()
  await scenario.verb(undisturbed)
  const paths = await touched(scenario, /^\/root\/(etc|var)\//)
  expect(paths.length).toBeGreaterThan(3)
  for (const stuck of [...paths, `${root}/etc`, `${root}/var`]) {
    const machine = scenario.before.copy()
    const refuses = refusing((path) => new RegExp(`^${stuck}(/|$)`).test(path))
    machine.arm({ refuses })
    await scenario.verb(machine)
    expect([stuck, currentOf(machine)]).toEqual([stuck, currentOf(undisturbed)])
    expect(await hostStatus(machine, { root })).toMatchObject({ interrupted: false, undelivered: true })
    expect([stuck, ...(await toldByOpening(machine))]).toMatchObject([
      stuck,
      expect.stringContaining('it will be tried again'),
    ])
    const other = machine.copy()
    other.arm({ refuses })
    await executeGc(other, await planGc(other, { root }))
    machine.arm({})
    await scenario.recover(machine)
    await scenario.verb(machine)
    expect([stuck, ...scenario.checkEnd(machine)]).toEqual([stuck])
    expect(await hostStatus(machine, { root })).not.toHaveProperty('undelivered')
  }
})

test('a model that could not be brought back, and that somebody has changed since, stays', async () => {
  const { before, verb } = await rollingBack(machines)
  const machine = before.copy()
  const { disk } = machine
  const model = `${root}/etc/moss/model.toml`
  machine.arm({ refuses: refusing((path) => path === model) })
  await verb(machine)
  expect(await hostStatus(machine, { root })).toMatchObject({ undelivered: true })
  machine.arm({})
  const own = encodeUtf8('# mine\nchannel = "stable"\n')
  disk.remove(model)
  placeFile(machine, model, own)
  await recoverVerb(machine)
  expect(disk.readFile(model, 10_000)).toEqual(own)
  expect(await hostStatus(machine, { root })).not.toHaveProperty('undelivered')
})

test('what cannot be removed stops neither pruning nor what comes after it', async () => {
  const machine = machines.applied.copy()
  const [oldest = 0] = keptNumbers(machine.disk, placesOf(root))
  machine.arm({ refuses: refusing((path) => path.startsWith(`${root}/.moss/staging/removed-`), /^remove/) })
  await executePrune(machine, await planPrune(machine, { root, states: [String(oldest)], keep: undefined }))
  expect(keptNumbers(machine.disk, placesOf(root))).not.toContain(oldest)
  expect(await toldByOpening(machine)).toMatchObject([
    expect.stringMatching(/staging\/removed-.*; it is garbage, and goes when it can be removed/),
  ])
  await executeGc(machine, await planGc(machine, { root }))
  machine.arm({})
  await recoverVerb(machine)
  expect(machine.disk.list(`${root}/.moss/staging`)).toEqual([])
})
