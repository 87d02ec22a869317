// verify without a file: this machine's store and current state, and kept ones if asked, against what packages and records
// say. Changes nothing. A finding names the path and its package.
import type { AssetId } from '../base/ids.ts'
import { formatBytes, plural } from '../base/format.ts'
import type { Outside } from '../host/outside.ts'
import type { StoreFinding } from '../store/check.ts'
import { type HostSession, openHost } from './host.ts'
import { catalogueFindings } from './kept-catalogues.ts'
import { nameOfPath, type OwnedAssets, ownedAssets } from './owned-assets.ts'
import type { ReportEvent } from './types.ts'
import type { Verification } from './verify.ts'

export interface VerifyHost {
  readonly root: string
  /** Attributes, sizes and dates only. */
  readonly isQuick: boolean
  /** Kept states too. */
  readonly isAll: boolean
}

export async function verifyHost(
  outside: Outside,
  { root, isQuick, isAll }: VerifyHost,
  report: ReportEvent,
): Promise<Verification> {
  using host = await openHost(outside, { root, report })
  const totals = host.store.totals()
  const found = await host.store.check(report, { isQuick })
  const damaged = assetProblems(found)
  const owned = ownedAssets(host)
  const current = host.states.current()
  const checked = [`store: ${plural(totals.assets, 'asset')}, ${formatBytes(totals.bytes)}`]
  const inTrees: string[] = []
  for (const { record, isCurrent } of host.states.list()) {
    if (!isCurrent && !isAll) continue
    const { adopted } = record
    checked.push(
      adopted === undefined
        ? `state ${record.number}: ${plural(record.packages.length, 'package')}`
        : `state ${record.number}, adopted: ${plural(adopted.entries, 'path')}`,
    )
    if (owned.unknown.has(record.number)) continue
    const findings = await host.states.check(record.number, { isQuick, damaged }, report)
    const place = record.number === current.number ? '' : `state ${record.number}: `
    inTrees.push(
      ...findings.map(({ path, owner, problem }) => `${place}${nameOfPath(path, owner)}: ${problem}`),
    )
  }
  const inStore = storeFindings(host, { found, owned }).filter((line) => !inTrees.includes(line))
  return {
    checked,
    findings: [
      ...[...owned.unknown].map(
        ([number, problem]) => `state ${number}: ${problem}, so it cannot be checked`,
      ),
      ...inTrees,
      ...inStore.map((line) => `in the store: ${line}`),
      ...(isQuick ? [] : catalogueFindings(host, host.trust.root)),
    ],
  }
}

/** What is wrong with each asset: files that link it share that. */
export function assetProblems(found: readonly StoreFinding[]): ReadonlyMap<AssetId, string> {
  const damaged = new Map<AssetId, string>()
  for (const finding of found)
    if (finding.kind !== 'stray') damaged.set(finding.asset, problemOfAsset(finding))
  return damaged
}

export const problemOfAsset = (finding: Exclude<StoreFinding, { readonly kind: 'stray' }>): string =>
  finding.kind === 'missing' ? 'is missing' : finding.problem

/** What is damaged, and what kept states are made of and nobody has. */
function storeFindings(
  { store }: HostSession,
  { found, owned }: { readonly found: readonly StoreFinding[]; readonly owned: OwnedAssets },
): readonly string[] {
  const held = store.assetIds()
  const lacking = [...owned.assets].filter(([id]) => !held.has(id))
  return [
    ...found.map((finding) =>
      finding.kind === 'stray'
        ? `${finding.path}: nobody recorded it; moss gc removes it`
        : `${owned.assets.get(finding.asset)?.name ?? finding.path}: ${problemOfAsset(finding)}`,
    ),
    ...lacking.map(([, { name }]) => `${name}: is lacking; moss repair, or the next bundle, brings it`),
  ]
}
