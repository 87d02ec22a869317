// Verbs that change what this machine wishes for. They edit etc/moss/model.toml and nothing else.
import type { Call, Outcome, Verb } from './verb.ts'

type Wish = 'subscribe' | 'unsubscribe' | 'hold' | 'unhold' | 'pin' | 'unpin' | 'exclude' | 'include'

async function change(call: Call, wish: Wish): Promise<Outcome> {
  const { changeModel } = await import('../ops/model.ts')
  const done = await changeModel(call.outside, {
    root: call.root,
    [wish]: call.operands,
    dryRun: call.has('dry-run'),
  })
  const next = !done.isChanged
    ? 'nothing to do'
    : call.has('dry-run')
      ? 'nothing was changed: this was a dry run'
      : 'the next state export carries it: moss state export FILE'
  return {
    json: done,
    text: [
      ...done.added.map((line) => `+ ${line}`),
      ...done.removed.map((line) => `- ${line}`),
      ...done.notes.map((note) => `note: ${note}`),
      next,
    ].join('\n'),
  }
}

const dryRun = { name: 'dry-run', short: 'n', summary: 'say what would change; change nothing' } as const

export const modelVerbs: readonly Verb[] = [
  {
    words: 'subscribe',
    aliases: ['install'],
    side: 'host',
    operands: [{ name: 'CAPABILITY', kind: 'offered', repeats: true }],
    flags: [dryRun],
    summary: 'ask that this machine be able to do something; a bare word is a package’s name',
    run: (call) => change(call, 'subscribe'),
  },
  {
    words: 'unsubscribe',
    aliases: ['remove'],
    side: 'host',
    operands: [{ name: 'CAPABILITY', kind: 'subscribed', repeats: true }],
    flags: [dryRun],
    summary: 'no longer ask for it',
    run: (call) => change(call, 'unsubscribe'),
  },
  {
    words: 'hold',
    side: 'host',
    operands: [{ name: 'PACKAGE', kind: 'installed', repeats: true }],
    flags: [dryRun],
    summary: 'keep a package at its version',
    run: (call) => change(call, 'hold'),
  },
  {
    words: 'unhold',
    side: 'host',
    operands: [{ name: 'PACKAGE', kind: 'held', repeats: true }],
    flags: [dryRun],
    summary: 'let a package change again',
    run: (call) => change(call, 'unhold'),
  },
  {
    words: 'pin',
    side: 'host',
    operands: [{ name: 'PACKAGE-AND-VERSIONS', kind: 'package', repeats: true }],
    flags: [dryRun],
    summary: 'keep a package within versions, such as "bash << 6"; for a state see state pin',
    run: (call) => change(call, 'pin'),
  },
  {
    words: 'unpin',
    side: 'host',
    operands: [{ name: 'PACKAGE', kind: 'pinned', repeats: true }],
    flags: [dryRun],
    summary: 'let a package have any version again',
    run: (call) => change(call, 'unpin'),
  },
  {
    words: 'exclude',
    side: 'host',
    operands: [{ name: 'PACKAGE', kind: 'package', repeats: true }],
    flags: [dryRun],
    summary: 'never choose a package, whatever asks for it',
    run: (call) => change(call, 'exclude'),
  },
  {
    words: 'include',
    side: 'host',
    operands: [{ name: 'PACKAGE', kind: 'excluded', repeats: true }],
    flags: [dryRun],
    summary: 'allow a package again that was excluded',
    run: (call) => change(call, 'include'),
  },
]
