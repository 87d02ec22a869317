// The verbs of the loop on a machine with a history, as scenarios to disturb: a fourth bundle on the stick, the same
// taken in, the same applied. Small, but with each kind of entry, a file of several chunks of which one changes, and
// defaults for /etc, one of which the machine has deleted.
import { isDeepStrictEqual } from 'node:util'
import { isMossError, MossError } from '../../src/base/error.ts'
import type { HostId } from '../../src/base/ids.ts'
import { silent } from '../../src/base/progress.ts'
import { readCounters } from '../../src/state/counters-file.ts'
import { placesOf } from '../../src/state/places.ts'
import { encodeRootFile } from '../../src/container/root-file.ts'
import { executeGc, planGc } from '../../src/ops/gc.ts'
import { readHostRoot } from '../../src/ops/host-trust.ts'
import { executeRepair, planRepair } from '../../src/ops/repair.ts'
import { executeRollback, planRollback } from '../../src/ops/rollback.ts'
import { exportState } from '../../src/ops/state-export.ts'
import { initTrust } from '../../src/ops/trust-init.ts'
import type { Counters } from '../../src/trust/counters.ts'
import { fingerprintOf } from '../../src/trust/fingerprint.ts'
import { makeSoleRoot, rootDigest } from '../../src/trust/root.ts'
import type { SimulatedOutside } from '../sim/simulated-outside.ts'
import {
  bundleDate,
  composeBundle,
  draftPackage,
  type DraftPackage,
  signers,
  underNextRoot,
} from './compose-bundle.ts'
import { noise } from './containers.ts'
import type { Scenario } from './disturb.ts'
import { checkRoot, describeTree, differences, knownTrees, surroundingsOf } from './invariants.ts'
import { samplePackage } from './sample-root.ts'
import {
  applyVerb,
  auditOf,
  checkAssets,
  endOf,
  freshHost,
  importVerb,
  placeFile,
  recoverVerb,
  root,
  stick,
} from './simulated-host.ts'
import { cutIntoVolumes } from './volumes.ts'

/** Three chunks and more, of which the last follows the version. */
function bigBody(version: number): Uint8Array {
  const body = noise(300_000, 5)
  body.set(noise(2000, 50 + version), 290_000)
  return body
}

/** Version 2 requires games: what the model itself asks for is never taken away again. */
function base(version: number): DraftPackage {
  const { manifest, contents } = samplePackage('base', String(version), {
    'usr/bin/sh': { text: 'a shell', mode: 0o755 },
    'usr/bin/su': { text: `su ${version}`, mode: 0o4755 },
    'usr/lib/big': { text: bigBody(version) },
    'usr/share/empty': '',
    'usr/share/link': { target: `v${version}` },
    'usr/share/factory/etc/base.conf': `settings ${version}`,
    'usr/share/factory/etc/same.conf': 'the same',
  })
  const requires = version === 2 ? [[{ kind: 'name', name: 'games' }]] : []
  return draftPackage({ manifest: { ...manifest, requires }, contents })
}
const games = draftPackage(
  samplePackage('games', '1', {
    'usr/games/game': { text: 'a shell', mode: 0o700 },
    'usr/share/factory/etc/games/scores': 'none',
  }),
)
const extra = draftPackage(
  samplePackage('extra', '1', {
    'usr/lib/extra/file': { text: 'deep', mode: 0o600, uid: 5, gid: 6 },
    'usr/share/factory/var/lib/extra/data': 'data',
  }),
)

/** What the host has after so many bundles. */
const sets: readonly (readonly DraftPackage[])[] = [
  [],
  [base(1)],
  [base(2), games],
  [base(3)],
  [base(4), extra],
  [base(5), extra],
]

/** A bundle for `id` that leads from one of the sets to another. */
export async function sampleBundle(
  id: HostId,
  { serial, from, to }: { readonly serial: number; readonly from: number; readonly to: number },
): Promise<Uint8Array> {
  const [has = [], packages = []] = [sets[from], sets[to]]
  return (await composeBundle({ serial, hosts: [id], packages, has })).bytes
}

/** What the model of such a host asks for. */
export const subscribed = ['base', 'extra'] as const

const stickFile = `${stick}/bundle.moss`

export interface Machines {
  /** State 3 is current, 1 and 2 are kept; the fourth bundle is on the stick. */
  readonly withStick: SimulatedOutside
  /** The fourth bundle is taken in, and one before it that was never applied. */
  readonly taken: SimulatedOutside
  /** State 4 is current. */
  readonly applied: SimulatedOutside
  /** A bundle before the one on the stick, and the same as that under another trust root. */
  readonly outrunBytes: Uint8Array
  readonly rootBytes: Uint8Array
}

export async function makeMachines(): Promise<Machines> {
  const { outside, id } = await freshHost(subscribed)
  const bundleOf = (serial: number, from: number, to: number): Promise<Uint8Array> =>
    sampleBundle(id, { serial, from, to })
  for (const serial of [1, 2, 3]) {
    placeFile(outside, stickFile, await bundleOf(serial, serial - 1, serial))
    await importVerb(stickFile)(outside)
    await applyVerb(outside)
    outside.disk.remove(stickFile)
  }
  outside.disk.remove(`${root}/etc/same.conf`)
  placeFile(outside, stickFile, await bundleOf(5, 3, 4))
  const withStick = outside.copy()
  const taken = withStick.copy()
  const outrun = '/outrun.moss'
  const outrunBytes = await bundleOf(4, 3, 2)
  placeFile(taken, outrun, outrunBytes)
  await importVerb(outrun)(taken)
  await importVerb(stickFile)(taken)
  const applied = taken.copy()
  await applyVerb(applied)
  const [has = [], packages = []] = [sets[3], sets[4]]
  const { bytes: rootBytes } = await composeBundle({
    serial: 5,
    hosts: [id],
    packages,
    has,
    ...underNextRoot,
  })
  return { withStick, taken: taken.copy(), applied: applied.copy(), outrunBytes, rootBytes }
}

/** What no verb but apply and rollback touches. */
const ofTheState = [`${root}/usr`, `${root}/etc`, `${root}/var`, `${root}/.moss/states`]

interface Rules {
  /** T6: what this verb must leave alone beyond the surroundings of every verb. */
  readonly untouched: readonly string[]
  /** T5: what no counter falls below; what is there before, where it is not said. */
  readonly floor?: Counters
}

export async function scenarioOf(
  before: SimulatedOutside,
  verb: (outside: SimulatedOutside) => Promise<void>,
  { untouched, floor = readCounters(before.disk, placesOf(root)) }: Rules,
): Promise<Scenario> {
  const undisturbed = before.copy()
  await verb(undisturbed)
  const all = (outside: SimulatedOutside): readonly string[] => [...endOf(outside), ...auditOf(outside)]
  const end = all(undisturbed)
  const known = new Map([...knownTrees(before.disk, root), ...knownTrees(undisturbed.disk, root)])
  const surroundings = surroundingsOf(before.disk, root)
  const textOf = ({ disk }: SimulatedOutside, folder: string): string => describeTree(disk, folder).join('\n')
  const still = new Map(untouched.map((folder) => [folder, textOf(before, folder)]))
  return {
    before,
    verb,
    recover: recoverVerb,
    check: (outside, when) => [
      ...checkRoot(outside.disk, root, { known, floor, surroundings, isSettled: when === 'recovered' }),
      ...[...still]
        .filter(([folder, text]) => textOf(outside, folder) !== text)
        .map(([folder]) => `T6: ${folder} changed`),
      ...checkAssets(outside, root),
    ],
    checkEnd: (outside) => [
      ...differences(end, all(outside)).map((line) => `T4: ${line}`),
      ...checkAssets(outside, root),
    ],
  }
}

export const importing = ({ withStick }: Machines): Promise<Scenario> =>
  scenarioOf(withStick, importVerb(stickFile), {
    untouched: [stick, ...ofTheState],
  })

/** The bundle comes in volumes, each in a folder of its own. Their paths, in their order. */
export function placeVolumes({ withStick }: Machines): {
  readonly machine: SimulatedOutside
  readonly files: readonly string[]
} {
  const machine = withStick.copy()
  const whole = machine.disk.readFile(stickFile, 2 ** 24)
  machine.disk.remove(stickFile)
  const files = cutIntoVolumes(whole, whole.length - 1).map((bytes, index) => {
    const folder = `${stick}/${index + 1}`
    machine.disk.makeFolder(folder)
    placeFile(machine, `${folder}/bundle.moss`, bytes)
    return `${folder}/bundle.moss`
  })
  return { machine: machine.copy(), files }
}

/** One call after the other, the last volume first. */
export async function importingVolumes(machines: Machines): Promise<Scenario> {
  const { machine, files } = placeVolumes(machines)
  const verb = async (outside: SimulatedOutside): Promise<void> => {
    for (const file of files.toReversed())
      try {
        await importVerb(file)(outside)
      } catch (error) {
        if (!isMossError(error, 'VOLUME_WANTED')) throw error
      }
  }
  return await scenarioOf(machine, verb, { untouched: [stick, ...ofTheState] })
}

/** The bundle brings another trust root, under which one that waits does not count any more. */
export async function importingRoot({ withStick, outrunBytes, rootBytes }: Machines): Promise<Scenario> {
  const machine = withStick.copy()
  machine.disk.remove(stickFile)
  placeFile(machine, stickFile, rootBytes)
  placeFile(machine, '/waits.moss', outrunBytes)
  await importVerb('/waits.moss')(machine)
  return await scenarioOf(machine.copy(), importVerb(stickFile), { untouched: [stick, ...ofTheState] })
}

/** The host is given another trust root, under which serials count anew: never under the one before. */
export async function restartingTrust({ withStick }: Machines): Promise<Scenario> {
  const machine = withStick.copy()
  const [file, places] = ['/other.moss-root', placesOf(root)]
  const other = makeSoleRoot(signers.stranger.publicKey, bundleDate)
  placeFile(machine, file, encodeRootFile(other, [signers.stranger]))
  const before = readCounters(machine.disk, places)
  const fingerprint = fingerprintOf(rootDigest(other))
  const scenario = await scenarioOf(
    machine.copy(),
    async (outside) => void (await initTrust(outside, { root, file, expect: fingerprint }, silent)),
    { untouched: [stick, ...ofTheState], floor: { ...before, serials: {} } },
  )
  const isOther = ({ disk }: SimulatedOutside): boolean =>
    fingerprintOf(rootDigest(readHostRoot(disk, places))) === fingerprint
  return {
    ...scenario,
    check: (outside, when) => [
      ...scenario
        .check(outside, when)
        .filter((one) => !(isOther(outside) && one.includes('behind the current state’s serial'))),
      ...(isOther(outside) || isDeepStrictEqual(readCounters(outside.disk, places), before)
        ? []
        : ['T5: serials are forgotten under the root that was there before']),
    ],
  }
}

export const applying = ({ taken }: Machines): Promise<Scenario> =>
  scenarioOf(taken, applyVerb, { untouched: [stick] })

const rollback =
  (request: { readonly state: string | undefined; readonly withModel: boolean }) =>
  async (outside: SimulatedOutside): Promise<void> => {
    const plan = await planRollback(outside, { root, ...request })
    if (!plan.isNothing) await executeRollback(outside, plan, silent)
  }

export const rollingBack = ({ applied }: Machines): Promise<Scenario> =>
  scenarioOf(applied, rollback({ state: '2', withModel: true }), { untouched: [stick] })

/** To the state before, whichever that is: only the verb itself may recover, since afterwards it means another state. */
export async function rollingBackOnce({ applied }: Machines): Promise<Scenario> {
  const scenario = await scenarioOf(applied, rollback({ state: undefined, withModel: false }), {
    untouched: [stick],
  })
  return { ...scenario, recover: async () => {}, check: (outside) => scenario.check(outside, 'found') }
}

export const exporting = ({ applied }: Machines): Promise<Scenario> =>
  scenarioOf(applied, async (outside) => void (await exportState(outside, { root, to: stick })), {
    untouched: ofTheState,
  })

const collect = async (outside: SimulatedOutside): Promise<void> =>
  void (await executeGc(outside, await planGc(outside, { root })))

export const collecting = ({ applied }: Machines): Promise<Scenario> =>
  scenarioOf(applied, collect, { untouched: [stick, ...ofTheState] })

const repair = async (outside: SimulatedOutside): Promise<void> => {
  const plan = await planRepair(outside, { root }, silent)
  if (plan.damaged.length === 0) return
  const { left } = await executeRepair(outside, plan, silent)
  // Exit 3: a source that could not be read was none, and what has no other is forgotten, by name, until the next time.
  if (left.length > 0) throw new MossError('CONTENT_MISSING', { what: left.join(', ') })
}

/** Two assets are gone. */
export async function repairing({ applied }: Machines): Promise<Scenario> {
  const damaged = applied.copy()
  const assets = `${root}/.moss/assets`
  const paths = damaged.disk
    .list(assets)
    .flatMap(({ name }) =>
      damaged.disk.list(`${assets}/${name}`).map((file) => `${assets}/${name}/${file.name}`),
    )
  for (const path of paths.slice(0, 2)) damaged.disk.remove(path)
  const scenario = await scenarioOf(damaged.copy(), repair, { untouched: [stick, ...ofTheState] })
  // What is missing is recorded until it is repaired.
  const known = new Set(scenario.check(scenario.before, 'found'))
  return {
    ...scenario,
    check: (outside, when) => scenario.check(outside, when).filter((violation) => !known.has(violation)),
    // A tree that could not be read is made anew as well, and the other one laid aside.
    checkEnd: (outside) =>
      scenario.checkEnd(outside).filter((violation) => !violation.startsWith('T4: + /.moss/lost')),
  }
}

/** An apply was cut short right after its exchange. */
export async function recovering({ taken }: Machines): Promise<Scenario> {
  for (let crashAt = 1, isPast = false; ; crashAt++) {
    const machine = taken.copy()
    machine.arm({ crashAt })
    await applyVerb(machine).catch(() => {})
    if (!machine.hasCrashed) throw new Error('apply never exchanged')
    if (isPast) return await scenarioOf(machine.afterKill().copy(), recoverVerb, { untouched: [stick] })
    isPast = machine.trace().at(-1)?.name === 'exchange'
  }
}
