// gc: what the store keeps and nothing needs any more. Needed is what a kept state is made of, what waits to be applied,
// and what the newest receipt and the newest export name: the station counts on that as bases. Says first, then does.
import { MossError } from '../base/error.ts'
import type { AssetId, ContentDigest, PackageId } from '../base/ids.ts'
import { silent } from '../base/progress.ts'
import { manifestContent } from '../bundle/read-bundle.ts'
import type { Outside } from '../host/outside.ts'
import { decodeManifest } from '../manifest/codec.ts'
import { packagesHeld } from '../fleet/host-state.ts'
import type { CollectPlan } from '../store/collect.ts'
import { type HostSession, openHost } from './host.ts'
import { readExported, readReceipt } from './receipt.ts'
import { manifestInStore, readEveryWaiting } from './waiting.ts'

export interface GcPlan {
  readonly kind: 'gc'
  readonly root: string
  /** The state that was current when it was made. */
  readonly state: number
  readonly keptAssets: number
  readonly collect: CollectPlan
}

export async function planGc(outside: Outside, { root }: { readonly root: string }): Promise<GcPlan> {
  using host = await openHost(outside, { root, report: silent })
  const keep = neededAssets(host)
  return {
    kind: 'gc',
    root: host.places.root,
    state: host.states.current().number,
    keptAssets: keep.size,
    collect: host.store.planCollect(keep),
  }
}

/** Throws PLAN_STALE if another state is current by then. */
export async function executeGc(
  outside: Outside,
  plan: GcPlan,
): Promise<{ readonly assets: number; readonly freedBytes: number }> {
  using host = await openHost(outside, { root: plan.root, report: silent })
  const needed = neededAssets(host)
  const isStale =
    host.states.current().number !== plan.state || plan.collect.assets.some(({ id }) => needed.has(id))
  if (isStale) throw new MossError('PLAN_STALE', { what: 'what the store is needed for' })
  host.store.collect(plan.collect)
  return { assets: plan.collect.assets.length, freedBytes: plan.collect.freedBytes }
}

/** S2: all of it, whatever its attributes where a base may be meant. */
function neededAssets(host: HostSession): ReadonlySet<AssetId> {
  const keep = new Set(host.states.neededAssets())
  const told = [readReceipt(host)?.state, readExported(host)].filter((state) => state !== undefined)
  const packages = new Set<PackageId>(told.flatMap(packagesHeld))
  const manifest = manifestInStore(host)
  const contents = new Set<ContentDigest>()
  for (const waiting of readEveryWaiting(host)) for (const { id } of waiting.packages) packages.add(id)
  for (const id of packages) {
    const bytes = manifest(id)
    if (bytes === undefined) continue
    contents.add(manifestContent(id))
    for (const entry of decodeManifest(bytes, 'a manifest of the store').layout)
      if (entry.kind === 'file') contents.add(entry.content)
  }
  for (const { id, description } of host.store.assets()) if (contents.has(description.content)) keep.add(id)
  return keep
}
