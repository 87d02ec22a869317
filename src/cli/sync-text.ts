// How sync reads, on either side: each bundle and each host has a word, also those that are left alone.
import { formatBytes } from '../base/format.ts'
import { sayStranger } from '../ops/fleet-words.ts'
import type { BundleFate, HostSyncPlan, TakenFromMedium } from '../ops/sync-host.ts'
import type { HostFate, StationSyncPlan } from '../ops/sync-station.ts'
import { formatFields } from './format.ts'

export const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** A stick that goes round has many of these. */
const passed = { before: 'taken in before', older: 'older than what is here' } as const

const isPassed = (fate: BundleFate): fate is keyof typeof passed => fate in passed

/** Whether a grant is in it is only seen when it is opened. */
const mayLeadBack = ({ fate, isSealed }: HostSyncPlan['bundles'][number]): boolean =>
  fate === 'older' && isSealed === true

/** What became of it, or would. */
function sayBundle(bundle: HostSyncPlan['bundles'][number], done: TakenFromMedium | undefined): string {
  const { path, fate, hosts, isSealed, problem } = bundle
  if (fate === 'others')
    return isSealed === true
      ? 'it is sealed, and not for this host; left alone'
      : `for ${hosts.join(', ')}; left alone`
  if (mayLeadBack(bundle))
    return `older than what is here by its name; if a grant in it leads back, moss import ${path} takes it in`
  if (fate === 'channel') return 'of another channel than this host follows'
  if (fate === 'unreadable') return problem ?? 'cannot be read'
  if (done === undefined) return 'for this host'
  const refused = done.refused.find(({ file }) => file === path)
  if (refused !== undefined)
    return [`${refused.message} [${refused.code}]`, refused.hint]
      .filter((part) => part !== undefined)
      .join('; ')
  const isTaken = [...done.takenBefore, done.taken].some((each) => each?.file === path)
  return isTaken ? 'taken in' : 'not needed: another was taken in'
}

export function bundleLines(plan: HostSyncPlan, done?: TakenFromMedium): readonly string[] {
  if (plan.bundles.length === 0) return ['none lies there']
  const [old, others] = [
    plan.bundles.filter((bundle) => isPassed(bundle.fate) && !mayLeadBack(bundle)),
    plan.bundles.filter((bundle) => !isPassed(bundle.fate) || mayLeadBack(bundle)),
  ]
  return [
    ...others.map((bundle) => {
      const serial = bundle.serial === undefined ? '' : ` with serial ${bundle.serial}`
      return `${fileName(bundle.path)}${serial}: ${sayBundle(bundle, done)}`
    }),
    ...Object.entries(passed).flatMap(([fate, text]) => {
      const count = old.filter((bundle) => bundle.fate === fate).length
      return count === 0 ? [] : [`${count} ${text}`]
    }),
  ]
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

/** What came of it. A root is refused like a bundle, and is told apart. */
export function formatTaken(plan: HostSyncPlan, done: TakenFromMedium): string {
  const { trustRoot, taken } = done
  const all = [...done.takenBefore, ...(taken === undefined ? [] : [taken])]
  const roots = done.refused.filter(({ file }) => plan.bundles.every(({ path }) => path !== file))
  return formatFields([
    ['medium', plan.medium],
    ['trust', trustRoot === undefined ? undefined : `root ${trustRoot} counts now`],
    ['!', roots.map(({ file, message, code }) => `${file}: ${message} [${code}]`)],
    ['bundles', bundleLines(plan, done)],
    [
      'carried',
      taken &&
        `${formatBytes(sum(all.map(({ fileBytes }) => fileBytes)))} in ${sum(all.map(({ seconds }) => seconds)).toFixed(1)} s`,
    ],
  ])
}

export function formatHostPlan(plan: HostSyncPlan): string {
  const takes = plan.bundles.some(({ fate }) => fate === 'take')
  return formatFields([
    ['medium', plan.medium],
    [
      'roots',
      plan.roots.length === 0 ? undefined : `trust root ${plan.roots.join(', ')} is newer than this host’s`,
    ],
    ['bundles', bundleLines(plan)],
    ['waits', plan.waiting === undefined ? undefined : `serial ${plan.waiting}, taken in before`],
    [
      'would',
      [
        ...(takes ? ['take the newest of them in'] : []),
        ...((takes || plan.waiting !== undefined) && plan.policy !== 'import'
          ? [plan.policy === 'apply' ? 'apply it' : 'ask whether to apply it']
          : []),
        'leave this host’s state there',
      ].join(', '),
    ],
  ])
}

export const formatStranger = (stranger: StationSyncPlan['strangers'][number]): string =>
  `${sayStranger(stranger)} is not enrolled: moss fleet enroll ${stranger.file}`

const sayHostFate: Readonly<Record<HostFate, string>> = {
  bundle: 'a bundle is made for it',
  there: 'a bundle for it lies there',
  nothing: 'has all that it shall have',
  unmet: 'gets none',
}

export const stationFields = (plan: StationSyncPlan) =>
  [
    ['medium', plan.medium],
    [
      'hosts',
      plan.hosts.length === 0
        ? 'none that this station answers'
        : plan.hosts.map(
            ({ name, state, fate, isSealed, why }) =>
              `${name}, record ${state}: ${sayHostFate[fate]}${isSealed === true ? ', sealed' : ''}${why === undefined ? '' : `: ${why}`}`,
          ),
    ],
    ['strangers', plan.strangers.map(formatStranger)],
    ['!', [...plan.unreadable.map(({ file, message }) => `${fileName(file)}: ${message}`), ...plan.warnings]],
  ] as const
