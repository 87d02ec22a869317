// Containers on any medium, for anyone: no keys, no root, nothing unpacked.
import { exits } from '../base/exits.ts'
import { display } from '../base/display.ts'
import { MossError } from '../base/error.ts'
import { formatBytes, formatDate, plural } from '../base/format.ts'
import { formatComparison } from './comparison-text.ts'
import { formatFields, formatTable } from './format.ts'
import { type Call, optionalPath, type Outcome, type Verb } from './verb.ts'

async function verifyFiles(call: Call) {
  if (call.has('quick') || call.has('all'))
    throw new MossError('CLI_USAGE', {
      problem: '--quick and --all are for this machine, not for files',
      see: 'verify',
    })
  const { verifyContainers } = await import('../ops/verify.ts')
  const files = call.operands.map(call.path)
  return verifyContainers(call.outside, { files, root: call.root, home: call.home }, call.report)
}

async function verifyMachine(call: Call) {
  const { verifyHost } = await import('../ops/verify-host.ts')
  const how = { isQuick: call.has('quick'), isAll: call.has('all') }
  return verifyHost(call.outside, { root: call.root, ...how }, call.report)
}

async function comparePackages(call: Call, old: string): Promise<Outcome> {
  const { comparePackageFiles } = await import('../ops/compare-package-files.ts')
  const { root, home } = call
  const now = call.path(call.operands[0] ?? '')
  const found = comparePackageFiles(call.outside, { old, new: now, root, home })
  return { json: found, text: formatComparison(found) }
}

export const containerVerbs: readonly Verb[] = [
  {
    words: 'inspect',
    side: 'either',
    operands: [{ name: 'FILE' }],
    flags: [
      {
        name: 'print-verify-command',
        summary: 'print how to check the signatures with minisign or ssh-keygen, and nothing of ours',
      },
      {
        name: 'diff',
        value: 'OLD',
        summary: 'how the package FILE differs from the package OLD: files, capabilities, sizes',
      },
    ],
    summary: 'what a container is, from whom, for whom, what is in it; unpacks nothing',
    run: async (call) => {
      const old = optionalPath(call, 'diff')
      if (old !== undefined) return comparePackages(call, old)
      const { inspectContainer } = await import('../ops/inspect.ts')
      const seen = await inspectContainer(call.outside, { file: call.path(call.operands[0] ?? '') })
      if (call.has('print-verify-command'))
        return { json: { commands: seen.verifyCommands }, text: seen.verifyCommands.join('\n') }
      const rows = seen.parts.map((part) => [
        `  ${part.name}`,
        `at ${part.offset}`,
        formatBytes(part.storedBytes),
        part.note,
      ])
      const packages = seen.packages.map((entry) => [`  ${entry.name}`, entry.version])
      const text = [
        formatFields([
          ['file', `${seen.file}, ${formatBytes(seen.fileBytes)}`],
          [
            '!',
            seen.presentBytes < seen.fileBytes
              ? `cut short: ${formatBytes(seen.presentBytes)} are here; copy the file again`
              : undefined,
          ],
          ['volume', seen.volumeText],
          ['kind', `${seen.kind}, format version ${seen.version}`],
          ['id', seen.id],
          ['date', formatDate(seen.created)],
          ['signers', seen.signers],
          ['', 'not judged here: moss verify does'],
          ...seen.about.map(([label, value]) => [label, display(value)] as const),
        ]),
        ...(rows.length > 0 ? ['parts', formatTable(rows)] : []),
        ...(packages.length > 0 ? ['packages', formatTable(packages)] : []),
      ].join('\n')
      return { json: seen, text }
    },
  },
  {
    words: 'verify',
    side: 'either',
    operands: [{ name: 'FILE', optional: true, repeats: true }],
    flags: [
      { name: 'quick', summary: 'of this machine: attributes, sizes and dates; reads no contents' },
      { name: 'all', summary: 'of this machine: kept states too' },
    ],
    summary: 'check containers, or with no file this machine’s store and current state',
    run: async (call) => {
      const done = call.operands.length > 0 ? await verifyFiles(call) : await verifyMachine(call)
      const rows = done.findings.map((finding) => `! ${display(finding)}`)
      const text = [
        ...done.checked.map(display),
        ...rows,
        done.findings.length === 0
          ? 'no findings'
          : call.operands.length > 0
            ? plural(done.findings.length, 'finding')
            : `${plural(done.findings.length, 'finding')}; moss repair says what it can mend`,
      ].join('\n')
      return { json: done, text, exit: done.findings.length === 0 ? exits.done : exits.findings }
    },
  },
]
