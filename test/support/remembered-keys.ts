// The key pairs of seeds, remembered for tests that repeat a verb thousands of times.
import { toHex } from '../../src/base/bytes.ts'
import type * as keys from '../../src/trust/keys.ts'

export async function remember(original: () => Promise<unknown>): Promise<Record<string, unknown>> {
  const real = (await original()) as typeof keys
  const known = new Map<string, ReturnType<typeof real.keyFromSeed>>()
  const keyFromSeed: typeof real.keyFromSeed = (seed, minisignId) => {
    const name = `${toHex(seed)} ${toHex(minisignId)}`
    const key = known.get(name) ?? real.keyFromSeed(seed, minisignId)
    known.set(name, key)
    return { ...key, seed: Uint8Array.from(key.seed) }
  }
  return { ...real, keyFromSeed }
}
