// doctor: what is not as it should be, and what to do about it.
import { display } from '../base/display.ts'
import { exits } from '../base/exits.ts'
import { plural } from '../base/format.ts'
import { formatFields } from './format.ts'
import type { FirstStep } from '../ops/first-steps.ts'
import type { Call, Verb } from './verb.ts'

export const doctorVerbs: readonly Verb[] = [
  {
    words: 'doctor',
    side: 'either',
    summary: 'look at this machine, and say what to do about what is not as it should be',
    run: async (call) => {
      const { examine } = await import('../ops/doctor.ts')
      const done = await examine(call.outside, { root: call.root, home: call.home })
      const found = done.findings.map(
        ({ about, problem, remedy }) => [about, [problem, `do: ${remedy}`]] as const,
      )
      const text =
        done.checked.length === 0
          ? ['nothing is set up here yet', formatFields(sayNext(call, done.next ?? []))].join('\n')
          : [
              ...done.checked.map(display),
              ...(found.length === 0 ? [] : [formatFields(found)]),
              found.length === 0 ? 'no findings' : plural(found.length, 'finding'),
            ].join('\n')
      return { json: done, text, exit: found.length === 0 ? exits.done : exits.findings }
    },
  },
]

/** A command stands on a line of its own, as it is to be typed. */
const sayNext = (
  call: Call,
  steps: readonly FirstStep[],
): readonly (readonly [string, readonly string[]])[] =>
  steps.map(({ side, found, commands }) => {
    const flag = side === 'host' ? 'root' : 'home'
    const where = call.value(flag) === undefined ? '' : ` --${flag} ${call.value(flag)}`
    return [side, [found, ...commands.flatMap(({ command, does }) => [`$ ${command}${where}`, `  ${does}`])]]
  })
