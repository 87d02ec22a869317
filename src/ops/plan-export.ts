// plan --for: what each host shall have is solved from its own model and the channel's snapshot; what it lacks is carried. The
// plan names the snapshot and the states it was made from.
import type { ContainerId, Digest, HostId, PackageId } from '../base/ids.ts'
import { MossError } from '../base/error.ts'
import { type EstimatedBytes, estimateBytes } from '../bundle/estimate.ts'
import { similarContents } from '../bundle/similar.ts'
import { defaultEffort, effortOf } from '../carry/effort.ts'
import { type CarryPlan, planCarry } from '../carry/plan.ts'
import type { KnownPlan } from '../carry/plan-known.ts'
import type { PublishedSnapshot } from '../channel/snapshot-folder.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import type { SignedRoot } from '../container/root-chain.ts'
import { heardSerial, type HostState, packagesHeld } from '../fleet/host-state.ts'
import type { Outside } from '../host/outside.ts'
import type { LayoutFile } from '../manifest/manifest.ts'
import { parseModel } from '../solve/model.ts'
import type { Grant } from '../trust/grant.ts'
import { type Root, rootDigest } from '../trust/root.ts'
import type { PackageChange } from './changes.ts'
import { assumedStates } from './assumed-states.ts'
import { stationChannel } from './channels.ts'
import { type AnsweredStates, readStates } from './fleet.ts'
import { readGrants } from './grants.ts'
import { planKnownContents } from './known-contents.ts'
import { mostRecipients } from './sealing.ts'
import { openStation, type Station, stationRoot } from './station.ts'
import { stationRoots } from './station-roots.ts'
import { type LeftOutHost, type Offer, type Wish, wishesOf } from './wishes.ts'

export interface PlannedHost {
  readonly host: HostId
  readonly name: string
  /** Counter of the state it was planned for. */
  readonly state: number
  readonly fromSerial?: number
  /** Of a host of which nothing comes back: the serial that it is counted on to have, by a bundle that it was made. */
  readonly after?: number
  readonly changes: readonly PackageChange[]
  readonly fullBytes: number
  readonly newBytes: number
}

export interface ExportPlan {
  readonly kind: 'export'
  readonly home: string
  readonly channel: string
  readonly serial: number
  readonly snapshot: ContainerId
  /** False where somebody asked for an older one. */
  readonly isNewest: boolean
  /** Files of downgrade grants that it carries. */
  readonly grants: readonly string[]
  /** To whom it is sealed; to nobody, and open to all, where this is empty. */
  readonly sealedFor: readonly string[]
  /** Made against what bundles before it leave. */
  readonly isOneWay: boolean
  /** Of the station's trust root, and of the oldest that a host has: what is between them is carried. */
  readonly root: number
  readonly rootsAfter: number
  /** The state files it was made from. */
  readonly states: readonly string[]
  readonly hosts: readonly PlannedHost[]
  /** Hosts whose wishes cannot be met, or whose packages do not go together; empty unless they were to be left out. */
  readonly leftOut: readonly LeftOutHost[]
  /** Plain bytes: everything the hosts shall have, the part they have already, and the part that is carried. */
  readonly fullBytes: number
  readonly sharedBytes: number
  readonly chunkBytes: number
  /** The part of it that is offered as deltas. */
  readonly deltaBytes: number
  /** Of the bundle, as stored; a guess before it is made. */
  readonly estimate: EstimatedBytes
  readonly chunks: number
  readonly contents: number
  readonly manifests: number
  /** Its name. */
  readonly effort: string
  readonly warnings: readonly string[]
  readonly carry: CarryPlan
  /** What its metadata builds on. */
  readonly known: KnownPlan
}

export interface PlanExport {
  readonly home: string
  readonly states: readonly string[]
  /** As they were read from there, by who has read them. */
  readonly sent?: AnsweredStates['sent']
  readonly channel: string | undefined
  readonly effort: string | undefined
  /** The channel's newest by default. */
  readonly serial?: number | undefined
  readonly grants?: readonly string[]
  /** Nothing comes back from them: what was made for them below this serial is counted on to have been applied. */
  readonly isOneWay?: boolean
  /** Only its hosts shall read it; by itself what answers a state that came sealed. */
  readonly isSealed?: boolean | undefined
  /** The others get their bundle, and it is told who gets none; otherwise one that cannot be served ends the planning. */
  readonly leavesOut?: boolean
}

export async function planExport(outside: Outside, request: PlanExport): Promise<ExportPlan> {
  using station = openStation(outside, { home: request.home, how: 'read' })
  const { name: effort } = effortOf(request.effort ?? defaultEffort)
  const { sent, warnings: departures } =
    request.sent === undefined
      ? await readStates(station, request.states)
      : { sent: request.sent, warnings: [] }
  const told = sent.map(({ state }) => state)
  const channel = stationChannel(station, channelOf(told, request.channel))
  const newest = channel.snapshots.latest()
  const published = request.serial === undefined ? newest : snapshotAt(channel, request.serial)
  if (published === undefined)
    throw new MossError('NOT_FOUND', { what: 'published snapshot of channel', name: channel.name })
  const root = stationRoot(station)
  if (!published.isUnderRoot)
    throw new MossError('CHANNEL_BEHIND_ROOT', {
      channel: channel.name,
      serial: published.snapshot.serial,
      version: root.version,
    })
  const leavesOut = request.leavesOut === true
  const assumed =
    request.isOneWay === true
      ? assumedStates(station, { states: told, channel, serial: published.snapshot.serial, leavesOut })
      : { states: told, leftOut: [] }
  const isSealed = request.isSealed ?? sent.some(({ wasSealed }) => wasSealed === true)
  const readers = isSealed ? await readersAmong(assumed.states, { leavesOut }) : undefined
  const states = readers?.states ?? assumed.states
  const offer = { channel, published, index: channel.snapshots.catalogue(published.snapshot) }
  const { wishes, leftOut } = wishesOf(states, { offer, leavesOut })
  const wanted = {
    hosts: wishes,
    catalogue: {
      manifest: (id: PackageId) => channel.package(id)?.manifest,
      chunkList: (id: PackageId, file: LayoutFile) => channel.chunkList(id, file),
    },
  }
  const similar = await similarContents(wanted, { channel, pool: outside.pool })
  const carry = planCarry({ ...wanted, similar })
  const { totals } = carry
  const plan: ExportPlan = {
    kind: 'export',
    home: request.home,
    channel: channel.name,
    serial: published.snapshot.serial,
    snapshot: published.id,
    isNewest: published.id === newest?.id,
    grants: request.grants ?? [],
    isOneWay: request.isOneWay === true,
    sealedFor: readers?.recipients ?? [],
    root: root.version,
    rootsAfter: Math.min(...states.map(({ rootVersion }) => rootVersion)),
    states: request.states,
    hosts: plannedHosts(wishes, { carry, told: new Set(told) }),
    leftOut: [...assumed.leftOut, ...(readers?.leftOut ?? []), ...leftOut],
    fullBytes: totals.allBytes,
    sharedBytes: totals.allBytes - totals.chunkBytes,
    chunkBytes: totals.chunkBytes,
    deltaBytes: carry.deltas.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    estimate: estimateBytes(carry, { channel, published }),
    chunks: totals.chunks,
    contents: totals.changedContents,
    manifests: carry.manifests.length,
    effort,
    warnings: [
      ...departures,
      ...(isSealed && request.isSealed === undefined ? [sayWhySealed(sent)] : []),
      ...warningsFor(states, {
        channel,
        published,
        roots: stationRoots(station),
        grants: readGrants(outside, { files: request.grants ?? [], root }).map(({ grant }) => grant),
      }),
      ...new Set(wishes.flatMap(({ alike }) => alike)),
    ],
    carry,
    known: planKnownContents(channel, { hosts: wishes, carried: carry.manifests }),
  }
  verified.set(plan, { channel, root: rootDigest(root), sent })
  return plan
}

function snapshotAt(channel: StationChannel, serial: number): PublishedSnapshot {
  if (channel.snapshots.serials().includes(serial)) return channel.snapshots.read(serial)
  throw new MossError('NOT_FOUND', { what: `serial of channel ${channel.name}`, name: String(serial) })
}

/**
 * What a plan was made from: whoever executes it in the same process need not verify every package once more. What is
 * read of them later is checked against the heads that were verified then.
 */
const verified = new WeakMap<
  ExportPlan,
  { readonly channel: StationChannel; readonly root: Digest; readonly sent: AnsweredStates['sent'] }
>()

/** The states that a plan answers, as they were read for it. */
export const answeredBy = (plan: ExportPlan): Pick<AnsweredStates, 'sent'> => ({
  sent: verified.get(plan)?.sent ?? [],
})

/** Under another root than the plan's everything is verified anew. */
export function channelOfPlan(station: Station, plan: ExportPlan, root: Root): StationChannel {
  const known = verified.get(plan)
  return known?.root === rootDigest(root) ? known.channel : stationChannel(station, plan.channel)
}

const sayWhySealed = (sent: AnsweredStates['sent']): string => {
  const names = sent.filter(({ wasSealed }) => wasSealed === true).map(({ state }) => state.name)
  return `sealed, so that only its hosts can read it, as what ${names.join(', ')} sent was`
}

/** Those to whom something can be sealed. Throws RECIPIENT_ABSENT for the first of the others, unless they are left out. */
async function readersAmong(
  all: readonly HostState[],
  { leavesOut }: { readonly leavesOut: boolean },
): Promise<{
  readonly states: readonly HostState[]
  readonly recipients: readonly string[]
  readonly leftOut: readonly LeftOutHost[]
}> {
  const { isRecipient } = await import('../host/sealing.ts')
  const [states, recipients, leftOut]: [HostState[], string[], LeftOutHost[]] = [[], [], []]
  for (const state of all) {
    const { host, name, recipient } = state
    if (recipient !== undefined && isRecipient(recipient)) {
      states.push(state)
      recipients.push(recipient)
      continue
    }
    const error = new MossError('RECIPIENT_ABSENT', { host: name })
    if (!leavesOut) throw error
    leftOut.push({ host, name, code: error.code, message: error.message })
  }
  if (recipients.length > mostRecipients)
    throw new MossError('CLI_USAGE', {
      problem: `a bundle is sealed for at most ${mostRecipients} hosts, and these are ${recipients.length}: make one for each group`,
      see: 'export',
    })
  return { states, recipients, leftOut }
}

/** All hosts of one bundle follow one channel. */
function channelOf(states: readonly HostState[], wanted: string | undefined): string {
  if (wanted !== undefined) return wanted
  const names = [
    ...new Set(states.map((state) => parseModel(state.model, `the model of ${state.name}`).channel)),
  ]
  const [only, ...others] = names
  if (only === undefined || others.length > 0)
    throw new MossError('CLI_USAGE', {
      problem: `these hosts follow different channels: ${names.join(', ')}; export for each apart`,
      see: 'export',
    })
  return only
}

function plannedHosts(
  wishes: readonly Wish[],
  { carry, told }: { readonly carry: CarryPlan; readonly told: ReadonlySet<HostState> },
): readonly PlannedHost[] {
  const totalsOf = new Map(carry.hosts.map(({ host, totals }) => [host, totals]))
  return wishes.map(({ state, changes }) => {
    const totals = totalsOf.get(state.host)
    return {
      host: state.host,
      name: state.name,
      state: state.counter,
      ...(state.channel === undefined ? {} : { fromSerial: state.channel.serial }),
      ...(state.channel === undefined || told.has(state) ? {} : { after: state.channel.serial }),
      changes,
      fullBytes: totals?.allBytes ?? 0,
      newBytes: totals?.chunkBytes ?? 0,
    }
  })
}

function warningsFor(
  states: readonly HostState[],
  {
    channel,
    published,
    roots,
    grants,
  }: Offer & { readonly roots: readonly SignedRoot[]; readonly grants: readonly Grant[] },
): readonly string[] {
  return states.flatMap((state) => [
    ...warningOfRoot(state, roots),
    ...(heardSerial(state, published.snapshot) > published.snapshot.serial &&
    !grants.some(
      ({ host, from, to }) =>
        host === state.host &&
        from === heardSerial(state, published.snapshot) &&
        to === published.snapshot.serial,
    )
      ? [
          `${state.name} has seen serial ${heardSerial(state, published.snapshot)}, newer than ${published.snapshot.serial}: it will refuse the bundle, unless it carries a grant (moss channel grant)`,
        ]
      : []),
    ...(state.answers?.outcome === 'failed'
      ? [`${state.name} did not keep its last bundle: ${state.answers.detail}`]
      : []),
    ...packagesHeld(state)
      .filter((id) => channel.package(id) === undefined)
      .slice(0, 3)
      .map(
        (id) =>
          `${state.name} has package ${id.slice(0, 12)}, unknown here: what it has of it is carried again`,
      ),
  ])
}

/** It follows from the root that it has to the newest, if every one between them is here. */
function warningOfRoot({ name, rootVersion }: HostState, roots: readonly SignedRoot[]): readonly string[] {
  const versions = roots.map(({ root }) => root.version)
  const newest = Math.max(...versions)
  if (rootVersion > newest)
    return [
      `${name} trusts root ${rootVersion}, newer than this station’s ${newest}: it will refuse the bundle`,
    ]
  const missing = Array.from({ length: newest - rootVersion }, (_, index) => rootVersion + 1 + index).filter(
    (version) => !versions.includes(version),
  )
  return missing.length === 0
    ? []
    : [
        `${name} trusts root ${rootVersion}, and what leads from it is not here (root ${missing.join(', ')}): it will refuse the bundle`,
      ]
}
