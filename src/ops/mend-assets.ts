// Makes damaged assets anew from the sources that a plan names. Every body is digested on its way in; what its source no
// longer gives is forgotten like what has none. Trees that link the old files stay as they are.
import { isMossError } from '../base/error.ts'
import type { AssetId, ContentDigest } from '../base/ids.ts'
import { importBundle } from '../bundle/import.ts'
import { mendableBy } from '../bundle/mend.ts'
import { dropIncoming, listIncoming, takeIn } from '../bundle/take-in.ts'
import { fileSource } from '../host/byte-source.ts'
import type { Disk } from '../host/disk.ts'
import { windowsOf } from '../host/windows.ts'
import { damagedAssets } from '../store/check.ts'
import type { StoreImport } from '../store/import.ts'
import type { HostSession } from './host.ts'
import { contentNames } from './lacking.ts'
import { type DamagedAsset, mendJudge } from './mend-sources.ts'
import type { ReportEvent } from './types.ts'

export async function mendAssets(
  host: HostSession,
  damaged: readonly DamagedAsset[],
  report: ReportEvent,
): Promise<{ readonly mended: ReadonlySet<AssetId>; readonly forgotten: number }> {
  const mended = await mendFromFiles(host, damaged)
  const others = damaged.filter(({ asset }) => !mended.has(asset))
  // What is whole again by now is left alone.
  const only = new Set(others.map(({ asset }) => asset))
  const still = damagedAssets(await host.store.check(report, { only }))
  host.store.discard(still)
  for (const path of bundlesOf(others)) {
    const wanted = others.filter(({ from }) => from?.kind === 'bundle' && from.path === path)
    await mendFromBundle(host, path, { wanted: new Set(wanted.map(({ asset }) => asset)), report })
  }
  const held = host.store.assetIds()
  for (const asset of only) if (held.has(asset)) mended.add(asset)
  return { mended, forgotten: still.filter((asset) => !held.has(asset)).length }
}

const bundlesOf = (damaged: readonly DamagedAsset[]): ReadonlySet<string> =>
  new Set(damaged.flatMap(({ from }) => (from?.kind === 'bundle' ? [from.path] : [])))

async function mendFromFiles(
  { store, outside }: HostSession,
  damaged: readonly DamagedAsset[],
): Promise<Set<AssetId>> {
  const mended = new Set<AssetId>()
  using intake = store.beginImport('mend')
  /** Size of each body that was tried; undefined where it was not what it should be. */
  const bodies = new Map<ContentDigest, number | undefined>()
  for (const { asset, description, from } of damaged) {
    const { content } = description
    if (from === undefined || from.kind === 'bundle') continue
    if (from.kind === 'file' && !bodies.has(content))
      bodies.set(content, await stageBody(outside.disk, intake, { content, path: from.path }))
    const sizeBytes = from.kind === 'file' ? bodies.get(content) : description.sizeBytes
    if (sizeBytes !== undefined && isAdded(() => intake.addAsset({ ...description, sizeBytes }, 'anew')))
      mended.add(asset)
  }
  intake.commit()
  return mended
}

/** Its size; undefined if it is not the content. */
async function stageBody(
  disk: Disk,
  intake: StoreImport,
  { content, path }: { readonly content: ContentDigest; readonly path: string },
): Promise<number | undefined> {
  if (disk.lstat(path)?.kind !== 'file') return undefined
  using file = disk.open(path, 'read')
  const { sizeBytes } = file.stat()
  const writer = intake.create(content, sizeBytes)
  let at = 0
  for (const window of windowsOf(file)) {
    const bytes = window.subarray(0, sizeBytes - at)
    writer.write(bytes, at)
    at += bytes.length
  }
  try {
    await intake.finish(content)
    return sizeBytes
  } catch (error) {
    if (isMossError(error, 'CHUNK_DIGEST_MISMATCH')) return undefined
    throw error
  }
}

function isAdded(add: () => unknown): boolean {
  try {
    add()
    return true
  } catch (error) {
    if (isMossError(error, 'STORE_DAMAGED') || isMossError(error, 'CONTENT_MISSING')) return false
    throw error
  }
}

/** The medium is copied like any bundle and read once; the copy goes again unless it was here before. */
async function mendFromBundle(
  host: HostSession,
  path: string,
  { wanted, report }: { readonly wanted: ReadonlySet<AssetId>; readonly report: ReportEvent },
): Promise<void> {
  const { outside, incoming, store } = host
  const before = new Set(listIncoming(outside.disk, incoming))
  using source = fileSource(outside.disk, path)
  using taken = await takeIn(outside, { source, incomingFolder: incoming, judge: mendJudge(host), report })
  const { packages } = mendableBy(taken, { store, wanted })
  try {
    if (packages.length > 0)
      await importBundle(outside, { ...taken, packages }, { store, report, nameContent: contentNames(host) })
  } catch (error) {
    // It builds on something that is damaged too.
    if (!isMossError(error, 'BUNDLE_BASE_MISSING')) throw error
  }
  if (!before.has(taken.id)) dropIncoming(outside.disk, incoming, taken.id)
}
