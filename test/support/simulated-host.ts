// A managed root on a simulated machine, made by the verbs themselves: init with a trust root, a model, bundles from a
// stick. And what must be the same after an undisturbed and a disturbed run of a verb.
import { digestOf } from '../../src/base/digest.ts'
import type { ContentDigest, HostId } from '../../src/base/ids.ts'
import { silent } from '../../src/base/progress.ts'
import { readHostState } from '../../src/fleet/state-file.ts'
import { bytesSource } from '../../src/host/byte-source.ts'
import type { Outside } from '../../src/host/outside.ts'
import { executeApply, planApply } from '../../src/ops/apply.ts'
import { openHost } from '../../src/ops/host.ts'
import { importBundles } from '../../src/ops/import.ts'
import { initHost } from '../../src/ops/init.ts'
import { changeModel } from '../../src/ops/model.ts'
import { auditBlocks } from '../../src/state/audit-file.ts'
import { placesOf } from '../../src/state/places.ts'
import { openStates } from '../../src/state/states.ts'
import { readDeliveries } from '../../src/state/tables.ts'
import { openStore } from '../../src/store/store.ts'
import { parseAudit } from '../../src/trust/audit.ts'
import { simulatedOutside, type SimulatedOutside, type SimulationOptions } from '../sim/simulated-outside.ts'
import { fourKeyRootFile } from './compose-bundle.ts'
import { describeTree, digestAt, wholeRoot } from './invariants.ts'

export const root = '/root'
export const stick = '/media/stick'

export interface SimulatedHost {
  readonly outside: SimulatedOutside
  readonly id: HostId
}

/** A host that trusts `fourKeyRoot` and subscribes to what is named. */
export async function freshHost(
  subscribe: readonly string[],
  run?: SimulationOptions['run'],
): Promise<SimulatedHost> {
  const outside = simulatedOutside(1, { mounts: [stick], ...(run && { run }) })
  placeFile(outside, '/trust.moss-root', fourKeyRootFile)
  const { host } = await initHost(outside, {
    root,
    trustFile: '/trust.moss-root',
    expect: undefined,
    name: 'pump',
    channel: undefined,
  })
  await changeModel(outside, { root, subscribe })
  return { outside, id: host }
}

export function placeFile(outside: SimulatedOutside, path: string, bytes: Uint8Array): void {
  using file = outside.disk.open(path, 'create', 0o644)
  file.write(bytes, 0)
  file.sync()
}

export const importVerb =
  (file: string) =>
  async (outside: SimulatedOutside): Promise<void> =>
    void (await importBundles(outside, { root, files: [file] }, silent))

/** As the command line does: a plan to stay is not executed, and what was gone back from is refused. */
export async function applyVerb(outside: SimulatedOutside): Promise<void> {
  const plan = await planApply(outside, { root })
  if (plan.isNothing || plan.failedBefore !== undefined) return
  await executeApply(outside, plan, silent)
}

/** Opening a root for writing recovers it. */
export async function recoverVerb(outside: SimulatedOutside): Promise<void> {
  using _ = await openHost(outside, { root, report: silent })
}

/**
 * Everything that tells one end of a verb from another: the root, the stick, the store's rows, the states. But the audit,
 * which grows by what is refused, is apart.
 */
export const endOf = (outside: SimulatedOutside): readonly string[] => [
  // What a power cut brings back in staging/ is garbage for the next recovery to sweep.
  ...wholeRoot(outside.disk, root).filter((line) => !/^\/\.moss\/(staging\/|receipt\.moss-state)/.test(line)),
  ...receiptOf(outside),
  ...describeTree(outside.disk, stick).map((line) => `stick ${line}`),
  ...rowsOf(outside, root),
]

function receiptOf({ disk }: SimulatedOutside): readonly string[] {
  const path = `${root}/.moss/receipt.moss-state`
  if (disk.lstat(path) === undefined) return []
  const { audit: _, ...state } = readHostState(bytesSource(path, disk.readFile(path, 1 << 20))).state
  return [`receipt ${JSON.stringify(state)}`]
}

export const auditOf = ({ disk }: SimulatedOutside): readonly string[] =>
  parseAudit(auditBlocks(disk, placesOf(root))).map((entry) => `audit ${JSON.stringify(entry)}`)

/** Of the database and of what is told from it: the store's assets, deliveries, the history, the states. */
export function rowsOf(outside: Outside, root: string): readonly string[] {
  const places = placesOf(root)
  using database = outside.openDatabase(places.database, 'write')
  const store = openStore({ disk: outside.disk, database, folder: places.own, userId: outside.userId })
  const states = openStates({ outside, root, database, store })
  return [
    ...[...store.assets()].map(({ id }) => `asset ${id}`),
    ...readDeliveries(database).map((row) => JSON.stringify(row)),
    ...states.history().map(({ kind, from, to }) => `${kind} ${from} ${to}`),
    ...states.list().map(({ record: { number }, isCurrent }) => {
      const { isConfirmed, failed } = states.health(number)
      return `state ${number} ${isCurrent} ${isConfirmed} ${failed}`
    }),
    `interrupted ${states.isInterrupted()}`,
  ]
}

/** S1: every recorded asset is there, with its content and its mode. */
export function checkAssets(outside: Outside, root: string): readonly string[] {
  const { disk } = outside
  const places = placesOf(root)
  using database = outside.openDatabase(places.database, 'write')
  const store = openStore({ disk, database, folder: places.own, userId: outside.userId })
  return [...store.assets()].flatMap(({ id, description }) => {
    const path = store.assetPath(id)
    const stat = disk.lstat(path)
    if (stat === undefined) return [`S1: asset ${id} is recorded and not there`]
    const content = stat.sizeBytes === 0 ? emptyDigest : digestAt(disk, path)
    if (content !== description.content) return [`S1: asset ${id} has other bytes`]
    return stat.mode === description.mode ? [] : [`S1: asset ${id} has another mode`]
  })
}

const emptyDigest = digestOf<ContentDigest>(new Uint8Array(0))
