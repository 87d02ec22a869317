// What the store does not have, or has in name only. Nothing of it is written down: lacking is what the packages of
// kept states name and the store has no row of, so it is told truly by whatever state is exported next. What is found
// damaged is forgotten by the store, and from then on it is lacking: the next bundle brings it whole.
import { plural } from '../base/format.ts'
import { compareText } from '../base/bytes.ts'
import { emptyDigest } from '../base/digest.ts'
import type { ContentDigest, PackageId } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import { manifestContent } from '../bundle/read-bundle.ts'
import { decodeManifest, packageIdOf } from '../manifest/codec.ts'
import type { LayoutEntry } from '../manifest/manifest.ts'
import { manifestsPath } from '../state/places.ts'
import { damagedAssets } from '../store/check.ts'
import type { HostSession } from './host.ts'
import type { SettlingSession } from './receipt.ts'
import type { ReportEvent } from './types.ts'
import { manifestInStore } from './waiting.ts'

/** A package of a kept state. */
interface KeptPackage {
  readonly id: PackageId
  /** Its name and version. */
  readonly title: string
  /** Undefined where its manifest is damaged: then nobody here knows what it is made of. */
  readonly layout: readonly LayoutEntry[] | undefined
}

/** Of current and kept states, each once. */
function* keptPackages(host: SettlingSession): Generator<KeptPackage> {
  const { states } = host
  const stored = manifestInStore(host)
  const seen = new Set<PackageId>()
  for (const { record } of states.list())
    for (const { id, name, version } of record.packages) {
      if (seen.has(id)) continue
      seen.add(id)
      const bytes = stored(id) ?? manifestInTree(host, states.tree(record.number), id)
      const layout = bytes && decodeManifest(bytes, `manifest of ${name}`, id).layout
      yield { id, title: `${name} ${version}`, layout }
    }
}

/** Undefined where it is damaged too: then nobody here knows what the package is made of. */
function manifestInTree(
  { outside: { disk } }: SettlingSession,
  tree: string,
  id: PackageId,
): Uint8Array | undefined {
  const path = `${tree}/${manifestsPath}/${id}`
  if (disk.lstat(path)?.kind !== 'file') return undefined
  const bytes = disk.readFile(path, limits.sectionBytes)
  return packageIdOf(bytes) === id ? bytes : undefined
}

/** What people know contents by, manifests included; looked up when it is first asked. A content of several files bears the name of one. */
export function contentNames(host: SettlingSession): (content: ContentDigest) => string | undefined {
  let names: Map<ContentDigest, () => string> | undefined
  return (content) => {
    names ??= nameContents(host)
    return names.get(content)?.()
  }
}

function nameContents(host: SettlingSession): Map<ContentDigest, () => string> {
  const names = new Map<ContentDigest, () => string>()
  for (const { id, title, layout = [] } of keptPackages(host)) {
    names.set(manifestContent(id), () => `the manifest of ${title}`)
    for (const entry of layout)
      if (entry.kind === 'file') names.set(entry.content, () => `/${entry.path} of ${title}`)
  }
  return names
}

/** Sorted, each once. */
export function lackingContents(host: SettlingSession): readonly ContentDigest[] {
  const lacking = new Set<ContentDigest>()
  const held = host.store.contentSizes()
  for (const { id, layout = [] } of keptPackages(host)) {
    if (!held.has(manifestContent(id))) lacking.add(manifestContent(id))
    for (const entry of layout)
      if (entry.kind === 'file' && !held.has(entry.content) && entry.content !== emptyDigest)
        lacking.add(entry.content)
  }
  return [...lacking].sort(compareText)
}

/**
 * Checks the whole store, since damage seldom comes alone and the next bundle may be half a year away, and forgets what
 * is damaged. Gives how many assets that were: none if somebody else is to blame.
 */
export async function forgetDamaged({ store }: HostSession, report: ReportEvent): Promise<number> {
  const damaged = damagedAssets(await store.check(report))
  if (damaged.length === 0) return 0
  store.discard(damaged)
  const files = plural(damaged.length, 'file')
  report({ phase: 'import', warning: `${files} of the store, found damaged, now count as lacking` })
  return damaged.length
}

/** What no check of bytes finds: files of the store that were said to have other chunks than they have. Gives how many. */
export async function recutFalse({ store }: HostSession, report: ReportEvent): Promise<number> {
  const count = await store.recut(report)
  const files = plural(count, 'file')
  if (count > 0) report({ phase: 'import', warning: `${files} of the store, wrongly cut, now cut anew` })
  return count
}
