// Whether enough keys of a role signed. Every signature listed must be present and valid, whether it counts or
// not; then distinct public keys are counted, neither signatures nor ids, so that no key counts twice.
import { toHex } from '../base/bytes.ts'
import { assertTrue, MossError } from '../base/error.ts'
import type { KeyId } from '../base/ids.ts'
import type { PublicKey } from './keys.ts'
import type { Role, Root } from './root.ts'
import { type SignatureClaim, verifySignature } from './signatures.ts'

/** Signed bytes with the signers they name and one block for each, in the same order. */
export interface Signed {
  /** Names the bytes in errors, such as `head`. */
  readonly part: string
  readonly message: Uint8Array
  readonly signers: readonly KeyId[]
  readonly blocks: readonly string[]
}

/** More signers than this are refused: nobody has a reason, and each costs milliseconds. */
export const mostSigners = 64

/**
 * Gives the ids of all who signed. Throws TRUST_SIGNATURE_INVALID, TRUST_UNKNOWN_KEY, or TRUST_THRESHOLD when all
 * are genuine but too few belong to the role.
 */
export function verifyThreshold(signed: Signed & { role: Role; root: Root }): readonly KeyId[] {
  const { part, message, signers, blocks, role, root } = signed
  const need = root.roles[role].threshold
  assertTrue(need >= 1, 'a threshold is at least 1')
  checkList(signed)
  const keys = signers.map((id) => keyOf(root, id))
  const unknown = signers.filter((_, index) => keys[index] === undefined)
  if (unknown.length > 0) throw new MossError('TRUST_UNKNOWN_KEY', { part, keys: unknown })

  const counted = new Set<string>()
  const members = new Set(root.roles[role].keys)
  for (const [index, key] of keys.entries()) {
    if (key === undefined) continue
    verifySignature({ part: `signature ${index + 1} of ${part}`, message, block: blocks[index] ?? '', key })
    if (members.has(key.id)) counted.add(toHex(key.bytes))
  }
  if (counted.size < need) throw new MossError('TRUST_THRESHOLD', { part, role, have: counted.size, need })
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

const keyOf = (root: Root, id: KeyId): PublicKey | undefined => root.keys.find((key) => key.id === id)

/** For what a host says of itself: no role, just the one key that is enrolled for it. */
export function verifyOwnSignature(claim: SignatureClaim): KeyId {
  verifySignature(claim)
  return claim.key.id
}
