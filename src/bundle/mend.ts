// What of a bundle can mend a store: files of its packages that the store has lost. The bundle may be an older one, or be
// waiting: only what is wanted is taken from it, and every byte is checked against what this host itself has recorded.
import { isMossError } from '../base/error.ts'
import type { AssetId, ContentDigest } from '../base/ids.ts'
import { readTables } from '../container/tables.ts'
import { assetIdOf } from '../store/asset.ts'
import type { Store } from '../store/store.ts'
import { fileAsset, manifestAsset, planAssembly } from './assembly.ts'
import type { BundlePackage, ReadBundle } from './read-bundle.ts'

export interface Mendable {
  /** With only those files that can be had; importBundle takes them. */
  readonly packages: readonly BundlePackage[]
  readonly assets: ReadonlySet<AssetId>
}

/** `wanted` are not in the store, or do not count. The bundle's file is still open. */
export function mendableBy(
  { packages, container }: Pick<ReadBundle, 'packages' | 'container'>,
  { store, wanted }: { readonly store: Store; readonly wanted: ReadonlySet<AssetId> },
): Mendable {
  const tables = readTables(container)
  const view = storeWithout(store, wanted)
  const assets = new Set<AssetId>()
  const found: BundlePackage[] = []
  for (const each of packages) {
    const layout = each.manifest.layout.filter((entry) => {
      if (entry.kind !== 'file') return false
      const id = assetIdOf(fileAsset(entry))
      const one = { ...each, manifest: { ...each.manifest, layout: [entry] } }
      if (!wanted.has(id) || !isObtainable(() => planAssembly([one], { tables, store: view }))) return false
      assets.add(id)
      return true
    })
    const manifest = assetIdOf(manifestAsset(each))
    if (wanted.has(manifest)) assets.add(manifest)
    if (layout.length > 0 || wanted.has(manifest))
      found.push({ ...each, manifest: { ...each.manifest, layout } })
  }
  return { packages: found, assets }
}

/** Asked once for each file: what the store has is listed once. */
function storeWithout(
  store: Store,
  wanted: ReadonlySet<AssetId>,
): Pick<Store, 'assetIds' | 'contentSizes' | 'has'> {
  const assets = new Set<AssetId>()
  const sizes = new Map<ContentDigest, number>()
  for (const { id, description } of store.assets()) {
    if (wanted.has(id)) continue
    assets.add(id)
    sizes.set(description.content, description.sizeBytes)
  }
  return {
    assetIds: () => assets,
    contentSizes: () => sizes,
    has: (id) => store.has(id),
  }
}

function isObtainable(plan: () => unknown): boolean {
  try {
    plan()
    return true
  } catch (error) {
    if (isMossError(error, 'BUNDLE_BASE_MISSING') || isMossError(error, 'CONTAINER_DAMAGED')) return false
    throw error
  }
}
