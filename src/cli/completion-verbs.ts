// Help about the program itself.
import { MossError } from '../base/error.ts'
import { unknownVerb } from './arguments.ts'
import { describeVerb, describeVerbs, formatHelp, formatVerbHelp } from './help.ts'
import type { Verb } from './verb.ts'
import { version, versionText } from './version.ts'

const shells = ['bash', 'zsh', 'fish'] as const

/** Words only, from the table: flags and file names are the shell's own completion. */
function completionScript(shell: string, words: readonly string[]): string {
  const list = words.join(' ')
  if (shell === 'fish')
    return words.map((word) => `complete -c moss -n __fish_use_subcommand -a ${word}`).join('\n')
  const script = [
    '_moss() {',
    '  local word="${COMP_WORDS[COMP_CWORD]}"',
    `  if [ "$COMP_CWORD" = 1 ]; then COMPREPLY=($(compgen -W "${list}" -- "$word"))`,
    '  else COMPREPLY=($(compgen -f -- "$word")); fi',
    '}',
    'complete -o filenames -F _moss moss',
  ].join('\n')
  return shell === 'zsh' ? `autoload -U +X bashcompinit && bashcompinit\n${script}` : script
}

/** The whole table; asked for late, since the table has these verbs too. */
const allVerbs = async (): Promise<readonly Verb[]> => (await import('./verbs.ts')).verbs

export const completionVerbs: readonly Verb[] = [
  {
    words: 'help',
    side: 'either',
    operands: [{ name: 'VERB', optional: true, repeats: true }],
    summary: 'show help, for one verb if named',
    run: async (call) => {
      const verbs = await allVerbs()
      const wanted = call.operands.join(' ')
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
    operands: [{ name: 'SHELL' }],
    summary: 'a completion script for bash, zsh or fish',
    run: async (call) => {
      const shell = call.operands[0] ?? ''
      if (!(shells as readonly string[]).includes(shell))
        throw new MossError('CLI_USAGE', {
          problem: `no completion for ${shell}; there is: ${shells.join(', ')}`,
          see: 'completion',
        })
      const words = [
        ...new Set(
          (await allVerbs()).flatMap((verb) =>
            [verb.words, ...(verb.aliases ?? [])].map((word) => word.split(' ')[0] ?? ''),
          ),
        ),
      ]
      const script = completionScript(shell, words.sort())
      return { json: { script }, text: script }
    },
  },
]
