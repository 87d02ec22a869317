// What a root must be to follow another: the next version, not dated before it, in its epoch or the next. Who signed it
// is for the thresholds of both.
import { toHex } from '../base/bytes.ts'
import { MossError } from '../base/error.ts'
import type { Root } from './root.ts'

/** Before its signatures are looked at: those of a root further on would only puzzle. Throws TRUST_ROOT_ORDER. */
export function assertNextVersion(current: Root, next: Root): void {
  if (next.version !== current.version + 1)
    throw new MossError('TRUST_ROOT_ORDER', { have: current.version, offered: next.version })
}

/** Of a genuine root. Throws TRUST_ROOT_ORDER, TRUST_ROOT_REFUSED. */
export function assertFollows(current: Root, next: Root): void {
  assertNextVersion(current, next)
  const problem = problemOf(current, next)
  if (problem !== undefined) throw new MossError('TRUST_ROOT_REFUSED', { version: next.version, problem })
}

function problemOf(current: Root, next: Root): string | undefined {
  if (next.created < current.created) return 'it is dated before the root that it follows'
  if (next.epoch === current.epoch) return undefined
  if (next.epoch !== current.epoch + 1)
    return `it goes from epoch ${current.epoch} to ${next.epoch}, and an epoch rises by one`
  const before = channelKeys(current)
  return [...channelKeys(next)].every((key) => before.has(key))
    ? 'it begins an epoch, but has no new channel key'
    : undefined
}

/** By their bytes: what a key is for, or its label, makes no new one of it. */
const channelKeys = ({ keys, roles: { channel } }: Root): ReadonlySet<string> =>
  new Set(keys.filter(({ id }) => channel.keys.includes(id)).map(({ bytes }) => toHex(bytes)))
