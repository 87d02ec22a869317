// Verbs that change what this machine wishes for. They edit etc/moss/model.toml and nothing else.
import type { Call, Outcome, Verb } from './verb.ts'

async function change(call: Call, wish: 'subscribe' | 'unsubscribe' | 'hold' | 'unhold'): Promise<Outcome> {
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
    operands: [{ name: 'CAPABILITY', repeats: true }],
    flags: [dryRun],
    summary: 'ask that this machine be able to do something; a bare word is a package’s name',
    run: (call) => change(call, 'subscribe'),
  },
  {
    words: 'unsubscribe',
    aliases: ['remove'],
    side: 'host',
    operands: [{ name: 'CAPABILITY', repeats: true }],
    flags: [dryRun],
    summary: 'no longer ask for it',
    run: (call) => change(call, 'unsubscribe'),
  },
  {
    words: 'hold',
    side: 'host',
    operands: [{ name: 'PACKAGE', repeats: true }],
    flags: [dryRun],
    summary: 'keep a package at its version',
    run: (call) => change(call, 'hold'),
  },
  {
    words: 'unhold',
    side: 'host',
    operands: [{ name: 'PACKAGE', repeats: true }],
    flags: [dryRun],
    summary: 'let a package change again',
    run: (call) => change(call, 'unhold'),
  },
]
