// Sees to it that every asset of a tree is in the store before the tree is built. What is there under other
// attributes is copied on this machine; manifests are written from the packages at hand. Nothing is fetched.
import { MossError } from '../base/error.ts'
import type { AssetId } from '../base/ids.ts'
import { encodeManifest } from '../manifest/codec.ts'
import type { Store } from '../store/store.ts'
import type { PlannedFile, PlannedPackage, TreePlan } from './tree-plan.ts'

/** Throws CONTENT_MISSING, naming the file, where the store lacks a content. */
export async function supplyAssets(
  store: Store,
  plan: TreePlan,
  packages: readonly PlannedPackage[],
): Promise<void> {
  const lacking = lackingAssets(store, plan.files)
  if (lacking.length === 0) return
  const manifests = new Map<string, PlannedPackage>(packages.map((one) => [one.id, one]))
  for (const { path, description } of lacking)
    if (!store.hasContent(description.content) && !manifests.has(description.content))
      throw new MossError('CONTENT_MISSING', { what: path })
  using intake = store.beginImport('stage')
  for (const { description } of lacking) {
    const { content, sizeBytes } = description
    if (!intake.hasContent(content)) {
      const found = manifests.get(content) as PlannedPackage
      intake.create(content, sizeBytes).write(encodeManifest(found.manifest), 0)
      await intake.finish(content)
    }
    intake.addAsset(description)
  }
  intake.commit()
}

/** Asking about each costs as much as reading all ids of a store ten times as large. */
const askedOneByOne = 1000

/** Each once. Empty files are made, not linked: they need no asset. */
function lackingAssets(store: Store, files: readonly PlannedFile[]): readonly PlannedFile[] {
  const seen = new Set<AssetId>()
  const held = files.length > askedOneByOne ? store.assetIds() : { has: (id: AssetId) => store.hasAsset(id) }
  return files.filter(({ asset, description }) => {
    if (description.sizeBytes === 0 || seen.has(asset)) return false
    seen.add(asset)
    return !held.has(asset)
  })
}
