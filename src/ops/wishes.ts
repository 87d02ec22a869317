// What each host shall have: solved from its own model and the channel's snapshot, once for all hosts of one state.
import { display } from '../base/display.ts'
import { isMossError, MossError } from '../base/error.ts'
import type { HostId, PackageId } from '../base/ids.ts'
import type { Catalogue } from '../channel/catalogue.ts'
import type { PublishedSnapshot } from '../channel/snapshot-folder.ts'
import type { StationChannel } from '../channel/station-channel.ts'
import { type HostState, packagesHeld } from '../fleet/host-state.ts'
import { compareSets } from '../manifest/compare-sets.ts'
import { bytesOf } from '../manifest/layout-files.ts'
import type { LayoutPackage } from '../manifest/merged-layout.ts'
import { extendUniverse } from '../solve/extended-universe.ts'
import { listedUniverse } from '../solve/listed-universe.ts'
import { parseModel } from '../solve/model.ts'
import { type Offer as WishedOffer, solveIn } from '../solve/solve.ts'
import type { Universe } from '../solve/universe.ts'
import { tellAlikePaths } from './alike-paths.ts'
import type { PackageChange } from './changes.ts'
import { othersIn, recordReason, sayReason } from './reasons.ts'

export interface LeftOutHost {
  readonly host: HostId
  readonly name: string
  readonly code: string
  readonly message: string
}

export interface Offer {
  readonly channel: StationChannel
  readonly published: PublishedSnapshot
}

export interface Wish {
  readonly state: HostState
  readonly host: HostId
  readonly wants: readonly PackageId[]
  readonly has: readonly PackageId[]
  readonly lacking: HostState['lacking']
  readonly changes: readonly PackageChange[]
  readonly alike: readonly string[]
}

/** By identity: equal sets of one fleet are one array. */
function numbering(): (of: object) => number {
  const numbers = new Map<object, number>()
  return (of) => numbers.getOrInsert(of, numbers.size)
}

export function wishesOf(
  states: readonly HostState[],
  {
    offer,
    leavesOut,
  }: { readonly offer: Offer & { readonly index: Catalogue | undefined }; readonly leavesOut: boolean },
): { readonly wishes: readonly Wish[]; readonly leftOut: readonly LeftOutHost[] } {
  const wishes: Wish[] = []
  const leftOut: LeftOutHost[] = []
  /** Hosts of one state, which are most of a fleet, are solved for once. */
  const known = new Map<string, Wish>()
  const numberOf = numbering()
  for (const state of states)
    try {
      const kept = state.states.map(({ number, packages }) => [number, numberOf(packages)])
      const key = JSON.stringify([state.model, state.current, kept, state.lacking])
      const wish = known.get(key) ?? wishOf(state, offer)
      known.set(key, wish)
      wishes.push({ ...wish, state, host: state.host })
    } catch (error) {
      const isOfHost = isMossError(error, 'SOLVE_NO_SOLUTION') || isMossError(error, 'LAYOUT_CONFLICT')
      if (!leavesOut || !isOfHost) throw error
      leftOut.push({ host: state.host, name: state.name, code: error.code, message: error.message })
    }
  return { wishes, leftOut }
}

function wishOf(
  state: HostState,
  { channel, published, index }: Offer & { readonly index: Catalogue | undefined },
): Wish {
  const known = (ids: readonly PackageId[]) =>
    ids
      .map((id) => channel.package(id))
      .filter((file) => file !== undefined)
      .map((file) => ({ ...file, sizeBytes: bytesOf(file.manifest) }))
  // Only what the snapshot names can be carried or stay: the host checks its whole set against it.
  const named = new Set(published.snapshot.packages.map(({ id }) => id))
  const current = state.states.find((kept) => kept.number === state.current)?.packages ?? []
  const installed = known(current.filter((id) => named.has(id)))
  const wished = { model: parseModel(state.model, `the model of ${state.name}`), installed }
  const found = index && solveFor(state, extendUniverse(index, installed), wished)
  // The folder may lack what the catalogue has: then only what is here is offered.
  const { wants, sayWhy } =
    found?.wants.every((id) => channel.package(id) !== undefined) === true
      ? found
      : solveFor(state, listedUniverse([...installed, ...known([...named])]), wished)
  const changes = compareSets(known(current), known(wants)).map((change) => ({
    ...change,
    ...sayWhy(change.name),
  }))
  return {
    state,
    host: state.host,
    wants,
    has: packagesHeld(state),
    lacking: state.lacking,
    changes,
    alike: alikeFor(state, known(wants), changes),
  }
}

/** The host would refuse a set that does not fit together, but half a year later. */
function alikeFor(
  { name }: HostState,
  packages: readonly LayoutPackage[],
  changes: readonly PackageChange[],
): readonly string[] {
  try {
    return tellAlikePaths(packages, new Set(changes.map((change) => change.name)))
  } catch (error) {
    if (!isMossError(error, 'LAYOUT_CONFLICT')) throw error
    const { problem } = error.details
    throw new MossError('LAYOUT_CONFLICT', {
      ...error.details,
      problem: `${problem}; ${display(name)} would have both`,
    })
  }
}

/** Of several hosts, the one whose wishes cannot be met is named. */
function solveFor(
  state: HostState,
  universe: Universe,
  wished: Pick<WishedOffer, 'model' | 'installed'>,
): {
  readonly wants: readonly PackageId[]
  readonly sayWhy: (name: string) => Pick<PackageChange, 'reason'>
} {
  try {
    const { chosen } = solveIn(universe, wished)
    const reasons = new Map(
      chosen.map(({ candidate, reason }) => [candidate.manifest.name, recordReason(reason)]),
    )
    const others = othersIn(universe)
    return {
      wants: chosen.map(({ candidate }) => candidate.id),
      sayWhy: (name) => {
        const reason = reasons.get(name)
        return reason === undefined ? {} : { reason: sayReason(reason) + others(reason, name) }
      },
    }
  } catch (error) {
    if (!isMossError(error, 'SOLVE_NO_SOLUTION')) throw error
    throw new MossError('SOLVE_NO_SOLUTION', { explanation: `for ${display(state.name)}, ${error.message}` })
  }
}
