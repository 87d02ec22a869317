// Questions about what is installed or offered. They read, and never wait for a lock.
import { display } from '../base/display.ts'
import { exits } from '../base/exits.ts'
import { formatBytes, plural } from '../base/format.ts'
import type { FoundPackage } from '../ops/search.ts'
import { formatFields, formatTable } from './format.ts'
import { changeRow } from './update-text.ts'
import type { Verb } from './verb.ts'

/** Of the version in the row it is said alone; of others with their number. Nothing of what is only offered. */
function sayWhere({ version, installed, waiting, isAsked }: FoundPackage): string {
  const say = (word: string, which: string | undefined): readonly string[] =>
    which === undefined ? [] : [which === version ? word : `${word} ${which}`]
  const found = [...say('installed', installed), ...say('waits', waiting)]
  return found.length > 0 ? found.join(', ') : isAsked === true ? 'asked for' : ''
}

export const askVerbs: readonly Verb[] = [
  {
    words: 'list',
    side: 'host',
    summary: 'installed packages',
    run: async (call) => {
      const { listPackages } = await import('../ops/ask.ts')
      const packages = await listPackages(call.outside, { root: call.root })
      const rows = packages.map((entry) => [entry.name, entry.version, entry.architecture, entry.summary])
      return { json: { packages }, text: rows.length === 0 ? 'no packages yet' : formatTable(rows) }
    },
  },
  {
    words: 'info',
    side: 'host',
    operands: [{ name: 'PACKAGE', kind: 'package' }],
    summary: 'what a package says about itself',
    run: async (call) => {
      const { isInstalled, offeredInfo, packageInfo } = await import('../ops/ask.ts')
      const asked = { root: call.root, name: call.operands[0] ?? '' }
      if (!isInstalled(call.outside, asked)) {
        const offered = await offeredInfo(call.outside, asked)
        const text = formatFields([
          ['name', `${offered.name} ${offered.version} (${offered.architecture})`],
          ['summary', offered.summary],
          ['id', offered.id],
          ['from', `channel ${offered.channel}, serial ${offered.serial}; not installed`],
          ['size', formatBytes(offered.sizeBytes)],
          ['provides', offered.provides.length === 0 ? 'nothing more' : offered.provides],
          ['requires', offered.requires.length === 0 ? 'nothing' : offered.requires],
          ['recommends', offered.recommends],
        ])
        return { json: { ...offered, installed: false }, text }
      }
      const info = await packageInfo(call.outside, asked)
      const text = formatFields([
        ['name', `${info.name} ${info.version} (${info.architecture})`],
        ['summary', display(info.summary)],
        ['licence', display(info.licence)],
        ['id', info.id],
        ['why', info.reason],
        ['files', `${plural(info.files, 'file')}, ${formatBytes(info.sizeBytes)}`],
        ['provides', info.provides.length === 0 ? 'nothing more' : info.provides],
        ['requires', info.requires.length === 0 ? 'nothing' : info.requires],
        ['recommends', info.recommends],
        ['text', info.description === '' ? undefined : info.description.split('\n')],
      ])
      return { json: { ...info, installed: true }, text }
    },
  },
  {
    words: 'search',
    side: 'host',
    operands: [{ name: 'WORD', repeats: true }],
    summary: 'what the channel offers, by name, capability and summary',
    run: async (call) => {
      const { searchPackages } = await import('../ops/search.ts')
      const found = await searchPackages(call.outside, { root: call.root, words: call.operands })
      const rows = found.packages.map((entry) => [
        sayWhere(entry),
        entry.name,
        entry.version,
        entry.capability === undefined ? entry.summary : `${entry.summary} [${entry.capability}]`,
      ])
      const source = `channel ${found.channel}, serial ${found.serial}`
      return {
        json: found,
        text: rows.length === 0 ? `nothing in ${source} has that` : formatTable(rows),
        ...(rows.length === 0 && { exit: exits.unsolvable }),
      }
    },
  },
  {
    words: 'files',
    side: 'host',
    operands: [{ name: 'PACKAGE', kind: 'package' }],
    summary: 'the files of a package, installed or offered',
    run: async (call) => {
      const { packageFiles } = await import('../ops/ask.ts')
      const found = await packageFiles(call.outside, { root: call.root, name: call.operands[0] ?? '' })
      return { json: found, text: found.files.map((path) => display(`/${path}`)).join('\n') }
    },
  },
  {
    words: 'owns',
    side: 'host',
    operands: [{ name: 'PATH' }],
    summary: 'which package a file belongs to, or would belong to',
    run: async (call) => {
      const { ownerOf } = await import('../ops/ask.ts')
      const owners = await ownerOf(call.outside, { root: call.root, path: call.operands[0] ?? '' })
      return {
        json: { owners },
        text: owners
          .map(
            ({ name, version, path, installed }) =>
              `${display(`${name} ${version}: /${path}`)}${installed ? '' : '; not installed'}`,
          )
          .join('\n'),
      }
    },
  },
  {
    words: 'why',
    side: 'host',
    operands: [{ name: 'CAPABILITY', kind: 'installed' }],
    summary: 'why something is installed, back to a subscription',
    run: async (call) => {
      const { explainWhyInstalled } = await import('../ops/ask.ts')
      const chains = await explainWhyInstalled(call.outside, {
        root: call.root,
        capability: call.operands[0] ?? '',
      })
      return { json: { chains }, text: chains.map((chain) => chain.lines.map(display).join('\n')).join('\n') }
    },
  },
  {
    words: 'why-not',
    side: 'host',
    operands: [{ name: 'CAPABILITY', kind: 'offered' }],
    summary: 'what keeps something from being installed, or what it would bring',
    run: async (call) => {
      const { explainWhyNot } = await import('../ops/why-not.ts')
      const asked = { root: call.root, capability: call.operands[0] ?? '' }
      const answer = await explainWhyNot(call.outside, asked)
      const others = answer.passedOver.join(', ')
      const text = [
        formatFields([['answer', answer.problem ?? answer.verdict]]),
        ...(answer.changes.length === 0
          ? []
          : [
              formatTable(answer.changes.map(changeRow)),
              formatFields([
                ['instead', others === '' ? undefined : `of ${others}`],
                ['next', `moss subscribe ${answer.subscribe}, then moss state export for the station`],
              ]),
            ]),
      ]
      return {
        json: answer,
        text: text.join('\n'),
        ...(answer.problem !== undefined && { exit: exits.unsolvable }),
      }
    },
  },
]
