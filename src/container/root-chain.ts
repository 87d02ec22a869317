// The trust roots that lead from one to the newest, each a whole container, as a bundle carries them in its first section.
// They are read before anything vouches for the bundle, since the newest of them says whose word counts; so their size
// is bounded, they are stored plain, and each has to be signed by enough of the root before it.
import { decodeCbor, encodeCbor } from '../base/cbor.ts'
import { limits } from '../base/limits.ts'
import { bytes, list, record } from '../base/shape.ts'
import { bytesSource } from '../host/byte-source.ts'
import type { Root } from '../trust/root.ts'
import { openKind, type OpenedContainer, readStored } from './read.ts'
import { claimedVersion, verifyNextRoot } from './verify.ts'

/** Its whole file, and what it says. */
export interface SignedRoot {
  readonly root: Root
  readonly bytes: Uint8Array
}

const mostRoots = 1024
const rootsShape = record({ roots: list(bytes(limits.rootChainBytes), mostRoots) })

/** By version. Empty for none. */
export const encodeRoots = (files: readonly Uint8Array[]): Uint8Array =>
  files.length === 0 ? new Uint8Array(0) : encodeCbor({ roots: files })

/** Nobody has judged them. Throws CONTAINER_…, CBOR_INVALID, SHAPE_INVALID. */
export function readCarriedRoots(opened: OpenedContainer): readonly Uint8Array[] {
  const entry = opened.head.sections.find(({ name }) => name === 'roots')
  return entry === undefined
    ? []
    : rootsShape(decodeCbor(readStored(opened, entry), 'section roots'), 'section roots').roots
}

/**
 * Those that are newer than `from`, each vouched for by the one before. Roots that `from` has overtaken say nothing.
 * Throws TRUST_…, CONTAINER_…: then none of them counts.
 */
export function followRoots(from: Root, files: readonly Uint8Array[]): readonly SignedRoot[] {
  const followed: SignedRoot[] = []
  for (const [index, file] of files.entries()) {
    const opened = openKind(bytesSource(`root ${index + 1} of section roots`, file), 'root')
    if (claimedVersion(opened) <= from.version) continue
    const current = followed.at(-1)?.root ?? from
    followed.push({ root: verifyNextRoot(opened, current), bytes: file })
  }
  return followed
}
