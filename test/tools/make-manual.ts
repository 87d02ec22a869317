// Writes the verbs' part of man/moss.1 from the program's own table, so that manual, help and code never disagree.
// With --check it only says whether the manual is up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { globalFlags } from '../../src/cli/arguments.ts'
import type { Flag, Verb } from '../../src/cli/verb.ts'
import { verbs } from '../../src/cli/verbs.ts'

const manual = join(import.meta.dirname, '../../man/moss.1')
const begin = '.\\" verbs: written by test/tools/make-manual.ts'
const end = '.\\" verbs end'

/** Text that cannot be taken for a macro or an escape. */
const plain = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replace(/^([.'])/, '\\&$1')
    .replaceAll('’', '\\(cq')
    .replaceAll('…', '...')
    .replaceAll('→', '\\(->')
    .replaceAll('–', '\\(en')

function flagItem(flag: Flag): readonly string[] {
  const short = flag.short === undefined ? '' : `Fl ${flag.short} , `
  const value = flag.value === undefined ? '' : ` Ar ${plain(flag.value)}`
  return [`.It ${short}Fl \\-${flag.name}${value}`, `${plain(flag.summary)}.`]
}

function verbItem(verb: Verb): readonly string[] {
  const operands = (verb.operands ?? []).map((operand) => {
    const name = `Ar ${operand.name}${operand.repeats === true ? ' ...' : ''}`
    return operand.optional === true ? `Op ${name}` : name
  })
  const also =
    verb.aliases === undefined ? [] : [`Also: ${verb.aliases.map((alias) => `moss ${alias}`).join(', ')}.`]
  const flags = verb.flags ?? []
  return [
    `.It Cm ${verb.words}${operands.length > 0 ? ` ${operands.join(' ')}` : ''}`,
    plain(`${verb.summary}.`),
    ...also,
    ...(flags.length > 0 ? ['.Bl -tag -width Ds', ...flags.flatMap(flagItem), '.El'] : []),
  ]
}

/** The generated lines, without the marks. */
export function manualVerbs(): string {
  const sides = { host: 'On the host', station: 'On the station', either: 'On either' } as const
  const parts = (['host', 'station', 'either'] as const).flatMap((side) => [
    `.Ss ${sides[side]}`,
    '.Bl -tag -width Ds',
    ...verbs.filter((verb) => verb.side === side).flatMap(verbItem),
    '.El',
  ])
  return [
    ...parts,
    '.Ss Flags everywhere',
    '.Bl -tag -width Ds',
    ...globalFlags.flatMap(flagItem),
    '.El',
  ].join('\n')
}

/** The manual with its verbs' part made anew. */
export function renewManual(text: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error('man/moss.1 has lost its marks')
  return `${text.slice(0, from + begin.length)}\n${manualVerbs()}\n${text.slice(to)}`
}

if (import.meta.main) {
  const text = readFileSync(manual, 'utf8')
  const renewed = renewManual(text)
  if (process.argv.includes('--check')) {
    if (renewed !== text) {
      console.error('man/moss.1 is out of date: node test/tools/make-manual.ts')
      process.exitCode = 1
    }
  } else writeFileSync(manual, renewed)
}
