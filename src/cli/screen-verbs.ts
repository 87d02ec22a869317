// The screens by name. Where there is no terminal they cannot be: then it is a usage error that says what else to run.
import { MossError } from '../base/error.ts'
import type { Verb } from './verb.ts'

export const screenVerbs: readonly Verb[] = [
  {
    words: 'tui',
    side: 'either',
    operands: [{ name: 'PATH', optional: true, repeats: true }],
    summary:
      'open the screens of this host or station; PATH is a medium’s folder or a bundle to look at besides what is mounted; one bundle alone is opened at once',
    run: async () => {
      throw new MossError('CLI_USAGE', {
        problem: 'the screens need a terminal; run moss status or moss fleet list instead',
      })
    },
  },
]
