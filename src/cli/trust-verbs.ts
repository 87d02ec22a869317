// Trust: whom a host believes, and the root that says so, from its draft to the signatures of keys that never meet.
import { exits } from '../base/exits.ts'
import { display } from '../base/display.ts'
import { formatDate, plural } from '../base/format.ts'
import { MossError } from '../base/error.ts'
import type { DescribedRoot } from '../ops/describe-root.ts'
import { foldFingerprint, foldHanging, formatFields, formatTable } from './format.ts'
import { type Call, optionalPath, type Verb } from './verb.ts'

const shortKey = (id: string): string => id.slice(0, 16)

const fileOperand = { name: 'FILE' } as const
export const expectFlag = {
  name: 'expect',
  value: 'FINGERPRINT',
  summary: 'its eight words or 64 digits, as you were told them by another way; any other is refused',
} as const

interface Fingerprinted {
  readonly words: string
  readonly fingerprint: string
}

/** Lines, of which `before` begins the first. */
export const formatFingerprint = ({ words, fingerprint }: Fingerprinted, before = ''): readonly string[] => [
  `${before}fingerprint`,
  words,
  ...foldFingerprint(fingerprint),
]

function formatRoot(root: DescribedRoot): string {
  const signed = root.signers.filter(({ hasSigned }) => hasSigned)
  const missing = root.signers.filter(({ hasSigned }) => !hasSigned)
  const names = (of: DescribedRoot['signers']): string => of.map(({ key }) => shortKey(key)).join(', ')
  return formatFields([
    [
      'root',
      `${root.version}${root.follows === undefined ? '' : `, follows ${root.follows}`}, epoch ${root.epoch}, of ${formatDate(root.created)}`,
    ],
    [
      'floor',
      root.floor === undefined ? undefined : `hosts set their time floor to ${formatDate(root.floor)}`,
    ],
    ...root.roles.map(
      ({ name, threshold, keys }) =>
        [name, `${threshold} of ${keys.length}: ${keys.map(shortKey).join(', ')}`] as const,
    ),
    ['changes', root.changes],
    ['signed', signed.length === 0 ? 'by nobody yet' : `by ${names(signed)}`],
    ['missing', missing.length === 0 ? undefined : `${names(missing)}: moss root sign ${root.file}`],
    ['', formatFingerprint(root)],
  ])
}

const shown = (root: DescribedRoot) => ({ json: root, text: formatRoot(root) })

export const trustVerbs: readonly Verb[] = [
  {
    words: 'trust show',
    side: 'host',
    flags: [expectFlag],
    summary: 'who can make this host do what',
    run: async (call) => {
      const { showTrust } = await import('../ops/trust-show.ts')
      const trust = await showTrust(call.outside, { root: call.root, expect: call.value('expect') })
      const text = [
        ...formatFingerprint(trust, `root ${trust.version}, `),
        ...(trust.isCompared ? ['          the same as you were told'] : []),
        ...trust.roles.map(
          (role) =>
            `${role.name.padEnd(9)} ${role.may}\n          ${role.threshold} of ${role.keys.length}: ${role.keys.map(shortKey).join(', ')}`,
        ),
        `seen      ${[
          ...trust.seen.serials.map(
            ({ channel, serial }) => `channel ${display(channel)} up to serial ${serial}`,
          ),
          `the date ${formatDate(trust.seen.timeFloor)}`,
        ].join(', ')}: nothing older is taken in`,
        `host      ${display(trust.host.name)}, id ${trust.host.id}; its key, by which a station knows it, has the fingerprint\n          ${trust.host.words}`,
        ...trust.warnings.map((warning) => foldHanging(`! ${warning}`)),
      ].join('\n')
      return { json: trust, text }
    },
  },
  {
    words: 'trust init',
    side: 'host',
    operands: [{ name: 'ROOTFILE' }],
    flags: [expectFlag],
    summary:
      'trust another root that none leads to, as at the first time: when root keys were lost or stolen',
    run: async (call) => {
      const { initTrust } = await import('../ops/trust-init.ts')
      const done = await initTrust(
        call.outside,
        { root: call.root, file: call.path(call.operands[0] ?? ''), expect: call.value('expect') },
        call.report,
      )
      const text = formatFields([
        ['trust', `root ${done.version} now, instead of root ${done.before.version}`],
        ['', formatFingerprint(done)],
        ['', 'serials count anew; what was taken in under the old root is not applied'],
        ['next', 'moss state export FILE for the station'],
      ])
      return { json: done, text }
    },
  },
  {
    words: 'trust log',
    side: 'host',
    flags: [{ name: 'output', short: 'o', value: 'FILE', summary: 'write it, signed by this host' }],
    summary: 'what this host was asked to believe, who signed it, and what became of it',
    run: async (call) => {
      const { showAudit } = await import('../ops/audit.ts')
      const audit = await showAudit(call.outside, { root: call.root, to: optionalPath(call, 'output') })
      const rows = audit.entries.map(({ at, kind, outcome, signers, detail }) => [
        formatDate(at),
        kind,
        outcome,
        `${detail}${signers.length === 0 ? '' : `; by ${signers.map(shortKey).join(', ')}`}`,
      ])
      const text = [
        audit.problem === undefined ? formatTable(rows) : `! ${audit.problem}`,
        ...(audit.file === undefined ? [] : [`written to ${audit.file}, signed by this host`]),
      ]
      return {
        json: audit,
        text: text.join('\n'),
        ...(audit.problem !== undefined && { exit: exits.findings }),
      }
    },
  },
  {
    words: 'root show',
    side: 'station',
    operands: [{ name: 'FILE', optional: true }],
    summary: 'what a trust root says, and who has signed it: this station’s, or a file',
    run: async (call) => {
      const { showRootFile } = await import('../ops/describe-root.ts')
      const [file] = call.operands
      return shown(
        await showRootFile(call.outside, {
          home: call.home,
          file: file === undefined ? undefined : call.path(file),
        }),
      )
    },
  },
  {
    words: 'root new',
    side: 'station',
    operands: [fileOperand],
    flags: [
      {
        name: 'add',
        value: 'ROLE=KEY',
        repeats: true,
        summary:
          'give a key a role (root, channel, packager or exporter): its name, the start of its id, or a file PATH/KEY.pub',
      },
      {
        name: 'remove',
        value: 'ROLE=KEY',
        repeats: true,
        summary: 'take a role from a key; without any it is revoked',
      },
      { name: 'threshold', value: 'ROLE=N', repeats: true, summary: 'how many keys of the role must sign' },
      {
        name: 'new-epoch',
        summary:
          'make hosts forget the serials they have seen, after a channel key was stolen; needs a new one',
      },
      { name: 'time-floor', value: 'DATE', summary: 'set the time floor of hosts, also back: YYYY-MM-DD' },
      {
        name: 'signer',
        value: 'KEY',
        kind: 'key',
        repeats: true,
        summary: 'who will sign (default: the keys of this home that may)',
      },
    ],
    summary:
      'draft the next trust root, or a first one; it counts when enough have signed and it is accepted',
    run: async (call) => {
      const { draftRoot } = await import('../ops/root-draft.ts')
      return shown(
        await draftRoot(call.outside, {
          home: call.home,
          file: call.path(call.operands[0] ?? ''),
          add: keyPaths(call, 'add'),
          remove: keyPaths(call, 'remove'),
          threshold: call.values('threshold'),
          isNewEpoch: call.has('new-epoch'),
          signers: call.values('signer').map((name) => keyPath(call, name)),
          floor: dateOf(call.value('time-floor')),
        }),
      )
    },
  },
  {
    words: 'root sign',
    side: 'station',
    operands: [fileOperand],
    flags: [
      {
        name: 'head',
        value: 'OUT',
        summary: 'write what is to be signed elsewhere: ssh-keygen -Y sign -n moss -f KEY OUT',
      },
      {
        name: 'signature',
        value: 'SIG',
        summary: 'add this signature, which ssh-keygen made elsewhere',
      },
    ],
    summary: 'show what a drafted root says, ask, and add the signatures of this home’s keys to the file',
    run: async (call) => {
      const { attachSignature, executeSignRoot, planSignRoot, writeRootHead } =
        await import('../ops/root-signing.ts')
      const [head, signature] = [optionalPath(call, 'head'), optionalPath(call, 'signature')]
      const file = call.path(call.operands[0] ?? '')
      if (head !== undefined) {
        const done = await writeRootHead(call.outside, { file, to: head })
        const text = formatFields([
          ['head', done.head],
          ['next', `ssh-keygen -Y sign -n moss -f KEY ${head}`],
          ['then', `moss root sign ${file} --signature ${head}.sig`],
        ])
        return { json: done, text }
      }
      if (signature !== undefined)
        return shown(await attachSignature(call.outside, { home: call.home, file, signature }))
      const plan = await planSignRoot(call.outside, { home: call.home, file })
      const keys = plan.keys.join(', ')
      if (!(await call.confirm(`sign it with ${keys}`, formatRoot(plan.root))))
        return { json: { signed: null }, text: 'nothing was signed' }
      const done = await executeSignRoot(call.outside, plan, (what) => call.passphrase(what))
      const missing = done.signers.filter(({ hasSigned }) => !hasSigned).length
      return {
        json: done,
        text: formatFields([
          ['signed', `root ${done.version} with ${keys}`],
          [
            'next',
            missing === 0
              ? `moss root accept ${done.file}`
              : `${plural(missing, 'signature')} missing: carry the file on, or bring the copies together with moss root assemble`,
          ],
        ]),
      }
    },
  },
  {
    words: 'root assemble',
    side: 'station',
    operands: [{ name: 'FILE', repeats: true }],
    flags: [{ name: 'output', short: 'o', value: 'FILE', summary: 'where the whole one goes' }],
    summary: 'put the signatures of several copies of one root together',
    run: async (call) => {
      const { assembleRoot } = await import('../ops/root-signing.ts')
      const output = call.value('output')
      if (output === undefined)
        throw new MossError('CLI_USAGE', { problem: 'say where it goes: -o FILE', see: 'root assemble' })
      return shown(
        await assembleRoot(call.outside, {
          home: call.home,
          files: call.operands.map(call.path),
          output: call.path(output),
        }),
      )
    },
  },
  {
    words: 'root accept',
    side: 'station',
    operands: [fileOperand],
    flags: [expectFlag],
    summary: 'make a root that enough have signed this station’s; bundles carry it to the hosts',
    run: async (call) => {
      const { acceptRootFile } = await import('../ops/station-roots.ts')
      const done = await acceptRootFile(call.outside, {
        home: call.home,
        file: call.path(call.operands[0] ?? ''),
        expect: call.value('expect'),
      })
      const text = formatFields([
        [
          'root',
          `${done.version} is this station’s now${done.follows === undefined ? '' : `, after ${done.follows}`}`,
        ],
        ['', formatFingerprint(done)],
        [
          'next',
          done.follows === undefined
            ? 'carry the file to each host: moss init --trust FILE --expect "EIGHT WORDS"'
            : 'moss channel publish each channel, if its keys or the epoch changed; the next bundle of each host brings the root',
        ],
      ])
      return { json: done, text }
    },
  },
]

/** A key's name stays as it is; what has a slash is a file. */
const keyPath = (call: Call, key: string): string => (key.includes('/') ? call.path(key) : key)

const keyPaths = (call: Call, flag: string): readonly string[] =>
  call.values(flag).map((text) => {
    const at = text.indexOf('=')
    return `${text.slice(0, at + 1)}${keyPath(call, text.slice(at + 1))}`
  })

function dateOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(ms))
    throw new MossError('CLI_USAGE', { problem: `--time-floor ${text}: write YYYY-MM-DD`, see: 'root new' })
  return ms / 1000
}
