// noble's judgements remembered by their arguments, for tests that repeat a verb thousands of times: they are pure
// functions, and most of their time. OpenSSL, the other verifier, judges each time.
import { createHash } from 'node:crypto'
import type * as ed25519 from '@noble/ed25519'

type Ed25519 = typeof ed25519
type KeyPoint = Pick<InstanceType<Ed25519['Point']>, 'isSmallOrder' | 'isTorsionFree'>

export async function remember(original: () => Promise<unknown>): Promise<Record<string, unknown>> {
  const real = (await original()) as Ed25519
  const verdicts = new Map<string, boolean>()
  const verify: Ed25519['verify'] = (signature, message, key, options) => {
    const name = createHash('sha256').update(signature).update(key).update(message).digest('hex')
    const known = verdicts.get(name) ?? real.verify(signature, message, key, options)
    verdicts.set(name, known)
    return known
  }
  const points = new Map<string, KeyPoint>()
  const fromBytes = (bytes: Uint8Array, zip215?: boolean): KeyPoint => {
    const name = `${Buffer.from(bytes).toString('hex')} ${zip215}`
    const known = points.get(name) ?? judged(real.Point.fromBytes(bytes, zip215))
    points.set(name, known)
    return known
  }
  return { ...real, verify, Point: { fromBytes } }
}

/** What enrolment asks of a point. */
function judged(point: KeyPoint): KeyPoint {
  const [isSmallOrder, isTorsionFree] = [point.isSmallOrder(), point.isTorsionFree()]
  return { isSmallOrder: () => isSmallOrder, isTorsionFree: () => isTorsionFree }
}
