// States: what this machine was and is, and the signed record of it that goes to the station.
import { display } from '../base/display.ts'
import { MossError } from '../base/error.ts'
import { formatBytes, formatCount, formatDate, plural } from '../base/format.ts'
import type { showState } from '../ops/states.ts'
import { formatFields, formatTable } from './format.ts'
import { formatEtc } from './etc-text.ts'
import type { Call, Outcome, Verb } from './verb.ts'

type ShownState = Awaited<ReturnType<typeof showState>>

const pinVerb = (words: string, isPinned: boolean, summary: string): Verb => ({
  words,
  side: 'host',
  operands: [{ name: 'STATE', kind: 'state' }],
  summary,
  run: async (call) => {
    const { pinState } = await import('../ops/prune.ts')
    const done = await pinState(call.outside, { root: call.root, state: call.operands[0], isPinned })
    return { json: done, text: `state ${done.state} is ${isPinned ? 'pinned' : 'no longer pinned'}` }
  },
})

const sayHealth = ({
  isConfirmed,
  failed,
}: {
  readonly isConfirmed: boolean
  readonly failed: string
}): string =>
  failed !== '' ? `gone back from: ${display(failed)}` : isConfirmed ? 'confirmed' : 'not confirmed'

const sayAdopted = ({
  system,
  entries,
  sizeBytes,
}: NonNullable<ShownState['adopted']>): readonly string[] => [
  ...(system === '' ? [] : [system]),
  `${formatCount(entries)} entries, ${formatBytes(sizeBytes)}: what stood at usr before moss`,
  'moss verify --all compares it with what it was then; moss repair cannot mend it',
]

export const stateVerbs: readonly Verb[] = [
  {
    words: 'state export',
    side: 'host',
    operands: [{ name: 'FILE', kind: 'medium-or-file', optional: true }],
    flags: [
      {
        name: 'seal-to',
        value: 'RECIPIENT',
        summary: 'so that only the station can read it (age): what moss key recipient prints there',
      },
    ],
    summary: 'the signed state for the station: to a file, or onto a medium’s folder',
    run: async (call) => {
      const { exportState } = await import('../ops/state-export.ts')
      const done = await exportState(call.outside, {
        root: call.root,
        to: call.path(call.operands[0] ?? '.'),
        sealTo: call.value('seal-to'),
      })
      const text = formatFields([
        ['state', `${done.path} (${formatBytes(done.sizeBytes)})`],
        ['host', `${done.name}, id ${done.host}, record ${done.counter}`],
        ['key', ['fingerprint', done.key.words]],
        ['next', `at the station: moss export --for ${done.path} -o BUNDLE`],
      ])
      return { json: done, text }
    },
  },
  {
    words: 'state list',
    side: 'host',
    summary: 'every kept state, and whether it is confirmed',
    run: async (call) => {
      const { listStates } = await import('../ops/states.ts')
      const states = await listStates(call.outside, { root: call.root })
      const rows = states.map((state) => [
        state.isCurrent ? '*' : ' ',
        `${state.number}`,
        formatDate(state.created),
        state.adopted === undefined ? plural(state.packages, 'package') : 'adopted',
        state.adopted !== undefined
          ? state.adopted
          : state.serial === undefined
            ? 'no channel yet'
            : `${state.channel ?? ''} serial ${state.serial}`,
        `${state.isPinned ? 'pinned, ' : ''}${sayHealth(state)}`,
      ])
      return { json: { states }, text: formatTable(rows) }
    },
  },
  {
    words: 'state show',
    side: 'host',
    operands: [{ name: 'STATE', kind: 'state', optional: true }],
    flags: [{ name: 'digest', summary: 'with the digest of its whole tree; reads every file' }],
    summary: 'one state: its packages and why they are there',
    run: async (call) => {
      const { showState } = await import('../ops/states.ts')
      const state = await showState(call.outside, {
        root: call.root,
        state: call.operands[0],
        digest: call.has('digest'),
      })
      const head = formatFields([
        ['state', `${state.number}${state.isCurrent ? ', current' : ''}`],
        ['date', formatDate(state.created)],
        ['adopted', state.adopted && sayAdopted(state.adopted)],
        [
          'channel',
          state.adopted !== undefined
            ? undefined
            : state.serial === undefined
              ? 'none yet'
              : `${state.channel ?? ''} serial ${state.serial}`,
        ],
        ['tree', state.tree],
        [
          'triggers',
          state.triggers.map(({ name, outcome, note }) => `${name}: ${outcome}${note && `: ${note}`}`),
        ],
      ])
      const rows = state.packages.map((entry) => [`  ${entry.name}`, entry.version, entry.reason])
      return {
        json: state,
        text:
          rows.length === 0
            ? `${head}\n${state.adopted ? 'no package of moss owns anything in it' : 'no packages'}`
            : `${head}\n${formatTable(rows)}`,
      }
    },
  },
  {
    words: 'state diff',
    side: 'host',
    operands: [
      { name: 'FROM', kind: 'state', optional: true },
      { name: 'TO', kind: 'state', optional: true },
    ],
    flags: [
      { name: 'files', summary: 'down to files' },
      { name: 'etc', summary: 'instead: how /etc and /var depart from the defaults of the current state' },
    ],
    summary: 'what differs between two states (default: the one before and the current one)',
    run: async (call) => {
      if (call.has('etc')) return await etcDiff(call)
      const { diffStates } = await import('../ops/states.ts')
      const diff = await diffStates(call.outside, {
        root: call.root,
        from: call.operands[0],
        to: call.operands[1],
        files: call.has('files'),
      })
      const rows = diff.packages.map((change) => [
        `  ${change.name}`,
        change.from ?? 'absent',
        '→',
        change.to ?? 'absent',
      ])
      const lines = (diff.files ?? []).map((file) => `  ${file.change} ${display(file.path)}`)
      const text = [`state ${diff.from} → ${diff.to}: ${plural(diff.packages.length, 'package')}`]
      if (diff.adopted !== undefined)
        text.push(`state ${diff.adopted} was adopted: what it holds is of no package that is known here`)
      if (rows.length > 0) text.push(formatTable(rows))
      return { json: diff, text: [...text, ...lines].join('\n') }
    },
  },
  {
    words: 'state prune',
    side: 'host',
    operands: [{ name: 'STATE', kind: 'state', optional: true, repeats: true }],
    flags: [
      { name: 'keep', value: 'N', summary: 'keep the N newest, at least 2 (default 3)' },
      { name: 'dry-run', short: 'n', summary: 'only say which states would go' },
    ],
    summary: 'let kept states go: these, or all but the newest; never what is current, confirmed or pinned',
    run: async (call) => {
      const { executePrune, planPrune } = await import('../ops/prune.ts')
      const plan = await planPrune(call.outside, {
        root: call.root,
        states: call.operands,
        keep: call.value('keep'),
      })
      const rows = plan.going.map((state) => [
        `  ${state.number}`,
        formatDate(state.created),
        plural(state.packages, 'package'),
      ])
      const shown =
        rows.length === 0
          ? 'nothing to let go'
          : `${plural(rows.length, 'state')} to let go; moss gc gives back what only they needed\n${formatTable(rows)}`
      if (call.has('dry-run') || rows.length === 0) return { json: plan, text: shown }
      if (!(await call.confirm('remove them', shown)))
        return { json: { removed: null }, text: 'nothing was removed' }
      const done = await executePrune(call.outside, plan)
      return {
        json: done,
        text: `no longer kept: state ${done.removed.join(', ')}; moss gc gives back what only they needed, unless the last state export names it`,
      }
    },
  },
  pinVerb('state pin', true, 'keep a state until it is unpinned'),
  pinVerb('state unpin', false, 'let the usual rule decide about a state again'),
]

async function etcDiff(call: Call): Promise<Outcome> {
  if (call.operands.length > 0 || call.has('files'))
    throw new MossError('CLI_USAGE', {
      problem: '--etc is about this machine as it is: it takes no states',
      see: 'state diff',
    })
  const { diffEtc } = await import('../ops/states.ts')
  const found = await diffEtc(call.outside, { root: call.root })
  return { json: found, text: formatEtc(found) }
}
