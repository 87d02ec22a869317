// What the metadata of a bundle may build on: for each manifest that is carried the newest of its name that every host
// has, and the newest snapshot that all of them keep. Chosen from what the hosts say of themselves; what one of them
// lacks is not counted on. A bundle's first host has neither, and its metadata is carried whole.
import { compareText } from '../base/bytes.ts'
import type { ContentDigest, Digest, PackageId } from '../base/ids.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { compareVersions } from '../manifest/version.ts'

export interface KnownPlan {
  /** Serial of the snapshot; absent where there is none that all have. */
  readonly snapshot?: number
  /** Sorted. */
  readonly manifests: readonly PackageId[]
}

export interface KnownRequest {
  readonly hosts: readonly {
    readonly has: readonly PackageId[]
    readonly lacking?: readonly ContentDigest[]
    readonly snapshots?: readonly ContentDigest[]
  }[]
  /** Whose manifests are carried. */
  readonly carried: readonly PackageId[]
  /** Those that can be read here. */
  readonly snapshots: readonly {
    readonly serial: number
    readonly content: ContentDigest
    readonly sizeBytes: number
  }[]
  /** Undefined for a package that is unknown here. */
  readonly package: (id: PackageId) => { readonly manifest: Manifest; readonly sizeBytes: number } | undefined
}

/** Of the 24 MiB that may be reached, so much is left for the sections themselves. */
const mostBytes = 16 * 1024 * 1024

export function planKnown(request: KnownRequest): KnownPlan {
  const snapshot = snapshotOfAll(request)
  return {
    ...(snapshot !== undefined && { snapshot: snapshot.serial }),
    manifests: manifestsOfAll(request, mostBytes - (snapshot?.sizeBytes ?? 0)),
  }
}

const snapshotOfAll = ({ hosts, snapshots }: KnownRequest): KnownRequest['snapshots'][number] | undefined =>
  snapshots
    .filter(
      ({ content, sizeBytes }) =>
        sizeBytes <= mostBytes && hosts.every((host) => host.snapshots?.includes(content) === true),
    )
    .toSorted((a, b) => b.serial - a.serial)[0]

function manifestsOfAll(request: KnownRequest, roomBytes: number): readonly PackageId[] {
  const newest = new Map<string, { readonly id: PackageId; readonly manifest: Manifest }>()
  for (const id of heldByAll(request)) {
    const manifest = request.package(id)?.manifest
    if (manifest === undefined) continue
    const other = newest.get(manifest.name)
    if (other === undefined || isNewer(manifest, other.manifest)) newest.set(manifest.name, { id, manifest })
  }
  const names = new Set(request.carried.map((id) => request.package(id)?.manifest.name))
  let left = roomBytes
  return [...newest.values()]
    .filter(({ manifest }) => names.has(manifest.name))
    .toSorted((a, b) => compareText(a.id, b.id))
    .filter(({ id }) => (left -= request.package(id)?.sizeBytes ?? 0) >= 0)
    .map(({ id }) => id)
}

/** Sorted, so that of two alike the choice is always the same. */
function heldByAll({ hosts }: KnownRequest): readonly PackageId[] {
  const [first, ...others] = hosts.map((host) => {
    const lacking = new Set<Digest>(host.lacking)
    return new Set(host.has.filter((id) => !lacking.has(id)))
  })
  return [...(first ?? [])].filter((id) => others.every((held) => held.has(id))).sort(compareText)
}

const isNewer = (a: Manifest, b: Manifest): boolean =>
  a.scheme === b.scheme && compareVersions(a.scheme, a.version, b.version) > 0
