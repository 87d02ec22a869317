// In what two states differ: their packages by id, so that only the manifests of those that changed are read, and what
// triggers made. What follows from a change (triggers of the system, services to restart) is decided by this.
import { isMossError, MossError } from '../base/error.ts'
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
  /** What is not known of it, a sentence each. */
  readonly problems: readonly string[]
}

/**
 * An earlier state that is no longer kept counts as empty: then everything is new. So does a package whose manifest is lost:
 * past the commit point nothing may stop for it.
 */
export function changedPackages(
  parts: StateParts,
  { from, to }: { readonly from: number; readonly to: StateRecord },
): ChangedPackages {
  const earlier = earlierState(parts, from)
  const problems: string[] = []
  const before = earlier === undefined ? [] : manifestsBeyond(parts, { state: earlier, other: to, problems })
  const after = manifestsBeyond(parts, { state: to, other: earlier, problems })
  const files = compareFiles(before, after).map(({ path }) => path)
  return { before, after, paths: [...files, ...changedMade(earlier?.made ?? [], to.made)], problems }
}

function earlierState(parts: StateParts, from: number): StateRecord | undefined {
  try {
    return readRecord(parts, treeOf(parts, from))
  } catch (error) {
    if (error instanceof MossError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

function manifestsBeyond(
  parts: StateParts,
  {
    state,
    other,
    problems,
  }: { readonly state: StateRecord; readonly other: StateRecord | undefined; readonly problems: string[] },
): readonly Manifest[] {
  const known = new Set(other?.packages.map(({ id }) => id))
  const tree = treeOf(parts, state.number)
  const place = { disk: parts.outside.disk, places: parts.places }
  return state.packages
    .filter(({ id }) => !known.has(id))
    .flatMap((recorded) => {
      try {
        return [readManifest(place, { tree, recorded }).manifest]
      } catch (error) {
        if (!isMossError(error, 'STATE_BROKEN')) throw error
        problems.push(
          `${error.message}: what changed by it is not known, and triggers may be owed; run moss repair`,
        )
        return []
      }
    })
}

function changedMade(before: readonly MadeEntry[], after: readonly MadeEntry[]): readonly string[] {
  const asText = (entries: readonly MadeEntry[]): ReadonlyMap<string, string> =>
    new Map(entries.map((entry) => [JSON.stringify(entry), entry.path]))
  const [old, now] = [asText(before), asText(after)]
  const gone = [...old].filter(([text]) => !now.has(text))
  const come = [...now].filter(([text]) => !old.has(text))
  return [...gone, ...come].map(([, path]) => path)
}
