// Whether enough keys of a role signed; a root needs enough of two roots. Every signature listed must be present and
// valid, whether it counts or not; then distinct public keys are counted, neither signatures nor ids, so that no key
// counts twice.
import { toHex } from '../base/bytes.ts'
import { assertTrue, MossError } from '../base/error.ts'
import type { KeyId } from '../base/ids.ts'
import type { PublicKey } from './keys.ts'
import type { Role, Root } from './root.ts'
import { type GenuineClaims, type SignatureClaim, verifySignature } from './signatures.ts'

/** Signed bytes with the signers they name and one block for each, in the same order. */
export interface Signed {
  /** Names the bytes in errors, such as `head`. */
  readonly part: string
  readonly message: Uint8Array
  readonly signers: readonly KeyId[]
  readonly blocks: readonly string[]
  /** What need not be judged once more. */
  readonly known?: GenuineClaims | undefined
}

/** More signers than this are refused: nobody has a reason, and each costs milliseconds. */
export const mostSigners = 64

/** So many keys of the role as the root says. */
export interface Requirement {
  readonly role: Role
  readonly root: Root
}

/**
 * Gives the ids of all who signed. Throws TRUST_SIGNATURE_INVALID, TRUST_UNKNOWN_KEY for a key that is in none of the
 * roots, or TRUST_THRESHOLD when all are genuine but too few belong to a role.
 */
export function verifyThresholds(signed: Signed, requirements: readonly Requirement[]): readonly KeyId[] {
  const { part, message, signers, blocks, known } = signed
  assertTrue(requirements.length > 0, 'somebody must have signed')
  checkList(signed)
  const roots = requirements.map(({ root }) => root)
  const keys = signers.map((id) => keyOf(roots, id))
  const unknown = signers.filter((_, index) => keys[index] === undefined)
  if (unknown.length > 0) throw new MossError('TRUST_UNKNOWN_KEY', { part, keys: unknown })
  const genuine = keys.filter((key) => key !== undefined)
  for (const [index, key] of genuine.entries())
    verifySignature({
      part: `signature ${index + 1} of ${part}`,
      message,
      block: blocks[index] ?? '',
      key,
      known,
    })
  for (const { role, root } of requirements) {
    const { keys: members, threshold: need } = root.roles[role]
    assertTrue(need >= 1, 'a threshold is at least 1')
    const have = new Set(genuine.filter(({ id }) => members.includes(id)).map(({ bytes }) => toHex(bytes)))
      .size
    if (have < need) throw new MossError('TRUST_THRESHOLD', { part, role, have, need })
  }
  return signers
}

function checkList({ part, signers, blocks }: Signed): void {
  const refuse = (problem: string): never => {
    throw new MossError('TRUST_SIGNATURE_INVALID', { part, problem })
  }
  if (signers.length === 0) refuse('nobody signed it')
  if (signers.length > mostSigners) refuse(`more than ${mostSigners} signers`)
  if (signers.length !== blocks.length)
    refuse(`it names ${signers.length} signers and has ${blocks.length} signatures`)
  if (new Set(signers).size !== signers.length) refuse('it names a signer twice')
}

const keyOf = (roots: readonly Root[], id: KeyId): PublicKey | undefined =>
  roots.flatMap((root) => root.keys).find((key) => key.id === id)

/** For what a host says of itself: no role, just the one key that is enrolled for it. */
export function verifyOwnSignature(claim: SignatureClaim): KeyId {
  verifySignature(claim)
  return claim.key.id
}
