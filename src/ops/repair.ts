// repair: mends the store and the states' trees. A damaged file of the store is made anew from wherever its bytes are
// sound; what nobody here has is forgotten, so that the next exported state lists it as lacking and the next bundle brings
// it. Then each damaged tree is replaced whole by a sound one of the same state; what it had is moved aside, extra files
// included. Says first, then does.
import { MossError } from '../base/error.ts'
import { compareText } from '../base/bytes.ts'
import type { AssetId } from '../base/ids.ts'
import type { Outside } from '../host/outside.ts'
import type { AssetDescription } from '../store/asset.ts'
import { type HostSession, openHost } from './host.ts'
import { lackingContents } from './lacking.ts'
import { mendAssets } from './mend-assets.ts'
import { type DamagedAsset, findSources, type NamedSource } from './mend-sources.ts'
import { lostManifests, nameOfPath, type OwnedAsset, ownedAssets } from './owned-assets.ts'
import type { ReportEvent } from './types.ts'
import { assetProblems } from './verify-host.ts'

export interface DamagedTree {
  readonly state: number
  readonly isCurrent: boolean
  /** A path with its package and what is wrong, each. */
  readonly findings: readonly string[]
  /** What nobody owns, and the new tree will not have. */
  readonly extra: readonly string[]
  /** False where it is made of something that nobody here has. */
  readonly isMendable: boolean
  /** It was taken over, not made here: nobody could make it anew. */
  readonly isAdopted?: true
}

export interface RepairPlan {
  readonly kind: 'repair'
  readonly root: string
  /** The state that was current when it was made. */
  readonly state: number
  /** Sorted by name. */
  readonly damaged: readonly DamagedAsset[]
  /** The current one last. */
  readonly trees: readonly DamagedTree[]
  /** Contents of kept states that only a bundle can bring, before anything is forgotten. */
  readonly lacking: number
}

export interface Repaired {
  readonly mended: number
  readonly forgotten: number
  /** What could not be mended, by name: what was forgotten, and what turned out to have no sound source. */
  readonly left: readonly string[]
  readonly trees: readonly { readonly state: number; readonly aside: string }[]
  /** Contents of kept states that only a bundle can bring, afterwards. */
  readonly lacking: number
}

/** Reads every asset and every tree. `from` is another root's folder or a bundle. */
export async function planRepair(
  outside: Outside,
  { root, from }: { readonly root: string; readonly from?: string | undefined },
  report: ReportEvent,
): Promise<RepairPlan> {
  using host = await openHost(outside, { root, report })
  const named = from === undefined ? undefined : nameSource(host, from)
  const findings = await host.store.check(report)
  const problems = assetProblems(findings)
  const owned = ownedAssets(host)
  const lost = lostAssets(host, { problems, owned: new Map([...lostManifests(host), ...owned.assets]) })
  const unsound = new Set(
    findings.flatMap((one) => (one.kind === 'stray' || one.kind === 'wrong-attributes' ? [] : [one.asset])),
  )
  const sources = await findSources(host, lost, { unsound, named })
  const damaged = lost.map((one): DamagedAsset => {
    const source = sources.get(one.asset)
    return { ...one, ...(source === undefined ? {} : { from: source }) }
  })
  const missing = new Set(damaged.filter((one) => one.from === undefined).map(({ asset }) => asset))
  return {
    kind: 'repair',
    root: host.places.root,
    state: host.states.current().number,
    damaged: damaged.toSorted((a, b) => compareText(a.name, b.name) || compareText(a.asset, b.asset)),
    trees: await damagedTrees(host, { problems, missing, unknown: owned.unknown, report }),
    lacking: lackingContents(host).length,
  }
}

/** Throws NOT_FOUND. */
function nameSource({ outside }: HostSession, path: string): NamedSource {
  const kind = outside.disk.lstat(path)?.kind
  if (kind === undefined) throw new MossError('NOT_FOUND', { what: 'root or bundle file', name: path })
  return { kind: kind === 'folder' ? 'root' : 'bundle', path }
}

/** What is damaged, and what is needed and not there. */
function lostAssets(
  { store }: HostSession,
  {
    problems,
    owned,
  }: {
    readonly problems: ReadonlyMap<AssetId, string>
    readonly owned: ReadonlyMap<AssetId, OwnedAsset>
  },
): readonly DamagedAsset[] {
  const lost: DamagedAsset[] = []
  for (const [asset, problem] of problems) {
    const description = store.describeAsset(asset)
    const name = owned.get(asset)?.name ?? store.assetPath(asset)
    if (description !== undefined) lost.push({ asset, description, name, problem })
  }
  const held = store.assetIds()
  for (const [asset, { description, name }] of owned)
    if (!held.has(asset)) lost.push({ asset, description, name, problem: 'is lacking' })
  return lost
}

async function damagedTrees(
  host: HostSession,
  {
    problems,
    missing,
    unknown,
    report,
  }: {
    readonly problems: ReadonlyMap<AssetId, string>
    readonly missing: ReadonlySet<AssetId>
    readonly unknown: ReadonlyMap<number, string>
    readonly report: ReportEvent
  },
): Promise<readonly DamagedTree[]> {
  const { states } = host
  const trees: DamagedTree[] = []
  for (const { record, isCurrent } of states.list()) {
    const state = record.number
    const lost = unknown.get(state)
    if (lost !== undefined) {
      trees.push({ state, isCurrent, findings: [lost], extra: [], isMendable: false })
      continue
    }
    const found = await states.check(state, { isQuick: false, damaged: problems }, report)
    if (found.length === 0) continue
    trees.push({
      state,
      isCurrent,
      findings: found.map(({ path, owner, problem }) => `${nameOfPath(path, owner)}: ${problem}`),
      extra: found.filter(({ kind }) => kind === 'extra').map(({ path }) => `/${path}`),
      isMendable:
        record.adopted === undefined &&
        !states.owned(state).plan.files.some(({ asset }) => missing.has(asset)),
      ...(record.adopted && { isAdopted: true }),
    })
  }
  return trees.toSorted((a, b) => Number(a.isCurrent) - Number(b.isCurrent) || a.state - b.state)
}

/** Throws PLAN_STALE if another state is current by then. */
export async function executeRepair(
  outside: Outside,
  plan: RepairPlan,
  report: ReportEvent,
): Promise<Repaired> {
  using host = await openHost(outside, { root: plan.root, report })
  const { store, states } = host
  if (states.current().number !== plan.state) throw new MossError('PLAN_STALE', { what: 'the current state' })
  const { mended, forgotten } = await mendAssets(host, plan.damaged, report)
  const left = plan.damaged.filter(({ asset }) => !mended.has(asset))
  const trees: { readonly state: number; readonly aside: string }[] = []
  const held = store.assetIds()
  for (const { state, isMendable } of plan.trees) {
    // A source may have gone bad since: the tree stays as it is then, and is told.
    const isWhole = isMendable && states.owned(state).plan.files.every(isHeldIn(held))
    if (isWhole) trees.push({ state, aside: await states.mend(state, report) })
  }
  return {
    mended: mended.size,
    forgotten,
    left: left.map(({ name }) => name),
    trees,
    lacking: lackingContents(host).length,
  }
}

const isHeldIn =
  (held: ReadonlySet<AssetId>) =>
  ({ asset, description }: { readonly asset: AssetId; readonly description: AssetDescription }): boolean =>
    description.sizeBytes === 0 || held.has(asset)
