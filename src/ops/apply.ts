// apply: makes the newest bundle that waits the current state. The plan says everything; executing it chooses nothing
// and is refused if the state, the bundle or the model is another one by then.
import { MossError } from '../base/error.ts'
import { plural } from '../base/format.ts'
import { silent } from '../base/progress.ts'
import { readBundle, type ReadBundle } from '../bundle/read-bundle.ts'
import { fileSource } from '../host/byte-source.ts'
import type { Outside } from '../host/outside.ts'
import { addRooms, assertRoom, lackOfRoom } from '../host/room.ts'
import { formatRelation } from '../manifest/capability.ts'
import { mergeLayouts } from '../manifest/merged-layout.ts'
import { compareVersions } from '../manifest/version.ts'
import type { StateRecord } from '../state/record.ts'
import { roomBeside, roomForTree } from '../state/room.ts'
import { tellAdvisories } from './advisories.ts'
import { tellAlikePaths } from './alike-paths.ts'
import { tellChangelogs } from './changelogs.ts'
import type { Applied, ApplyPlan, PackageChange } from './changes.ts'
import { type JudgedSet, judgeSet } from './bundle-set.ts'
import { type HostSession, openHost } from './host.ts'
import { othersAt, sayReason } from './reasons.ts'
import { checkIsFile } from './named-file.ts'
import { describeChange, modelDigest, planToStay, setOf } from './plan-change.ts'
import { tellApplied } from './publish.ts'
import { settleLast } from './receipt.ts'
import type { ReportEvent } from './types.ts'
import { chooseWaiting, judgeOf, judgeWaiting, readWaiting } from './waiting.ts'

/** Writes nothing but what recovery has to, and tries out what the filesystem can. `from` plans for a bundle that is not taken in yet. */
export async function planApply(
  outside: Outside,
  request: {
    readonly root: string
    readonly from?: string | undefined
    readonly again?: boolean
    readonly withChangelogs?: boolean
  },
): Promise<ApplyPlan> {
  using host = await openHost(outside, { root: request.root, report: silent })
  const waiting = judgeWaiting(host)
  const bundle = request.from === undefined ? chooseWaiting(host, waiting) : readFrom(host, request.from)
  if (bundle === undefined) return { ...planToStay(host, 'apply'), warnings: waiting.overtaken }
  const set = judgeSet(host, bundle)
  const failed = failedSet(host, set)
  const plan = planFor(host, bundle, set)
  return {
    ...plan,
    warnings: [...waiting.overtaken, ...plan.warnings],
    ...(request.withChangelogs === true && {
      changelogs: tellChangelogs(host, { changes: plan.changes, packages: set.packages }),
    }),
    ...(failed !== undefined && { failedBefore: { ...failed, isAccepted: request.again === true } }),
  }
}

function readFrom(host: HostSession, file: string): ReadBundle {
  checkIsFile(host.outside, file)
  using source = fileSource(host.outside.disk, file)
  return readBundle(source, judgeOf(host))
}

function planFor(host: HostSession, bundle: ReadBundle, set: JudgedSet): ApplyPlan {
  const { states, outside, places } = host
  const current = states.current()
  const reasons = new Map(set.packages.map((each) => [each.manifest.name, each.reason]))
  const others = othersAt(outside, places.root)
  const { snapshot } = bundle
  const before = setOf(outside, { places, tree: places.usr, record: current })
  const difference = describeChange(before, set.packages)
  const { disk } = outside
  const room = addRooms(
    roomForTree(mergeLayouts(set.packages).entries, disk.features(places.staging)),
    roomBeside({ made: current.made, fresh: packagesBeyond(current, set.packages) }),
  )
  const lack = lackOfRoom(disk, places.staging, room)
  const isSame = difference.changes.length === 0 && current.channel?.serial === snapshot.serial
  return {
    ...planToStay(host, 'apply'),
    ...difference,
    to: isSame ? current.number : states.nextNumber(),
    isNothing: isSame,
    bundle: bundle.id,
    channel: {
      name: snapshot.channel,
      serial: snapshot.serial,
      created: snapshot.created,
      ...(current.channel === undefined ? {} : { fromSerial: current.channel.serial }),
    },
    signedBy: [...new Set([...bundle.snapshotSigners, ...bundle.exporters])],
    ...(bundle.note !== undefined && { note: bundle.note }),
    changes: difference.changes.map((change) => {
      const reason = reasons.get(change.name)
      return { ...change, ...(reason && { reason: sayReason(reason) + others(reason, change.name) }) }
    }),
    advisories: tellAdvisories(snapshot, {
      before: current.packages,
      after: set.packages.map(({ manifest }) => manifest),
    }),
    warnings: [
      ...(bundle.expiredDays === undefined
        ? []
        : [
            `the word of the channel expired ${plural(bundle.expiredDays, 'day')} ago by the clock of this machine: ask for a newer bundle`,
          ]),
      ...(bundle.granted === undefined
        ? []
        : [
            `this goes back from serial ${bundle.granted.from} to ${bundle.granted.to}, as a grant of the channel allows once`,
          ]),
      ...(lack === undefined ? [] : [lack.message]),
      ...(current.adopted === undefined || isSame
        ? []
        : [
            `what was adopted goes aside whole as state ${current.number}: what no package here brings is not there afterwards; moss rollback ${current.number} puts it back`,
          ]),
      ...warningsFor(bundle, set, difference.changes),
      ...tellAlikePaths(set.packages, new Set(difference.changes.map(({ name }) => name))),
    ],
    neededBytes: room.sizeBytes,
    neededInodes: room.inodes,
    model: modelDigest(set.model),
  }
}

const packagesBeyond = ({ packages }: StateRecord, wanted: JudgedSet['packages']) => {
  const known = new Set(packages.map(({ id }) => id))
  return wanted.filter(({ id }) => !known.has(id)).map(({ manifest }) => manifest)
}

const failedSet = ({ states }: HostSession, { packages }: JudgedSet) =>
  states.failedBefore(packages.map(({ id }) => id))

/** False for what was gone back from, and nobody has said `again` to. */
export const mayApply = ({ failedBefore }: Pick<ApplyPlan, 'failedBefore'>): boolean =>
  failedBefore === undefined || failedBefore.isAccepted

/** Throws STATE_FAILED_BEFORE. */
export function assertMayApply({ failedBefore }: Pick<ApplyPlan, 'failedBefore'>): void {
  if (failedBefore === undefined || failedBefore.isAccepted) return
  const { state, why } = failedBefore
  throw new MossError('STATE_FAILED_BEFORE', { state, why })
}

function warningsFor(
  { snapshot }: ReadBundle,
  { unmet, against, packages }: JudgedSet,
  changes: readonly PackageChange[],
): readonly string[] {
  const offered = Map.groupBy(snapshot.packages, ({ name }) => name)
  const from = new Map(changes.map((change) => [change.name, change.from]))
  return [
    ...against.map(
      (problem) =>
        `${problem}: the model came to say so after the state was exported; export the state again, or apply all the same`,
    ),
    ...unmet.map(
      (wish) =>
        `the model asks for ${formatRelation(wish)}, which this bundle does not bring: it goes on the next state export`,
    ),
    ...packages.flatMap(({ manifest: { name, version, scheme } }) => {
      const isNewer = (other: string): boolean => compareVersions(scheme, other, version) > 0
      const before = from.get(name)
      const isOvertaken = (offered.get(name) ?? []).some((other) => isNewer(other.version))
      return [
        ...(before !== undefined && isNewer(before)
          ? [`${name} goes back from ${before} to ${version}`]
          : []),
        ...(isOvertaken ? [`the channel offers a newer ${name} than ${version}`] : []),
      ]
    }),
  ]
}

/** Steps 3 to 8 of the transaction, and the checks. Throws PLAN_STALE, STATE_FAILED_BEFORE. */
export async function executeApply(outside: Outside, plan: ApplyPlan, report: ReportEvent): Promise<Applied> {
  const startedMs = outside.nowMs()
  using host = await openHost(outside, { root: plan.root, report })
  const bundle = readWaiting(host)
  if (bundle === undefined || bundle.id !== plan.bundle)
    throw new MossError('PLAN_STALE', { what: 'the bundle that waits' })
  const { states } = host
  const before = states.current()
  if (before.number !== plan.from) throw new MossError('PLAN_STALE', { what: 'the current state' })
  const set = judgeSet(host, bundle)
  if (modelDigest(set.model) !== plan.model) throw new MossError('PLAN_STALE', { what: 'the model' })
  assertMayApply(plan)
  if (failedSet(host, set)?.state !== plan.failedBefore?.state)
    throw new MossError('PLAN_STALE', { what: 'what is known of these packages' })
  assertRoom(outside.disk, host.places.staging, {
    sizeBytes: plan.neededBytes,
    inodes: plan.neededInodes,
  })
  const { snapshot, about } = bundle
  const staged = await states.stage(
    {
      packages: set.packages,
      model: set.model,
      channel: {
        name: snapshot.channel,
        epoch: snapshot.epoch,
        serial: snapshot.serial,
        snapshot: about.snapshot,
      },
      created: snapshot.created,
    },
    report,
  )
  const published = await states.publish(staged, { counters: bundle.counters }, report)
  const applied = tellApplied(host, { plan, published, startedMs })
  settleLast(host, bundle)
  return applied
}
