// The hosts that a station answers.
import { display } from '../base/display.ts'
import { MossError } from '../base/error.ts'
import { exits } from '../base/exits.ts'
import { formatDate, plural, shortId } from '../base/format.ts'
import type { FleetRow } from '../ops/fleet-hosts.ts'
import { sayLag, sayNews, saySerial } from '../ops/fleet-words.ts'
import { formatFields, formatTable } from './format.ts'
import { formatStranger } from './sync-text.ts'
import { expectFlag, formatFingerprint } from './trust-verbs.ts'
import type { Call, Outcome, Verb } from './verb.ts'

/** Where two go by one name, with the id. */
function namesAmong(hosts: readonly FleetRow[]): (host: FleetRow) => string {
  const called = Map.groupBy(hosts, ({ name }) => name)
  return ({ name, host }) => (called.get(name)?.length === 1 ? name : `${name} ${host}`)
}

async function enrollOne(call: Call, file: string): Promise<Outcome> {
  const { executeEnrol, planEnrol } = await import('../ops/enrol.ts')
  const plan = await planEnrol(call.outside, { home: call.home, file, expect: call.value('expect') })
  const shown = formatFields([
    ['host', `${plan.name}, id ${plan.host}`],
    ['key', formatFingerprint(plan)],
    [
      '!',
      plan.namesakes.length === 0
        ? undefined
        : `another host here goes by that name: ${plan.namesakes.join(', ')}`,
    ],
  ])
  if (!plan.isCompared && !plan.isEnrolled && !(await call.confirm('enroll it', shown)))
    return { json: { ...plan, isEnrolled: false }, text: 'not enrolled; nothing was changed' }
  const done = await executeEnrol(call.outside, plan)
  const text = formatFields([
    ['host', `${done.name}, id ${done.host}, ${done.isEnrolled ? 'was enrolled before' : 'is enrolled'}`],
    ['next', `moss export --for ${done.file} -o BUNDLE`],
  ])
  return { json: { ...done, isEnrolled: true }, text: plan.isCompared ? `${shown}\n${text}` : text }
}

export const fleetVerbs: readonly Verb[] = [
  {
    words: 'fleet enroll',
    side: 'station',
    operands: [{ name: 'STATEFILE|MEDIUM' }],
    flags: [expectFlag],
    summary:
      'answer this host from now on: compare its words with those that moss trust show says there; of a medium, each that is not known yet',
    run: async (call) => {
      const { statesToEnrol } = await import('../ops/enrol.ts')
      const path = call.path(call.operands[0] ?? '')
      const { files, unreadable } = await statesToEnrol(call.outside, { home: call.home, path })
      if (files.length > 1 && call.has('expect'))
        throw new MossError('CLI_USAGE', {
          problem: `--expect is for one, and there are ${files.length} states of strangers: name one of their files`,
          see: call.word,
        })
      const done: Outcome[] = []
      for (const file of files) done.push(await enrollOne(call, file))
      const [only] = done
      if (only !== undefined && done.length === 1 && unreadable.length === 0) return only
      return {
        json: { hosts: done.map(({ json }) => json), unreadable },
        text: [
          ...done.map(({ text }) => text),
          ...unreadable.map(({ file, message }) => `! ${display(file)}: ${display(message)}`),
        ].join('\n'),
        exit: unreadable.length > 0 ? exits.findings : exits.done,
      }
    },
  },
  {
    words: 'fleet receive',
    side: 'station',
    operands: [{ name: 'STATE', kind: 'medium-or-file', repeats: true }],
    summary:
      'keep what hosts have sent, state files or media with them, without making a bundle: their receipts',
    run: async (call) => {
      const { namedStates } = await import('../ops/fleet-hosts.ts')
      const { receiveStates } = await import('../ops/receive.ts')
      const hosts = call.operands.map((said) => ({ said, path: call.path(said) }))
      const states = await namedStates(call.outside, { home: call.home, hosts })
      const done = await receiveStates(call.outside, { home: call.home, states })
      const text = formatFields([
        ['hosts', done.hosts.map(({ name, counter }) => `${name}, record ${counter}`)],
        ['strangers', done.strangers.map(formatStranger)],
        ['!', [...done.unreadable.map(({ file, message }) => `${file}: ${message}`), ...done.warnings]],
      ])
      return {
        json: done,
        text: text === '' ? 'nothing was received' : text,
        exit: done.unreadable.length > 0 ? exits.findings : exits.done,
      }
    },
  },
  {
    words: 'fleet list',
    side: 'station',
    summary:
      'the hosts that this station answers: what each has, how far it is behind, what is under way to it',
    run: async (call) => {
      const { listFleet } = await import('../ops/fleet-hosts.ts')
      const hosts = await listFleet(call.outside, { home: call.home })
      const nameOf = namesAmong(hosts)
      const rows = hosts.map((each) => [
        nameOf(each),
        saySerial(each),
        sayLag(each),
        `seen ${formatDate(each.seen)}`,
        sayNews(each),
      ])
      return {
        json: { hosts },
        text: rows.length === 0 ? 'no hosts yet: moss fleet enroll STATEFILE' : formatTable(rows),
      }
    },
  },
  {
    words: 'fleet show',
    side: 'station',
    operands: [{ name: 'HOST', kind: 'host' }],
    summary: 'all that is known of one host, by its id or name',
    run: async (call) => {
      const { showFleetHost } = await import('../ops/fleet-hosts.ts')
      const host = await showFleetHost(call.outside, { home: call.home, host: call.operands[0] ?? '' })
      const text = formatFields([
        ['host', `${host.name}, id ${host.host}`],
        ['key', formatFingerprint(host)],
        ['groups', host.groups.length === 0 ? undefined : host.groups.join(', ')],
        ['serial', `${saySerial(host)}: ${sayLag(host)}`],
        ['asks for', host.subscriptions.join(', ')],
        ['has', plural(host.packages, 'package')],
        [
          'state',
          `record ${host.counter}, written ${formatDate(host.written)}, seen ${formatDate(host.seen)}`,
        ],
        ['last', host.outcome && `its last bundle: ${host.outcome}${host.detail ? `, ${host.detail}` : ''}`],
        ['lacks', host.lacking === 0 ? undefined : `${plural(host.lacking, 'file')}, asked for again`],
        [
          'sent',
          host.sent.map(
            ({ bundle, channel, serial, made }) =>
              `bundle ${shortId(bundle)} with serial ${serial} of ${channel}, made ${formatDate(made)}, not answered yet`,
          ),
        ],
      ])
      return { json: host, text }
    },
  },
  {
    words: 'fleet report',
    side: 'station',
    summary: 'what fleet list says as one page of HTML, to print or hand on: moss fleet report > fleet.html',
    run: async (call) => {
      const { listFleet } = await import('../ops/fleet-hosts.ts')
      const { formatFleetReport } = await import('./fleet-report.ts')
      const hosts = await listFleet(call.outside, { home: call.home })
      return { json: { hosts }, text: formatFleetReport(hosts, call.nowSeconds) }
    },
  },
  {
    words: 'fleet group',
    side: 'station',
    operands: [
      { name: 'GROUP', kind: 'group' },
      { name: 'HOST', kind: 'host', repeats: true },
    ],
    flags: [{ name: 'remove', summary: 'take them out of it' }],
    summary: 'put hosts into a group: export --for GROUP is for all of them',
    run: async (call) => {
      const { groupHosts } = await import('../ops/fleet-hosts.ts')
      const [group = '', ...hosts] = call.operands
      const isRemoval = call.has('remove')
      const done = await groupHosts(call.outside, { home: call.home, group, hosts, isRemoval })
      const names = done.hosts.map(({ name }) => name).join(', ')
      return { json: done, text: names === '' ? `group ${group} has no hosts` : `group ${group}: ${names}` }
    },
  },
  {
    words: 'fleet forget',
    side: 'station',
    operands: [{ name: 'HOST', kind: 'host' }],
    summary: 'answer this host no more, by its id or name; what it has stays as it is',
    run: async (call) => {
      const { forgetHost } = await import('../ops/fleet-hosts.ts')
      const done = await forgetHost(call.outside, { home: call.home, host: call.operands[0] ?? '' })
      return { json: done, text: `host ${done.host} is not answered any more` }
    },
  },
]
