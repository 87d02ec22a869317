// Where repair can get what the store has lost: from the store itself under other attributes, from a state's tree that has
// a copy of its own, from another root, from a bundle. Each is read and digested before it is named here, bundles apart,
// whose frames are signed; and again when it is used. Nothing is written.
import { isMossError } from '../base/error.ts'
import type { AssetId, ContentDigest } from '../base/ids.ts'
import { type Mendable, mendableBy } from '../bundle/mend.ts'
import { type Judge, readBundle } from '../bundle/read-bundle.ts'
import { fileSource } from '../host/byte-source.ts'
import type { Outside } from '../host/outside.ts'
import { manifestsPath, placesOf } from '../state/places.ts'
import type { AssetDescription } from '../store/asset.ts'
import { digestInTurns } from '../store/body.ts'
import { assetPath } from '../store/parts.ts'
import { startCounters } from '../trust/counters.ts'
import type { HostSession } from './host.ts'
import { judgeOf, listBundles } from './waiting.ts'

export type MendSource =
  { readonly kind: 'store' } | { readonly kind: 'file' | 'bundle'; readonly path: string }

/** A root's folder or a bundle's file, as a person named it. */
export interface NamedSource {
  readonly kind: 'root' | 'bundle'
  readonly path: string
}

export interface LostAsset {
  readonly asset: AssetId
  /** Of a manifest that nobody here has, only the digest is known: its size is 0 then. No asset of a tree is empty. */
  readonly description: AssetDescription
}

export interface DamagedAsset extends LostAsset {
  /** The file as packages name it, or where it is in the store. */
  readonly name: string
  readonly problem: string
  /** Undefined where nobody here has its bytes. */
  readonly from?: MendSource
}

/** An older bundle serves as well: what is taken from it is only what this host has recorded. */
export const mendJudge = (host: HostSession): Judge => ({
  ...judgeOf(host),
  counters: startCounters(host.trust.root),
})

/** `unsound` are the assets whose bytes do not count. What has no source is absent. */
export async function findSources(
  host: HostSession,
  lost: readonly LostAsset[],
  { unsound, named }: { readonly unsound: ReadonlySet<AssetId>; readonly named: NamedSource | undefined },
): Promise<ReadonlyMap<AssetId, MendSource>> {
  const sources = new Map<AssetId, MendSource>()
  const stored = soundContents(host, unsound)
  const copies = copiesInTrees(host, new Set(lost.map(({ description }) => description.content)))
  for (const { asset, description } of lost) {
    const { content } = description
    const paths = copies.get(content) ?? []
    const candidates = [
      ...paths.map(({ folder, path }) => `${folder}/${path}`),
      ...(named?.kind === 'root' ? placesInRoot(named.path, { asset, paths }) : []),
    ]
    const path = stored.has(content) ? undefined : await firstSound(host.outside, description, candidates)
    if (stored.has(content)) sources.set(asset, { kind: 'store' })
    else if (path !== undefined) sources.set(asset, { kind: 'file', path })
  }
  const bundles = [...(named?.kind === 'bundle' ? [named.path] : []), ...listBundles(host)]
  for (const path of bundles) {
    const wanted = new Set(lost.map(({ asset }) => asset).filter((asset) => !sources.has(asset)))
    if (wanted.size === 0) break
    const { assets } = mendableIn(host, path, wanted)
    for (const asset of assets) sources.set(asset, { kind: 'bundle', path })
  }
  return sources
}

function mendableIn(host: HostSession, path: string, wanted: ReadonlySet<AssetId>): Mendable {
  using source = fileSource(host.outside.disk, path)
  return mendableBy(readBundle(source, mendJudge(host)), { store: host.store, wanted })
}

function soundContents({ store }: HostSession, unsound: ReadonlySet<AssetId>): ReadonlySet<ContentDigest> {
  const contents = new Set<ContentDigest>()
  for (const { id, description } of store.assets()) if (!unsound.has(id)) contents.add(description.content)
  return contents
}

interface TreePath {
  /** That holds `usr`. */
  readonly folder: string
  readonly path: string
}

/** Where states have a content, if nobody changed it. */
function copiesInTrees(
  { states }: HostSession,
  wanted: ReadonlySet<ContentDigest>,
): ReadonlyMap<ContentDigest, readonly TreePath[]> {
  const found = new Map<ContentDigest, TreePath[]>()
  for (const { record } of states.list()) {
    const folder = states.tree(record.number).slice(0, -'/usr'.length)
    const add = (content: ContentDigest, path: string): void => {
      if (wanted.has(content)) found.set(content, [...(found.get(content) ?? []), { folder, path }])
    }
    for (const { id } of record.packages) add(id as string as ContentDigest, `usr/${manifestsPath}/${id}`)
    const files = unlessBroken(() => states.owned(record.number).plan.files) ?? []
    for (const { description, path } of files) add(description.content, path)
  }
  return found
}

function unlessBroken<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (isMossError(error, 'STATE_BROKEN')) return undefined
    throw error
  }
}

const placesInRoot = (
  root: string,
  { asset, paths }: { readonly asset: AssetId; readonly paths: readonly TreePath[] },
): readonly string[] => [
  assetPath(placesOf(root).own, asset),
  ...paths.map(({ path }) => `${placesOf(root).usr}/${path.slice('usr/'.length)}`),
]

async function firstSound(
  outside: Outside,
  description: AssetDescription,
  paths: readonly string[],
): Promise<string | undefined> {
  for (const path of paths) if (await isSound(outside, path, description)) return path
  return undefined
}

/** What cannot be read is no source. */
async function isSound(outside: Outside, path: string, wanted: AssetDescription): Promise<boolean> {
  const { disk } = outside
  try {
    const stat = disk.lstat(path)
    const isOtherSize = wanted.sizeBytes > 0 && stat?.sizeBytes !== wanted.sizeBytes
    if (stat?.kind !== 'file' || isOtherSize) return false
    return (await digestInTurns(path, { disk, turn: () => outside.turn() })) === wanted.content
  } catch (error) {
    if (isMossError(error, 'HOST_IO')) return false
    throw error
  }
}
