// Verbs that set a managed root up and tell how it is.
import { exits } from '../base/exits.ts'
import { display } from '../base/display.ts'
import { formatAge, formatBytes, formatCount, formatDate, plural } from '../base/format.ts'
import { MossError } from '../base/error.ts'
import type { HostStatus } from '../ops/host-operations.ts'
import type { InitHost, initHost } from '../ops/init.ts'
import { foldFingerprint, formatFields } from './format.ts'
import { formatLostDatabase, formatRenewed, formatRepaired, formatRepairPlan } from './repair-text.ts'
import { formatFingerprint } from './trust-verbs.ts'
import { exitOf } from './update-text.ts'
import { type Call, optionalPath, type Outcome, type Verb } from './verb.ts'

const moments = { boot: 'booting', ok: 'up', late: 'late' } as const

export const rootVerbs: readonly Verb[] = [
  {
    words: 'init',
    side: 'host',
    summary: 'make a managed root: store, host key, trusted root, state 0',
    flags: [
      {
        name: 'trust',
        value: 'ROOTFILE',
        summary: 'the trust root of those whose updates this host accepts',
      },
      { name: 'expect', value: 'FINGERPRINT', summary: 'refuse the root unless its fingerprint is this one' },
      { name: 'name', value: 'NAME', summary: 'what people call this host (default: the machine’s name)' },
      { name: 'channel', value: 'CHANNEL', summary: 'the channel it follows (default stable)' },
      {
        name: 'architecture',
        value: 'NAME',
        summary: 'of the machine that the root is for (default: of this one)',
      },
      { name: 'adopt', summary: 'keep the system that stands at usr as state 0; says first what that means' },
      { name: 'dry-run', short: 'n', summary: 'with --adopt: only say it' },
    ],
    run: async (call) => {
      const { initHost } = await import('../ops/init.ts')
      const said = {
        trustFile: optionalPath(call, 'trust'),
        expect: call.value('expect'),
        name: call.value('name'),
        channel: call.value('channel'),
        architecture: call.value('architecture'),
      }
      if (call.has('adopt')) return await adopt(call, said)
      if (call.has('dry-run'))
        throw new MossError('CLI_USAGE', { problem: '--dry-run goes with --adopt', see: 'init' })
      const done = await initHost(call.outside, { ...said, root: call.root })
      return { json: done, text: formatInit(done) }
    },
  },
  {
    words: 'status',
    side: 'host',
    summary: 'current state, serial, age, what waits',
    run: async (call) => {
      const { hostStatus } = await import('../ops/status.ts')
      const status = await hostStatus(call.outside, { root: call.root })
      const { channel, waiting } = status
      const text = formatFields([
        ['host', `${status.name}, id ${status.host}`],
        ['root', status.root],
        [
          'state',
          `${status.current} (${status.adopted === undefined ? plural(status.packages, 'package') : `adopted${status.adopted === '' ? '' : `: ${status.adopted}`}`}); kept for rollback: ${status.kept.join(', ') || 'none'}`,
        ],
        ['health', sayHealth(status)],
        [
          'channel',
          channel.serial === undefined
            ? `${channel.name}, nothing received yet`
            : `${channel.name}, serial ${channel.serial} of ${formatDate(channel.created ?? 0)} (${formatAge(channel.created ?? 0, call.nowSeconds)})`,
        ],
        [
          'waits',
          waiting === undefined
            ? 'nothing'
            : `serial ${waiting.serial}, bundle ${waiting.bundle.slice(0, 12)}: run moss plan, then moss apply`,
        ],
        ['space', `${formatBytes(status.freeBytes)} free`],
        ['trust', ['fingerprint', ...foldFingerprint(status.trust.fingerprint)]],
        ['!', status.interrupted ? 'an interrupted transaction: run moss recover' : undefined],
        [
          '!',
          status.undelivered
            ? 'not all of /etc and /var could be written: moss recover tries again and says why'
            : undefined,
        ],
      ])
      return { json: status, text }
    },
  },
  {
    words: 'recover',
    side: 'host',
    summary: 'finish what a power cut left',
    flags: [
      {
        name: 'boot',
        summary: 'early in a boot: count it, and go back from a state that two boots did not confirm',
      },
      { name: 'ok', summary: 'the machine is up: run the checks, then confirm the state or go back' },
      {
        name: 'late',
        summary: 'the machine should be up: go back from a state that this boot did not confirm',
      },
    ],
    run: async (call) => {
      const said = (['boot', 'ok', 'late'] as const).filter((name) => call.has(name))
      if (said.length > 1)
        throw new MossError('CLI_USAGE', { problem: 'say one of --boot, --ok, --late', see: 'recover' })
      const moment = said[0] && moments[said[0]]
      const { recoverHost } = await import('../ops/recover.ts')
      const done = await recoverHost(call.outside, { root: call.root, moment }, call.report)
      const isQuiet = moment !== undefined && done.actions.length === 0
      return {
        json: done,
        text: isQuiet ? '' : [...done.actions.map(display), `state ${done.current} is current`].join('\n'),
        exit: exitOf(done),
      }
    },
  },
  {
    words: 'repair',
    side: 'host',
    flags: [
      {
        name: 'from',
        value: 'ROOT|BUNDLE',
        summary: 'look for what is lost in another root or a bundle, too',
      },
      { name: 'dry-run', short: 'n', summary: 'only say what is damaged' },
    ],
    summary: 'mend store and states from what is sound here; the next bundle brings the rest',
    run: async (call) => {
      const { executeRepair, planRepair } = await import('../ops/repair.ts')
      const { lostDatabase, renewDatabase } = await import('../ops/renew-database.ts')
      const from = optionalPath(call, 'from')
      const lost = lostDatabase(call.outside, call.root)
      if (lost !== undefined && call.has('dry-run'))
        return { json: { database: lost }, text: formatLostDatabase(lost), exit: exits.findings }
      if (lost !== undefined && !(await call.confirm('make a new one', formatLostDatabase(lost))))
        return { json: { mended: null }, text: 'nothing was changed' }
      const renewed = lost && (await renewDatabase(call.outside, { root: call.root }, call.report))
      const tell = (json: object, text: string, exit?: number): Outcome => ({
        json: { ...json, ...(renewed && { renewed }) },
        text: renewed === undefined ? text : `${formatRenewed(renewed)}\n${text}`,
        ...(exit !== undefined && { exit }),
      })
      const plan = await planRepair(call.outside, { root: call.root, from }, call.report)
      const shown = formatRepairPlan(plan)
      const isNothing = plan.damaged.length + plan.trees.length === 0
      if (isNothing) return tell(plan, shown)
      if (call.has('dry-run')) return tell(plan, shown, exits.findings)
      if (!(await call.confirm('mend them', shown))) return tell({ mended: null }, 'nothing was changed')
      const done = await executeRepair(call.outside, plan, call.report)
      const isMended = done.left.length === 0 && done.trees.length === plan.trees.length
      return tell(done, formatRepaired(plan, done), isMended ? exits.done : exits.findings)
    },
  },
]

type Initialised = Awaited<ReturnType<typeof initHost>>

const formatInit = (done: Initialised, adopted?: string): string =>
  formatFields([
    ['root', `${done.root} is managed by moss now`],
    ['state 0', adopted],
    ['host', `${done.name}, id ${done.host}`],
    ['trust', formatFingerprint(done, `root ${done.rootVersion}, `)],
    [
      '',
      done.isCompared
        ? undefined
        : 'compare it with the publisher’s by phone or on paper before the first import',
    ],
    ['note', done.notes],
    ['next', `moss subscribe CAPABILITY…, then moss state export FILE for the station`],
  ])

async function adopt(call: Call, said: Omit<InitHost, 'root'>): Promise<Outcome> {
  const { checkAdopt, executeAdopt, planAdopt } = await import('../ops/adopt.ts')
  const { formatAdoptPlan } = await import('./adopt-text.ts')
  if (!call.has('dry-run')) checkAdopt(call.outside, { ...said, root: call.root })
  const plan = await planAdopt(call.outside, { ...said, root: call.root }, call.report)
  const shown = formatAdoptPlan(plan)
  if (call.has('dry-run')) return { json: plan, text: shown }
  if (!(await call.confirm('adopt it', shown))) return { json: { root: null }, text: 'nothing was changed' }
  const done = await executeAdopt(call.outside, plan, said, call.report)
  const { system, entries } = done.adopted
  const what = `${system === '' ? 'the system that was there' : system}: ${formatCount(entries)} entries of usr, kept until somebody unpins and prunes it`
  return { json: done, text: formatInit(done, what) }
}

/** Nothing about a state that is well. */
function sayHealth({ health }: HostStatus): string | undefined {
  if (health?.wentBack !== undefined)
    return `went back from state ${health.wentBack.from} by itself: ${display(health.wentBack.why)}`
  return health?.isConfirmed === false ? 'not confirmed yet: moss recover --ok runs the checks' : undefined
}
