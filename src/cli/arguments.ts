// From arguments to a verb and its call, by the verbs' own table. Wrong usage names the nearest right one.
import { parseArgs } from 'node:util'
import { MossError } from '../base/error.ts'
import type { Flag, Verb } from './verb.ts'

export const globalFlags: readonly Flag[] = [
  { name: 'root', value: 'DIR', summary: 'the managed root of a host (default /)' },
  {
    name: 'home',
    value: 'DIR',
    summary:
      'the home of a station (default $XDG_DATA_HOME/moss, else ~/.local/share/moss, for root /var/lib/moss)',
  },
  { name: 'json', summary: 'print one JSON object instead of text' },
  {
    name: 'progress',
    value: 'json',
    kind: ['json'],
    summary: 'with --json: print events as lines before it',
  },
  { name: 'quiet', short: 'q', summary: 'no progress, no notes' },
  { name: 'yes', short: 'y', summary: 'answer yes to every question' },
  { name: 'no-input', summary: 'never ask; fail where an answer is needed' },
  { name: 'passphrase-fd', value: 'N', summary: 'read the passphrase from this open descriptor' },
  { name: 'no-tui', summary: 'never open the screens' },
  { name: 'help', short: 'h', summary: 'show help' },
]

export interface Parsed {
  readonly verb: Verb | undefined
  readonly word: string
  readonly operands: readonly string[]
  readonly flags: ReadonlyMap<string, readonly (string | true)[]>
}

const usage = (problem: string, see?: string): MossError =>
  new MossError('CLI_USAGE', see === undefined ? { problem } : { problem, see })

/** Finds the verb first (flags may stand before it), then reads its flags and operands. */
export function parseArguments(argv: readonly string[], verbs: readonly Verb[]): Parsed {
  const words = plainWords(argv)
  const verb = findVerb(words, verbs)
  if (verb === undefined && words[0] !== undefined) throw usage(unknownVerb(words, verbs))
  const specs = [...globalFlags, ...(verb?.flags ?? [])]
  const options: Record<string, { type: 'string' | 'boolean'; short?: string; multiple: true }> = {}
  for (const flag of specs)
    options[flag.name] = {
      type: flag.value === undefined ? 'boolean' : 'string',
      multiple: true,
      ...(flag.short === undefined ? {} : { short: flag.short }),
    }
  let parsed
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw usage(flagProblem(error as Error, specs), verb?.words)
  }
  const flags = new Map<string, readonly (string | true)[]>()
  for (const [name, given] of Object.entries(parsed.values)) flags.set(name, given as (string | true)[])
  const used = verb === undefined ? 0 : matchLength(verb, words)
  const word = words.slice(0, used).join(' ')
  const operands = parsed.positionals.slice(used)
  for (const flag of specs)
    if (flag.repeats !== true && flag.value !== undefined && (flags.get(flag.name)?.length ?? 0) > 1)
      throw usage(`--${flag.name} is given twice`, verb?.words)
  if (verb !== undefined && !flags.has('help')) checkOperands(verb, operands)
  return { verb, word, operands, flags }
}

/** What parseArgs found wrong, in the words of help. */
function flagProblem(error: Error, specs: readonly Flag[]): string {
  const [, named = ''] = /'(?:-\w, )?(-[^' ]*)/.exec(error.message) ?? []
  const flag = specs.find(({ name }) => named === `--${name}`)
  if (flag !== undefined && flag.value === undefined) return `${named} takes no value`
  if (flag !== undefined) return `${named} needs ${flag.value}`
  const near = specs.find(({ name }) => distance(`--${name}`, named) <= 2)
  return near === undefined ? `no flag ${named} here` : `no flag ${named} here; did you mean --${near.name}?`
}

/** Arguments that are not flags nor values of global flags, in order: enough to find the verb. */
export function plainWords(argv: readonly string[]): readonly string[] {
  const words: string[] = []
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? ''
    if (argument === '--') break
    if (!argument.startsWith('-') || argument === '-') words.push(argument)
    else if (globalFlags.some((flag) => flag.value !== undefined && argument === `--${flag.name}`)) i++
  }
  return words
}

export const wordings = (verb: Verb): readonly string[] => [verb.words, ...(verb.aliases ?? [])]

export function matchLength(verb: Verb, words: readonly string[]): number {
  for (const wording of wordings(verb)) {
    const parts = wording.split(' ')
    if (parts.every((part, i) => words[i] === part)) return parts.length
  }
  return 0
}

export const findVerb = (words: readonly string[], verbs: readonly Verb[]): Verb | undefined =>
  verbs.reduce<Verb | undefined>(
    (best, verb) =>
      matchLength(verb, words) > (best === undefined ? 0 : matchLength(best, words)) ? verb : best,
    undefined,
  )

export function unknownVerb(words: readonly string[], verbs: readonly Verb[]): string {
  const first = words[0] ?? ''
  const group = verbs.flatMap(wordings).filter((wording) => wording.startsWith(`${first} `))
  if (group.length > 0)
    return words[1] === undefined
      ? `${first} what? one of: ${group.join(', ')}`
      : `no verb ${first} ${words[1]}; there is: ${group.join(', ')}`
  const near = verbs.flatMap(wordings).find((wording) => distance(wording, first) <= 2)
  return near === undefined ? `no verb ${first}` : `no verb ${first}; did you mean ${near}?`
}

/** Levenshtein's, for short words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
      )
    row = next
  }
  return row[b.length] ?? 0
}

function checkOperands(verb: Verb, operands: readonly string[]): void {
  const specs = verb.operands ?? []
  const needed = specs.filter((spec) => spec.optional !== true)
  const missing = needed[operands.length]
  if (missing !== undefined) throw usage(`moss ${verb.words} needs ${missing.name}`, verb.words)
  if (operands.length > specs.length && specs.at(-1)?.repeats !== true)
    throw usage(
      `moss ${verb.words} takes ${specs.length === 0 ? 'nothing beside flags' : `only ${specs.map(({ name }) => name).join(' and ')}`}, not ${operands.at(-1)} as well`,
      verb.words,
    )
}
