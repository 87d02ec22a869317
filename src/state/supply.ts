// Sees to it that every asset of a tree is in the store before the tree is built. What is there under other
// attributes is copied on this machine; manifests are written from the packages at hand, also over a spoiled one, since a
// state whose manifest cannot be read could not be told from another. Nothing is fetched.
import { MossError } from '../base/error.ts'
import type { AssetId, ContentDigest, Digest } from '../base/ids.ts'
import type { Outside } from '../host/outside.ts'
import { encodeManifest } from '../manifest/codec.ts'
import { digestOfFile } from '../host/whole-files.ts'
import type { Store } from '../store/store.ts'
import type { PlannedFile, PlannedPackage, TreePlan } from './tree-plan.ts'

interface Supply {
  readonly outside: Outside
  readonly store: Store
}

/** Throws CONTENT_MISSING, naming the file, where the store lacks a content. */
export async function supplyAssets(
  { outside, store }: Supply,
  plan: TreePlan,
  packages: readonly PlannedPackage[],
): Promise<void> {
  const manifests = new Map<ContentDigest, PlannedPackage>(packages.map((one) => [manifestContent(one), one]))
  const lacking = lackingAssets(store, plan.files)
  const spoiled = plan.files.filter(
    ({ asset, description: { content } }) =>
      manifests.has(content) && store.hasAsset(asset) && !isWhole(outside, store.assetPath(asset), content),
  )
  if (lacking.length + spoiled.length === 0) return
  for (const { path, description } of lacking)
    if (!store.hasContent(description.content) && !manifests.has(description.content))
      throw new MossError('CONTENT_MISSING', { what: path })
  using intake = store.beginImport('stage')
  for (const content of new Set([...lacking, ...spoiled].map(({ description }) => description.content))) {
    const found = manifests.get(content)
    if (found === undefined) continue
    intake.create(content, found.manifestBytes).write(encodeManifest(found.manifest), 0)
    await intake.finish(content)
  }
  for (const { description } of lacking) intake.addAsset(description)
  for (const { description } of spoiled) intake.addAsset(description, 'anew')
  intake.commit()
}

const manifestContent = ({ id }: PlannedPackage): ContentDigest => id as Digest as ContentDigest

const isWhole = ({ disk }: Outside, path: string, content: ContentDigest): boolean =>
  disk.lstat(path)?.kind === 'file' && digestOfFile(disk, path) === content

/** Asking about each costs as much as reading all ids of a store ten times as large. */
const askedOneByOne = 1000

/** Each once. Empty files are made, not linked: they need no asset. */
function lackingAssets(store: Store, files: readonly PlannedFile[]): readonly PlannedFile[] {
  const seen = new Set<AssetId>()
  const held = files.length > askedOneByOne ? store.assetIds() : { has: (id: AssetId) => store.hasAsset(id) }
  return files.filter(({ asset, description }) => {
    if (description.sizeBytes === 0 || held.has(asset) || seen.has(asset)) return false
    seen.add(asset)
    return true
  })
}
