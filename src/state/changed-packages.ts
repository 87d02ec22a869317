// In what two states differ: their packages by id, so that only the manifests of those that changed are read, and what
// triggers made. What follows from a change (triggers of the system, services to restart) is decided by this.
import { MossError } from '../base/error.ts'
import { compareFiles } from '../manifest/compare-files.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { readManifest } from './manifests.ts'
import { readRecord, type StateParts, treeOf } from './parts.ts'
import type { MadeEntry, StateRecord } from './record.ts'

export interface ChangedPackages {
  /** Those that only the earlier state has. */
  readonly before: readonly Manifest[]
  /** Those that only the later one has. */
  readonly after: readonly Manifest[]
  /** Of files and links that came, went or are others now. */
  readonly paths: readonly string[]
}

/** An earlier state that is no longer kept counts as empty: then everything is new. */
export function changedPackages(
  parts: StateParts,
  { from, to }: { readonly from: number; readonly to: StateRecord },
): ChangedPackages {
  const earlier = earlierState(parts, from)
  const before = earlier === undefined ? [] : manifestsBeyond(parts, earlier, to)
  const after = manifestsBeyond(parts, to, earlier)
  const files = compareFiles(before, after).map(({ path }) => path)
  return { before, after, paths: [...files, ...changedMade(earlier?.made ?? [], to.made)] }
}

function earlierState(parts: StateParts, from: number): StateRecord | undefined {
  try {
    return readRecord(parts.outside.disk, treeOf(parts, from))
  } catch (error) {
    if (error instanceof MossError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

function manifestsBeyond(
  parts: StateParts,
  state: StateRecord,
  other: StateRecord | undefined,
): readonly Manifest[] {
  const known = new Set(other?.packages.map(({ id }) => id))
  const tree = treeOf(parts, state.number)
  const place = { disk: parts.outside.disk, places: parts.places }
  return state.packages
    .filter(({ id }) => !known.has(id))
    .map((recorded) => readManifest(place, { tree, recorded }).manifest)
}

function changedMade(before: readonly MadeEntry[], after: readonly MadeEntry[]): readonly string[] {
  const asText = (entries: readonly MadeEntry[]): ReadonlyMap<string, string> =>
    new Map(entries.map((entry) => [JSON.stringify(entry), entry.path]))
  const [old, now] = [asText(before), asText(after)]
  const gone = [...old].filter(([text]) => !now.has(text))
  const come = [...now].filter(([text]) => !old.has(text))
  return [...gone, ...come].map(([, path]) => path)
}
