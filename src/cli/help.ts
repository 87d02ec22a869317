// Help, made from the verbs' table and from that of the errors.
import { codes, type ErrorCode } from '../base/codes.ts'
import { meanings, remedyOf } from '../base/meanings.ts'
import { exitMeanings, exits } from '../base/exits.ts'
import { globalFlags } from './arguments.ts'
import { fold, foldHanging, formatFields, formatGlossary } from './format.ts'
import { pageOf } from './manual-pages.ts'
import type { Flag, Verb } from './verb.ts'

/** `moss state export [FILE]`, with its flags. */
export function synopsis(verb: Verb): string {
  const operands = (verb.operands ?? []).map((operand) => {
    const name = operand.repeats === true ? `${operand.name}…` : operand.name
    return operand.optional === true ? `[${name}]` : name
  })
  const flags = (verb.flags ?? []).map(
    (flag) => `[--${flag.name}${flag.value === undefined ? '' : ` ${flag.value}`}]`,
  )
  return ['moss', verb.words, ...flags, ...operands].join(' ')
}

const flagRows = (flags: readonly Flag[]): readonly (readonly [string, string])[] =>
  flags.map((flag) => [
    `  ${flag.short === undefined ? '' : `-${flag.short}, `}--${flag.name}${flag.value === undefined ? '' : ` ${flag.value}`}`,
    flag.summary,
  ])

const sides = {
  host: 'On the air-gapped host',
  station: 'On the connected station',
  either: 'On either',
} as const

export function formatHelp(verbs: readonly Verb[]): string {
  const parts = [
    'moss keeps machines up to date that have little or no internet.',
    'Its network is a USB stick.',
    '',
  ]
  for (const side of ['host', 'station', 'either'] as const) {
    const rows = verbs
      .filter((verb) => verb.side === side)
      .map((verb): readonly [string, string] => [`  ${verb.words}`, verb.summary])
    parts.push(`${sides[side]}:`, formatGlossary(rows), '')
  }
  parts.push(
    'Flags everywhere:',
    formatGlossary(flagRows(globalFlags)),
    '',
    'moss help VERB says more. The manual: moss(1).',
  )
  return parts.join('\n')
}

/** The table as data. */
export const describeVerbs = (verbs: readonly Verb[]) => ({
  verbs: verbs.map(describeVerb),
  flags: globalFlags,
})

export const describeVerb = ({ words, aliases = [], side, operands = [], flags = [], summary }: Verb) => ({
  words,
  aliases,
  side,
  operands,
  flags,
  summary,
})

export function formatVerbHelp(verb: Verb): string {
  const parts = [foldHanging(`usage: ${synopsis(verb)}`), '', fold(`${verb.summary}.`, 80)]
  if (verb.aliases !== undefined)
    parts.push('', `Also: ${verb.aliases.map((alias) => `moss ${alias}`).join(', ')}`)
  if (verb.flags !== undefined) parts.push('', 'Flags:', formatGlossary(flagRows(verb.flags)))
  const page = pageOf(verb)
  const where = page === undefined ? 'moss(1)' : `moss-${page}(1)`
  parts.push('', `moss help lists the flags that every verb takes. The manual: ${where}.`)
  return parts.join('\n')
}

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(codes, text)

export function describeError(code: ErrorCode) {
  const { exit } = codes[code]
  const kind = (Object.keys(exits) as (keyof typeof exits)[]).find((name) => exits[name] === exit)
  return {
    code,
    exit,
    kind: kind === undefined ? '' : exitMeanings[kind],
    meaning: meanings[code].meaning,
    remedy: remedyOf(code),
  }
}

export function formatErrorHelp(code: ErrorCode): string {
  const { exit, kind, meaning, remedy } = describeError(code)
  return formatFields([
    ['error', code],
    ['means', foldedLines(meaning)],
    ['do', remedy === undefined ? undefined : foldedLines(remedy)],
    ['exit', `${exit}: ${kind}`],
  ])
}

const foldedLines = (text: string): readonly string[] => fold(text, 70).split('\n')
