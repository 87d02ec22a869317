// What init --adopt says before: what is there, what becomes of it, and what does not.
import { formatBytes, plural } from '../base/format.ts'
import type { AdoptPlan } from '../ops/adopt.ts'
import { formatFields } from './format.ts'

const fewNames = 8

export function formatAdoptPlan(plan: AdoptPlan): string {
  const { packages } = plan
  return formatFields([
    ['root', plan.root],
    ['system', plan.system === '' ? 'it does not say what it is' : plan.system],
    [
      'usr',
      [
        `${plural(plan.files, 'file')}, ${formatBytes(plan.sizeBytes)}`,
        'becomes state 0 as it stands and where it stands: nothing in it is written, moved or copied now',
      ],
    ],
    ['layout', sayLayout(plan)],
    ['packages', packages === undefined ? 'none that are known here' : sayPackages(packages)],
    ['etc, var', 'stay as they are; the default of a package is placed only where nothing stands'],
    [
      'apply',
      [
        'the first one puts a tree of the subscribed packages in place of usr, and nothing else; this one is kept whole as state 0, pinned: only moss state unpin 0 and then moss state prune 0 let it go',
        'moss rollback 0 puts it back: each file, mode, owner, date, attribute and hard link',
      ],
    ],
    ['then', sayThen(packages?.of)],
    ...plan.warnings.map((warning) => ['!', warning] as const),
  ])
}

function sayLayout({ top, makes }: AdoptPlan): readonly string[] {
  const named = (is: string): string =>
    top
      .filter((one) => one.is === is)
      .map(({ name }) => name)
      .join(', ')
  const [merged, apart] = [named('merged'), named('folder')]
  return [
    ...(merged === '' ? [] : [`${merged}: links into usr, so their files are part of each state`]),
    ...(apart === '' ? [] : [`${apart}: not links into usr, so not taken over`]),
    'what else stands outside of usr stays as it is, and is part of no state',
    ...(makes.length === 0 ? [] : [`made now, since it is lacking: ${makes.join(' ')}`]),
  ]
}

function sayPackages({ of, packages }: NonNullable<AdoptPlan['packages']>): readonly string[] {
  const asked = packages.filter(({ isAskedFor }) => isAskedFor).map(({ name }) => name)
  const more = asked.length > fewNames ? ' …' : ''
  return [
    `${plural(packages.length, 'package')} of ${of}, ${asked.length} of them asked for by somebody: ${asked.slice(0, fewNames).join(', ')}${more}`,
    'the machine will have what it subscribes to and what that requires; whether the channel offers these is known with the first bundle, not now',
    '--json lists them all, and has a model that subscribes to those that were asked for',
  ]
}

const managers: Readonly<Record<string, string>> = { dpkg: 'dpkg and apt', apk: 'apk' }

const sayThen = (of: string | undefined): string =>
  `change nothing with ${managers[of ?? ''] ?? 'the package manager of old'} any more, unless state 0 is current again: what is noted there as installed is then not what is in usr, and what comes into usr that way is a finding of moss verify and gone with the next apply`
