// gc: what the store keeps and nothing needs any more. Needed is what a kept state is made of, what waits to be applied,
// and what the newest receipt and the newest export name: the station counts on that as bases. Damaged trees that repair
// has replaced go too, unless processes of this boot may live in them. Says first, then does.
import { MossError } from '../base/error.ts'
import type { AssetId, ContentDigest, Digest, PackageId } from '../base/ids.ts'
import { silent } from '../base/progress.ts'
import { manifestContent } from '../bundle/read-bundle.ts'
import type { Outside } from '../host/outside.ts'
import { decodeManifest } from '../manifest/codec.ts'
import { packagesHeld } from '../fleet/host-state.ts'
import { lostTrees } from '../state/mend-tree.ts'
import type { CollectPlan } from '../store/collect.ts'
import { freedBytes } from './freed-bytes.ts'
import { type HostSession, openHost } from './host.ts'
import { catalogueFile, keptSnapshots } from './kept-snapshots.ts'
import { statesTold } from './receipt.ts'
import { manifestInStore, mayBeApplied } from './waiting.ts'

export interface GcPlan {
  readonly kind: 'gc'
  readonly root: string
  /** The state that was current when it was made. */
  readonly state: number
  readonly keptAssets: number
  readonly collect: CollectPlan
  /** Files of snapshots, and of their catalogues. */
  readonly snapshots: readonly {
    readonly path: string
    readonly catalogue?: string
    readonly sizeBytes: number
  }[]
  /** What repair has replaced: folders of damaged trees, files of a database. */
  readonly lost: readonly string[]
  /** By how much there is more room afterwards, at least. */
  readonly freedBytes: number
}

export interface Collected {
  readonly assets: number
  readonly snapshots: number
  readonly lost: number
  readonly freedBytes: number
}

export async function planGc(outside: Outside, { root }: { readonly root: string }): Promise<GcPlan> {
  using host = await openHost(outside, { root, report: silent })
  const keep = neededAssets(host)
  const collect = host.store.planCollect(keep)
  const snapshots = unneededSnapshots(host)
  const lost = lostTrees(outside.disk, host.places)
  return {
    kind: 'gc',
    root: host.places.root,
    state: host.states.current().number,
    keptAssets: keep.size,
    collect,
    snapshots,
    lost,
    freedBytes: freedBytes(outside.disk, host.places, {
      paths: [
        ...collect.assets.map(({ id }) => host.store.assetPath(id)),
        ...collect.strays,
        ...snapshots.flatMap(filesOf),
      ],
      trees: lost,
    }),
  }
}

/** Throws PLAN_STALE if another state is current by then. */
export async function executeGc(outside: Outside, plan: GcPlan): Promise<Collected> {
  using host = await openHost(outside, { root: plan.root, report: silent })
  const needed = neededAssets(host)
  const unneeded = new Set(unneededSnapshots(host).map(({ path }) => path))
  const lost = new Set(lostTrees(outside.disk, host.places))
  const isStale =
    host.states.current().number !== plan.state ||
    plan.collect.assets.some(({ id }) => needed.has(id)) ||
    !plan.snapshots.every(({ path }) => unneeded.has(path)) ||
    !plan.lost.every((path) => lost.has(path))
  if (isStale) throw new MossError('PLAN_STALE', { what: 'what the store is needed for' })
  for (const path of plan.snapshots.flatMap(filesOf)) outside.disk.remove(path)
  host.store.collect(plan.collect)
  // Last: one that cannot be removed must not keep the rest.
  for (const path of plan.lost) outside.disk.removeTree(path)
  return {
    assets: plan.collect.assets.length,
    snapshots: plan.snapshots.length,
    lost: plan.lost.length,
    freedBytes: plan.freedBytes,
  }
}

/** S2: a snapshot is needed by the states chosen from it, by what waits, and where the station counts on it. */
function unneededSnapshots(host: HostSession): GcPlan['snapshots'] {
  const told = statesTold(host)
  const waiting = mayBeApplied(host)
  const needed = new Set<Digest | undefined>([
    ...host.states.list().map(({ record }) => record.channel?.snapshot),
    ...waiting.flatMap(({ about, known }) => [about.snapshot, ...known]),
    ...told.flatMap((state) => state.snapshots ?? []),
  ])
  return [...keptSnapshots(host)]
    .filter(({ id, content }) => !needed.has(id) && !needed.has(content))
    .map(({ path, id, bytes }) => {
      const catalogue = catalogueFile(host, id)
      const sizeBytes = bytes.length + (catalogue?.sizeBytes ?? 0)
      return { path, ...(catalogue && { catalogue: catalogue.path }), sizeBytes }
    })
}

/** The catalogue first: alone it would be nobody's. */
const filesOf = ({ path, catalogue }: GcPlan['snapshots'][number]): readonly string[] =>
  catalogue === undefined ? [path] : [catalogue, path]

/** S2: all of it, whatever its attributes where a base may be meant. */
function neededAssets(host: HostSession): ReadonlySet<AssetId> {
  const keep = new Set(host.states.neededAssets())
  const told = statesTold(host)
  const packages = new Set<PackageId>(told.flatMap(packagesHeld))
  const manifest = manifestInStore(host)
  const contents = new Set<ContentDigest>()
  for (const waiting of mayBeApplied(host)) {
    for (const { id } of waiting.packages) packages.add(id)
    for (const content of waiting.known) contents.add(content)
  }
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
