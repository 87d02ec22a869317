// Fixed keys for the tests of trust: number n gives always the same key.
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { MossError } from '../../../src/base/error.ts'
import { keyFromSeed, type SecretKey } from '../../../src/trust/keys.ts'
import type { Root } from '../../../src/trust/root.ts'

export const sampleKey = (n: number): SecretKey =>
  keyFromSeed(new Uint8Array(32).fill(n), new Uint8Array(8).fill(n))

export const sampleMessage = encodeUtf8('moss-bundle 1\nwhat is signed')

/** Key 1 alone is root; channel needs two of keys 2, 3, 4; packager 2; exporter 5. */
export function sampleRoot(): Root {
  const keys = [1, 2, 3, 4, 5].map((n) => sampleKey(n).publicKey)
  const ids = (...numbers: readonly number[]) =>
    numbers.map((n) => sampleKey(n).publicKey.id).toSorted((a, b) => (a < b ? -1 : 1))
  return {
    version: 3,
    epoch: 2,
    created: 1_700_000_000,
    keys: keys.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    roles: {
      root: { keys: ids(1), threshold: 1 },
      channel: { keys: ids(2, 3, 4), threshold: 2 },
      packager: { keys: ids(2), threshold: 1 },
      exporter: { keys: ids(5), threshold: 1 },
    },
  }
}

/** The code of what `action` throws, or what it gave. */
export function outcomeOf(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    if (error instanceof MossError) return error.code
    throw error
  }
}

/** The problem that a thrown MossError states. */
export function problemOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof MossError) return error.message
    throw error
  }
  return 'nothing was thrown'
}
