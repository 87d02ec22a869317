// What nothing needs any more, and what shall be needed no more.
import { display } from '../base/display.ts'
import { MossError } from '../base/error.ts'
import { formatBytes, plural } from '../base/format.ts'
import type { ExpirePlan } from '../ops/expire.ts'
import type { StationGcPlan } from '../ops/station-gc.ts'
import { formatFields, formatTable } from './format.ts'
import { sideOf } from './side.ts'
import { type Call, channelOperand, type Outcome, optionalNumber, type Verb } from './verb.ts'

/** Serials that a host may be sent back to, and that a bundle under way may be of. */
const usualKeep = 5

/** Of a list that is only there to be recognised. */
const mostNamed = 20

export const gcVerbs: readonly Verb[] = [
  {
    words: 'gc',
    side: 'either',
    flags: [
      {
        name: 'keep',
        value: 'N',
        summary: `on a station: the newest N snapshots of each channel stay (default ${usualKeep})`,
      },
      {
        name: 'silent',
        value: 'DAYS',
        summary: 'on a station: hosts that have sent nothing, and were sent nothing, for DAYS do not count',
      },
      {
        name: 'beside',
        value: 'CHANNEL',
        repeats: true,
        summary: 'on a station: a channel elsewhere that is laid over one here: what it names stays',
      },
      { name: 'dry-run', short: 'n', summary: 'only say what would go' },
    ],
    summary:
      'give back the space of what nothing needs: on a host no kept state, waiting bundle, receipt or export; on a station no host and no recent snapshot',
    run: async (call) => {
      const side = await sideOf(call)
      if (side === 'station') return collectStation(call)
      const flag = ['keep', 'silent', 'beside'].find((name) => call.value(name) !== undefined)
      if (flag !== undefined)
        throw new MossError('CLI_USAGE', { problem: `--${flag} is for a station’s gc`, see: call.word })
      return collectHost(call)
    },
  },
  {
    words: 'channel expire',
    side: 'station',
    operands: [channelOperand, { name: 'PACKAGE', optional: true, repeats: true }],
    flags: [
      { name: 'keep', value: 'N', summary: 'all but the newest N versions; of every name if none is said' },
      { name: 'dry-run', short: 'n', summary: 'only say what would not be offered any more' },
    ],
    summary:
      'offer packages no more, NAME or NAME=VERSION, from the next serial on; their files stay until gc, for deltas',
    run: expire,
  },
]

async function collectHost(call: Call): Promise<Outcome> {
  const { executeGc, planGc } = await import('../ops/gc.ts')
  const plan = await planGc(call.outside, { root: call.root })
  const { assets, strays } = plan.collect
  const { length: files } = [...assets, ...plan.snapshots]
  const isNothing = files + strays.length + plan.lost.length === 0
  const what = [
    files > 0 ? plural(files, 'file') : '',
    strays.length > 0 ? `${plural(strays.length, 'leftover')} of earlier crashes` : '',
    plan.lost.length > 0 ? `${plural(plan.lost.length, 'leftover')} of repair` : '',
  ].filter((text) => text !== '')
  const shown = isNothing
    ? 'nothing to give back: a kept state, a waiting bundle, the receipt or the last export needs everything'
    : `needed by nothing: ${what.join(', ')}; at least ${formatBytes(plan.freedBytes)} come free`
  if (call.has('dry-run') || isNothing)
    return {
      json: {
        ...plan,
        snapshots: plan.snapshots.length,
        collect: { assets: assets.length, strays },
      },
      text: shown,
    }
  if (!(await call.confirm('remove them', shown)))
    return { json: { removed: null }, text: 'nothing was removed' }
  const done = await executeGc(call.outside, plan)
  return {
    json: done,
    text: `removed ${what.join(', ')}: at least ${formatBytes(done.freedBytes)} came free; every kept state is whole`,
  }
}

async function collectStation(call: Call): Promise<Outcome> {
  const { executeStationGc, planStationGc } = await import('../ops/station-gc.ts')
  const plan = await planStationGc(call.outside, {
    home: call.home,
    keep: optionalNumber(call, 'keep') ?? usualKeep,
    silentDays: optionalNumber(call, 'silent'),
    beside: call.values('beside').map(call.path),
  })
  const isNothing = plan.packages.length + plan.snapshots.length === 0
  const shown = isNothing ? formatNothing(plan) : formatStationGc(plan)
  if (isNothing || call.has('dry-run')) return { json: plan, text: shown }
  if (!(await call.confirm('remove them', shown)))
    return { json: { removed: null }, text: 'nothing was removed' }
  const done = await executeStationGc(call.outside, plan)
  return {
    json: done,
    text: `removed ${countGone(plan)}: ${formatBytes(done.freedBytes)} came free; all that is offered is here`,
  }
}

const formatNothing = ({ keep }: StationGcPlan): string =>
  `nothing to give back: a host, or ${keep === 1 ? 'the newest snapshot' : `one of the newest ${plural(keep, 'snapshot')}`} of a channel, needs everything`

const countGone = ({ packages, snapshots }: StationGcPlan): string =>
  [
    packages.length > 0 ? plural(packages.length, 'package') : '',
    snapshots.length > 0 ? plural(snapshots.length, 'snapshot') : '',
  ]
    .filter((text) => text !== '')
    .join(', ')

function formatStationGc(plan: StationGcPlan): string {
  const { packages, snapshots, costs, freedBytes } = plan
  return [
    `needed by nobody here: ${countGone(plan)}; ${formatBytes(freedBytes)} come free`,
    ...(plan.beside?.length === 0 && packages.length > 0
      ? ['channels that lie elsewhere and are laid over one here count only with --beside']
      : []),
    formatTable([
      ...some(packages).map((each) => [
        `  ${display(each.name)}`,
        display(each.version),
        formatBytes(each.sizeBytes),
        `of ${display(each.channel)}`,
      ]),
      ...(packages.length > mostNamed ? [[`  and ${packages.length - mostNamed} more`]] : []),
      ...[...Map.groupBy(snapshots, ({ channel }) => channel)].map(([channel, each]) => [
        `  serial ${sayRange(each.map(({ serial }) => serial))}`,
        '',
        formatBytes(each.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)),
        `of ${display(channel)}`,
      ]),
    ]),
    ...some(costs).map(
      (each) =>
        `! ${display(each.name)} has ${plural(each.packages, 'package')} of these: its next bundle is longer, for there is nothing to make deltas against`,
    ),
    ...(costs.length > mostNamed ? [`! and ${costs.length - mostNamed} hosts more`] : []),
  ].join('\n')
}

const some = <T>(list: readonly T[]): readonly T[] => list.slice(0, mostNamed)

/** Rising. */
const sayRange = (serials: readonly number[]): string =>
  serials.length === 1 ? `${serials[0]}` : `${serials[0]} to ${serials.at(-1)}, ${serials.length} of them`

async function expire(call: Call): Promise<Outcome> {
  const [channel = '', ...packages] = call.operands
  const keep = optionalNumber(call, 'keep')
  if (packages.length === 0 && keep === undefined)
    throw new MossError('CLI_USAGE', { problem: 'say which packages, or --keep N', see: call.word })
  const { executeExpireChannel, planExpireChannel } = await import('../ops/expire.ts')
  const plan = await planExpireChannel(call.outside, { home: call.home, channel, packages, keep })
  if (plan.packages.length === 0) return { json: plan, text: 'nothing to do: no version is older than these' }
  const shown = formatExpire(plan)
  if (call.has('dry-run')) return { json: plan, text: shown }
  if (!(await call.confirm('offer them no more', shown)))
    return { json: { serial: null }, text: 'nothing was changed' }
  const ask = (what: string) => call.passphrase(what)
  const done = await executeExpireChannel(call.outside, { plan, ask })
  const text = formatFields([
    ['serial', `${done.serial} of channel ${display(done.channel)}: ${plural(done.packages, 'package')}`],
    [
      '',
      `no longer offered: ${plural(done.expired, 'package')}; what is no longer offered stays until moss gc, and moss add offers it again`,
    ],
    ...sayUncovered(plan).map((text) => ['!', text] as const),
  ])
  return { json: done, text }
}

/** A line for each name. */
const sayUncovered = ({ channel, uncovered }: Pick<ExpirePlan, 'channel' | 'uncovered'>): readonly string[] =>
  [...Map.groupBy(uncovered, ({ name, of }) => `${name} of channel ${of}`)].map(
    ([title, versions]) =>
      `${title} is covered no more: the next moss channel publish ${channel} offers ${versions.map(({ version }) => version).join(', ')} of it instead`,
  )

function formatExpire({ channel, serial, packages, left, gone, uncovered }: ExpirePlan): string {
  return [
    `serial ${serial} of channel ${display(channel)} would offer ${plural(left, 'package')}, and no more`,
    formatTable([
      ...some(packages).map(({ name, version, architecture }) => [
        `  ${display(name)}`,
        display(version),
        architecture,
      ]),
      ...(packages.length > mostNamed ? [[`  and ${packages.length - mostNamed} more`]] : []),
    ]),
    ...sayUncovered({ channel, uncovered }).map((text) => `! ${display(text)}`),
    ...gone
      .filter(({ hosts }) => hosts.length > 0)
      .map(({ name, hosts }) => {
        const names = some(hosts).map((host) => display(host.name))
        const more = hosts.length > mostNamed ? `, and ${hosts.length - mostNamed} more` : ''
        const isOne = hosts.length === 1
        const until = uncovered.some((each) => each.name === name)
          ? `before moss channel publish ${display(channel)}`
          : `more while ${isOne ? 'it asks' : 'they ask'}`
        return `! no version of ${display(name)} is left: ${names.join(', ')}${more} ${isOne ? 'has it or asks' : 'have it or ask'} for it, and ${isOne ? 'gets' : 'get'} nothing ${until}`
      }),
  ].join('\n')
}
