// From opened to verified: the head's signatures against a role of a root, against one host's key, for a root against the
// one before it, or, for a first root, against itself. A VerifiedContainer is the only way to sections and frames, whose digests its head pins.
import { MossError } from '../base/error.ts'
import type { PublicKey } from '../trust/keys.ts'
import { assertFollows, assertNextVersion } from '../trust/next-root.ts'
import { decodeRoot, versionOfRoot, type Root } from '../trust/root.ts'
import type { GenuineClaims } from '../trust/signatures.ts'
import type { Requirement, Signed } from '../trust/threshold.ts'
import { verifiedByKey, verifiedByRoles, type Verified } from '../trust/verified.ts'
import { decodeHead, type Head } from './head.ts'
import type { ReadKnown } from './known.ts'
import { readStored, type OpenedContainer } from './read.ts'

export interface VerifiedContainer extends OpenedContainer {
  readonly head: Verified<Head>
  /** Where what its metadata builds on can be read; absent where nothing can. */
  readonly readKnown?: ReadKnown
}

/** To be asked for before anything else: what was read without stays unread. */
export const withKnown = (container: VerifiedContainer, readKnown: ReadKnown): VerifiedContainer => ({
  ...container,
  readKnown,
})

const signedHead = (opened: OpenedContainer): Signed => ({
  part: 'head',
  message: opened.headBytes,
  signers: opened.head.signers,
  blocks: opened.blocks,
})

/** `known` signatures are not judged once more. Throws TRUST_SIGNATURE_INVALID, TRUST_UNKNOWN_KEY or TRUST_THRESHOLD. */
export function verifyContainer(
  opened: OpenedContainer,
  by: Requirement,
  known?: GenuineClaims,
): VerifiedContainer {
  const signed = { ...signedHead(opened), known }
  const head = verifiedByRoles(signed, [by], (bytes) => decodeHead(bytes, opened.kind))
  return { ...opened, head }
}

/** For what a host says of itself: exactly one signature, by this key. */
export function verifyOwnContainer(opened: OpenedContainer, key: PublicKey): VerifiedContainer {
  const head = verifiedByKey(signedHead(opened), key, (bytes) => decodeHead(bytes, opened.kind))
  return { ...opened, head }
}

/** What a root's file says of itself; nobody has judged it. */
export const claimedRoot = (opened: OpenedContainer): Root => decodeRoot(rootRecord(opened), rootPart)

/** The same, of its version alone. */
export const claimedVersion = (opened: OpenedContainer): number => versionOfRoot(rootRecord(opened), rootPart)

const rootPart = 'section record'

function rootRecord(opened: OpenedContainer): Uint8Array {
  const [record] = opened.head.sections
  if (opened.kind !== 'root' || record === undefined)
    throw new MossError('CONTAINER_DAMAGED', { part: 'prelude', problem: `a ${opened.kind}, not a root` })
  return readStored(opened, record)
}

/**
 * A root that nothing older vouches for: its own root role must have signed it. That it is the right one, only
 * its fingerprint says, compared on another way; until then this is a claim. Signatures of keys that it does not have are
 * those of the root before it, and speak to whoever has that one.
 */
export function verifySelfSignedRoot(opened: OpenedContainer): Root {
  const root = claimedRoot(opened)
  verifiedByRoles(ownPart(signedHead(opened), root), [{ role: 'root', root }], () => root)
  return root
}

function ownPart(signed: Signed, { keys }: Root): Signed {
  const own = signed.signers.map((id) => keys.some((key) => key.id === id))
  if (!own.includes(true)) return signed
  const isOwn = (_: string, index: number): boolean => own[index] === true
  return { ...signed, signers: signed.signers.filter(isOwn), blocks: signed.blocks.filter(isOwn) }
}

/** The root that follows `current`: enough of the root keys of both have signed it. Throws TRUST_…. */
export function verifyNextRoot(opened: OpenedContainer, current: Root): Root {
  const next = claimedRoot(opened)
  assertNextVersion(current, next)
  const by = [current, next].map((root) => ({ role: 'root' as const, root }))
  const root = verifiedByRoles(signedHead(opened), by, () => next)
  assertFollows(current, root)
  return root
}
