// Channels: signed, numbered lists of packages, each a plain folder of containers.
import { display } from '../base/display.ts'
import type { ContainerId } from '../base/ids.ts'
import { MossError } from '../base/error.ts'
import { formatBytes, formatCount, formatDate, plural } from '../base/format.ts'
import type { ToldPackage } from '../ops/told-package.ts'
import { formatFields, formatTable } from './format.ts'
import { channelOperand, needed, optionalNumber, type Verb, wholeNumber } from './verb.ts'

const formatTakenOver = (
  serial: number,
  packages: readonly { readonly name: string; readonly version: string; readonly id: string }[],
): string =>
  [
    `serial ${serial} is signed by keys that the trust root does not name for the channel any more, and offers`,
    formatTable(packages.map(({ name, version, id }) => [`  ${name}`, version, id.slice(0, 16)])),
    'whoever has such a key could have put it here: is that what you published?',
  ].join('\n')

const sayAdded = ({ isNew, isMended }: Pick<ToldPackage, 'isNew' | 'isMended'>): string =>
  isMended ? 'damaged, now mended' : isNew ? 'added' : 'already there'

export const channelVerbs: readonly Verb[] = [
  {
    words: 'channel create',
    side: 'station',
    operands: [{ name: 'CHANNEL' }],
    flags: [
      {
        name: 'over',
        value: 'CHANNEL',
        kind: 'channel',
        repeats: true,
        summary:
          'what this one offers too, but for names of its own; of several the first that has a name counts',
      },
    ],
    summary: 'make an empty channel',
    run: async (call) => {
      const { createChannel } = await import('../ops/channels.ts')
      const made = await createChannel(call.outside, {
        home: call.home,
        channel: call.operands[0] ?? '',
        over: call.values('over').map((over) => (over.includes('/') ? call.path(over) : over)),
      })
      const text = formatFields([
        ['channel', `${display(made.channel)} at ${made.folder}`],
        ['over', made.over.length === 0 ? undefined : made.over.map(display).join(', ')],
        ['next', `moss add ${made.channel} FILE…`],
      ])
      return { json: made, text }
    },
  },
  {
    words: 'channel list',
    side: 'station',
    summary: 'channels of this station',
    run: async (call) => {
      const { listChannels } = await import('../ops/channels.ts')
      const channels = await listChannels(call.outside, { home: call.home })
      const rows = channels.map((entry) => [
        entry.channel,
        entry.serial === undefined
          ? 'never published'
          : `serial ${entry.serial} of ${formatDate(entry.created ?? 0)}`,
        plural(entry.packages, 'package'),
      ])
      return {
        json: { channels },
        text: rows.length === 0 ? 'no channels yet: moss channel create NAME' : formatTable(rows),
      }
    },
  },
  {
    words: 'channel show',
    side: 'station',
    operands: [channelOperand],
    summary: 'what a channel offers, and what was added since',
    run: async (call) => {
      const { showChannel } = await import('../ops/channels.ts')
      const shown = await showChannel(call.outside, { home: call.home, channel: call.operands[0] ?? '' })
      const head = formatFields([
        ['channel', display(shown.channel)],
        [
          'serial',
          shown.serial === undefined
            ? 'never published'
            : `${shown.serial} of ${formatDate(shown.created ?? 0)}`,
        ],
        ...shown.over.map(
          ({ channel, serial, isUnderRoot }) =>
            [
              'over',
              `${display(channel)}, ${serial === undefined ? 'never published' : `now at serial ${serial}`}${isUnderRoot === false ? `, signed under an older root: moss channel publish ${display(channel)}` : ''}`,
            ] as const,
        ),
        ['fresh', shown.expires === undefined ? undefined : `until ${formatDate(shown.expires)}`],
        ...shown.advisories.map(
          (each) =>
            [
              'says',
              `${display(each.package)} before ${display(each.before)}: ${display(each.text)}`,
            ] as const,
        ),
      ])
      const rows = shown.packages.map((entry) => [
        `  ${entry.name}`,
        entry.version,
        formatBytes(entry.sizeBytes),
        [
          entry.isPublished ? '' : entry.of === undefined ? 'added, not published' : 'not published',
          entry.of === undefined ? '' : `of ${entry.of}`,
        ]
          .filter((part) => part !== '')
          .join(', '),
      ])
      return {
        json: shown,
        text: rows.length === 0 ? `${head}\nno packages` : `${head}\n${formatTable(rows)}`,
      }
    },
  },
  {
    words: 'channel publish',
    side: 'station',
    operands: [channelOperand],
    flags: [
      {
        name: 'date',
        value: 'SECONDS',
        summary: 'the snapshot’s date, in seconds since 1970 (default: now)',
      },
      {
        name: 'expires',
        value: 'DAYS',
        summary: 'when hosts shall say that it is old, or refuse it if their model says so (default: never)',
      },
    ],
    summary: 'sign a snapshot with the next serial, offering what was added',
    run: async (call) => {
      const { publishChannel } = await import('../ops/channels.ts')
      const publish = (takeOver?: ContainerId) =>
        publishChannel(call.outside, {
          home: call.home,
          channel: call.operands[0] ?? '',
          date: call.value('date'),
          days: optionalNumber(call, 'expires'),
          takeOver,
          ask: (what) => call.passphrase(what),
        })
      const first = await publish()
      const { takenOver } = first
      const shown = takenOver && formatTakenOver(first.serial, takenOver.packages)
      if (shown !== undefined && !(await call.confirm('sign all of them', shown)))
        return { json: first, text: 'not published; nothing was changed' }
      const done = takenOver === undefined ? first : await publish(takenOver.id)
      const text = done.isNew
        ? `serial   ${done.serial} of channel ${display(done.channel)}: ${plural(done.packages, 'package')}`
        : `nothing to do: serial ${done.serial} already names these packages`
      return { json: done, text }
    },
  },
  {
    words: 'channel advise',
    side: 'station',
    operands: [channelOperand, { name: 'PACKAGE' }, { name: 'TEXT', optional: true }],
    flags: [
      { name: 'before', value: 'VERSION', summary: 'versions before this one have the problem' },
      { name: 'withdraw', summary: 'take back what was said of this package' },
    ],
    summary: 'say under the channel’s signature what is wrong with a package; hosts tell it with their plan',
    run: async (call) => {
      const { adviseChannel } = await import('../ops/advisories.ts')
      const [channel = '', name = '', text] = call.operands
      const isSaid = text !== undefined && call.value('before') !== undefined
      const isSaidNothing = text === undefined && call.value('before') === undefined
      if (call.has('withdraw') ? !isSaidNothing : !isSaid)
        throw new MossError('CLI_USAGE', {
          problem: 'say --before VERSION and TEXT, or --withdraw',
          see: 'channel advise',
        })
      const done = await adviseChannel(call.outside, {
        home: call.home,
        channel,
        package: name,
        advisory: text === undefined ? undefined : { text, before: needed(call, 'before') },
        ask: (what) => call.passphrase(what),
      })
      return {
        json: done,
        text: formatFields([
          [
            'serial',
            `${done.serial} of channel ${display(done.channel)}${done.isNew ? '' : ': nothing to do, it says so already'}`,
          ],
          ['says', done.advisories.length === 0 ? `nothing of ${display(name)} any more` : undefined],
          ...done.advisories.map(
            (each) => ['says', `${each.package} before ${each.before}: ${display(each.text)}`] as const,
          ),
        ]),
      }
    },
  },
  {
    words: 'channel grant',
    side: 'station',
    operands: [channelOperand],
    flags: [
      {
        name: 'for',
        value: 'HOST',
        kind: 'host-or-medium',
        summary: 'the host that may go back: its newest state file, its id or name',
      },
      { name: 'serial', value: 'N', summary: 'where to' },
      { name: 'days', value: 'N', summary: 'how long it serves (default 30)' },
      { name: 'output', short: 'o', value: 'FILE', summary: 'where the grant goes' },
    ],
    summary: 'let one host go back to an older serial, once; moss export --serial N --grant FILE carries it',
    run: async (call) => {
      const { makeGrant } = await import('../ops/grants.ts')
      const { namedStates } = await import('../ops/fleet-hosts.ts')
      const said = needed(call, 'for')
      const done = await makeGrant(call.outside, {
        home: call.home,
        channel: call.operands[0] ?? '',
        states: await namedStates(call.outside, {
          home: call.home,
          hosts: [{ said, path: call.path(said) }],
        }),
        to: wholeNumber(call, 'serial', needed(call, 'serial')),
        days: optionalNumber(call, 'days') ?? 30,
        output: call.path(needed(call, 'output')),
        ask: (what) => call.passphrase(what),
      })
      const text = formatFields([
        [
          'grant',
          `${done.name} may go back from serial ${done.from} of channel ${display(done.channel)} to ${done.to}, once, until ${formatDate(done.expires)}`,
        ],
        ['!', done.warnings],
        ['file', done.file],
        ['next', `moss export --for ${done.name} --serial ${done.to} --grant ${done.file}`],
      ])
      return { json: done, text }
    },
  },
  {
    words: 'add',
    side: 'station',
    operands: [channelOperand, { name: 'FILE', repeats: true }],
    flags: [
      {
        name: 'place',
        value: 'FROM=TO',
        repeats: true,
        summary: 'put a folder of the package elsewhere, such as opt=usr/lib/opt',
      },
      { name: 'name', value: 'NAME', summary: 'for a directory: its package’s name' },
      { name: 'version', value: 'VERSION', summary: 'for a directory: its version' },
      { name: 'scripts', summary: 'list each action of maintainer scripts, not only the counts' },
    ],
    summary: 'take packages in: a directory, a .deb or a .moss',
    run: async (call) => {
      const { addPackages } = await import('../ops/channels.ts')
      const done = await addPackages(
        call.outside,
        {
          home: call.home,
          channel: call.operands[0] ?? '',
          files: call.operands.slice(1).map(call.path),
          place: call.values('place'),
          name: call.value('name'),
          version: call.value('version'),
          ask: (what) => call.passphrase(what),
        },
        call.report,
      )
      const lines = done.added.flatMap((entry) => [
        `${sayAdded(entry)}  ${entry.name} ${entry.version}  ${plural(entry.files, 'file')}, ${formatBytes(entry.sizeBytes)} → ${formatBytes(entry.storedBytes)}`,
        ...(call.has('scripts')
          ? entry.scripts.map(
              (action) =>
                `  ${action.verdict}: ${display(`${action.script}:${action.line} ${action.text}`)} (${action.why})`,
            )
          : []),
        ...entry.notes.map((note) => `  note: ${display(note)}`),
      ])
      const { handled, reported, unknown } = done.scriptCounts
      if (handled + reported + unknown > 0)
        lines.push(
          `scripts  not run, but read: ${plural(handled, 'action')} handled, ${formatCount(reported)} reported, ${formatCount(unknown)} unknown`,
        )
      lines.push(`next     moss channel publish ${done.channel}`)
      return { json: done, text: lines.join('\n') }
    },
  },
]
