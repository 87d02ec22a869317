// The trust roots of a station: `root.moss-root` is the newest, `roots/N.moss-root` are those before it, which bundles carry
// on to hosts that still have an older one.
import { MossError } from '../base/error.ts'
import type { SignedRoot } from '../container/root-chain.ts'
import { missingSigners } from '../container/root-file.ts'
import { openKind } from '../container/read.ts'
import { verifyNextRoot, verifySelfSignedRoot } from '../container/verify.ts'
import { bytesSource } from '../host/byte-source.ts'
import { writeDurably } from '../host/durable.ts'
import type { Outside } from '../host/outside.ts'
import { assertFingerprint, spellingsOf } from '../trust/fingerprint.ts'
import { assertPossibleDate } from '../trust/counters.ts'
import { type Root, rootDigest } from '../trust/root.ts'
import { openStation, readRootFile, readTrustRoot, type Station, stationRoot } from './station.ts'

const rootName = (version: number): string => `${version}.moss-root`

/** Those that are here, from the oldest to the newest, each judged when it was accepted. */
export function stationRoots({ outside: { disk }, places }: Station): readonly SignedRoot[] {
  const newest = readTrustRoot(disk, places.root)
  if (disk.lstat(places.roots) === undefined) return [newest]
  const versions = disk
    .list(places.roots)
    .map(({ name }) => /^([1-9][0-9]{0,8})\.moss-root$/.exec(name)?.[1])
    .filter((version) => version !== undefined)
    .map(Number)
    .filter((version) => version < newest.root.version)
    .sort((a, b) => a - b)
  return [...versions.map((version) => readTrustRoot(disk, `${places.roots}/${rootName(version)}`)), newest]
}

/** What a station judges by; those before the newest from the newest. Throws KEY_ABSENT. */
export function rootsOf(station: Station): { readonly root: Root; readonly earlierRoots: readonly Root[] } {
  const root = stationRoot(station)
  const earlierRoots = stationRoots(station)
    .map((each) => each.root)
    .filter(({ version }) => version < root.version)
    .reverse()
  return { root, earlierRoots }
}

/** What a host that has root `version` needs to follow to the newest. Empty where it has that. */
export const rootsAfter = (station: Station, version: number): readonly SignedRoot[] =>
  stationRoots(station).filter(({ root }) => root.version > version)

export interface AcceptedRoot {
  readonly file: string
  readonly version: number
  readonly epoch: number
  readonly fingerprint: string
  readonly words: string
  /** The one it follows; absent for the first that this station has. */
  readonly follows?: number
  readonly isCompared: boolean
  /** A new epoch: channels have to be published anew. */
  readonly isNewEpoch: boolean
}

/** Makes a root that enough have signed the station's own. Throws TRUST_ROOT_UNSIGNED, TRUST_…, TRUST_FINGERPRINT. */
export async function acceptRootFile(
  outside: Outside,
  request: { readonly home: string; readonly file: string; readonly expect: string | undefined },
): Promise<AcceptedRoot> {
  using station = openStation(outside, { home: request.home, how: 'write' })
  const { disk } = outside
  const { places } = station
  const bytes = readRootFile(disk, request.file)
  const opened = openKind(bytesSource(request.file, bytes), 'root')
  const missing = missingSigners(opened)
  if (missing.length > 0)
    throw new MossError('TRUST_ROOT_UNSIGNED', {
      file: request.file,
      keys: missing.map((id) => id.slice(0, 16)),
    })
  const before = disk.lstat(places.root) === undefined ? undefined : readTrustRoot(disk, places.root)
  const root = before === undefined ? verifySelfSignedRoot(opened) : verifyNextRoot(opened, before.root)
  assertPossibleDate(root, Math.floor(outside.nowMs() / 1000))
  assertFingerprint({ what: 'trust root', digest: rootDigest(root) }, request.expect)
  if (before !== undefined) {
    if (disk.lstat(places.roots) === undefined) disk.makeFolder(places.roots, 0o755)
    const path = `${places.roots}/${rootName(before.root.version)}`
    writeDurably(disk, path, before.bytes, { mode: 0o644, replace: true })
  }
  writeDurably(disk, places.root, bytes, { mode: 0o644, replace: true })
  return {
    file: places.root,
    version: root.version,
    epoch: root.epoch,
    ...spellingsOf(rootDigest(root)),
    ...(before && { follows: before.root.version }),
    isCompared: request.expect !== undefined,
    isNewEpoch: before !== undefined && root.epoch > before.root.epoch,
  }
}
