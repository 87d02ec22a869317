// root show: what a trust root's file says, how far it is signed, and what it would change. Nothing of it is judged here.
import { MossError } from '../base/error.ts'
import type { KeyId } from '../base/ids.ts'
import { openKind, type OpenedContainer } from '../container/read.ts'
import { missingSigners } from '../container/root-file.ts'
import { claimedRoot } from '../container/verify.ts'
import { bytesSource } from '../host/byte-source.ts'
import type { Disk } from '../host/disk.ts'
import type { Outside } from '../host/outside.ts'
import { spellingsOf } from '../trust/fingerprint.ts'
import { rootDigest } from '../trust/root.ts'
import type { Role, Root } from '../trust/root.ts'
import { openStation, readRootFile, readTrustRoot, type Station } from './station.ts'

export const roleNames = ['root', 'channel', 'packager', 'exporter'] as const satisfies readonly Role[]

/** What a root's file says, and how far it is signed. */
export interface DescribedRoot {
  readonly file: string
  readonly version: number
  readonly epoch: number
  readonly created: number
  readonly floor?: number
  readonly fingerprint: string
  readonly words: string
  readonly roles: readonly {
    readonly name: Role
    readonly threshold: number
    readonly keys: readonly KeyId[]
  }[]
  readonly signers: readonly { readonly key: KeyId; readonly hasSigned: boolean }[]
  /** The root of this station that it would follow, and what it would change. */
  readonly follows?: number
  readonly changes: readonly string[]
}

/** Undefined where this station has none yet. */
export const currentRoot = ({ outside: { disk }, places }: Station): Root | undefined =>
  disk.lstat(places.root) === undefined ? undefined : readTrustRoot(disk, places.root).root

export function openRootFile(disk: Disk, file: string): OpenedContainer {
  return openKind(bytesSource(file, readRootFile(disk, file)), 'root')
}

/** What a root's file says; nothing is judged but what it is. */
export async function showRootFile(
  outside: Outside,
  { home, file }: { readonly home: string; readonly file: string | undefined },
): Promise<DescribedRoot> {
  using station = openStation(outside, { home, how: 'read' })
  const before = currentRoot(station)
  const path = file ?? station.places.root
  if (file === undefined && before === undefined) throw new MossError('KEY_ABSENT', { role: 'root' })
  return describeRoot(openRootFile(outside.disk, path), { file: path, before })
}

export function describeRoot(
  opened: OpenedContainer,
  { file, before }: { readonly file: string; readonly before: Root | undefined },
): DescribedRoot {
  const root = claimedRoot(opened)
  const missing = new Set(missingSigners(opened))
  const isNext = before !== undefined && root.version === before.version + 1
  return {
    file,
    version: root.version,
    epoch: root.epoch,
    created: root.created,
    ...(root.floor !== undefined && { floor: root.floor }),
    ...spellingsOf(rootDigest(root)),
    roles: roleNames.map((name) => ({ name, ...root.roles[name] })),
    signers: opened.head.signers.map((key) => ({ key, hasSigned: !missing.has(key) })),
    ...(isNext && { follows: before.version }),
    changes: isNext ? changesBetween(before, root) : [],
  }
}

function changesBetween(before: Root, after: Root): readonly string[] {
  const changes = roleNames.flatMap((role) => {
    const [old, next] = [before.roles[role], after.roles[role]]
    return [
      ...next.keys
        .filter((id) => !old.keys.includes(id))
        .map((id) => `${role}: key ${id.slice(0, 16)} is new`),
      ...old.keys
        .filter((id) => !next.keys.includes(id))
        .map((id) => `${role}: key ${id.slice(0, 16)} is gone`),
      ...(old.threshold === next.threshold
        ? []
        : [`${role}: needs ${next.threshold} keys, was ${old.threshold}`]),
    ]
  })
  return [
    ...changes,
    ...(after.epoch > before.epoch ? [`epoch ${after.epoch}: hosts forget the serials they have seen`] : []),
    ...(after.floor === undefined ? [] : ['hosts set their time floor to what this root says']),
  ]
}
