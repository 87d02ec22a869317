// The left half of the loop, on the station: plan and write a bundle with only what the hosts lack.
import { display } from '../base/display.ts'
import { MossError } from '../base/error.ts'
import { formatBytes, plural, shortId } from '../base/format.ts'
import type { ExportPlan } from '../ops/plan-export.ts'
import { formatFields, formatLongTable } from './format.ts'
import { changeRow } from './update-text.ts'
import { parityFlag, parityPercent } from './parity-flag.ts'
import { askOnce, leaveTool, plannedToolFields, planToolOf, toolFields, toolFlag } from './tool-flag.ts'
import { fromFlag, fromVolume, volumeBytes, volumeFlag } from './volume-verbs.ts'
import { type Call, effortWords, optionalPath, type Outcome, type Verb } from './verb.ts'

/** Whose packages are listed one by one. */
const mostDetailed = 20

function formatExportPlan(plan: ExportPlan): string {
  const { deltas, whole, metadata } = plan.estimate
  const rows = plan.hosts.map((host) => [
    `  ${host.name}`,
    host.host,
    `${host.fromSerial ?? 'none'}${host.after === undefined ? '' : ', as counted on,'} → ${plan.serial}`,
    plural(host.changes.length, 'package changes', 'packages change'),
    `${formatBytes(host.newBytes)} of ${formatBytes(host.fullBytes)}`,
  ])
  return [
    formatFields([
      [
        'plan',
        `channel ${display(plan.channel)}, serial ${plan.serial}, for ${plural(plan.hosts.length, 'host')}`,
      ],
      [
        'content',
        `${formatBytes(plan.fullBytes)} wanted, ${formatBytes(plan.sharedBytes)} already there, ${formatBytes(plan.chunkBytes)} to carry before compression`,
      ],
      [
        'deltas',
        plan.deltaBytes > 0
          ? `${formatBytes(plan.deltaBytes)} of it as differences from what is there, where that pays`
          : undefined,
      ],
      [
        'estimate',
        `a bundle of about ${formatBytes(deltas + whole + metadata)}: deltas ${formatBytes(deltas)}, whole ${formatBytes(whole)}, metadata ${formatBytes(metadata)}`,
      ],
      [
        'parts',
        `${plural(plan.chunks, 'chunk')}, ${plural(plan.contents, 'file content')}, ${plural(plan.manifests, 'manifest')}`,
      ],
    ]),
    ...formatLongTable(rows),
    ...plan.hosts.slice(0, mostDetailed).flatMap((host) => changesOf(host, plan.hosts.length > 1)),
    ...(plan.hosts.length > mostDetailed
      ? [
          `… and what changes on ${plural(plan.hosts.length - mostDetailed, 'other host')}; --json lists it all`,
        ]
      : []),
    ...plan.warnings.map((warning) => `! ${display(warning)}`),
  ].join('\n')
}

function changesOf({ name, changes }: ExportPlan['hosts'][number], isOfMany: boolean): readonly string[] {
  const isNamed = isOfMany && changes.length > 0
  return [...(isNamed ? [`${display(name)}:`] : []), ...formatLongTable(changes.map(changeRow))]
}

/** Of plan --for and export alike. */
export const sharedFlags = [
  {
    name: 'one-way',
    summary:
      'on a station: nothing comes back from these hosts: count on what was made for them before having been applied',
  },
  {
    name: 'serial',
    value: 'N',
    summary: 'on a station: what the channel offered at this serial (default: the newest)',
  },
  {
    name: 'grant',
    value: 'FILE',
    repeats: true,
    summary: 'on a station: carry this grant, by which a host may go back to that serial',
  },
] as const

export const noteFlag = {
  name: 'note',
  value: 'TEXT',
  summary: 'a word for whoever applies it, such as an approval; it is signed and shown with the plan',
} as const

function wholeNumber(call: Call, flag: string): number | undefined {
  const text = call.value(flag)
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new MossError('CLI_USAGE', { problem: `--${flag} takes a whole number from 1`, see: call.word })
}

async function planExportOf(call: Call): Promise<ExportPlan> {
  const { planExport } = await import('../ops/plan-export.ts')
  const plan = call.value('plan')
  if (plan !== undefined) {
    const { readPlan } = await import('../ops/plan-file.ts')
    return readPlan(call.outside, { path: call.path(plan), home: call.home })
  }
  if (!call.has('for'))
    throw new MossError('CLI_USAGE', { problem: 'say for whom: --for HOST', see: call.word })
  const { namedStates } = await import('../ops/fleet-hosts.ts')
  const hosts = call.values('for').map((said) => ({ said, path: call.path(said) }))
  return planExport(call.outside, {
    home: call.home,
    states: await namedStates(call.outside, { home: call.home, hosts }),
    channel: call.value('channel'),
    effort: call.value('effort'),
    serial: wholeNumber(call, 'serial'),
    grants: call.values('grant').map(call.path),
    isOneWay: call.has('one-way'),
    isSealed: call.has('seal') || undefined,
  })
}

export async function planForHosts(call: Call): Promise<Outcome> {
  const plan = await planExportOf(call)
  const output = call.value('output')
  if (output !== undefined) {
    const { writePlan } = await import('../ops/plan-file.ts')
    await writePlan(call.outside, { plan, path: call.path(output) })
  }
  const written = output === undefined ? '' : `\nplan written to ${call.path(output)}`
  return { json: plan, text: `${formatExportPlan(plan)}${written}` }
}

export const exportVerbs: readonly Verb[] = [
  {
    words: 'export',
    side: 'station',
    flags: [
      {
        name: 'for',
        value: 'HOST',
        kind: 'host-or-medium',
        repeats: true,
        summary:
          'for this host: its state file, id or name, a group, or a medium with states; one bundle for all',
      },
      {
        name: 'output',
        short: 'o',
        value: 'FILE|MEDIUM',
        kind: 'medium-or-file',
        summary: 'the bundle’s file, or a folder (default: here)',
      },
      { name: 'plan', value: 'FILE', summary: 'execute this plan, as moss plan --for … -o wrote it' },
      {
        name: 'channel',
        value: 'CHANNEL',
        kind: 'channel',
        summary: 'from this channel (default: the one the host follows)',
      },
      ...sharedFlags,
      {
        name: 'effort',
        value: '1-9',
        kind: effortWords,
        summary: 'how hard to compress: fast, 1 to 9, small (default 5); 9 costs the host time too',
      },
      {
        ...volumeFlag,
        summary: `cut it into volumes; ${volumeFlag.summary} (default: as the medium wants it: at 4000 MiB on FAT, and where there is no room)`,
      },
      fromFlag,
      parityFlag,
      noteFlag,
      toolFlag,
      { name: 'seal', summary: 'so that only its hosts can read it (age)' },
      { name: 'dry-run', short: 'n', summary: 'only show the plan' },
    ],
    summary: 'write one bundle with what the hosts lack; flush it and read it back',
    run: async (call) => {
      const limits = {
        volumeBytes: volumeBytes(call),
        fromVolume: fromVolume(call),
        parityPercent: parityPercent(call),
        note: call.value('note'),
      }
      const plan = await planExportOf(call)
      const tool = await planToolOf(call, optionalPath(call, 'output'))
      if (call.has('dry-run'))
        return {
          json: tool === undefined ? plan : { ...plan, tool },
          text: [formatExportPlan(plan), formatFields([...plannedToolFields(tool)])]
            .filter((part) => part !== '')
            .join('\n'),
        }
      const ask = askOnce(call)
      const { executeExport } = await import('../ops/export.ts')
      const done = await executeExport(
        call.outside,
        {
          plan,
          output: optionalPath(call, 'output') ?? `${call.path('.')}/.`,
          ...limits,
          ask,
        },
        call.report,
      )
      const left = await leaveTool(call, tool, ask)
      const text = [
        formatExportPlan(plan),
        formatFields([
          ['bundle', done.volumes?.map(({ path }) => path) ?? done.path],
          ['id', shortId(done.bundle)],
          [
            'carried',
            `${formatBytes(done.fileBytes)} of ${formatBytes(plan.fullBytes)} in ${done.seconds.toFixed(1)} s (deltas ${formatBytes(done.deltaBytes)}, whole ${formatBytes(done.frameBytes - done.deltaBytes)}, metadata ${formatBytes(done.bytes.metadata)})${done.volumes === undefined ? '' : `, ${plural(done.volumes.length, 'volume')}`}`,
          ],
          [
            'parity',
            done.parityBytes === undefined ? undefined : `${formatBytes(done.parityBytes)} beside it`,
          ],
          ['sealed', plan.sealedFor.length === 0 ? undefined : 'only the hosts above can read it'],
          ...toolFields(left),
          ['', `${done.isNew ? 'flushed' : 'it was there already'} and read back; safe to remove`],
          ['next', `at the host: moss import ${done.volumes?.[0]?.path ?? done.path}`],
        ]),
      ].join('\n')
      return { json: { ...done, ...(left && { tool: left }), plan: { ...plan } }, text }
    },
  },
]
