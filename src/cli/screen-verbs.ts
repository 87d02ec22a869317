// The screens by name. Where there is no terminal they cannot be: then it is a usage error that says what else to run.
import { MossError } from '../base/error.ts'
import type { Verb } from './verb.ts'

export const screenVerbs: readonly Verb[] = [
  {
    words: 'tui',
    side: 'host',
    operands: [{ name: 'PATH', optional: true, repeats: true }],
    summary: 'open the screens; PATH is a medium’s folder or a bundle to look at besides what is mounted',
    run: async () => {
      throw new MossError('CLI_USAGE', { problem: 'the screens need a terminal; run moss status instead' })
    },
  },
]
