// A deliberate downgrade: enough channel keys allow one host to go back from one serial to another, until a date, once.
import type { Digest, HostId } from '../base/ids.ts'
import { MossError } from '../base/error.ts'
import type { Counters } from './counters.ts'

export interface Grant {
  readonly channel: string
  readonly epoch: number
  readonly host: HostId
  readonly from: number
  readonly to: number
  /** Seconds since 1970. */
  readonly expires: number
}

/** With the digest of what was signed, by which a host knows what it has used. */
export type SignedGrant = Grant & { readonly id: Digest }

/** Throws TRUST_GRANT_REFUSED unless it allows to go from what the counters have to `serial` now. */
export function assertGranted(
  grant: SignedGrant,
  {
    counters,
    serial,
    nowSeconds,
  }: { readonly counters: Counters; readonly serial: number; readonly nowSeconds: number },
): void {
  const problem = problemOf(grant, { counters, serial, nowSeconds })
  if (problem !== undefined) throw new MossError('TRUST_GRANT_REFUSED', { channel: grant.channel, problem })
}

function problemOf(
  { id, channel, epoch, from, to, expires }: SignedGrant,
  {
    counters,
    serial,
    nowSeconds,
  }: { readonly counters: Counters; readonly serial: number; readonly nowSeconds: number },
): string | undefined {
  const have = counters.serials[channel]?.serial ?? 0
  if (counters.used.includes(id)) return 'it was used before, and serves once'
  if (epoch !== counters.epoch) return `it is of epoch ${epoch}, and this host is in ${counters.epoch}`
  if (from !== have) return `it goes back from serial ${from}, and this host has ${have}`
  if (to !== serial) return `it goes back to serial ${to}, not to ${serial}`
  // What nobody can turn back has passed it, or the clock has: a privilege is not given on the word of a slow clock.
  if (expires < Math.max(counters.timeFloor, nowSeconds)) return 'it has expired'
  return undefined
}
