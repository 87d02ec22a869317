// Mirroring an archive of others into a channel.
import { MossError } from '../base/error.ts'
import { formatBytes, formatCount, plural } from '../base/format.ts'
import { formatFields, formatLongTable } from './format.ts'
import { parseSize } from './sizes.ts'
import { type Call, channelOperand, needed, optionalPath, type Outcome, type Verb } from './verb.ts'

async function mirror(call: Call): Promise<Outcome> {
  const { executeMirror, planMirror } = await import('../ops/mirror.ts')
  const [channel = '', ...capabilities] = call.operands
  const from = needed(call, 'from')
  const rate = call.value('limit-rate')
  const plan = await planMirror(
    call.outside,
    {
      home: call.home,
      channel,
      from,
      path: call.path(from),
      suites: call.values('suite'),
      components: call.values('component'),
      architecture: call.value('architecture') ?? 'amd64',
      foreign: call.values('foreign'),
      keyring: optionalPath(call, 'keyring'),
      capabilities,
      recommends: call.has('recommends') ? 'follow' : 'ignore',
      ...(rate !== undefined && { bytesPerSecond: rateOf(rate) }),
    },
    call.report,
  )
  const about = formatFields([
    ...plan.archives.map(
      ({ place, suite, architecture, offeredPackages }) =>
        [
          'archive',
          `${place}, suite ${suite}${plan.foreign ? `, ${architecture}` : ''}: ${plural(offeredPackages, 'package')}`,
        ] as const,
    ),
    [
      'chosen',
      `${plural(plan.packages.length + plan.presentPackages, 'package')}, ${formatCount(plan.presentPackages)} here already`,
    ],
    ['to fetch', `${plural(plan.packages.length, 'package')}, ${formatBytes(plan.sizeBytes)}`],
    ['note', plan.warnings],
  ])
  if (plan.packages.length === 0) return { json: { ...plan, added: [] }, text: `${about}\nnothing to do` }
  const rows = plan.packages.map(({ name, version, sizeBytes }) => [
    '  +',
    name,
    version,
    formatBytes(sizeBytes),
  ])
  const told = [about, ...formatLongTable(rows)].join('\n')
  if (call.has('dry-run')) return { json: { ...plan, added: [] }, text: told }
  if (!(await call.confirm('take them in?', told)))
    return { json: { ...plan, added: [] }, text: 'nothing was taken in' }
  const { added } = await executeMirror(call.outside, plan, {
    ask: (what) => call.passphrase(what),
    report: call.report,
  })
  return {
    json: { ...plan, added },
    text: formatFields([
      [
        'mirrored',
        `${plural(added.length, 'package')}, ${formatBytes(plan.sizeBytes)}, into channel ${plan.channel}`,
      ],
      ['next', `moss channel publish ${plan.channel}`],
    ]),
  }
}

export const mirrorVerbs: readonly Verb[] = [
  {
    words: 'mirror',
    side: 'station',
    operands: [channelOperand, { name: 'CAPABILITY', repeats: true }],
    flags: [
      {
        name: 'from',
        value: 'ARCHIVE',
        summary:
          'needed: an address or folder that has dists and pool, a .sources file, or the name of one of apt’s, such as debian',
      },
      {
        name: 'suite',
        value: 'SUITE',
        repeats: true,
        summary: 'of the archive, such as bookworm (default: all that the .sources file names)',
      },
      {
        name: 'component',
        value: 'NAME',
        repeats: true,
        summary: 'part of the suite (default: as the .sources file says, else main)',
      },
      { name: 'architecture', value: 'NAME', summary: 'of the machines (default: amd64)' },
      {
        name: 'foreign',
        value: 'NAME',
        repeats: true,
        summary: 'another architecture whose packages may come, too, as PACKAGE:NAME',
      },
      {
        name: 'keyring',
        value: 'FILE',
        summary: 'whose signatures count (default: as the .sources file says, else Debian’s archive keyring)',
      },
      { name: 'dry-run', short: 'n', summary: 'only show what would come' },
      {
        name: 'recommends',
        summary: 'also what packages recommend, for hosts whose model says recommends = "follow"',
      },
      {
        name: 'limit-rate',
        value: 'RATE',
        summary: 'bytes that may come in a second, such as 200k or 2M (default: no limit)',
      },
    ],
    summary: 'take packages and all they need from a Debian archive; what broke off goes on',
    run: mirror,
  },
]

function rateOf(text: string): number {
  const rate = parseSize(text)
  if (rate !== undefined) return rate
  throw new MossError('CLI_USAGE', {
    problem: '--limit-rate takes bytes a second, such as 200k or 2M',
    see: 'mirror',
  })
}
