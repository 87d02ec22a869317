// What packages say of their newer versions: the entries of their changelogs between the version that is here and the one that
// comes, as far as their beginnings go. They are files of the packages, under the same digests as all of them.
import { constants, gunzipSync } from 'node:zlib'
import type { BundlePackage } from '../bundle/read-bundle.ts'
import type { LayoutEntry } from '../manifest/manifest.ts'
import { compareVersions, isVersion, type VersionScheme } from '../manifest/version.ts'
import type { PackageChange, ToldChangelog } from './changes.ts'
import type { HostSession } from './host.ts'

/** Of a file, as it is stored: the newest entries stand first. */
const startBytes = 16 * 1024
const plainLimitBytes = 1024 * 1024
const mostLines = 40
const longestLine = 200

/** Debian's places, the packager's own before the upstream's. */
const placesOf = (name: string): readonly string[] =>
  ['changelog.Debian.gz', 'changelog.gz', 'changelog.Debian', 'changelog'].map(
    (file) => `usr/share/doc/${name}/${file}`,
  )

/** Of those that change to a version whose changelog is here; what cannot be read is left out. */
export function tellChangelogs(
  host: HostSession,
  set: { readonly changes: readonly PackageChange[]; readonly packages: readonly BundlePackage[] },
): readonly ToldChangelog[] {
  const byName = new Map(set.packages.map(({ manifest }) => [manifest.name, manifest]))
  return set.changes.flatMap(({ name, from, to }) => {
    const manifest = byName.get(name)
    if (manifest === undefined || from === undefined || to === undefined) return []
    const text = startOf(host, manifest)
    const lines = text === undefined ? [] : entriesAfter(text, from, manifest.scheme)
    return lines.length === 0 ? [] : [{ package: name, lines }]
  })
}

function startOf(
  { store, outside }: HostSession,
  { name, layout }: { readonly name: string; readonly layout: readonly LayoutEntry[] },
): string | undefined {
  const files = new Map(layout.flatMap((entry) => (entry.kind === 'file' ? [[entry.path, entry]] : [])))
  const file = placesOf(name)
    .map((path) => files.get(path))
    .find((found) => found !== undefined)
  const place = file && store.contentPlace(file.content)
  if (place === undefined) return undefined
  using opened = outside.disk.open(place.path, 'read')
  const buffer = new Uint8Array(startBytes)
  const bytes = buffer.subarray(0, opened.read(buffer, 0))
  return file?.path.endsWith('.gz') === true ? unpackedStart(bytes) : lossyText(bytes)
}

const lossyText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Of a file that goes on; undefined for what is no gzip, or would be longer than any changelog begins. */
function unpackedStart(bytes: Uint8Array): string | undefined {
  try {
    return lossyText(
      gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: plainLimitBytes }),
    )
  } catch {
    return undefined
  }
}

/** Entries begin with `name (version)` at the left edge, the newest first; without `from` among them the beginning alone. */
export function entriesAfter(text: string, from: string, scheme: VersionScheme): readonly string[] {
  const lines: string[] = []
  for (const line of text.split('\n')) {
    const version = /^\S+ \(([^()\s]+)\)/.exec(line)?.[1]
    if (version !== undefined && isVersion(scheme, version) && compareVersions(scheme, version, from) <= 0)
      break
    lines.push(line.length > longestLine ? `${line.slice(0, longestLine)}…` : line.trimEnd())
    if (lines.length > mostLines) return [...lines.slice(0, mostLines), '…']
  }
  while (lines.at(-1) === '') lines.pop()
  return lines[0] !== undefined && /^\S+ \(/.test(lines[0]) ? lines : []
}
