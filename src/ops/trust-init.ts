// trust init: gives a host another trust root as at the first time, because no chain leads to it: the root's keys are lost,
// or were stolen. Only a fingerprint that came another way vouches for it, so it has to be said.
import { MossError } from '../base/error.ts'
import type { Outside } from '../host/outside.ts'
import { restartCounters } from '../state/counters-file.ts'
import { startCounters } from '../trust/counters.ts'
import { assertFingerprint, fingerprintOf, spellingsOf } from '../trust/fingerprint.ts'
import { rootDigest } from '../trust/root.ts'
import { openHost } from './host.ts'
import { readTrustRoot } from './station.ts'
import type { ReportEvent } from './types.ts'

export interface TrustInit {
  readonly root: string
  readonly file: string
  /** As a person typed it. */
  readonly expect: string | undefined
}

/**
 * Serials count anew and the time floor stays where it is, unless the root says otherwise. Bundles that wait under the old
 * root are not applied any more. Throws TRUST_FINGERPRINT.
 */
export async function initTrust(outside: Outside, request: TrustInit, report: ReportEvent) {
  using host = await openHost(outside, { root: request.root, report })
  const { disk } = outside
  const offered = readTrustRoot(disk, request.file)
  if (request.expect === undefined)
    throw new MossError('CLI_USAGE', {
      problem: 'say the fingerprint that you were told by another way than this file: --expect "eight words"',
      see: 'trust init',
    })
  assertFingerprint({ what: 'trust root', digest: rootDigest(offered.root) }, request.expect)
  const before = host.trust.root
  const counters = startCounters(offered.root)
  const timeFloor = offered.root.floor ?? Math.max(counters.timeFloor, host.states.counters().timeFloor)
  // The root first: serials are never forgotten under the one that signed them. Cut short between, old serials hold what the
  // new root signs back until this is done again.
  host.trust.follow([offered])
  restartCounters(disk, host.places, { ...counters, timeFloor })
  return {
    before: { version: before.version, fingerprint: fingerprintOf(rootDigest(before)) },
    version: offered.root.version,
    ...spellingsOf(rootDigest(offered.root)),
  }
}
