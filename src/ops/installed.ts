// What a tree says of itself, read from the tree alone: its state record and its packages' manifests. Questions are
// answered from here, without a lock or the database.
import { MossError } from '../base/error.ts'
import type { PackageId } from '../base/ids.ts'
import type { Outside } from '../host/outside.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { readManifest } from '../state/manifests.ts'
import { assertInitialised } from '../state/root-format.ts'
import { currentRecord, readRecord, treeOf } from '../state/parts.ts'
import { type Places, placesOf } from '../state/places.ts'
import type { PackageReason, StateRecord } from '../state/record.ts'

export interface InstalledPackage {
  readonly id: PackageId
  readonly manifest: Manifest
  readonly reason: PackageReason
}

/** Throws NOT_INITIALISED. */
export function managedPlaces(outside: Outside, root: string): Places {
  assertInitialised(outside.disk, root)
  return placesOf(root)
}

/** The tree of a state: the current one's is usr itself. Throws NOT_FOUND. */
export function stateTree(
  outside: Outside,
  { places, state }: { readonly places: Places; readonly state: number | undefined },
): {
  readonly places: Places
  readonly tree: string
  readonly record: StateRecord
  readonly isCurrent: boolean
} {
  const current = currentRecord({ outside, places })
  if (state === undefined || state === current.number)
    return { places, tree: places.usr, record: current, isCurrent: true }
  const tree = treeOf({ outside, places }, state)
  return { places, tree, record: readRecord({ outside, places }, tree), isCurrent: false }
}

export function parseState(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text))
    throw new MossError('CLI_USAGE', { problem: `${text} is not the number of a state` })
  return Number(text)
}

/** Throws STATE_BROKEN, naming the package, where a manifest is lost. */
export const readInstalled = (
  { disk }: Outside,
  { places, tree, record }: { readonly places: Places; readonly tree: string; readonly record: StateRecord },
): readonly InstalledPackage[] =>
  record.packages.map((recorded) => ({
    id: recorded.id,
    reason: recorded.reason,
    manifest: readManifest({ disk, places }, { tree, recorded }).manifest,
  }))
