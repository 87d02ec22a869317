// Help about the program itself.
import { MossError } from '../base/error.ts'
import { unknownVerb } from './arguments.ts'
import { completionScripts, isShell, type Shell, shells } from './completion-scripts.ts'
import {
  describeError,
  describeVerb,
  describeVerbs,
  formatErrorHelp,
  formatHelp,
  formatVerbHelp,
  isErrorCode,
} from './help.ts'
import type { Call, Outcome, Verb } from './verb.ts'
import { version, versionText } from './version.ts'

/** The whole table; asked for late, since the table has these verbs too. */
const allVerbs = async (): Promise<readonly Verb[]> => (await import('./verbs.ts')).verbs

export const completionVerbs: readonly Verb[] = [
  {
    words: 'help',
    side: 'either',
    operands: [{ name: 'VERB', kind: 'verb', optional: true, repeats: true }],
    summary: 'show help; for one verb, or for an error by its code, if named',
    run: async (call) => {
      const verbs = await allVerbs()
      const wanted = call.operands.join(' ')
      if (isErrorCode(wanted)) return { json: describeError(wanted), text: formatErrorHelp(wanted) }
      const verb = verbs.find((entry) => entry.words === wanted || entry.aliases?.includes(wanted) === true)
      if (wanted !== '' && verb === undefined)
        throw new MossError('CLI_USAGE', { problem: unknownVerb(call.operands, verbs) })
      return {
        json: verb === undefined ? describeVerbs(verbs) : describeVerb(verb),
        text: verb === undefined ? formatHelp(verbs) : formatVerbHelp(verb),
      }
    },
  },
  {
    words: 'version',
    side: 'either',
    summary: 'the version of moss',
    run: async () => ({ json: { version }, text: versionText }),
  },
  {
    words: 'completion',
    side: 'either',
    operands: [
      { name: 'SHELL', kind: shells },
      { name: 'WORD', optional: true, repeats: true },
    ],
    flags: [
      {
        name: 'words',
        summary: 'what could stand in place of the last WORD; the script asks this at each Tab',
      },
    ],
    summary: 'a script that completes words, for bash, zsh or fish',
    run: async (call) => {
      const [shell = '', ...words] = call.operands
      if (!isShell(shell))
        throw new MossError('CLI_USAGE', {
          problem: `no completion for ${shell}; there is: ${shells.join(', ')}`,
          see: 'completion',
        })
      if (!call.has('words')) {
        if (words.length > 0)
          throw new MossError('CLI_USAGE', { problem: 'words need --words', see: 'completion' })
        const script = completionScripts[shell]
        return { json: { script }, text: script }
      }
      return offerWords(call, shell, words)
    },
  },
]

/** Whatever is wrong with this machine is not for somebody who pressed Tab. */
async function offerWords(call: Call, shell: Shell, words: readonly string[]): Promise<Outcome> {
  const { offersFor } = await import('./completion-words.ts')
  const { formatOffers, joinBroken, unquote } = await import('./shell-words.ts')
  const whole = shell === 'bash' ? joinBroken(words) : words
  const read = shell === 'fish' ? whole : whole.map((word) => unquote(word, call.personHome))
  const typed = { words: read, verbs: await allVerbs(), outside: call.outside, home: call.home }
  try {
    const offers = await offersFor(typed)
    return { json: offers, text: formatOffers(offers, shell, whole.at(-1) ?? '') }
  } catch {
    return { json: { offers: [], paths: 'none' }, text: 'none' }
  }
}
