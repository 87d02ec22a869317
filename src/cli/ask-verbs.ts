// Questions about what is installed. They read, and never wait for a lock.
import { display } from '../base/display.ts'
import { formatBytes, plural } from '../base/format.ts'
import { formatFields, formatTable } from './format.ts'
import type { Verb } from './verb.ts'

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
    operands: [{ name: 'PACKAGE' }],
    summary: 'what a package says about itself',
    run: async (call) => {
      const { packageInfo } = await import('../ops/ask.ts')
      const info = await packageInfo(call.outside, { root: call.root, name: call.operands[0] ?? '' })
      const text = formatFields([
        ['name', `${info.name} ${info.version} (${info.architecture})`],
        ['summary', display(info.summary)],
        ['licence', display(info.licence)],
        ['id', info.id],
        ['why', info.reason],
        ['files', `${plural(info.files, 'file')}, ${formatBytes(info.sizeBytes)}`],
        ['provides', info.provides.length === 0 ? 'nothing more' : info.provides],
        ['requires', info.requires.length === 0 ? 'nothing' : info.requires],
        ['text', info.description === '' ? undefined : info.description.split('\n')],
      ])
      return { json: info, text }
    },
  },
  {
    words: 'files',
    side: 'host',
    operands: [{ name: 'PACKAGE' }],
    summary: 'the files of a package',
    run: async (call) => {
      const { packageFiles } = await import('../ops/ask.ts')
      const files = await packageFiles(call.outside, { root: call.root, name: call.operands[0] ?? '' })
      return { json: { files }, text: files.map((path) => display(`/${path}`)).join('\n') }
    },
  },
  {
    words: 'owns',
    side: 'host',
    operands: [{ name: 'PATH' }],
    summary: 'which package a file belongs to',
    run: async (call) => {
      const { ownerOf } = await import('../ops/ask.ts')
      const owners = await ownerOf(call.outside, { root: call.root, path: call.operands[0] ?? '' })
      return {
        json: { owners },
        text: owners
          .map((owner) => `${owner.name} ${owner.version}: ${display(`/${owner.path}`)}`)
          .join('\n'),
      }
    },
  },
  {
    words: 'why',
    side: 'host',
    operands: [{ name: 'CAPABILITY' }],
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
]
