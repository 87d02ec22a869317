// What zstd frames decode to, remembered by their bytes, for tests that repeat a verb thousands of times: setting up
// a decoder takes longer than the few kilobytes it is for. What was refused is decoded each time.
import { createHash } from 'node:crypto'
import type * as zstd from '../../src/container/zstd.ts'

export async function remember(original: () => Promise<unknown>): Promise<Record<string, unknown>> {
  const real = (await original()) as typeof zstd
  const known = new Map<string, Uint8Array>()
  const decodeZstd: typeof real.decodeZstd = (stored, plainBytes, part, base) => {
    const hash = createHash('sha256').update(`${plainBytes} ${stored.length} ${base?.length} `).update(stored)
    const name = (base === undefined ? hash : hash.update(base)).digest('hex')
    const plain = known.get(name) ?? real.decodeZstd(stored, plainBytes, part, base)
    known.set(name, plain)
    return Uint8Array.from(plain)
  }
  return { ...real, decodeZstd }
}
