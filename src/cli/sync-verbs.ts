// sync: the right half of the loop with one command, on either side. What a medium has for us is taken, what others need
// is left there.
import { MossError } from '../base/error.ts'
import { exits } from '../base/exits.ts'
import { formatBytes, plural } from '../base/format.ts'
import type { HostSyncPlan } from '../ops/sync-host.ts'
import { formatFields } from './format.ts'
import { sideOf } from './side.ts'
import { noteFlag } from './export-verbs.ts'
import { parityFlag, parityPercent } from './parity-flag.ts'
import { fileName, formatHostPlan, formatTaken, stationFields } from './sync-text.ts'
import { askOnce, leaveTool, plannedToolFields, planToolOf, toolFields, toolFlag } from './tool-flag.ts'
import { exitOf, formatApplied, formatApplyPlan } from './update-text.ts'
import { type Call, effortWords, type Outcome, type Verb } from './verb.ts'
import { fromFlag, fromVolume, volumeBytes, volumeFlag } from './volume-verbs.ts'

async function syncHost(call: Call, medium: string): Promise<Outcome> {
  const { executeHostSync, exitOfSync, planHostSync } = await import('../ops/sync-host.ts')
  const plan = await planHostSync(call.outside, { root: call.root, medium, policy: call.value('policy') })
  if (call.has('dry-run')) return { json: plan, text: formatHostPlan(plan) }
  try {
    const taken = await executeHostSync(call.outside, plan, call.report)
    const found = formatTaken(plan, taken)
    const applied = await applyByPolicy(call, plan, found)
    const left = await leaveState(call, medium)
    const text = [applied.isFoundShown ? '' : found, applied.text, left.text]
      .filter((part) => part !== '')
      .join('\n')
    const exit = [applied.exit, exitOfSync(plan, taken), left.exit].find((each) => each !== exits.done)
    return {
      json: { ...plan, ...taken, applied: applied.json, state: left.json },
      text,
      exit: exit ?? exits.done,
    }
  } catch (error) {
    // The station hears what this host is all the same: the loop needs no trip more for what went wrong here.
    await leaveState(call, medium)
    throw error
  }
}

/** Where the medium takes nothing, all else is as it was done. */
async function leaveState(call: Call, medium: string) {
  const { leaveOnMedium } = await import('../ops/state-export.ts')
  const left = await leaveOnMedium(call.outside, {
    root: call.root,
    medium,
    sealTo: call.value('seal-to'),
  })
  if ('problem' in left) {
    const text = formatFields([
      ['!', `this host’s state was not left there: ${left.problem.message}`],
      ['next', 'moss state export another medium takes it to the station'],
    ])
    return { json: null, text, exit: exits.findings as number }
  }
  const text = formatFields([
    ['state', `record ${left.counter} of ${left.name} lies there for the station`],
    ['', 'flushed and read back; safe to remove'],
  ])
  return { json: left, text, exit: exits.done as number }
}

async function applyByPolicy(call: Call, { root, policy }: HostSyncPlan, found: string) {
  const none = { json: null, text: '', exit: exits.done as number, isFoundShown: false }
  const { executeApply, mayApply, planApply } = await import('../ops/apply.ts')
  const plan = await planApply(call.outside, { root })
  if (plan.isNothing) return { ...none, text: 'nothing to apply' }
  const shown = formatApplyPlan(plan, call.nowSeconds)
  if (policy === 'import' || !mayApply(plan)) return { ...none, text: `${shown}\nit waits: moss apply` }
  if (policy === 'ask' && !call.canBeAsked)
    return { ...none, text: `${shown}\nnobody here can be asked, so it waits: moss apply` }
  const isFoundShown = policy === 'ask' && !call.has('yes')
  const said = isFoundShown ? `${found}\n${shown}` : shown
  if (policy === 'ask' && !(await call.confirm('apply', said)))
    return { ...none, isFoundShown, text: 'not applied; it waits for moss apply' }
  const applied = await executeApply(call.outside, plan, call.report)
  return { json: applied, text: formatApplied(applied, true), exit: exitOf(applied), isFoundShown }
}

async function syncStation(call: Call, medium: string): Promise<Outcome> {
  const { executeStationSync, planStationSync } = await import('../ops/sync-station.ts')
  const said = call.values('hosts').map((each) => ({ said: each, path: call.path(each) }))
  const plan = await planStationSync(call.outside, {
    home: call.home,
    medium,
    ...(said.length > 0 && { hosts: said }),
    isOneWay: call.has('one-way'),
    isSealed: call.has('seal'),
    effort: call.value('effort'),
  })
  const isAllWell = plan.unreadable.length === 0 && plan.hosts.every(({ fate }) => fate !== 'unmet')
  const exit = isAllWell ? exits.done : exits.findings
  const tool = await planToolOf(call, medium)
  if (call.has('dry-run'))
    return {
      json: tool === undefined ? plan : { ...plan, tool },
      text: formatFields([...stationFields(plan), ...plannedToolFields(tool)]),
      exit,
    }
  const ask = askOnce(call)
  const limits = {
    volumeBytes: volumeBytes(call),
    fromVolume: fromVolume(call),
    parityPercent: parityPercent(call),
    note: call.value('note'),
  }
  const done = await executeStationSync(call.outside, { plan, ask, ...limits }, call.report)
  const left = await leaveTool(call, tool, ask)
  const text = formatFields([
    ...stationFields(plan),
    [
      'bundles',
      done.bundles.map(
        ({ path, fileBytes, seconds }) =>
          `${fileName(path)}, ${formatBytes(fileBytes)} in ${seconds.toFixed(1)} s`,
      ),
    ],
    ['roots', `${plural(plan.roots.length, 'trust root')} there`],
    ...toolFields(left),
    [
      '',
      done.bundles.length === 0 && left?.isNew !== true
        ? 'nothing to do'
        : 'flushed and read back; safe to remove',
    ],
  ])
  return { json: { ...plan, ...done, ...(left && { tool: left }) }, text, exit }
}

const hostFlags = ['policy', 'seal-to'] as const
const stationFlags = [
  'hosts',
  'one-way',
  'effort',
  'volume',
  'from-volume',
  'parity',
  'seal',
  'note',
  'with-tool',
] as const

export const syncVerbs: readonly Verb[] = [
  {
    words: 'sync',
    side: 'either',
    operands: [{ name: 'MEDIUM', kind: 'medium' }],
    flags: [
      {
        name: 'policy',
        value: 'ask|import|apply',
        kind: ['ask', 'import', 'apply'],
        summary: 'on a host: how far it goes by itself (default: what its model says, else ask)',
      },
      {
        name: 'hosts',
        value: 'HOST',
        kind: 'host-or-group',
        repeats: true,
        summary: 'on a station: for this host or group alone, whether its state lies there or not',
      },
      {
        ...volumeFlag,
        summary: `on a station: cut the bundle into volumes; ${volumeFlag.summary} (default: as the medium wants it)`,
      },
      { ...fromFlag, summary: `on a station: ${fromFlag.summary}` },
      { ...parityFlag, summary: `on a station: ${parityFlag.summary}` },
      { ...toolFlag, summary: `on a station: ${toolFlag.summary}` },
      {
        name: 'seal-to',
        value: 'RECIPIENT',
        summary: 'on a host: so that only the station can read its state (age)',
      },
      {
        name: 'seal',
        summary:
          'on a station: so that only its hosts can read the bundle, as it is for those whose states came sealed',
      },
      {
        name: 'one-way',
        summary: 'on a station: nothing comes back from these hosts, as for export',
      },
      noteFlag,
      {
        name: 'effort',
        value: '1-9',
        kind: effortWords,
        summary: 'on a station: how hard to compress, as for export',
      },
      { name: 'dry-run', short: 'n', summary: 'only say what would be done' },
    ],
    summary: 'do this side’s half of the loop: take what a medium has for us, leave what others need',
    run: async (call) => {
      const medium = call.path(call.operands[0] ?? '')
      const side = await sideOf(call)
      for (const flag of side === 'host' ? stationFlags : hostFlags)
        if (call.has(flag))
          throw new MossError('CLI_USAGE', { problem: `--${flag} says nothing to a ${side}`, see: 'sync' })
      return side === 'host' ? syncHost(call, medium) : syncStation(call, medium)
    },
  },
]
