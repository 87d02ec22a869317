// What kept states and waiting bundles are made of, and what people know each of it by: the first path that needs it, the
// current state's before others, and whose that path is.
import { isMossError } from '../base/error.ts'
import type { AssetId } from '../base/ids.ts'
import { fileAsset, manifestAsset } from '../bundle/assembly.ts'
import { manifestContent } from '../bundle/read-bundle.ts'
import { findManifest } from '../state/manifests.ts'
import { type AssetDescription, assetIdOf } from '../store/asset.ts'
import type { HostSession } from './host.ts'
import { judgeWaiting, unlessSpoiled } from './waiting.ts'

export interface OwnedAsset {
  readonly description: AssetDescription
  /** `/usr/bin/tool (package tide)`; where the current state has no part in it, who needs it stands before. */
  readonly name: string
}

export interface OwnedAssets {
  /** Without empty files: they need no asset. */
  readonly assets: ReadonlyMap<AssetId, OwnedAsset>
  /** States of which nobody here knows what they are made of, and which manifest is lost. */
  readonly unknown: ReadonlyMap<number, string>
}

export const nameOfPath = (path: string, owner: string | undefined): string =>
  owner === undefined ? `/${path}` : `/${path} (${owner})`

export function ownedAssets(host: HostSession): OwnedAssets {
  const { states } = host
  const assets = new Map<AssetId, OwnedAsset>()
  const unknown = new Map<number, string>()
  const add = (id: AssetId, description: AssetDescription, name: () => string): void => {
    if (description.sizeBytes > 0 && !assets.has(id)) assets.set(id, { description, name: name() })
  }
  const known = states.list().toSorted((a, b) => Number(b.isCurrent) - Number(a.isCurrent))
  for (const { record, isCurrent } of known)
    try {
      const { plan, ownerOf } = states.owned(record.number)
      const place = isCurrent ? '' : `state ${record.number}: `
      for (const { asset, description, path } of plan.files)
        add(asset, description, () => `${place}${nameOfPath(path, ownerOf(path))}`)
    } catch (error) {
      if (!isMossError(error, 'STATE_BROKEN')) throw error
      unknown.set(record.number, error.details.problem)
    }
  for (const { packages } of unlessSpoiled(() => judgeWaiting(host).bundles) ?? [])
    for (const each of packages) {
      const owner = `package ${each.manifest.name}`
      const manifest = manifestAsset(each)
      add(assetIdOf(manifest), manifest, () => `waiting: the manifest of ${each.manifest.name}`)
      for (const entry of each.manifest.layout)
        if (entry.kind === 'file')
          add(
            assetIdOf(fileAsset(entry)),
            fileAsset(entry),
            () => `waiting: ${nameOfPath(entry.path, owner)}`,
          )
    }
  return { assets, unknown }
}

/** Of kept states; nobody here has them, so that only their digests are known. */
export function lostManifests({ states, outside, places }: HostSession): ReadonlyMap<AssetId, OwnedAsset> {
  const lost = new Map<AssetId, OwnedAsset>()
  for (const { record } of states.list())
    for (const { id, name, version } of record.packages) {
      const tree = states.tree(record.number)
      if (findManifest({ disk: outside.disk, places }, { tree, id }) !== undefined) continue
      const description = { content: manifestContent(id), sizeBytes: 0, mode: 0o644, uid: 0, gid: 0 }
      lost.set(assetIdOf(description), { description, name: `the manifest of ${name} ${version}` })
    }
  return lost
}
