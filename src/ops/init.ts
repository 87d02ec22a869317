// init: makes a managed root for one host that trusts one root file. An init that was cut short is run again.
import { MossError } from '../base/error.ts'
import { checkChannelName } from '../base/names.ts'
import type { Outside } from '../host/outside.ts'
import { isArchitecture } from '../manifest/architecture.ts'
import { formatModel } from '../solve/model.ts'
import { initRoot, type InitRequest } from '../state/init.ts'
import { isInitialised } from '../state/root-format.ts'
import { startCounters } from '../trust/counters.ts'
import { assertFingerprint, fingerprintOf, fingerprintWords } from '../trust/fingerprint.ts'
import { rootDigest } from '../trust/root.ts'
import { newHostKeys } from './host-keys.ts'
import { checkHostName } from './identity.ts'
import { newSealingFiles } from './sealing.ts'
import { readTrustRoot } from './station.ts'

export interface InitHost {
  readonly root: string
  readonly trustFile: string | undefined
  /** The root's fingerprint as a person typed it. */
  readonly expect: string | undefined
  readonly name: string | undefined
  readonly channel: string | undefined
  /** Of the machine that the root is for; this one's by default. */
  readonly architecture?: string | undefined
}

/** What a person said, checked: everything that can be refused before something is made. */
interface ReadyToInit {
  readonly root: string
  readonly trusted: ReturnType<typeof readTrustRoot>
  readonly fingerprint: string
  readonly name: string
  readonly model: string
  readonly isCompared: boolean
}

export async function initHost(outside: Outside, request: InitHost) {
  return await makeHost(outside, readyToInit(outside, request))
}

/** Throws ALREADY_EXISTS, CLI_USAGE, NOT_FOUND, TRUST_FINGERPRINT. */
export function readyToInit(outside: Outside, request: InitHost): ReadyToInit {
  const { disk } = outside
  if (isInitialised(disk, request.root))
    throw new MossError('ALREADY_EXISTS', { what: `the managed root ${request.root}` })
  if (request.trustFile === undefined)
    throw new MossError('CLI_USAGE', {
      problem: 'say whom this host shall trust: --trust ROOTFILE',
      see: 'init',
    })
  const trusted = readTrustRoot(disk, request.trustFile)
  const fingerprint = fingerprintOf(rootDigest(trusted.root))
  assertFingerprint({ what: 'trust root', digest: rootDigest(trusted.root) }, request.expect)
  const name = request.name ?? outside.machineName
  checkHostName(name)
  const channel = request.channel ?? 'stable'
  checkChannelName(channel, 'init')
  const architecture = request.architecture ?? outside.machineArchitecture
  if (!isArchitecture(architecture))
    throw new MossError('CLI_USAGE', { problem: `${architecture} is not an architecture`, see: 'init' })
  return {
    root: request.root,
    trusted,
    fingerprint,
    name,
    model: formatModel({ channel, architecture, subscriptions: [], holds: [] }),
    isCompared: request.expect !== undefined,
  }
}

/** State 0 is empty, or what stands at usr. */
export async function makeHost(
  outside: Outside,
  { root, trusted, fingerprint, name, model, isCompared }: ReadyToInit,
  adopt?: NonNullable<InitRequest['adopt']>,
) {
  const keys = newHostKeys(outside, { name, trustRoot: trusted.bytes, fingerprint })
  initRoot(outside, root, {
    created: adopt === undefined ? trusted.root.created : Math.floor(outside.nowMs() / 1000),
    model,
    counters: startCounters(trusted.root),
    keys: [...keys.files, ...(await newSealingFiles(outside))],
    ...(adopt && { adopt }),
  })
  return {
    root,
    host: keys.id,
    name,
    rootVersion: trusted.root.version,
    fingerprint,
    words: fingerprintWords(rootDigest(trusted.root)),
    isCompared,
    notes:
      outside.userId === 0
        ? []
        : ['not run as root: owners are recorded but not set, and triggers that need root are skipped'],
  }
}
