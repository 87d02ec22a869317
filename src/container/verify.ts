// From opened to verified: the head's signatures against a role of a root, against one host's key, or, for a first
// root, against itself. A VerifiedContainer is the only way to sections and frames, whose digests its head pins.
import { MossError } from '../base/error.ts'
import type { PublicKey } from '../trust/keys.ts'
import { decodeRoot, type Role, type Root } from '../trust/root.ts'
import type { Signed } from '../trust/threshold.ts'
import { verifiedByKey, verifiedByRole, type Verified } from '../trust/verified.ts'
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

/** Throws TRUST_SIGNATURE_INVALID, TRUST_UNKNOWN_KEY or TRUST_THRESHOLD. */
export function verifyContainer(
  opened: OpenedContainer,
  by: { readonly role: Role; readonly root: Root },
): VerifiedContainer {
  const head = verifiedByRole(signedHead(opened), by, (bytes) => decodeHead(bytes, opened.kind))
  return { ...opened, head }
}

/** For what a host says of itself: exactly one signature, by this key. */
export function verifyOwnContainer(opened: OpenedContainer, key: PublicKey): VerifiedContainer {
  const head = verifiedByKey(signedHead(opened), key, (bytes) => decodeHead(bytes, opened.kind))
  return { ...opened, head }
}

/**
 * A root that nothing older vouches for: its own root role must have signed it. That it is the right one, only
 * its fingerprint says, compared on another way; until then this is a claim.
 */
export function verifySelfSignedRoot(opened: OpenedContainer): {
  readonly container: VerifiedContainer
  readonly root: Root
} {
  const [record] = opened.head.sections
  if (opened.kind !== 'root' || record === undefined)
    throw new MossError('CONTAINER_DAMAGED', { part: 'prelude', problem: `a ${opened.kind}, not a root` })
  const root = decodeRoot(readStored(opened, record), 'section record')
  return { container: verifyContainer(opened, { role: 'root', root }), root }
}
