// Containers on any medium, for anyone: no keys, no root, nothing unpacked.
import { exits } from '../base/codes.ts'
import { display } from '../base/display.ts'
import { formatBytes, formatDate, plural } from '../base/format.ts'
import { formatFields, formatTable } from './format.ts'
import type { Verb } from './verb.ts'

export const containerVerbs: readonly Verb[] = [
  {
    words: 'inspect',
    side: 'either',
    operands: [{ name: 'FILE' }],
    flags: [
      {
        name: 'print-verify-command',
        summary: 'print how to check the signature with minisign and nothing of ours',
      },
    ],
    summary: 'what a container is, from whom, for whom, what is in it; unpacks nothing',
    run: async (call) => {
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
          ['kind', `${seen.kind}, format version ${seen.version}`],
          ['id', seen.id],
          ['date', formatDate(seen.created)],
          ['signers', seen.signers.join('\n')],
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
    summary: 'check containers, or with no file this machine’s store and current state',
    run: async (call) => {
      const { verifyContainers, verifyHost } = await import('../ops/verify.ts')
      const done =
        call.operands.length > 0
          ? await verifyContainers(
              call.outside,
              { files: call.operands.map(call.path), root: call.root, home: call.home },
              call.report,
            )
          : await verifyHost(call.outside, { root: call.root }, call.report)
      const rows = done.findings.map((finding) => `! ${display(finding)}`)
      const text = [
        ...done.checked.map(display),
        ...rows,
        done.findings.length === 0
          ? 'no findings'
          : call.operands.length > 0
            ? plural(done.findings.length, 'finding')
            : `${plural(done.findings.length, 'finding')}; moss repair lets the next bundle bring what the store has lost; a kept state may be whole: moss rollback`,
      ].join('\n')
      return { json: done, text, exit: done.findings.length === 0 ? exits.done : exits.findings }
    },
  },
]
