// On which page of the manual each verb stands: man/moss-NAME.1 has those that begin with one of these words. The pages' synopses are made
// from the table of verbs by this list, and `man moss-VERB` finds them.
import type { Verb } from './verb.ts'

export const manualPages: Readonly<Record<string, readonly string[]>> = {
  init: ['init', 'status'],
  subscribe: ['subscribe', 'unsubscribe', 'hold', 'unhold', 'pin', 'unpin', 'exclude', 'include'],
  apply: ['plan', 'import', 'apply', 'rollback'],
  sync: ['sync'],
  state: ['state'],
  list: ['list', 'info', 'search', 'files', 'owns', 'why', 'why-not'],
  repair: ['doctor', 'verify', 'repair', 'recover', 'gc'],
  trust: ['trust'],
  key: ['key', 'root'],
  pack: ['pack', 'build'],
  channel: ['channel', 'add'],
  mirror: ['mirror'],
  fleet: ['fleet'],
  export: ['export'],
  inspect: ['inspect', 'split', 'join'],
  tui: ['tui', 'help', 'version', 'completion'],
}

const firstWord = ({ words }: Pick<Verb, 'words'>): string => words.split(' ')[0] ?? ''

/** `apply`, for moss-apply(1); undefined where somebody forgot to say it. */
export const pageOf = (verb: Pick<Verb, 'words'>): string | undefined =>
  Object.entries(manualPages).find(([, words]) => words.includes(firstWord(verb)))?.[0]

export const verbsOn = (page: string, verbs: readonly Verb[]): readonly Verb[] =>
  (manualPages[page] ?? []).flatMap((word) => verbs.filter((verb) => firstWord(verb) === word))
