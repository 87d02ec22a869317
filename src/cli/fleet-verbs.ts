// The hosts that a station answers.
import { formatDate } from '../base/format.ts'
import { formatFields, formatTable } from './format.ts'
import { expectFlag, formatFingerprint } from './trust-verbs.ts'
import type { Verb } from './verb.ts'

export const fleetVerbs: readonly Verb[] = [
  {
    words: 'fleet enroll',
    side: 'station',
    operands: [{ name: 'STATEFILE' }],
    flags: [expectFlag],
    summary: 'answer this host from now on: compare its words with those that moss trust show says there',
    run: async (call) => {
      const { executeEnrol, planEnrol } = await import('../ops/fleet.ts')
      const plan = await planEnrol(call.outside, {
        home: call.home,
        file: call.path(call.operands[0] ?? ''),
        expect: call.value('expect'),
      })
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
    },
  },
  {
    words: 'fleet list',
    side: 'station',
    summary: 'the hosts that this station answers, and the newest state of each that it has answered',
    run: async (call) => {
      const { listFleet } = await import('../ops/fleet.ts')
      const hosts = await listFleet(call.outside, { home: call.home })
      const rows = hosts.map((each) => [
        each.name,
        each.host,
        each.serial === undefined ? 'no channel yet' : `${each.channel ?? ''} serial ${each.serial}`,
        `record ${each.counter} of ${formatDate(each.created)}`,
      ])
      return {
        json: { hosts },
        text: rows.length === 0 ? 'no hosts yet: moss fleet enroll STATEFILE' : formatTable(rows),
      }
    },
  },
  {
    words: 'fleet forget',
    side: 'station',
    operands: [{ name: 'HOST' }],
    summary: 'answer this host no more, by its id or name; what it has stays as it is',
    run: async (call) => {
      const { forgetHost } = await import('../ops/fleet.ts')
      const done = await forgetHost(call.outside, { home: call.home, host: call.operands[0] ?? '' })
      return { json: done, text: `host ${done.host} is not answered any more` }
    },
  },
]
