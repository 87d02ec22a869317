// repair: makes the store forget what is damaged in it, so that the next exported state lists it as lacking and the next
// bundle brings it whole. Says first, then does; what is whole again by then is left alone. Trees are not touched.
import { MossError } from '../base/error.ts'
import { compareText } from '../base/bytes.ts'
import type { AssetId } from '../base/ids.ts'
import type { NameContent } from '../bundle/store-bases.ts'
import type { Outside } from '../host/outside.ts'
import { damagedAssets, type StoreFinding } from '../store/check.ts'
import { type HostSession, openHost } from './host.ts'
import { contentNames, lackingContents } from './lacking.ts'
import type { ReportEvent } from './types.ts'

export interface RepairPlan {
  readonly kind: 'repair'
  readonly root: string
  /** The state that was current when it was made. */
  readonly state: number
  /** Sorted by name. */
  readonly damaged: readonly {
    readonly asset: AssetId
    /** The file as packages name it, or where it is in the store. */
    readonly name: string
    readonly problem: string
  }[]
  /** Contents of kept states that only a bundle can bring, before anything is forgotten. */
  readonly lacking: number
}

export interface Repaired {
  readonly forgotten: number
  /** The same afterwards. */
  readonly lacking: number
}

/** Reads every asset. */
export async function planRepair(
  outside: Outside,
  { root }: { readonly root: string },
  report: ReportEvent,
): Promise<RepairPlan> {
  using host = await openHost(outside, { root, report })
  const findings = await host.store.check(report)
  const damaged = new Set(damagedAssets(findings))
  const nameContent = contentNames(host)
  return {
    kind: 'repair',
    root: host.places.root,
    state: host.states.current().number,
    damaged: findings
      .filter((finding) => 'asset' in finding)
      .filter(({ asset }) => damaged.has(asset))
      .map((finding) => ({
        asset: finding.asset,
        name: nameOf(host, finding, nameContent),
        problem: finding.kind === 'missing' ? 'is missing' : finding.problem,
      }))
      .sort((a, b) => compareText(a.name, b.name) || compareText(a.asset, b.asset)),
    lacking: lackingContents(host).length,
  }
}

function nameOf(
  { store }: HostSession,
  { asset, path }: Extract<StoreFinding, { readonly asset: AssetId }>,
  nameContent: NameContent,
): string {
  const content = store.describeAsset(asset)?.content
  return (content && nameContent(content)) ?? path
}

/** Throws PLAN_STALE if another state is current by then. */
export async function executeRepair(
  outside: Outside,
  plan: RepairPlan,
  report: ReportEvent,
): Promise<Repaired> {
  using host = await openHost(outside, { root: plan.root, report })
  if (host.states.current().number !== plan.state)
    throw new MossError('PLAN_STALE', { what: 'the current state' })
  const planned = new Set(plan.damaged.map(({ asset }) => asset))
  const still = damagedAssets(await host.store.check(report, planned))
  host.store.discard(still)
  return { forgotten: still.length, lacking: lackingContents(host).length }
}
