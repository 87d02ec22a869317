// Removes assets that nothing names any more. A plan says what goes; carrying it out makes no choices. Rows go before
// files, so a crash leaves strays, which the next plan finds, and never a row without its file.
// S2: what is kept, and what an open import counts on, is never removed.
import { MossError } from '../base/error.ts'
import type { AssetId } from '../base/ids.ts'
import { syncAll } from '../host/durable.ts'
import { assetPath, type StoreParts, voidSeals } from './parts.ts'
import { findStrays } from './strays.ts'
import { deleteAsset, eachAsset } from './tables.ts'

export interface CollectPlan {
  readonly assets: readonly { readonly id: AssetId; readonly sizeBytes: number }[]
  /** Garbage of earlier crashes. */
  readonly strays: readonly string[]
}

/** `keep` names every asset that a kept state, the newest export or the newest receipt needs. */
export function planCollect(parts: StoreParts, keep: ReadonlySet<AssetId>): CollectPlan {
  const assets: { id: AssetId; sizeBytes: number }[] = []
  for (const { id, description } of eachAsset(parts.database)) {
    if (keep.has(id) || parts.pins.has(id)) continue
    assets.push({ id, sizeBytes: description.sizeBytes })
  }
  return { assets, strays: [...findStrays(parts, keep)] }
}

/** PLAN_STALE when an import begun since counts on an asset, or has made a stray its own. */
export function collect(parts: StoreParts, plan: CollectPlan): void {
  const isWanted = plan.assets.some(({ id }) => parts.pins.has(id))
  const stillStray = plan.strays.length === 0 ? new Set<string>() : new Set(findStrays(parts))
  if (isWanted || plan.strays.some((path) => !stillStray.has(path) && parts.disk.lstat(path) !== undefined))
    throw new MossError('PLAN_STALE', { what: 'the store' })
  for (const path of plan.strays) parts.disk.removeTree(path)
  for (const few of inGrowingParts(plan.assets)) {
    parts.database.transaction((transaction) => {
      for (const { id } of few) deleteAsset(transaction, id)
    })
    for (const { id } of few) removeAsset(parts, id)
  }
  // T3: what was said to be freed does not come back with a power cut.
  syncAll(parts.disk, parts.folder)
}

/** Of 1, 2, 4 and so on: on a full disk a commit has only the room that those before it gave back. */
function* inGrowingParts<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0, count = 1; at < items.length; at += count, count *= 2) yield items.slice(at, at + count)
}

function removeAsset({ disk, folder }: StoreParts, id: AssetId): void {
  const path = assetPath(folder, id)
  const kind = disk.lstat(path)?.kind
  if (kind === 'folder') disk.removeTree(path)
  else if (kind !== undefined) disk.remove(path)
}

/** Removes exactly these, kept or not: their bytes are not what their names say. */
export function discard(parts: StoreParts, damaged: readonly AssetId[]): void {
  voidSeals(parts)
  collect(parts, { assets: damaged.map((id) => ({ id, sizeBytes: 0 })), strays: [] })
}
