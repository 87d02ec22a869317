// sync on a host: which bundles on a medium are for it and new to it, and taking them in, the newest first, with the roots
// that lie there. What is for others is left alone with a word. That its state then goes on the medium is for the caller:
// applying, which may be asked about, comes between.
import { exits } from '../base/exits.ts'
import { isMossError, MossError } from '../base/error.ts'
import { limits } from '../base/limits.ts'
import { silent } from '../base/progress.ts'
import { followRoots } from '../container/root-chain.ts'
import type { Outside } from '../host/outside.ts'
import { findRoots } from '../medium/medium.ts'
import { isSyncPolicy, syncPolicies, type SyncPolicy } from '../solve/model.ts'
import { acceptRoot } from '../trust/counters.ts'
import { acceptedBundles } from './accepted-bundles.ts'
import type { ImportedBundle } from './changes.ts'
import { type HostSession, openHost } from './host.ts'
import { readHostRoot } from './host-trust.ts'
import { importBundles } from './import.ts'
import { managedPlaces } from './installed.ts'
import { bundlesOn, byUse, type MediumBundle } from './medium-scan.ts'
import { readModel } from './model-file.ts'
import { sealedName, sealedOn } from './sealed-scan.ts'
import { hostStatus } from './status.ts'
import type { ReportEvent } from './types.ts'

/** `take` is tried; the others are left where they lie: of another host, taken in before, older, of another channel, unreadable. */
export type BundleFate = 'take' | 'others' | 'before' | 'older' | 'channel' | 'unreadable'

export interface HostSyncPlan {
  readonly side: 'host'
  readonly root: string
  readonly medium: string
  readonly policy: SyncPolicy
  /** Versions of trust roots on the medium that are newer than this host's. */
  readonly roots: readonly number[]
  /** In the order in which they are tried. */
  readonly bundles: readonly (MediumBundle & { readonly fate: BundleFate })[]
  /** A serial that was taken in before and waits to be applied. */
  readonly waiting?: number
}

/** Reads the medium's names and heads; writes nothing. Throws CLI_USAGE for no policy, MEDIUM_ABSENT, NOT_INITIALISED. */
export async function planHostSync(
  outside: Outside,
  request: { readonly root: string; readonly medium: string; readonly policy: string | undefined },
): Promise<HostSyncPlan> {
  const { root, medium, policy } = request
  if (policy !== undefined && !isSyncPolicy(policy))
    throw new MossError('CLI_USAGE', { problem: `--policy is ${syncPolicies.join(', ')}`, see: 'sync' })
  const status = await hostStatus(outside, { root })
  const places = managedPlaces(outside, root)
  const { model } = readModel(outside, places)
  const accepted = acceptedBundles(outside, root)()
  const fateOf = (bundle: MediumBundle): BundleFate => {
    const isMendable = bundle.isMendable === true
    if (bundle.problem !== undefined && !isMendable) return 'unreadable'
    if (!bundle.isForThisHost && !isMendable) return 'others'
    if (bundle.wasTaken === true) return 'before'
    // A renamed file that cannot be read, yet or at all, says nothing of its channel and serial.
    if (bundle.channel === undefined) return 'take'
    if (bundle.channel !== model.channel) return 'channel'
    const isOfThis = status.channel.name === model.channel
    const isOlder = isOfThis && (bundle.serial ?? 0) < (status.channel.serial ?? 0)
    return isOlder && bundle.hasGrants !== true ? 'older' : 'take'
  }
  const { version } = readHostRoot(outside.disk, places)
  const open = bundlesOn(outside, { medium, host: status.host, accepted })
  const sealed = await sealedOn(outside, { medium, keys: places.keys, accepted })
  return {
    side: 'host',
    root,
    medium,
    policy: policy ?? model.sync,
    bundles: [...open, ...sealed].sort(byUse).map((bundle) => ({ ...bundle, fate: fateOf(bundle) })),
    roots: newerRoots(outside, { medium, version }).map((found) => found.version),
    ...(status.waiting !== undefined && { waiting: status.waiting.serial }),
  }
}

/** Each follows the one before; behind a gap there is nothing to follow. */
function newerRoots(
  { disk }: Outside,
  { medium, version }: { readonly medium: string; readonly version: number },
): ReturnType<typeof findRoots> {
  const newer = findRoots(disk, medium).filter((found) => found.version > version)
  return newer.filter((found, at) => found.version === version + 1 + at)
}

export interface Refused {
  readonly file: string
  readonly code: string
  readonly message: string
  readonly hint?: string
  readonly exit: number
}

export interface TakenFromMedium {
  /** The version of the trust root that counts now, where it came from the medium. */
  readonly trustRoot?: number
  readonly taken?: ImportedBundle
  /** Those that it was made to follow, taken in before it. */
  readonly takenBefore: readonly ImportedBundle[]
  /** What the medium has for this host and this host does not take; nothing is lost by that. */
  readonly refused: readonly Refused[]
}

/** The newest that is taken has all that older ones have. Behind one that is taken those are tried again that lacked what it brings. */
export async function executeHostSync(
  outside: Outside,
  plan: HostSyncPlan,
  report: ReportEvent,
): Promise<TakenFromMedium> {
  const { root, medium } = plan
  let refused: Refused[] = []
  const trustRoot =
    plan.roots.length === 0
      ? undefined
      : await attempt(`${medium}/moss/roots`, refused, () => followMedium(outside, { root, medium }))
  const all: ImportedBundle[] = []
  let left = plan.bundles.filter(({ fate }) => fate === 'take')
  while (left.length > 0) {
    const before: typeof left = []
    let now: ImportedBundle | undefined
    for (const bundle of left) {
      const { path, volumes } = bundle
      const files = volumes?.files ?? [path]
      const done = await attempt(path, refused, () => importBundles(outside, { root, files }, report))
      now = done?.bundles[0]
      // Taking an older one would let go of the volumes that are here of this one.
      const isWaitedFor = refused.at(-1)?.code === 'VOLUME_WANTED'
      if (now !== undefined || isWaitedFor) break
      if (refused.at(-1)?.code === 'BUNDLE_BASE_MISSING') before.push(bundle)
    }
    if (now === undefined) break
    all.push(now)
    left = before
    const again = new Set(before.map(({ path }) => path))
    refused = refused.filter(({ file }) => !again.has(file))
  }
  const taken = all.pop()
  return {
    refused,
    takenBefore: all,
    ...(trustRoot !== undefined && { trustRoot }),
    ...(taken !== undefined && { taken }),
  }
}

/** What is wrong with a file is told, and another may be right; what the machine or the medium does to us ends the work. */
const refusals: readonly number[] = [exits.damaged, exits.notGenuine, exits.notAllowed, exits.unsolvable]

/** Volumes that lie elsewhere are no more than asked for: what is here of them is kept. */
const isOfFile = (error: MossError): boolean =>
  refusals.includes(error.exit) || isMossError(error, 'VOLUME_WANTED')

async function attempt<T>(file: string, refused: Refused[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!isMossError(error) || !isOfFile(error)) throw error
    const { code, message, hint, exit } = error
    refused.push({ file, code, message, exit, ...(hint !== undefined && { hint }) })
    return undefined
  }
}

async function followMedium(
  outside: Outside,
  { root, medium }: { readonly root: string; readonly medium: string },
): Promise<number | undefined> {
  using host = await openHost(outside, { root, report: silent })
  const { version } = host.trust.root
  const files = newerRoots(outside, { medium, version }).map(({ path }) =>
    outside.disk.readFile(path, limits.rootChainBytes),
  )
  const followed = followRoots(host.trust.root, files)
  assertAcceptable(
    host,
    followed.map((each) => each.root),
  )
  host.trust.follow(followed)
  return host.trust.root.version === version ? undefined : host.trust.root.version
}

function assertAcceptable(host: HostSession, roots: readonly HostSession['trust']['root'][]): void {
  const nowSeconds = Math.floor(host.outside.nowMs() / 1000)
  let counters = host.states.counters()
  for (const root of roots) counters = acceptRoot(counters, root, nowSeconds)
}

/** Whose bundle it is was only seen when it was mended. */
const isOfOthers = (bundles: HostSyncPlan['bundles'], { file, code }: Refused): boolean =>
  code === 'BUNDLE_WRONG_HOST' && bundles.some(({ path, isMendable }) => path === file && isMendable === true)

/** A finding where another was taken than one that is damaged; the error of the first that was refused, where nothing was taken; a bundle, by its name, that cannot even be read is a finding. */
export function exitOfSync({ bundles }: HostSyncPlan, { refused, taken }: TakenFromMedium): number {
  const isDamaged = refused.some((each) => each.exit === exits.damaged && !isOfOthers(bundles, each))
  if (taken !== undefined) return isDamaged ? exits.findings : exits.done
  const isUnreadable = bundles.some(
    ({ fate, path }) =>
      fate === 'unreadable' && sealedName(path.slice(path.lastIndexOf('/') + 1)) !== undefined,
  )
  return (
    refused.find((each) => !isOfOthers(bundles, each))?.exit ?? (isUnreadable ? exits.findings : exits.done)
  )
}
